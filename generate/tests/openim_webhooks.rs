//! `docs/webhooks.yml` has every key of OpenIM's own file, and no other.

use std::{collections::BTreeMap, fs, path::Path};

use domain::Source;
use protocol::{NEVER_SENT, catalogue};
use serde::Deserialize;

/// The keys that OpenIM reads. The file was made from OpenIM's source, and never from our catalogue.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Keys {
    #[serde(rename = "source")]
    _source: String,
    before: Vec<String>,
    after: Vec<String>,
    /// OpenIM reads these keys and does nothing with them.
    without_command: Vec<String>,
}

/// What OpenIM reads for a before command. Our file leaves out `deniedTypes`, so OpenIM asks about every type of content.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Before {
    #[serde(rename = "enable")]
    _enable: bool,
    timeout: u32,
    failed_continue: bool,
    denied_types: Option<Vec<i32>>,
}

/// What OpenIM reads for an after command. Our file leaves out `attentionIds` and `deniedTypes`, so OpenIM sends everything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct After {
    #[serde(rename = "enable")]
    _enable: bool,
    timeout: u32,
    attention_ids: Option<Vec<String>>,
    denied_types: Option<Vec<i32>>,
}

fn keys() -> Keys {
    serde_json::from_str(include_str!("openim_webhooks.json")).unwrap()
}

#[test]
fn webhooks_yml_has_every_key_of_openim_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(root.join("docs/webhooks.yml")).unwrap();
    let mut file: BTreeMap<String, serde_yaml_ng::Value> = serde_yaml_ng::from_str(&text).unwrap();
    let url = file.remove("url").expect("the file has a url");
    assert!(url.as_str().unwrap().starts_with("http"));
    let keys = keys();
    assert_eq!((keys.before.len(), keys.after.len()), (23, 29));
    let mut missing = Vec::new();
    for key in keys.before {
        match file.remove(&key) {
            None => missing.push(key),
            Some(value) => {
                let of_key: Before = serde_yaml_ng::from_value(value)
                    .unwrap_or_else(|error| panic!("{key}: {error}"));
                assert!(of_key.timeout > 0 && !of_key.failed_continue, "{key}");
                assert_eq!(of_key.denied_types, None, "{key}");
            }
        }
    }
    for key in keys.after {
        match file.remove(&key) {
            None => missing.push(key),
            Some(value) => {
                let of_key: After = serde_yaml_ng::from_value(value)
                    .unwrap_or_else(|error| panic!("{key}: {error}"));
                assert!(of_key.timeout > 0, "{key}");
                assert_eq!(
                    (of_key.attention_ids, of_key.denied_types),
                    (None, None),
                    "{key}"
                );
            }
        }
    }
    assert!(missing.is_empty(), "docs/webhooks.yml lacks {missing:?}");
    assert!(file.is_empty(), "OpenIM has no {:?}", file.keys());
}

#[test]
fn every_command_of_openim_has_a_switch_of_openim() {
    let keys = keys();
    let openim = catalogue().filter(|command| command.source == Source::OpenIm);
    for command in openim.chain(NEVER_SENT.iter().copied()) {
        let switches = if command.is_before() {
            &keys.before
        } else {
            &keys.after
        };
        let switch = command.switch.unwrap().to_owned();
        assert!(switches.contains(&switch), "{}: {switch}", command.name);
        assert!(!keys.without_command.contains(&switch));
    }
}
