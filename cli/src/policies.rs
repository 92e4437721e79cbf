//! `imhook check-policies`: lists the mistakes in a `policies.json`, or the rules that it switches on.

use std::path::{Path, PathBuf};

use clap::Args;
use policies::{Mistakes, Policies};

use crate::{Result, out};

#[derive(Args)]
pub(crate) struct Options {
    /// The document
    #[arg(default_value = "policies.json")]
    file: PathBuf,
}

pub(crate) fn check(options: &Options) -> Result<()> {
    out::lines(&description(&read(&options.file)?))
}

/// Reads a document. An error names the file, and each mistake with its place.
pub(crate) fn read(file: &Path) -> Result<Policies> {
    let name = file.display();
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("{name} cannot be read: {error}"))?;
    Policies::from_json(&text).map_err(|Mistakes(mistakes)| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        format!("{name}:\n{}", lines.join("\n")).into()
    })
}

/// A line for each rule, in the order of the checks: its place, and the code of its refusal. After them, a line for each
/// command whose rules can be bypassed.
fn description(policies: &Policies) -> String {
    let mut description = String::new();
    for (command, rules) in policies.iter() {
        for refusal in rules.refusals() {
            let (rule, code) = (&refusal.rule, refusal.code);
            description.push_str(&format!("{command}.{rule} refuses with {code}\n"));
        }
    }
    if description.is_empty() {
        description.push_str("nothing is switched on\n");
    }
    for (command, sentence) in policies.bypasses() {
        description.push_str(&format!("{command} can be bypassed: {sentence}\n"));
    }
    description
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
