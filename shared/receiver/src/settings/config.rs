use std::{fmt, time::Duration};

use domain::Source;
use store::Settings;

use super::secrets;

/// The longest body that is read when `MAX_BODY_BYTES` says nothing. 2,000 new friends of Tencent Chat have 305 KB, and
/// OpenIM imports 20,000 friends in 700 KB.
pub(super) const DEFAULT_MAX_BODY_BYTES: usize = 1_000_000;
/// Lambda takes 6 MB of an event, in which a body has up to twice its length.
const MOST_BODY_BYTES: usize = 3_000_000;
const DEFAULT_RETENTION_DAYS: u32 = 365;
/// Tencent Chat, the strictest caller, waits two seconds.
const DEFAULT_DEADLINE_MS: u64 = 1500;
/// A user waits for each callback that asks.
const DEFAULT_BEFORE_DEADLINE_MS: u64 = 300;
pub(super) const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// What a function takes from its environment, apart from [`Verifiers`](crate::Verifiers).
///
/// An empty value counts as not set.
///
/// | Variable | Default | Meaning |
/// |---|---|---|
/// | `MAX_BODY_BYTES` | 1000000 | The longest body that is read, at most 3000000 |
/// | `EVENTS_TABLE` | none | The events table; without it nothing is stored |
/// | `EVENT_RETENTION_DAYS` | 365 | Days after which events expire; 0 keeps them for ever |
/// | `EVENTS_QUEUE_URL` | none | The queue for events that the table does not take in time |
/// | `DEADLINE_MS` | 1500 | Milliseconds within which a callback is answered, whatever is down; 800 to 2500 |
/// | `BEFORE_DEADLINE_MS` | 300 | The same for a callback that asks before something happens, because a user waits for the answer; 100 to 2500 |
/// | `POLICIES_FILE` | `policies.json` beside the binary, if there is one | What callbacks that ask are answered: [`policies`] |
/// | `LIMITS_TABLE` | required when the policies limit requests | The table that counts them |
/// | `ON_FAILURE` | `refuse` | What callers are told when the receiver itself fails: [`OnFailure`] |
/// | `UNKNOWN_COMMAND` | `allow` | What is answered when a command that is not known asks before something happens: [`UnknownCommand`] |
///
/// and, when a table or a secret is named, those of [`store::Settings::from_env`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The longest body that is read, in bytes.
    pub max_body_bytes: usize,
    /// How long a function may take to answer, whatever is down.
    pub deadline: Duration,
    /// The same for callbacks that ask before something happens.
    pub before_deadline: Duration,
    /// What callers are told when the receiver itself fails.
    pub on_failure: OnFailure,
    /// What is answered when a command that is not known asks before something happens.
    pub unknown_command: UnknownCommand,
    /// How AWS is reached; `None` where nothing in it is named.
    pub settings: Option<Settings>,
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
}

/// What OpenIM is told when the receiver itself fails: the event could not be stored, the configuration is
/// wrong, a bug, no time was left; and of a question that cannot be read. A caller that is not believed is refused in
/// any case.
///
/// It matters for the callbacks that ask before something happens. Refusing keeps users from doing what
/// could not be checked; allowing lets them do it unchecked.
///
/// Tencent Chat is told the same for each person of a callback that asks, as far as its body names them. To every other
/// failure it is answered `FAIL`, and the app's console says what happens then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// `refuse`: the user is told that it did not work.
    #[default]
    Refuse,
    /// `allow`: the user notices nothing.
    Allow,
}

/// What is answered when a command asks before something happens and this version does not know it. Both servers can
/// be told to send more than is known here, and one URL is for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownCommand {
    /// `allow`: it happens as it was asked for.
    #[default]
    Allow,
    /// `refuse`: it does not happen, unless a refusal would break a chat for good.
    Refuse,
}

impl OnFailure {
    /// For answers that are given although the configuration is wrong.
    pub(crate) fn from_env(get: impl Fn(&str) -> Option<String>) -> Self {
        match get("ON_FAILURE").as_deref() {
            Some("allow") => Self::Allow,
            _ => Self::Refuse,
        }
    }
}

impl Config {
    pub(crate) fn has_queue(&self) -> bool {
        let storage = self.storage.as_ref();
        storage.is_some_and(|storage| storage.queue_url.is_some())
    }

    /// Reads the settings through `get`, which is the environment outside of tests, for a function that
    /// serves commands of these servers.
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
        let max_body_bytes = number(
            get,
            &mut wrong,
            "MAX_BODY_BYTES",
            DEFAULT_MAX_BODY_BYTES,
            1..=MOST_BODY_BYTES,
        );
        let days = number(
            get,
            &mut wrong,
            "EVENT_RETENTION_DAYS",
            DEFAULT_RETENTION_DAYS,
            0..=36_500,
        );
        let deadline = number(
            get,
            &mut wrong,
            "DEADLINE_MS",
            DEFAULT_DEADLINE_MS,
            800..=2500,
        );
        let before_deadline = before_deadline(get, &mut wrong);
        for name in ["ON_FAILURE", "UNKNOWN_COMMAND"] {
            if !matches!(get(name).as_deref(), None | Some("refuse" | "allow")) {
                wrong.push(format!("{name} is neither refuse nor allow"));
            }
        }
        let queue_url = get("EVENTS_QUEUE_URL");
        let events_table = get("EVENTS_TABLE");
        if queue_url.is_some() && events_table.is_none() {
            wrong.push("EVENTS_QUEUE_URL is set, but EVENTS_TABLE is not".to_owned());
        }
        let uses_aws = events_table.is_some()
            || get("NONCES_TABLE").is_some()
            || get("LIMITS_TABLE").is_some()
            || !secrets::wanted(serves, get).is_empty();
        let settings = uses_aws.then(|| Settings::from_env(get)).and_then(|read| {
            read.map_err(|store::InvalidSettings(more)| wrong.extend(more))
                .ok()
        });
        if !wrong.is_empty() {
            return Err(InvalidConfig(wrong));
        }
        Ok(Self {
            max_body_bytes,
            deadline: Duration::from_millis(deadline),
            before_deadline,
            on_failure: OnFailure::from_env(get),
            unknown_command: match get("UNKNOWN_COMMAND").as_deref() {
                Some("refuse") => UnknownCommand::Refuse,
                _ => UnknownCommand::Allow,
            },
            settings,
            storage: events_table.map(|events_table| StorageConfig {
                events_table,
                retention: (days > 0)
                    .then(|| Duration::from_secs(u64::from(days) * SECONDS_PER_DAY)),
                queue_url,
            }),
        })
    }
}

/// Within how much time a callback that asks is answered.
pub(crate) fn before_deadline(
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
) -> Duration {
    Duration::from_millis(number(
        get,
        wrong,
        "BEFORE_DEADLINE_MS",
        DEFAULT_BEFORE_DEADLINE_MS,
        100..=2500,
    ))
}

pub(super) fn number<N>(
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
