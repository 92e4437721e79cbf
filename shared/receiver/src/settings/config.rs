use std::{fmt, time::Duration};

use domain::{Source, decision::Verdict};
use protocol::plain_allow_fails;
use store::{Retention, Settings};

use super::secrets;

/// The longest body that is read, unless `MAX_BODY_BYTES` is set. A body with 2,000 new friends of Tencent Chat has
/// 305 KB, and an import of 20,000 friends into OpenIM has 700 KB.
pub(super) const DEFAULT_MAX_BODY_BYTES: usize = 1_000_000;
/// Lambda accepts events up to 6 MB. In an event, a body can have twice its length.
const MOST_BODY_BYTES: usize = 3_000_000;
const DEFAULT_RETENTION_DAYS: u32 = 365;
const DEFAULT_MESSAGE_RETENTION_DAYS: u32 = 90;
const DEFAULT_PRESENCE_RETENTION_DAYS: u32 = 7;
/// Tencent Chat waits two seconds, less than any other caller.
const DEFAULT_DEADLINE_MS: u64 = 1500;
/// A user waits for the answer to a before callback.
const DEFAULT_BEFORE_DEADLINE_MS: u64 = 300;
pub(super) const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// The settings of a function in its environment, except those of [`Verifiers`](crate::Verifiers).
///
/// An empty value counts as not set.
///
/// | Variable | Default | Meaning |
/// |---|---|---|
/// | `MAX_BODY_BYTES` | 1000000 | The longest body that is read, at most 3000000 |
/// | `EVENTS_TABLE` | none | The events table; without it nothing is stored |
/// | `EVENT_RETENTION_DAYS` | 365 | Days after which events expire; 0 keeps them for ever |
/// | `MESSAGE_RETENTION_DAYS` | 90 | The same for messages and decisions |
/// | `PRESENCE_RETENTION_DAYS` | 7 | The same for who was connected |
/// | `RECORD_DECISIONS` | `refused` | Which decisions are stored: [`RecordDecisions`] |
/// | `EVENTS_QUEUE_URL` | none | The queue for events that the table does not store in time |
/// | `DEADLINE_MS` | 1500 | Milliseconds within which an after callback is answered, whatever is down; 800 to 2500 |
/// | `BEFORE_DEADLINE_MS` | 300 | Milliseconds within which a before callback is answered, because a user waits for the answer; 100 to 2500 |
/// | `POLICIES_FILE` | `policies.json` next to the binary, if it exists | The rules for before callbacks: [`policies`] |
/// | `LIMITS_TABLE` | required when the policies limit how often something may happen | The table that counts it |
/// | `RELATIONSHIPS_TABLE` | required when the policies depend on friends or blocks | The view of who is friends with whom |
/// | `DECISION_URL` | none | The app's own service, which is asked about before callbacks |
/// | `DECISION_COMMANDS` | all | The before commands that it is asked about: names of commands or types, with commas between |
/// | `MODERATE_LATER` | none | The kinds of messages that it judges after they were sent, with commas between: [`JudgedLater`](crate::JudgedLater) |
/// | `DECISION_SECRET`, `DECISION_SECRET_PREVIOUS` | first required with `DECISION_URL` | Sign the questions, as Standard Webhooks 1.0.0 |
/// | `DECISION_SECRET_ID` | none | The secret in Secrets Manager that holds them |
/// | `ALLOW_PRIVATE_ADDRESSES` | `no` | `yes` allows `http://`, and private addresses for `DECISION_URL` |
/// | `ON_FAILURE` | `refuse` | The answer when the receiver itself fails: [`OnFailure`] |
/// | `UNKNOWN_COMMAND` | `allow` | The answer to a before callback with an unknown command: [`UnknownCommand`] |
/// | `MESSAGE_CONTENT` | `keep` | Whether what messages say is stored: [`Keep`] |
/// | `KEEP_BODY` | `unknown` | Which bodies are stored as they came: [`KeepBody`] |
/// | `MESSAGE_SIGNALS` | `drop` | Whether signs for clients that arrive as messages are handled and stored, such as typing and receipts: [`Keep`] |
///
/// If a table or a secret is named, the settings of [`store::Settings::from_env`] are read as well.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The longest body that is read, in bytes.
    pub max_body_bytes: usize,
    /// How long a function may take to answer an after callback, whatever is down.
    pub deadline: Duration,
    /// How long a function may take to answer a before callback, whatever is down.
    pub before_deadline: Duration,
    /// The answer when the receiver itself fails.
    pub on_failure: OnFailure,
    /// The answer to a before callback with an unknown command.
    pub unknown_command: UnknownCommand,
    /// Whether what messages say is stored.
    pub message_content: Keep,
    /// Which bodies are stored as they came.
    pub keep_body: KeepBody,
    /// Whether signs for clients that arrive as messages are handled and stored.
    pub message_signals: Keep,
    /// How to reach AWS; `None` if the settings name no table and no secret.
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
    /// How long events are kept.
    pub retention: Retention,
    /// Which decisions are stored.
    pub decisions: RecordDecisions,
    /// The queue for events that the table does not store in time.
    pub queue_url: Option<String>,
}

/// The answer to OpenIM when the receiver itself fails: the event could not be stored, the settings are wrong, there is a
/// bug, or no time was left. It is also the answer to a before callback that cannot be read. A caller that is not
/// authenticated is always refused.
///
/// It matters for before callbacks. `refuse` stops users from doing what could not be checked. `allow` lets them do it
/// unchecked.
///
/// Tencent Chat gets the same answer to a before callback, for each person whom the body names if it is about several.
/// After any other failure it gets `FAIL`, and the app's console says what happens then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// `refuse`: the user sees that it did not work.
    #[default]
    Refuse,
    /// `allow`: the user notices nothing.
    Allow,
}

/// The answer to a before callback whose command this version does not know. An operator can switch on more commands than
/// this version knows, and the server sends all of them to the same URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownCommand {
    /// `allow`: it happens as it was asked for.
    #[default]
    Allow,
    /// `refuse`: it does not happen, unless a refusal would break a chat for good.
    Refuse,
}

/// Which decisions about before callbacks are stored. A callback whose caller is not authenticated stores nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordDecisions {
    /// `refused`: the refusals, so that somebody can find out later who was refused and why.
    #[default]
    Refused,
    /// `all`: also what was allowed or amended.
    All,
    /// `none`: none of them. The log has a line for each.
    None,
}

impl RecordDecisions {
    /// Whether a decision with this verdict is stored.
    pub(crate) fn keeps(self, verdict: Verdict) -> bool {
        match self {
            Self::Refused => verdict == Verdict::Refused,
            Self::All => true,
            Self::None => false,
        }
    }

    fn read(text: Option<&str>, wrong: &mut Vec<String>) -> Self {
        match text {
            None | Some("refused") => Self::Refused,
            Some("all") => Self::All,
            Some("none") => Self::None,
            Some(_) => {
                wrong.push("RECORD_DECISIONS is neither refused nor all nor none".to_owned());
                Self::default()
            }
        }
    }
}

/// Whether something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// `keep`
    Keep,
    /// `drop`
    Drop,
}

/// Which bodies of accepted callbacks are stored as they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepBody {
    /// `unknown`: only those that no handler could turn into events.
    #[default]
    Unknown,
    /// `all`: also beside the events, with what the server appended to the receiver's address. An after callback is then
    /// stored even if it has no events.
    All,
}

impl KeepBody {
    fn read(text: Option<&str>, wrong: &mut Vec<String>) -> Self {
        match text {
            None | Some("unknown") => Self::Unknown,
            Some("all") => Self::All,
            Some(_) => {
                wrong.push("KEEP_BODY is neither unknown nor all".to_owned());
                Self::default()
            }
        }
    }
}

impl Keep {
    fn read(
        get: impl Fn(&str) -> Option<String>,
        wrong: &mut Vec<String>,
        name: &str,
        default: Self,
    ) -> Self {
        match get(name).as_deref() {
            None => default,
            Some("keep") => Self::Keep,
            Some("drop") => Self::Drop,
            Some(_) => {
                wrong.push(format!("{name} is neither keep nor drop"));
                default
            }
        }
    }
}

impl OnFailure {
    /// Reads only this setting, for answers when the other settings are wrong.
    pub(crate) fn from_env(get: impl Fn(&str) -> Option<String>) -> Self {
        match get("ON_FAILURE").as_deref() {
            Some("allow") => Self::Allow,
            _ => Self::Refuse,
        }
    }

    /// The choice for an answer that has no fields of the body. If such an answer cannot allow the command, it refuses: the
    /// operation fails either way, and a refusal says why.
    pub(crate) fn without_body(self, command: Option<&str>) -> Self {
        match command {
            Some(name) if plain_allow_fails(name) => Self::Refuse,
            _ => self,
        }
    }
}

impl Config {
    pub(crate) fn has_queue(&self) -> bool {
        let storage = self.storage.as_ref();
        storage.is_some_and(|storage| storage.queue_url.is_some())
    }

    /// Reads the settings of a function that serves commands of these servers. It reads them through `get`: from the
    /// environment, except in tests.
    ///
    /// # Errors
    ///
    /// Lists everything that is wrong.
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
        let mut days = |name, default| days(get, &mut wrong, name, default);
        let retention = Retention {
            events: days("EVENT_RETENTION_DAYS", DEFAULT_RETENTION_DAYS),
            messages: days("MESSAGE_RETENTION_DAYS", DEFAULT_MESSAGE_RETENTION_DAYS),
            presence: days("PRESENCE_RETENTION_DAYS", DEFAULT_PRESENCE_RETENTION_DAYS),
        };
        let decisions = RecordDecisions::read(get("RECORD_DECISIONS").as_deref(), &mut wrong);
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
        let message_content = Keep::read(get, &mut wrong, "MESSAGE_CONTENT", Keep::Keep);
        let keep_body = KeepBody::read(get("KEEP_BODY").as_deref(), &mut wrong);
        let message_signals = Keep::read(get, &mut wrong, "MESSAGE_SIGNALS", Keep::Drop);
        let queue_url = get("EVENTS_QUEUE_URL");
        let events_table = get("EVENTS_TABLE");
        if queue_url.is_some() && events_table.is_none() {
            wrong.push("EVENTS_QUEUE_URL is set, but EVENTS_TABLE is not".to_owned());
        }
        let uses_aws = events_table.is_some()
            || get("NONCES_TABLE").is_some()
            || get("LIMITS_TABLE").is_some()
            || get("RELATIONSHIPS_TABLE").is_some()
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
            message_content,
            keep_body,
            message_signals,
            settings,
            storage: events_table.map(|events_table| StorageConfig {
                events_table,
                retention,
                decisions,
                queue_url,
            }),
        })
    }
}

/// The time within which a before callback is answered.
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

/// A number of days as a time; `None` if it is 0, which means for ever.
fn days(
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
    name: &str,
    default: u32,
) -> Option<Duration> {
    let days = number(get, wrong, name, default, 0..=36_500);
    (days > 0).then(|| Duration::from_secs(u64::from(days) * SECONDS_PER_DAY))
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

/// Everything that is wrong with a function's settings. Shows no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidConfig(pub Vec<String>);

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for InvalidConfig {}
