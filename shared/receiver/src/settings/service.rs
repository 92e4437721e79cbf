//! Reads what an operator sets about the app's own services: the one that decides, and the one that gets events.

use std::collections::BTreeSet;

use http::HeaderValue;
use outgoing::{Addresses, Circuit, Client, Signer, Target};
use protocol::catalogue;

use super::{JudgedLater, secrets};
use crate::{Handler, InvalidConfig, StartError, decide::Service};

/// What a function sends out. It says how its settings are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sends {
    /// Events, to the app's own service: `DELIVERY_URL`.
    Events,
    /// Callbacks as they came, to another receiver: `FORWARD_URL`.
    Callbacks,
}

impl Sends {
    /// The variables of the URL, of the secret that signs, of the older one, and of the secret in Secrets Manager that has
    /// both.
    fn names(self) -> [&'static str; 4] {
        match self {
            Self::Events => [
                "DELIVERY_URL",
                "DELIVERY_SECRET",
                "DELIVERY_SECRET_PREVIOUS",
                "DELIVERY_SECRET_ID",
            ],
            Self::Callbacks => [
                "FORWARD_URL",
                "FORWARD_SECRET",
                "FORWARD_SECRET_PREVIOUS",
                "FORWARD_SECRET_ID",
            ],
        }
    }
}

/// Where something is sent, and what signs it.
#[derive(Debug)]
pub struct Destination {
    /// The client.
    pub client: Client,
    /// The signer.
    pub signer: Signer,
    /// The value of the header `authorization`, for another receiver that wants one: `FORWARD_AUTHORIZATION`.
    pub authorization: Option<HeaderValue>,
}

impl Destination {
    /// Reads the URL and `ALLOW_PRIVATE_ADDRESSES`, and fetches the secret that is named in the environment. Without that, the
    /// values of the secret are in the environment.
    ///
    /// # Errors
    ///
    /// Lists everything that is wrong with the settings, or names the secret that is not available.
    pub async fn start(
        sends: Sends,
        get: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, StartError> {
        let [url, current, previous, secret_id] = sends.names();
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let mut wrong = Vec::new();
        let client = match get(url) {
            Some(text) => client(url, &text, get, &mut wrong),
            None => {
                wrong.push(format!("{url} is not set"));
                None
            }
        };
        let wanted = secrets::wanted_to_send(secret_id, get);
        let secrets = secrets::read(&wanted, get, &mut wrong).await?;
        let get = |name: &str| secrets.get(name).cloned().or_else(|| get(name));
        let signer = signer([url, current, previous], get, &mut wrong);
        let authorization = match (sends, get("FORWARD_AUTHORIZATION")) {
            (Sends::Callbacks, Some(text)) => header(&text)
                .map_err(|invalid| wrong.push(format!("FORWARD_AUTHORIZATION {invalid}")))
                .ok(),
            _ => None,
        };
        match (client, signer) {
            (Some(client), Some(signer)) if wrong.is_empty() => Ok(Self {
                client,
                signer,
                authorization,
            }),
            _ => Err(StartError::Config(InvalidConfig(wrong))),
        }
    }
}

/// The value of a header, which logs do not show.
fn header(text: &str) -> Result<HeaderValue, &'static str> {
    let invalid = "has a character that no header can have";
    let mut header = HeaderValue::from_str(text).map_err(|_| invalid)?;
    header.set_sensitive(true);
    Ok(header)
}

/// The client for the URL in the variable of that name.
pub(super) fn client(
    name: &str,
    url: &str,
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
) -> Option<Client> {
    let addresses = match get("ALLOW_PRIVATE_ADDRESSES").as_deref() {
        None | Some("no") => Addresses::Public,
        Some("yes") => Addresses::AlsoPrivate,
        Some(_) => {
            wrong.push("ALLOW_PRIVATE_ADDRESSES is neither yes nor no".to_owned());
            return None;
        }
    };
    let client = Target::new(url, addresses)
        .map_err(|invalid| invalid.to_string())
        .and_then(|target| Client::new(target).map_err(|error| format!("needs TLS: {error}")));
    client
        .map_err(|error| wrong.push(format!("{name} {error}")))
        .ok()
}

/// The signer with the secrets in the second and third variable. The first one makes them necessary.
pub(super) fn signer(
    [needs, current, previous]: [&str; 3],
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
) -> Option<Signer> {
    let Some(secret) = get(current) else {
        wrong.push(format!("{needs} is set, but {current} is not"));
        return None;
    };
    let older = get(previous);
    let mut signer = |name, secrets: &[&str]| {
        let signer = Signer::new(secrets.iter().copied());
        signer
            .map_err(|invalid| wrong.push(format!("{name} is {invalid}")))
            .ok()
    };
    signer(current, &[&secret])?;
    let both = [Some(secret.as_str()), older.as_deref()];
    let both: Vec<&str> = both.into_iter().flatten().collect();
    signer(previous, &both)
}

/// The variables with the URL of the service that decides, and with the secrets that sign questions to it.
pub(super) const DECISION_SECRETS: [&str; 3] = [
    "DECISION_URL",
    "DECISION_SECRET",
    "DECISION_SECRET_PREVIOUS",
];

/// The settings of the service that decides, before its secret is known.
pub(crate) struct ServiceConfig {
    pub(crate) client: Client,
    commands: BTreeSet<&'static str>,
    later: JudgedLater,
}

impl ServiceConfig {
    /// Reads the settings. `None` if no service is named, or if none of these handlers has a command that it is asked
    /// about.
    pub(crate) fn from_env(
        handlers: &[Handler],
        get: impl Fn(&str) -> Option<String> + Copy,
        wrong: &mut Vec<String>,
    ) -> Option<Self> {
        if !handlers.iter().any(Handler::is_before) {
            return None;
        }
        let later = JudgedLater::from_env(get, wrong);
        let url = get("DECISION_URL")?;
        let commands = commands(get("DECISION_COMMANDS"), wrong);
        let client = client("DECISION_URL", &url, get, wrong)?;
        let mut asks = handlers
            .iter()
            .filter(|handler| handler.command().asks().is_some());
        let is_asked = asks.any(|it| commands.is_empty() || commands.contains(it.name()));
        is_asked.then_some(Self {
            client,
            commands,
            later,
        })
    }

    /// The service, with the secrets that sign the questions.
    pub(crate) fn with_secrets(
        self,
        get: impl Fn(&str) -> Option<String>,
        wrong: &mut Vec<String>,
    ) -> Option<Service> {
        let signer = signer(DECISION_SECRETS, get, wrong)?;
        Some(Service {
            client: self.client,
            signer,
            circuit: Circuit::new(Circuit::PAUSE),
            commands: self.commands,
            later: self.later,
        })
    }
}

/// The before commands in a list of names and types. Empty, or `*`, means all.
fn commands(list: Option<String>, wrong: &mut Vec<String>) -> BTreeSet<&'static str> {
    let list = list.unwrap_or_default();
    let mut commands = BTreeSet::new();
    for word in list.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        if word == "*" {
            return BTreeSet::new();
        }
        let mut named = catalogue()
            .filter(|it| {
                it.asks()
                    .is_some_and(|asks| asks == word || it.name == word)
            })
            .peekable();
        if named.peek().is_none() {
            wrong.push(format!(
                "DECISION_COMMANDS: no command that asks is called {word}"
            ));
        }
        commands.extend(named.map(|it| it.name));
    }
    commands
}
