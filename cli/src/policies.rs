//! `imhook check-policies`: lists the mistakes in a `policies.json`, or the rules that it switches on.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use clap::Args;
use domain::Source;
use policies::{Mistakes, Policies, Refusal};
use protocol::{Codes, Command};
use serde_json::{Value, json};

use crate::{
    Result,
    out::{self, Format},
};

#[derive(Args)]
pub(crate) struct Options {
    /// The document
    #[arg(default_value = "policies.json")]
    file: PathBuf,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn check(options: &Options) -> Result<()> {
    let policies = read(&options.file)?;
    if options.format.is_json() {
        for fact in facts(&policies) {
            out::json(&fact)?;
        }
        return Ok(());
    }
    out::lines(&description(&policies))
}

/// The same as [`description`] for programs.
fn facts(policies: &Policies) -> Vec<Value> {
    let mut facts = Vec::new();
    for rule in policies.by_subject() {
        let of = |source| rule.commands().filter(move |it| it.source == source);
        let switches: Vec<_> = of(Source::OpenIm).filter_map(|it| it.switch).collect();
        let tencent: Vec<_> = of(Source::Tencent).map(|it| it.name).collect();
        facts.push(json!({
            "what": "rule", "rule": rule.path, "openim": switches, "tencent": tencent, "note": rule.note(),
        }));
    }
    for (command, rules) in policies.iter() {
        let codes = codes_of(command);
        facts.extend(rules.refusals().map(|refusal| {
            let codes: BTreeSet<i32> = codes.iter().map(|it| refusal.code(*it)).collect();
            json!({"what": "refusal", "command": command, "rule": refusal.rule, "codes": codes})
        }));
    }
    let bypasses = policies.bypasses();
    facts.extend(
        bypasses.map(
            |(command, sentence)| json!({"what": "bypass", "command": command, "how": sentence}),
        ),
    );
    facts
}

fn codes_of(command: &str) -> BTreeSet<Codes> {
    let mut known = protocol::catalogue();
    let known = known.find(|it| it.name == command);
    known.map(Command::codes).into_iter().collect()
}

/// Reads a document. An error names the file, and each mistake with its place.
pub(crate) fn read(file: &Path) -> Result<Policies> {
    let name = file.display();
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("{name} cannot be read: {error}"))?;
    let beside = |name: &str| {
        std::fs::read_to_string(file.with_file_name(name)).map_err(|error| error.to_string())
    };
    Policies::with_files(&text, &beside).map_err(|Mistakes(mistakes)| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        format!("{name}:\n{}", lines.join("\n")).into()
    })
}

/// Reads a document that names no other files.
pub(crate) fn of_text(text: &str) -> Result<Policies> {
    let none = |name: &str| Err(format!("{name} is not read here"));
    Policies::with_files(text, &none).map_err(|Mistakes(mistakes)| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        lines.join("\n").into()
    })
}

/// A line for each rule: its place, and the codes of its refusal. A rule by subject has two more lines, with what must be
/// on at each server, and another one if there is something that it cannot do. After them, a line for each command
/// whose rules can be bypassed.
fn description(policies: &Policies) -> String {
    let mut lines = Vec::new();
    for rule in policies.by_subject() {
        let codes = rule.codes();
        let refusals = rule.refusals();
        lines.extend(refusals.map(|it| format!("{} refuses with {}", it.rule, each(it, &codes))));
        let path = rule.path;
        if rule.refusals().next().is_none() {
            lines.push(format!("{path} is on"));
        }
        let switches: Vec<&str> = rule.commands().filter_map(|it| it.switch).collect();
        let switches = switches.join(", ");
        lines.push(format!(
            "{path} works where webhooks.yml turns on {switches}"
        ));
        let tencent = rule.commands().filter(|it| it.source == Source::Tencent);
        let names: Vec<&str> = tencent.map(|it| it.name).collect();
        lines.push(match &names[..] {
            [] => format!("{path} does not apply to Tencent Chat"),
            names => format!(
                "{path} works where Tencent Chat's console turns on {}",
                names.join(", ")
            ),
        });
        lines.extend(rule.note().map(|note| format!("{path}: {note}")));
    }
    for (command, rules) in policies.iter() {
        let of_subjects = |rule: &str| {
            let mut rules = policies.by_subject().flat_map(|it| it.refusals());
            rules.any(|refusal| refusal.rule == rule)
        };
        let own = rules.refusals().filter(|it| !of_subjects(&it.rule));
        let codes = codes_of(command);
        lines.extend(own.map(|it| {
            let codes = each(it, &codes);
            format!("{command}.{} refuses with {codes}", it.rule)
        }));
    }
    if lines.is_empty() {
        lines.push("nothing is switched on".to_owned());
    }
    for (command, sentence) in policies.bypasses() {
        lines.push(format!("{command} can be bypassed: {sentence}"));
    }
    lines.join("\n") + "\n"
}

/// What each server's clients get as the code of a refusal.
fn each(refusal: &Refusal, codes: &BTreeSet<Codes>) -> String {
    let each = codes.iter().map(|codes| {
        let code = refusal.code(*codes);
        match codes {
            Codes::OpenIm | Codes::Person => code.to_string(),
            Codes::Group => format!("{code} (Tencent Chat's groups)"),
            Codes::Message => format!("{code} (Tencent Chat's users)"),
        }
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(document: &str) -> String {
        description(&Policies::from_json(document).unwrap())
    }

    #[test]
    fn every_rule_is_listed_with_its_code() {
        assert_eq!(described("{}"), "nothing is switched on\n");
        let document = r#"{
            "Sns.CallbackPrevFriendAdd": {"actingUser": {"deny": ["mallory"]}},
            "callbackBeforeSetFriendRemarkCommand": {"remark": {
                "maxChars": {"limit": 5},
                "forbidden": [{"pattern": "x", "code": 20001}]
            }}
        }"#;
        assert_eq!(
            described(document),
            "Sns.CallbackPrevFriendAdd.actingUser refuses with 38901\n\
             callbackBeforeSetFriendRemarkCommand.remark.maxChars refuses with 28004\n\
             callbackBeforeSetFriendRemarkCommand.remark.forbidden[0] refuses with 20001\n\
             callbackBeforeSetFriendRemarkCommand can be bypassed: POST /friend/update_friends changes remarks and \
             never asks; client SDKs since v3.8.1 use only this route.\n\
             Sns.CallbackPrevFriendAdd can be bypassed: The REST API (friend_add, friend_import) never asks, and \
             a later change of a remark does not ask either.\n"
        );
    }

    #[test]
    fn a_rule_by_subject_is_listed_once_with_its_switches() {
        let document = r#"{"users": {"reservedNames": {"names": ["admin"]}}}"#;
        let described = described(document);
        let lines: Vec<&str> = described.lines().collect();
        assert_eq!(
            lines[..3],
            [
                "users.reservedNames refuses with 28024",
                "users.reservedNames works where webhooks.yml turns on beforeUpdateUserInfo, \
                 beforeUpdateUserInfoEx, beforeUserRegister, beforeSetGroupMemberInfo",
                "users.reservedNames does not apply to Tencent Chat",
            ]
        );
        // Both routes of a change are judged, but one way to make an account never asks.
        assert_eq!(lines.len(), 4, "{described}");
        assert!(lines[3].starts_with("callbackBeforeUserRegisterCommand can be bypassed: "));
    }

    #[test]
    fn rules_for_both_routes_of_a_change_cannot_be_bypassed() {
        let nick_name = r#"{"nickName": {"maxChars": {"limit": 5}}}"#;
        let one = |command| format!(r#""{command}": {nick_name}"#);
        let [old, new] = [
            "callbackBeforeUpdateUserInfoCommand",
            "callbackBeforeUpdateUserInfoExCommand",
        ];
        for (command, other) in [(old, new), (new, old)] {
            let described = described(&format!("{{{}}}", one(command)));
            let warning = format!("{command} can be bypassed: POST /user/");
            assert!(
                described.contains(&warning) && described.contains(other),
                "{described}"
            );
        }
        let both = described(&format!("{{{}, {}}}", one(old), one(new)));
        assert!(!both.contains("bypassed"), "{both}");
        let other_rules = r#"{"actingUser": {"deny": ["mallory"]}}"#;
        let half = described(&format!(r#"{{{}, "{new}": {other_rules}}}"#, one(old)));
        assert_eq!(half.matches("bypassed").count(), 2, "{half}");
    }

    #[test]
    fn every_mistake_is_a_line_and_an_error() {
        let file = std::env::temp_dir().join(format!("policies-{}.json", std::process::id()));
        std::fs::write(&file, r#"{"a": {}, "b": {}}"#).unwrap();
        let error = read(&file).unwrap_err().to_string();
        std::fs::remove_file(&file).unwrap();
        let lines: Vec<&str> = error.lines().collect();
        assert_eq!(lines.len(), 3, "{error}");
        assert!(lines[1].starts_with("$.a: ") && lines[2].starts_with("$.b: "));
        assert!(
            read(&file)
                .unwrap_err()
                .to_string()
                .contains("cannot be read")
        );
    }
}
