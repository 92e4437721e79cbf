use std::time::Duration;

use domain::Source;
use store::{Nonces, Retention, Settings};

use super::{config::DEFAULT_MAX_BODY_BYTES, *};
use crate::OpenImVerifier;

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
fn accepting_every_caller_has_to_be_configured() {
    assert_eq!(
        verifiers(BOTH, &[]).unwrap_err(),
        ["OPENIM_VERIFIER is not set: basic, signature, or none to accept every caller"]
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
    // A token changes nothing if the verifier is `none`.
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
        ("MESSAGE_RETENTION_DAYS", "hunter2"),
        ("PRESENCE_RETENTION_DAYS", "36501"),
        ("RECORD_DECISIONS", "hunter2"),
        ("EVENTS_TABLE", "events"),
        ("DEADLINE_MS", "0"),
        ("BEFORE_DEADLINE_MS", "99"),
        ("ON_FAILURE", "hunter2"),
        ("UNKNOWN_COMMAND", "hunter2"),
        ("MESSAGE_CONTENT", "hunter2"),
        ("MESSAGE_SIGNALS", "Drop"),
        ("KEEP_BODY", "hunter2"),
    ])
    .unwrap_err();
    assert_eq!(wrong.len(), 15, "{wrong:#?}");
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
    // A variable is not missing if its secret was not fetched yet.
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
fn the_signature_verifier_accepts_openims_name_of_every_algorithm() {
    let public = include_str!("../../../../tests/keys/rsa.public.pem");
    for (algorithm, key) in [
        ("HMAC-SHA1", "k"),
        ("HMAC-SHA256", "k"),
        ("HMAC-SHA512", "k"),
        ("RSA-SHA256", public),
        (
            "ECDSA-SHA256",
            include_str!("../../../../tests/keys/p256.public.pem"),
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
fn every_retention_is_a_number_of_days_and_zero_is_for_ever() {
    let days = |days: u64| Some(Duration::from_secs(days * 86_400));
    let retention = |env: &[(&str, &str)]| {
        let config = config(&[&[("EVENTS_TABLE", "events")], env, LOCAL].concat());
        config.unwrap().storage.unwrap().retention
    };
    let default = Retention {
        events: days(365),
        messages: days(90),
        presence: days(7),
    };
    assert_eq!(retention(&[]), default);
    assert_eq!(retention(&[("EVENT_RETENTION_DAYS", "")]), default);
    let set = [
        ("EVENT_RETENTION_DAYS", "2"),
        ("MESSAGE_RETENTION_DAYS", "0"),
        ("PRESENCE_RETENTION_DAYS", "1"),
    ];
    let expected = Retention {
        events: days(2),
        messages: None,
        presence: days(1),
    };
    assert_eq!(retention(&set), expected);
    let for_ever = set.map(|(name, _)| (name, "0"));
    assert_eq!(retention(&for_ever), Retention::default());
}

#[test]
fn refusals_are_stored_unless_the_operator_says_otherwise() {
    for (value, kept) in [
        ("", RecordDecisions::Refused),
        ("refused", RecordDecisions::Refused),
        ("all", RecordDecisions::All),
        ("none", RecordDecisions::None),
    ] {
        let env = [("EVENTS_TABLE", "events"), ("RECORD_DECISIONS", value)];
        let config = config(&[&env, LOCAL].concat()).unwrap();
        assert_eq!(config.storage.unwrap().decisions, kept, "{value}");
    }
}

#[test]
fn aws_settings_are_read_only_when_a_table_or_a_secret_is_named() {
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

#[test]
fn contents_are_kept_and_signals_are_not_unless_the_operator_says_otherwise() {
    for (env, content, signals) in [
        (&[][..], Keep::Keep, Keep::Drop),
        (
            &[("MESSAGE_CONTENT", ""), ("MESSAGE_SIGNALS", "")],
            Keep::Keep,
            Keep::Drop,
        ),
        (
            &[("MESSAGE_CONTENT", "drop"), ("MESSAGE_SIGNALS", "keep")],
            Keep::Drop,
            Keep::Keep,
        ),
        (
            &[("MESSAGE_CONTENT", "keep"), ("MESSAGE_SIGNALS", "drop")],
            Keep::Keep,
            Keep::Drop,
        ),
    ] {
        let config = config(env).unwrap();
        assert_eq!(
            (config.message_content, config.message_signals),
            (content, signals)
        );
    }
}

#[test]
fn only_bodies_that_nobody_understood_are_kept_unless_the_operator_wants_all() {
    for (value, keeps) in [
        ("", KeepBody::Unknown),
        ("unknown", KeepBody::Unknown),
        ("all", KeepBody::All),
    ] {
        let config = config(&[("KEEP_BODY", value)]).unwrap();
        assert_eq!(config.keep_body, keeps, "{value}");
    }
}
