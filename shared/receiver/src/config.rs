use std::{fmt, time::Duration};

use domain::Source;
use store::{Nonces, Settings};
use tokio::time::Instant;

use crate::{
    BasicVerifier, OpenImVerifier, SignatureAlgorithm, SignatureEncoding, SignatureVerifier,
    TencentVerifier, secrets,
};

/// The longest body that is read when `MAX_BODY_BYTES` says nothing. 2,000 pairs from Tencent Chat, the
/// largest callback that is known, make about 200 KiB; and what fits here fits into a DynamoDB item.
const DEFAULT_MAX_BODY_BYTES: usize = 256 * 1024;
const DEFAULT_RETENTION_DAYS: u32 = 365;
/// Tencent Chat, the strictest caller, waits two seconds.
const DEFAULT_DEADLINE_MS: u64 = 1500;
/// A user waits for each callback that asks.
const DEFAULT_BEFORE_DEADLINE_MS: u64 = 300;
const DEFAULT_NONCE_WINDOW_SECONDS: u64 = SECONDS_PER_DAY;
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// What a function takes from its environment, apart from [`Verifiers`].
///
/// An empty value counts as not set.
///
/// | Variable | Default | Meaning |
/// |---|---|---|
/// | `MAX_BODY_BYTES` | 262144 | The longest body that is read, at most 262144 |
/// | `EVENTS_TABLE` | none | The events table; without it nothing is stored |
/// | `EVENT_RETENTION_DAYS` | 365 | Days after which events expire; 0 keeps them for ever |
/// | `EVENTS_QUEUE_URL` | none | The queue for events that the table does not take in time |
/// | `DEADLINE_MS` | 1500 | Milliseconds within which a callback is answered, whatever is down; 800 to 2500 |
/// | `BEFORE_DEADLINE_MS` | 300 | The same for a callback that asks before something happens, because a user waits for the answer; 100 to 2500 |
/// | `POLICIES_FILE` | `policies.json` beside the binary, if there is one | What callbacks that ask are answered: [`policies`] |
/// | `LIMITS_TABLE` | required when the policies limit requests | The table that counts them |
/// | `ON_FAILURE` | `refuse` | What callers are told when the receiver itself fails: [`OnFailure`] |
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
/// wrong, a bug, no time was left. A caller that is not believed is refused in any case, and so is a body that
/// cannot be read.
///
/// It matters for the callbacks that ask before something happens. Refusing keeps users from doing what
/// could not be checked; allowing lets them do it unchecked.
///
/// Tencent Chat is told the same for each person of a callback that asks, once a handler knows them. To every other
/// failure it is answered `FAIL`, and the app's console says what happens then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// `refuse`: the user is told that it did not work.
    #[default]
    Refuse,
    /// `allow`: the user notices nothing.
    Allow,
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
            1..=DEFAULT_MAX_BODY_BYTES,
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
        if !matches!(
            get("ON_FAILURE").as_deref(),
            None | Some("refuse" | "allow")
        ) {
            wrong.push("ON_FAILURE is neither refuse nor allow".to_owned());
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

/// How a deadline is divided among what an answer can wait for. Seldom does more than one of them take its whole
/// share; when they do, `all` cuts short what comes last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares {
    /// For opening a connection when a function starts. A callback may be waiting for that, so a table that
    /// hangs must not use up its patience; a good one answers in a tenth of it.
    pub(crate) open: Duration,
    /// For the nonces table.
    pub(crate) nonces: Duration,
    /// For the limits table.
    pub(crate) limits: Duration,
    /// For the events table.
    pub(crate) table: Duration,
    /// For the queue.
    pub(crate) queue: Duration,
    /// When all of that has ended, whatever took the time.
    pub(crate) all: Duration,
}

impl Shares {
    /// When a share that begins now ends, in a callback that came at `start`.
    pub(crate) fn end(self, start: Instant, share: Duration) -> Instant {
        (start + self.all).min(Instant::now() + share)
    }

    pub(crate) fn of(deadline: Duration, has_queue: bool) -> Self {
        Self {
            open: (deadline / 3).min(Duration::from_millis(300)),
            nonces: deadline * 2 / 5,
            limits: deadline * 2 / 5,
            table: if has_queue {
                deadline / 2
            } else {
                deadline * 4 / 5
            },
            queue: deadline * 2 / 5,
            // The answer's way out takes milliseconds, however short the deadline is.
            all: (deadline * 19 / 20).min(deadline.saturating_sub(Duration::from_millis(10))),
        }
    }
}

/// How the servers whose commands a function serves are told from strangers.
///
/// Secrets may stand in the environment, for a laptop, or in Secrets Manager: see the crate's page.
///
/// | Variable | Default | Meaning |
/// |---|---|---|
/// | `OPENIM_VERIFIER` | required for OpenIM | `basic`, `signature`, or `none` to believe everybody |
/// | `OPENIM_BASIC_USER` | required with `basic` | User name in the configured URL |
/// | `OPENIM_BASIC_PASSWORD` | required with `basic`, secret | Password in the configured URL |
/// | `OPENIM_BASIC_PASSWORD_PREVIOUS` | none, secret | A second password, accepted during a change |
/// | `OPENIM_SIGNATURE_ALGORITHM` | required with `signature` | [`SignatureAlgorithm`], by OpenIM's name |
/// | `OPENIM_SIGNATURE_HEADER` | required with `signature` | Name of the header with the signature |
/// | `OPENIM_NONCE_HEADER` | required with `signature` | Name of the header with what was signed |
/// | `OPENIM_SIGNATURE_ENCODING` | required with `signature` | `hex` or `base64` |
/// | `OPENIM_SIGNATURE_KEY` | required with `signature`, secret | Shared secret (HMAC) or public key as PEM |
/// | `OPENIM_SIGNATURE_KEY_PREVIOUS` | none, secret | A second key, accepted during a change |
/// | `NONCES_TABLE` | required with `signature` | The table that remembers nonces |
/// | `OPENIM_NONCE_WINDOW_SECONDS` | 86400 | Seconds for which a nonce is not accepted again; 60 to 31536000 |
/// | `TENCENT_SDK_APP_ID` | none | Our app; without it, all callbacks of Tencent Chat are refused |
/// | `TENCENT_VERIFIER` | `token` | `token`, or `none` to believe whoever knows the app's id |
/// | `TENCENT_TOKEN` | required with `token`, secret | Token of the console |
/// | `TENCENT_TOKEN_PREVIOUS` | none, secret | A second token, accepted during a change |
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verifiers {
    /// `None` where the function serves no OpenIM command.
    pub openim: Option<OpenImVerifier>,
    /// `None` refuses all callbacks of Tencent Chat.
    pub tencent: Option<TencentVerifier>,
}

impl Verifiers {
    /// Reads the settings through `get`, which knows the environment and the fetched secrets. What is
    /// `pending` is in a secret that was not fetched, and no mistake. `nonces` gives the table of that name and
    /// window.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in one list.
    pub(crate) fn from_env(
        serves: &[Source],
        get: impl Fn(&str) -> Option<String>,
        pending: &[&str],
        nonces: impl FnOnce(String, Duration) -> Option<Nonces>,
    ) -> Result<Self, InvalidConfig> {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let mut wrong = Vec::new();
        let openim = serves
            .contains(&Source::OpenIm)
            .then(|| openim_verifier(get, nonces, &mut wrong))
            .flatten();
        let tencent = serves
            .contains(&Source::Tencent)
            .then(|| tencent_verifier(get, &mut wrong))
            .flatten();
        wrong.retain(|mistake| !pending.iter().any(|name| mistake.ends_with(&not_set(name))));
        if wrong.is_empty() {
            Ok(Self { openim, tencent })
        } else {
            Err(InvalidConfig(wrong))
        }
    }
}

/// Gives what has to be set, or says that it is not.
fn need(
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
    chosen: &str,
    name: &str,
) -> Option<String> {
    let value = get(name);
    if value.is_none() {
        wrong.push(format!("{chosen}{}", not_set(name)));
    }
    value
}

fn not_set(name: &str) -> String {
    format!(", but {name} is not set")
}

fn openim_verifier(
    get: impl Fn(&str) -> Option<String>,
    nonces: impl FnOnce(String, Duration) -> Option<Nonces>,
    wrong: &mut Vec<String>,
) -> Option<OpenImVerifier> {
    match get("OPENIM_VERIFIER").as_deref() {
        Some("none") => Some(OpenImVerifier::None),
        Some("basic") => basic_verifier(get, wrong).map(OpenImVerifier::Basic),
        Some("signature") => signature_verifier(get, nonces, wrong),
        Some(_) => {
            wrong.push("OPENIM_VERIFIER is neither basic nor signature nor none".to_owned());
            None
        }
        None => {
            wrong.push(
                "OPENIM_VERIFIER is not set: basic, signature, or none to believe everybody"
                    .to_owned(),
            );
            None
        }
    }
}

fn basic_verifier(
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
) -> Option<BasicVerifier> {
    let chosen = "OPENIM_VERIFIER is basic";
    let user = need(&get, wrong, chosen, "OPENIM_BASIC_USER");
    let password = need(&get, wrong, chosen, "OPENIM_BASIC_PASSWORD");
    let previous = get("OPENIM_BASIC_PASSWORD_PREVIOUS");
    let user = user?;
    if user.contains(':') {
        wrong.push("OPENIM_BASIC_USER must not contain a colon".to_owned());
        return None;
    }
    let passwords: Vec<String> = [password?].into_iter().chain(previous).collect();
    let passwords = passwords.iter().map(String::as_str);
    Some(BasicVerifier::new(&user, passwords))
}

fn signature_verifier(
    get: impl Fn(&str) -> Option<String>,
    nonces: impl FnOnce(String, Duration) -> Option<Nonces>,
    wrong: &mut Vec<String>,
) -> Option<OpenImVerifier> {
    let mut need = |name| need(&get, wrong, "OPENIM_VERIFIER is signature", name);
    let algorithm = need("OPENIM_SIGNATURE_ALGORITHM");
    let encoding = need("OPENIM_SIGNATURE_ENCODING");
    let signature_header = need("OPENIM_SIGNATURE_HEADER");
    let nonce_header = need("OPENIM_NONCE_HEADER");
    let key = need("OPENIM_SIGNATURE_KEY");
    let table = need("NONCES_TABLE");
    let previous = get("OPENIM_SIGNATURE_KEY_PREVIOUS");
    let window = number(
        &get,
        wrong,
        "OPENIM_NONCE_WINDOW_SECONDS",
        DEFAULT_NONCE_WINDOW_SECONDS,
        60..=365 * SECONDS_PER_DAY,
    );
    let algorithm = algorithm.and_then(|name| {
        let known = name.parse::<SignatureAlgorithm>();
        known
            .map_err(|()| {
                let names: Vec<_> = SignatureAlgorithm::ALL.iter().map(|a| a.name()).collect();
                let names = names.join(", ");
                wrong.push(format!("OPENIM_SIGNATURE_ALGORITHM is none of {names}"));
            })
            .ok()
    });
    let encoding = encoding.and_then(|name| {
        let known = name.parse::<SignatureEncoding>();
        known
            .map_err(|()| {
                wrong.push("OPENIM_SIGNATURE_ENCODING is neither hex nor base64".to_owned());
            })
            .ok()
    });
    let keys: Vec<String> = key.into_iter().chain(previous).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let verifier = SignatureVerifier::new(
        algorithm?,
        encoding?,
        &signature_header?,
        &nonce_header?,
        &keys,
    );
    let verifier = verifier
        .map_err(|crate::InvalidSignatureVerifier(reasons)| {
            let reasons = reasons.into_iter();
            wrong.extend(reasons.map(|reason| format!("OPENIM_SIGNATURE_*: {reason}")));
        })
        .ok()?;
    let nonces = nonces(table?, Duration::from_secs(window))?;
    Some(OpenImVerifier::Signature(verifier, nonces))
}

fn tencent_verifier(
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
) -> Option<TencentVerifier> {
    // Without one, all callbacks of Tencent Chat are refused, and OpenIM's are none the worse.
    let app = get("TENCENT_SDK_APP_ID")?;
    if !app.bytes().all(|byte| byte.is_ascii_digit()) {
        wrong.push("TENCENT_SDK_APP_ID is not a decimal number".to_owned());
        return None;
    }
    match get("TENCENT_VERIFIER").as_deref() {
        Some("none") => Some(TencentVerifier::unsigned(app)),
        None | Some("token") => {
            let chosen = "TENCENT_VERIFIER is token";
            let token = need(&get, wrong, chosen, "TENCENT_TOKEN")?;
            let previous = get("TENCENT_TOKEN_PREVIOUS");
            Some(TencentVerifier::new(
                app,
                [token].into_iter().chain(previous),
            ))
        }
        Some(_) => {
            wrong.push("TENCENT_VERIFIER is neither token nor none".to_owned());
            None
        }
    }
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
    const LOCAL: &[(&str, &str)] = &[
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
    ];

    fn get(env: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        |name| {
            let found = env.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    fn config(env: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        Config::from_env(BOTH, get(env)).map_err(|InvalidConfig(wrong)| wrong)
    }

    fn verifiers(serves: &[Source], env: &[(&str, &str)]) -> Result<Verifiers, Vec<String>> {
        let nonces = |table, window| {
            let settings = Settings::local("http://127.0.0.1:1");
            let client = store::dynamodb(&settings, Duration::from_secs(1));
            Some(Nonces::new(client, table, window))
        };
        Verifiers::from_env(serves, get(env), &[], nonces).map_err(|InvalidConfig(wrong)| wrong)
    }

    #[test]
    fn believing_everybody_needs_its_name() {
        assert_eq!(
            verifiers(BOTH, &[]).unwrap_err(),
            ["OPENIM_VERIFIER is not set: basic, signature, or none to believe everybody"]
        );
        assert!(verifiers(&[Source::Tencent], &[]).is_ok());
        let app = ("TENCENT_SDK_APP_ID", "1400000001");
        assert_eq!(
            verifiers(&[Source::Tencent], &[app]).unwrap_err(),
            ["TENCENT_VERIFIER is token, but TENCENT_TOKEN is not set"]
        );
        let env = &[
            ("OPENIM_VERIFIER", "none"),
            app,
            ("TENCENT_VERIFIER", "none"),
        ];
        let none = verifiers(BOTH, env).unwrap();
        assert!(matches!(none.openim, Some(OpenImVerifier::None)));
        assert!(!none.tencent.unwrap().wants_signatures());
        // A token does not count when none is asked for by name.
        let env = &[app, ("TENCENT_VERIFIER", "none"), ("TENCENT_TOKEN", "t")];
        let none = verifiers(&[Source::Tencent], env).unwrap();
        assert!(!none.tencent.unwrap().wants_signatures());
        let env = &[app, ("TENCENT_TOKEN", "t")];
        let token = verifiers(&[Source::Tencent], env).unwrap();
        assert!(token.tencent.unwrap().wants_signatures());
    }

    #[test]
    fn all_mistakes_are_listed_and_no_value_is_shown() {
        let wrong = config(&[
            ("MAX_BODY_BYTES", "hunter2"),
            ("EVENT_RETENTION_DAYS", "-1"),
            ("EVENTS_TABLE", "events"),
            ("DEADLINE_MS", "0"),
            ("BEFORE_DEADLINE_MS", "99"),
            ("ON_FAILURE", "hunter2"),
        ])
        .unwrap_err();
        assert_eq!(wrong.len(), 8, "{wrong:#?}");
        assert!(!wrong.concat().contains("hunter2"), "{wrong:#?}");

        let basic = &[
            ("OPENIM_VERIFIER", "basic"),
            ("OPENIM_BASIC_USER", "a:b"),
            ("TENCENT_SDK_APP_ID", "hunter2"),
        ];
        let wrong = verifiers(BOTH, basic).unwrap_err();
        assert_eq!(wrong.len(), 3, "{wrong:#?}");
        assert!(!wrong.concat().contains("hunter2"), "{wrong:#?}");

        let wrong = verifiers(BOTH, &[("OPENIM_VERIFIER", "signature")]).unwrap_err();
        assert_eq!(wrong.len(), 6, "{wrong:#?}");
        // What is in a secret that could not be fetched is not missing.
        let pending = ["OPENIM_BASIC_PASSWORD", "TENCENT_TOKEN"];
        let wrong = Verifiers::from_env(BOTH, get(basic), &pending, |_, _| None);
        let InvalidConfig(wrong) = wrong.unwrap_err();
        assert_eq!(wrong.len(), 2, "{wrong:#?}");
        let signature = [
            ("OPENIM_VERIFIER", "signature"),
            ("OPENIM_SIGNATURE_ALGORITHM", "RSA-SHA256"),
            ("OPENIM_SIGNATURE_ENCODING", "hex"),
            ("OPENIM_SIGNATURE_HEADER", "x signature"),
            ("OPENIM_NONCE_HEADER", "x-nonce"),
            ("OPENIM_SIGNATURE_KEY", "hunter2"),
            ("NONCES_TABLE", "nonces"),
            ("OPENIM_NONCE_WINDOW_SECONDS", "1"),
            ("TENCENT_SDK_APP_ID", "1"),
            ("TENCENT_VERIFIER", "hunter2"),
        ];
        let wrong = verifiers(BOTH, &signature).unwrap_err();
        assert_eq!(wrong.len(), 4, "{wrong:#?}");
        assert!(!wrong.concat().contains("hunter2"), "{wrong:#?}");
    }

    #[test]
    fn the_signature_verifier_takes_every_algorithm_by_openims_name() {
        let public = include_str!("../../../tests/keys/rsa.public.pem");
        for (algorithm, key) in [
            ("HMAC-SHA1", "k"),
            ("HMAC-SHA256", "k"),
            ("HMAC-SHA512", "k"),
            ("RSA-SHA256", public),
            (
                "ECDSA-SHA256",
                include_str!("../../../tests/keys/p256.public.pem"),
            ),
        ] {
            let env = [
                ("OPENIM_VERIFIER", "signature"),
                ("OPENIM_SIGNATURE_ALGORITHM", algorithm),
                ("OPENIM_SIGNATURE_ENCODING", "base64"),
                ("OPENIM_SIGNATURE_HEADER", "X-Signature"),
                ("OPENIM_NONCE_HEADER", "X-Nonce"),
                ("OPENIM_SIGNATURE_KEY", key),
                ("NONCES_TABLE", "nonces"),
            ];
            let read = verifiers(&[Source::OpenIm], &env).unwrap();
            assert!(
                matches!(read.openim, Some(OpenImVerifier::Signature(..))),
                "{algorithm}"
            );
        }
    }

    #[test]
    fn empty_values_count_as_not_set() {
        let config = config(&[
            ("MAX_BODY_BYTES", ""),
            ("EVENTS_TABLE", ""),
            ("EVENT_RETENTION_DAYS", ""),
            ("ON_FAILURE", ""),
            ("OPENIM_SECRET_ID", ""),
        ])
        .unwrap();
        assert_eq!(config.max_body_bytes, DEFAULT_MAX_BODY_BYTES);
        assert!(config.storage.is_none() && config.settings.is_none());
        assert_eq!(config.on_failure, OnFailure::Refuse);
        let env = &[
            ("OPENIM_VERIFIER", "none"),
            ("TENCENT_SDK_APP_ID", ""),
            ("TENCENT_TOKEN", ""),
        ];
        assert!(verifiers(BOTH, env).unwrap().tencent.is_none());
    }

    #[test]
    fn retention_zero_keeps_events_for_ever() {
        let retention = |days| {
            let table = [("EVENTS_TABLE", "events"), ("EVENT_RETENTION_DAYS", days)];
            let config = config(&[&table, LOCAL].concat()).unwrap();
            config.storage.unwrap().retention
        };
        assert_eq!(retention("0"), None);
        assert_eq!(retention("2"), Some(Duration::from_secs(172_800)));
        assert_eq!(retention(""), Some(Duration::from_secs(365 * 86_400)));
    }

    #[test]
    fn aws_is_reached_only_when_something_in_it_is_named() {
        for name in [
            "EVENTS_TABLE",
            "NONCES_TABLE",
            "LIMITS_TABLE",
            "OPENIM_SECRET_ID",
            "TENCENT_SECRET_ID",
        ] {
            let config = config(&[&[(name, "x")], LOCAL].concat()).unwrap();
            assert!(config.settings.is_some(), "{name}");
        }
        assert!(config(LOCAL).unwrap().settings.is_none());
    }
}
