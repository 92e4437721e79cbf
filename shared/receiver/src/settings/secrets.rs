//! Fetches from Secrets Manager the passwords, keys and tokens that callers are checked with, and the secrets that sign
//! requests to the app's own services.

use std::{collections::HashMap, fmt, time::Duration};

use domain::Source;
use futures_util::future::try_join_all;
use store::{Settings, StoreError};
use tracing::warn;

use crate::StartError;

/// How long fetching may take. A callback may be waiting for the start. Secrets Manager usually answers in a tenth of this.
const BUDGET: Duration = Duration::from_millis(700);

/// A secret: the variable that names it, and the variables that its document may contain.
struct KnownSecret {
    /// The server whose callers it checks. `None` for an app's own service.
    source: Option<Source>,
    variable: &'static str,
    holds: &'static [&'static str],
}

const SECRETS: &[KnownSecret] = &[
    KnownSecret {
        source: Some(Source::OpenIm),
        variable: "OPENIM_SECRET_ID",
        holds: &[
            "OPENIM_BASIC_PASSWORD",
            "OPENIM_BASIC_PASSWORD_PREVIOUS",
            "OPENIM_SIGNATURE_KEY",
            "OPENIM_SIGNATURE_KEY_PREVIOUS",
        ],
    },
    KnownSecret {
        source: Some(Source::Tencent),
        variable: "TENCENT_SECRET_ID",
        holds: &["TENCENT_TOKEN", "TENCENT_TOKEN_PREVIOUS"],
    },
    KnownSecret {
        source: None,
        variable: "DECISION_SECRET_ID",
        holds: &["DECISION_SECRET", "DECISION_SECRET_PREVIOUS"],
    },
    // No function that answers a server needs these.
    KnownSecret {
        source: None,
        variable: "DELIVERY_SECRET_ID",
        holds: &["DELIVERY_SECRET", "DELIVERY_SECRET_PREVIOUS"],
    },
    KnownSecret {
        source: None,
        variable: "FORWARD_SECRET_ID",
        holds: &[
            "FORWARD_SECRET",
            "FORWARD_SECRET_PREVIOUS",
            "FORWARD_AUTHORIZATION",
        ],
    },
    // With it, messages are withdrawn.
    KnownSecret {
        source: None,
        variable: "MODERATION_SECRET_ID",
        holds: &["OPENIM_ADMIN_SECRET", "TENCENT_KEY"],
    },
];

/// The secrets that a function for these servers needs: the variable and the id of each. The one for the service that
/// decides is needed if `DECISION_URL` is set.
pub(crate) fn wanted(
    serves: &[Source],
    get: impl Fn(&str) -> Option<String>,
) -> Vec<(&'static str, String)> {
    SECRETS
        .iter()
        .filter(|secret| match &secret.source {
            Some(source) => serves.contains(source),
            None => secret.variable == "DECISION_SECRET_ID" && get("DECISION_URL").is_some(),
        })
        .filter_map(|secret| Some((secret.variable, get(secret.variable)?)))
        .collect()
}

/// The secret that this variable names, for a function that sends something out.
pub(crate) fn wanted_to_send(
    variable: &'static str,
    get: impl Fn(&str) -> Option<String>,
) -> Vec<(&'static str, String)> {
    let id = get(variable);
    id.map(|id| (variable, id)).into_iter().collect()
}

/// The same for the function that judges sent messages.
pub(crate) fn wanted_for_moderation(
    get: impl Fn(&str) -> Option<String>,
) -> Vec<(&'static str, String)> {
    let names = ["DECISION_SECRET_ID", "MODERATION_SECRET_ID"];
    let wanted = names.map(|name| Some((name, get(name)?)));
    wanted.into_iter().flatten().collect()
}

/// The variables that these secrets may contain.
pub(crate) fn names(wanted: &[(&'static str, String)]) -> Vec<&'static str> {
    SECRETS
        .iter()
        .filter(|secret| {
            wanted
                .iter()
                .any(|(variable, _)| *variable == secret.variable)
        })
        .flat_map(|secret| secret.holds)
        .copied()
        .collect()
}

/// Fetched secrets: for each, the variable that names it, and its text.
pub(crate) type Documents = Vec<(&'static str, String)>;

/// Fetches the secrets, all at the same time.
pub(crate) async fn fetch(
    settings: &Settings,
    wanted: &[(&'static str, String)],
) -> Result<Documents, Unavailable> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let client = store::secrets_manager(settings, BUDGET);
    try_join_all(wanted.iter().map(
        async |(variable, id)| match store::secret(&client, id).await {
            Ok(text) => Ok((*variable, text)),
            Err(error) => Err(Unavailable { variable, error }),
        },
    ))
    .await
}

/// The variables in the documents. A document is a JSON object of strings, named like the environment variables that
/// they replace.
pub(crate) fn variables(
    documents: &Documents,
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
) -> HashMap<String, String> {
    let mut variables = HashMap::new();
    for (variable, text) in documents {
        // Without the parser's message, which could quote the secret.
        let Ok(document) = serde_json::from_str::<HashMap<String, String>>(text) else {
            wrong.push(format!(
                "the secret that {variable} names is not a JSON object of strings"
            ));
            continue;
        };
        let holds = SECRETS.iter().find(|secret| secret.variable == *variable);
        let holds = holds.map(|secret| secret.holds).unwrap_or_default();
        let mut unknown = 0;
        for (name, value) in document {
            if !holds.contains(&name.as_str()) {
                unknown += 1;
            } else if get(&name).is_some() {
                wrong.push(format!(
                    "{name} is in the environment and in the secret that {variable} names"
                ));
            } else {
                variables.insert(name, value);
            }
        }
        if unknown > 0 {
            // Without the names: if somebody swapped a name and its value, the log would show the secret.
            warn!(
                unknown,
                "the secret that {variable} names has names that are not known; known are {}",
                holds.join(", ")
            );
        }
    }
    variables
}

/// Fetches the secrets, and gives the variables in them. It is for a function that no callback waits for.
///
/// # Errors
///
/// When a secret is not available.
pub(crate) async fn read(
    wanted: &[(&'static str, String)],
    get: impl Fn(&str) -> Option<String> + Copy,
    wrong: &mut Vec<String>,
) -> Result<HashMap<String, String>, StartError> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let settings = match Settings::from_env(get) {
        Ok(settings) => settings,
        Err(store::InvalidSettings(more)) => {
            wrong.extend(more);
            return Ok(HashMap::new());
        }
    };
    let documents = fetch(&settings, wanted).await;
    let documents = documents.map_err(|error| StartError::Secret(error.to_string()))?;
    Ok(variables(&documents, get, wrong))
}

/// A secret that could not be fetched.
#[derive(Debug)]
pub(crate) struct Unavailable {
    variable: &'static str,
    error: StoreError,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, error } = self;
        write!(f, "the secret that {variable} names: {error}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[&str]) -> (HashMap<String, String>, Vec<String>) {
        let mut wrong = Vec::new();
        let documents = vec![("OPENIM_SECRET_ID", text.to_owned())];
        let get = |name: &str| environment.contains(&name).then(|| "set".to_owned());
        (variables(&documents, get, &mut wrong), wrong)
    }

    #[test]
    fn a_secret_sets_only_the_variables_of_its_server() {
        let (variables, wrong) = read(
            r#"{"OPENIM_BASIC_PASSWORD":"p","TENCENT_TOKEN":"t","EVENTS_TABLE":"e"}"#,
            &[],
        );
        assert_eq!(variables.len(), 1);
        assert_eq!(variables["OPENIM_BASIC_PASSWORD"], "p");
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn a_secret_that_cannot_be_used_is_named_and_not_shown() {
        let not_strings = "the secret that OPENIM_SECRET_ID names is not a JSON object of strings";
        for text in [
            "hunter2",
            "",
            r#"["hunter2"]"#,
            r#"{"OPENIM_BASIC_PASSWORD":["hunter2"]}"#,
            r#"{"OPENIM_BASIC_PASSWORD":"hunter2"} hunter2"#,
        ] {
            assert_eq!(read(text, &[]).1, [not_strings], "{text}");
        }
        let (variables, wrong) = read(
            r#"{"OPENIM_BASIC_PASSWORD":"hunter2"}"#,
            &["OPENIM_BASIC_PASSWORD"],
        );
        assert_eq!(
            wrong,
            [
                "OPENIM_BASIC_PASSWORD is in the environment and in the secret that OPENIM_SECRET_ID names"
            ]
        );
        assert!(variables.is_empty());
    }

    #[test]
    fn a_function_needs_only_the_secrets_of_the_servers_that_it_serves() {
        let get = |name: &str| Some(format!("id of {name}"));
        assert_eq!(
            wanted(&[], get),
            [("DECISION_SECRET_ID", "id of DECISION_SECRET_ID".to_owned())]
        );
        let get = |name: &str| (name != "DECISION_URL").then(|| format!("id of {name}"));
        assert_eq!(wanted(&[], get), []);
        assert_eq!(
            wanted(&[Source::OpenIm, Source::OpenIm], get),
            [("OPENIM_SECRET_ID", "id of OPENIM_SECRET_ID".to_owned())]
        );
        assert_eq!(wanted(&[Source::Tencent, Source::OpenIm], get).len(), 2);
        assert_eq!(wanted(&[Source::OpenIm], |_| None), []);
    }
}
