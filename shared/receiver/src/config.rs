use std::{fmt, time::Duration};

use domain::Source;

use crate::{BasicVerifier, OpenImVerifier, TencentVerifier};

/// The longest body that is read when `MAX_BODY_BYTES` says nothing. 2,000 pairs from Tencent Chat, the
/// largest callback that is known, make about 200 KiB; and what fits here fits into a DynamoDB item.
const DEFAULT_MAX_BODY_BYTES: usize = 256 * 1024;
const DEFAULT_RETENTION_DAYS: u32 = 365;
/// Tencent Chat, the strictest caller, waits two seconds.
const DEFAULT_DEADLINE_MS: u64 = 1500;
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// What a function takes from its environment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// How OpenIM servers are verified; `None` where the function serves no OpenIM command.
    pub openim: Option<OpenImVerifier>,
    /// How Tencent Chat is verified; `None` refuses all its callbacks.
    pub tencent: Option<TencentVerifier>,
    /// The longest body that is read, in bytes.
    pub max_body_bytes: usize,
    /// Where accepted callbacks are stored; `None` means check, log and answer without storing.
    pub storage: Option<StorageConfig>,
}

/// Where accepted callbacks are stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StorageConfig {
    /// The events table's name.
    pub events_table: String,
    /// How long events are kept; `None` is for ever.
    pub retention: Option<Duration>,
    /// The queue for what the table does not take in time.
    pub queue_url: Option<String>,
    /// How long a function may take to answer, whatever is down.
    pub deadline: Duration,
    /// How AWS is reached.
    pub settings: store::Settings,
}

impl StorageConfig {
    /// The table's share of the deadline.
    pub(crate) fn table_budget(&self) -> Duration {
        match self.queue_url {
            Some(_) => self.deadline / 2,
            None => self.deadline * 4 / 5,
        }
    }

    /// The queue's share. A tenth of the deadline remains for everything else.
    pub(crate) fn queue_budget(&self) -> Duration {
        self.deadline * 2 / 5
    }
}

impl Config {
    /// Reads the settings through `get`, which is the environment outside of tests, for a function that
    /// serves commands of these servers. An empty value counts as not set.
    ///
    /// | Variable | Default | Meaning |
    /// |---|---|---|
    /// | `OPENIM_VERIFIER` | required for OpenIM | `basic`, or `none` to believe everybody |
    /// | `OPENIM_BASIC_USER` | required with `basic` | User name in the configured URL |
    /// | `OPENIM_BASIC_PASSWORD` | required with `basic` | Password in the configured URL |
    /// | `OPENIM_BASIC_PASSWORD_PREVIOUS` | none | A second password, accepted during a change |
    /// | `TENCENT_SDK_APP_ID` | none | Our app; without it, all callbacks of Tencent Chat are refused |
    /// | `TENCENT_TOKEN` | none | Token of the console; with it, callbacks must be signed |
    /// | `TENCENT_TOKEN_PREVIOUS` | none | A second token, accepted during a change |
    /// | `MAX_BODY_BYTES` | 262144 | The longest body that is read, at most 262144 |
    /// | `EVENTS_TABLE` | none | The events table; without it nothing is stored |
    /// | `EVENT_RETENTION_DAYS` | 365 | Days after which events expire; 0 keeps them for ever |
    /// | `EVENTS_QUEUE_URL` | none | The queue for events that the table does not take in time |
    /// | `DEADLINE_MS` | 1500 | Milliseconds within which a callback is answered, whatever is down; 800 to 2500 |
    ///
    /// and, when there is an events table, those of [`store::Settings::from_env`].
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in one list.
    pub fn from_env(
        serves: &[Source],
        get: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidConfig> {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let mut wrong = Vec::new();
        let openim = serves
            .contains(&Source::OpenIm)
            .then(|| openim_verifier(get, &mut wrong))
            .flatten();
        let tencent = serves
            .contains(&Source::Tencent)
            .then(|| tencent_verifier(get, &mut wrong))
            .flatten();
        let max_body_bytes = number(
            get,
            &mut wrong,
            "MAX_BODY_BYTES",
            DEFAULT_MAX_BODY_BYTES,
            1..=DEFAULT_MAX_BODY_BYTES,
        );
        let days = number(
            get,
            &mut wrong,
            "EVENT_RETENTION_DAYS",
            DEFAULT_RETENTION_DAYS,
            0..=36_500,
        );
        let retention = (days > 0).then(|| Duration::from_secs(u64::from(days) * SECONDS_PER_DAY));
        let deadline = number(
            get,
            &mut wrong,
            "DEADLINE_MS",
            DEFAULT_DEADLINE_MS,
            800..=2500,
        );
        let queue_url = get("EVENTS_QUEUE_URL");
        let events_table = get("EVENTS_TABLE");
        if queue_url.is_some() && events_table.is_none() {
            wrong.push("EVENTS_QUEUE_URL is set, but EVENTS_TABLE is not".to_owned());
        }
        let storage = events_table.and_then(|events_table| {
            store::Settings::from_env(get)
                .map_err(|store::InvalidSettings(more)| wrong.extend(more))
                .ok()
                .map(|settings| StorageConfig {
                    events_table,
                    retention,
                    queue_url,
                    deadline: Duration::from_millis(deadline),
                    settings,
                })
        });
        if wrong.is_empty() {
            Ok(Self {
                openim,
                tencent,
                max_body_bytes,
                storage,
            })
        } else {
            Err(InvalidConfig(wrong))
        }
    }
}

fn openim_verifier(
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
) -> Option<OpenImVerifier> {
    match get("OPENIM_VERIFIER").as_deref() {
        Some("none") => Some(OpenImVerifier::None),
        Some("basic") => {
            let mut need = |name: &str| {
                let value = get(name);
                if value.is_none() {
                    wrong.push(format!("OPENIM_VERIFIER is basic, but {name} is not set"));
                }
                value
            };
            let user = need("OPENIM_BASIC_USER");
            let password = need("OPENIM_BASIC_PASSWORD");
            let user = user.filter(|user| {
                let good = !user.contains(':');
                if !good {
                    wrong.push("OPENIM_BASIC_USER must not contain a colon".to_owned());
                }
                good
            })?;
            let previous = get("OPENIM_BASIC_PASSWORD_PREVIOUS");
            let passwords = [password?].into_iter().chain(previous);
            let passwords: Vec<String> = passwords.collect();
            Some(OpenImVerifier::Basic(BasicVerifier::new(
                &user,
                passwords.iter().map(String::as_str),
            )))
        }
        Some(_) => {
            wrong.push("OPENIM_VERIFIER is neither basic nor none".to_owned());
            None
        }
        None => {
            wrong
                .push("OPENIM_VERIFIER is not set: basic, or none to believe everybody".to_owned());
            None
        }
    }
}

fn tencent_verifier(
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
) -> Option<TencentVerifier> {
    let tokens: Vec<String> = ["TENCENT_TOKEN", "TENCENT_TOKEN_PREVIOUS"]
        .into_iter()
        .filter_map(&get)
        .collect();
    // Without one, all callbacks of Tencent Chat are refused, and OpenIM's are none the worse.
    let app = get("TENCENT_SDK_APP_ID")?;
    if !app.bytes().all(|byte| byte.is_ascii_digit()) {
        wrong.push("TENCENT_SDK_APP_ID is not a decimal number".to_owned());
        return None;
    }
    Some(TencentVerifier::new(app, tokens))
}

fn number<N>(
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
    name: &str,
    default: N,
    range: std::ops::RangeInclusive<N>,
) -> N
where
    N: std::str::FromStr + PartialOrd + Copy + fmt::Display,
{
    let Some(text) = get(name) else {
        return default;
    };
    match text.parse() {
        Ok(number) if range.contains(&number) => number,
        _ => {
            wrong.push(format!(
                "{name} is not a number between {} and {}",
                range.start(),
                range.end()
            ));
            default
        }
    }
}

/// Everything that is wrong with a function's environment. Names no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidConfig(pub Vec<String>);

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for InvalidConfig {}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: &[Source] = &[Source::OpenIm, Source::Tencent];

    fn config(serves: &[Source], env: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let get = |name: &str| {
            env.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Config::from_env(serves, get).map_err(|InvalidConfig(wrong)| wrong)
    }

    #[test]
    fn believing_everybody_needs_its_name() {
        assert_eq!(
            config(BOTH, &[]).unwrap_err(),
            ["OPENIM_VERIFIER is not set: basic, or none to believe everybody"]
        );
        assert!(config(&[Source::Tencent], &[]).is_ok());
        let config = config(BOTH, &[("OPENIM_VERIFIER", "none")]).unwrap();
        assert!(matches!(config.openim, Some(OpenImVerifier::None)));
        assert!(config.tencent.is_none() && config.storage.is_none());
    }

    #[test]
    fn all_mistakes_are_listed_and_no_value_is_shown() {
        let wrong = config(
            BOTH,
            &[
                ("OPENIM_VERIFIER", "basic"),
                ("OPENIM_BASIC_USER", "a:b"),
                ("TENCENT_SDK_APP_ID", "hunter2"),
                ("MAX_BODY_BYTES", "hunter2"),
                ("EVENT_RETENTION_DAYS", "-1"),
                ("EVENTS_TABLE", "events"),
                ("DEADLINE_MS", "0"),
            ],
        )
        .unwrap_err();
        assert_eq!(wrong.len(), 9, "{wrong:#?}");
        assert!(!wrong.concat().contains("hunter2"), "{wrong:#?}");
    }

    #[test]
    fn empty_values_count_as_not_set() {
        let config = config(
            BOTH,
            &[
                ("OPENIM_VERIFIER", "none"),
                ("TENCENT_SDK_APP_ID", ""),
                ("TENCENT_TOKEN", ""),
                ("MAX_BODY_BYTES", ""),
                ("EVENTS_TABLE", ""),
                ("EVENT_RETENTION_DAYS", ""),
            ],
        )
        .unwrap();
        assert_eq!(config.max_body_bytes, DEFAULT_MAX_BODY_BYTES);
        assert!(config.storage.is_none());
    }

    #[test]
    fn retention_zero_keeps_events_for_ever() {
        let retention = |days: &str| {
            config(
                &[],
                &[
                    ("EVENTS_TABLE", "events"),
                    ("EVENT_RETENTION_DAYS", days),
                    ("AWS_REGION", "eu-central-1"),
                    ("AWS_ACCESS_KEY_ID", "x"),
                    ("AWS_SECRET_ACCESS_KEY", "x"),
                ],
            )
            .unwrap()
            .storage
            .unwrap()
            .retention
        };
        assert_eq!(retention("0"), None);
        assert_eq!(retention("2"), Some(Duration::from_secs(172_800)));
        assert_eq!(retention(""), Some(Duration::from_secs(365 * 86_400)));
    }
}
