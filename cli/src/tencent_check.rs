//! `imhook tencent-check`: what to set in Tencent Chat's console for a stack and its policies, and what is wrong with it.
//!
//! It asks neither Tencent Chat nor AWS. It reads the URL, the policies, and the variables that a function would read.

mod url;

use std::{collections::BTreeSet, env, path::PathBuf};

use clap::Args;
use domain::{Family, Source};
use policies::Policies;
use protocol::{Command, Switch};
use serde_json::json;

use crate::{
    Result,
    out::{self, Format},
    policies::read,
};

#[derive(Args)]
pub(crate) struct Options {
    /// The callback URL for the console: the stack's output `TencentUrl`
    #[arg(long)]
    url: String,
    /// The URL that the console has now
    #[arg(long)]
    old_url: Option<String>,
    /// The policies whose rules need callbacks
    #[arg(long)]
    policies: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn check(options: &Options) -> Result<()> {
    let policies = options.policies.as_deref().map(read).transpose()?;
    let get = |name: &str| env::var(name).ok();
    let (report, faults) = report(options, policies.as_ref(), get);
    if options.format.is_json() {
        for fault in &faults {
            out::json(&json!({"what": "fault", "fault": fault}))?;
        }
        for command in commands() {
            let rules = policies.as_ref().map(|it| needed_by(command, it));
            let has_switch = !matches!(command.needs().switch, Switch::None | Switch::CallConfig);
            out::json(&json!({
                "what": "command", "command": command.name, "before": command.is_before(), "hasSwitch": has_switch,
                "neededBy": rules.unwrap_or_default(),
            }))?;
        }
    } else {
        out::lines(&report)?;
    }
    match &faults[..] {
        [] => Ok(()),
        [fault] => Err(fault.clone().into()),
        faults => Err(format!("{} faults:\n{}", faults.len(), faults.join("\n")).into()),
    }
}

/// Everything that is wrong with a URL for the console. It does not repeat the URL, which could contain a password.
pub(crate) fn url_faults(url: &str) -> Vec<String> {
    url::faults(url)
}

/// What to set, and what is wrong. `get` reads the environment.
fn report(
    options: &Options,
    policies: Option<&Policies>,
    get: impl Fn(&str) -> Option<String>,
) -> (String, Vec<String>) {
    let mut faults = url::faults(&options.url);
    let mut lines = vec![match url::has_user(&options.url) {
        // It could be a password.
        true => "Callback URL: not shown, because it contains a user name".to_owned(),
        false => format!("Callback URL: {}", options.url),
    }];
    let mut add = |line: &str| lines.push(format!("  {line}"));
    add("One URL gets all callbacks of the app. A new URL counts after about two minutes.");
    url::notes(&options.url).iter().for_each(|note| add(note));
    match &options.old_url {
        Some(old) => faults.extend(url::prefix_fault(old, &options.url)),
        None => add(
            "Neither the old nor the new URL may begin with the other, such as https://h:443 and https://h:4433. \
             --old-url checks it.",
        ),
    }
    lines.extend(authentication(get, &mut faults));
    lines.extend(FAILURES.lines().map(ToOwned::to_owned));
    lines.extend(switches(policies));
    lines.extend(calls());
    (lines.join("\n") + "\n", faults)
}

/// The console's settings for answers that fail.
const FAILURES: &str = "\
Failures
  Before callbacks: if no answer came in time, the operation goes on, unless the console says block. Choose block if your \
rules must hold while the receiver is down: a message's sender then gets error 80003. Other failures probably count, too.
  After callbacks: they are sent once, unless the console's retry is on. It sends again after a time-out; how often is not \
documented.";

/// The variables of the functions, by their names only, and what they come to.
fn authentication(get: impl Fn(&str) -> Option<String>, faults: &mut Vec<String>) -> Vec<String> {
    const VARIABLES: [&str; 5] = [
        "TENCENT_SDK_APP_ID",
        "TENCENT_VERIFIER",
        "TENCENT_SECRET_ID",
        "TENCENT_TOKEN",
        "TENCENT_TOKEN_PREVIOUS",
    ];
    // As in the functions, an empty value counts as not set.
    let [app, verifier, secret, token, previous] =
        VARIABLES.map(|name| get(name).filter(|value| !value.is_empty()));
    let is_set = [&app, &verifier, &secret, &token, &previous].map(Option::is_some);
    let mut lines = vec!["Authentication".to_owned()];
    lines.extend(
        VARIABLES
            .iter()
            .zip(is_set)
            .map(|(name, is_set)| format!("  {name}: {}", if is_set { "set" } else { "not set" })),
    );
    let mut add = |line: &str| lines.push(format!("  {line}"));
    if is_set == [false; 5] {
        add(
            "Nothing is set here, so only the stack knows. Its token is in the secret of the output TencentSecretArn; set the \
             same one in the console.",
        );
        return lines;
    }
    match app {
        None => faults.push(
            "TENCENT_SDK_APP_ID is not set: functions refuse all callbacks of Tencent Chat"
                .to_owned(),
        ),
        Some(app) if !app.bytes().all(|byte| byte.is_ascii_digit()) => {
            faults.push("TENCENT_SDK_APP_ID is not a decimal number".to_owned());
        }
        Some(_) => {}
    }
    match verifier.as_deref() {
        None | Some("token") => {}
        Some("none") => {
            add(
                "Callbacks need no signature: anyone who knows the SDKAppID is believed, and every client app contains it.",
            );
            return lines;
        }
        Some(_) => {
            faults.push("TENCENT_VERIFIER is neither token nor none".to_owned());
            return lines;
        }
    }
    match (token.is_some(), previous.is_some(), secret.is_some()) {
        (true, false, _) => add("One token: set the same one in the console."),
        (true, true, _) => add(
            "Two tokens, old and new: both are believed. Set the new one in the console, then remove TENCENT_TOKEN_PREVIOUS.",
        ),
        (false, _, true) => add("The token is in the secret: set the same one in the console."),
        (false, _, false) => faults.push(
            "neither TENCENT_TOKEN nor TENCENT_SECRET_ID is set: functions that check signatures do not work".to_owned(),
        ),
    }
    if secret.is_some() && (token.is_some() || previous.is_some()) {
        add(
            "A token may be in the environment or in the secret. If one name is in both, functions do not work.",
        );
    }
    lines
}

fn commands() -> impl Iterator<Item = &'static Command> {
    protocol::catalogue().filter(|it| it.source == Source::Tencent)
}

/// The commands with switches in the console, or with none at all.
fn switches(policies: Option<&Policies>) -> Vec<String> {
    let mut lines = vec![
        "Switches of the console".to_owned(),
        match policies {
            Some(_) => "  [x]: a rule needs it.",
            None => "  No policies are given. --policies marks with [x] what their rules need.",
        }
        .to_owned(),
        "  [ ]: turn on an after callback for its events, and a before callback if a handler of yours decides.".to_owned(),
    ];
    for family in Family::ALL {
        let of_family = protocol::commands(Source::Tencent, *family);
        let mut of_family = of_family
            .iter()
            .filter(|it| it.needs().switch != Switch::CallConfig)
            .peekable();
        if of_family.peek().is_some() {
            lines.push(format!("  {}", family.as_str()));
        }
        lines.extend(of_family.map(|command| format!("    {}", line(command, policies))));
    }
    lines
}

/// A command with what it needs, which rules need it, and what else its switch turns on.
fn line(command: &Command, policies: Option<&Policies>) -> String {
    let rules = policies
        .map(|it| needed_by(command, it))
        .unwrap_or_default();
    let mark = match (command.needs().switch, rules.is_empty()) {
        (Switch::None, _) => "[-]",
        (_, true) => "[ ]",
        (_, false) => "[x]",
    };
    let mut facts = Vec::new();
    if !rules.is_empty() {
        facts.push(rules.join(", "));
    }
    if command.needs().is_more() {
        facts.push(command.needs().to_string());
    }
    let others: Vec<&str> = commands()
        .filter(|it| it.needs().switch == Switch::Of(command.name))
        .map(|it| it.name)
        .collect();
    if !others.is_empty() {
        facts.push(format!("its switch also turns on {}", others.join(", ")));
    }
    let when = if command.is_before() {
        "before"
    } else {
        "after"
    };
    match &facts[..] {
        [] => format!("{mark} {} ({when})", command.name),
        facts => format!("{mark} {} ({when}): {}", command.name, facts.join("; ")),
    }
}

/// The rules that a command is needed for: those that judge it, and those that read a view which it fills. The note of
/// such a rule names the command.
fn needed_by(command: &Command, policies: &Policies) -> Vec<String> {
    let mut paths = BTreeSet::new();
    for rule in policies.by_subject() {
        let judged = rule.commands().any(|it| it == command);
        let named = |note: &str| {
            let mut words = note.split([' ', ',', ';']);
            words.any(|word| word.trim_end_matches('.') == command.name)
        };
        if judged || rule.note().is_some_and(named) {
            paths.insert(rule.path.to_owned());
        }
    }
    let subjects: Vec<String> = policies
        .by_subject()
        .flat_map(|rule| rule.refusals().map(|it| it.rule.clone()))
        .collect();
    let own = policies.rules(command.name).refusals();
    let own = own.filter(|it| !subjects.contains(&it.rule));
    paths.extend(own.map(|it| it.rule.clone()));
    paths.into_iter().collect()
}

/// The commands that the console does not have.
fn calls() -> Vec<String> {
    let calls = commands().filter(|it| it.needs().switch == Switch::CallConfig);
    let mut lines = vec![
        "Calls, which the console does not have".to_owned(),
        "  The REST interface v4/call_config/set_callback takes Url and CallbackCommandList, and replaces both each time. \
         The URL is their own; it can be the one above."
            .to_owned(),
        "  It is not documented whether these callbacks are signed, how long their server waits, or whether it sends again. \
         If they are not signed, functions refuse them, unless TENCENT_VERIFIER is none."
            .to_owned(),
        "  Calls that call() or groupCall() start have other callbacks, which are not served.".to_owned(),
    ];
    lines.extend(calls.map(|it| {
        let feature = it.needs().feature.map(|it| format!(": needs {it}"));
        format!("    {}{}", it.name, feature.unwrap_or_default())
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://abc.execute-api.eu-central-1.amazonaws.com/prod/tencent";

    fn checked(policies: &str, variables: &[(&str, &str)]) -> (String, Vec<String>) {
        let options = Options {
            url: URL.to_owned(),
            old_url: None,
            policies: None,
            format: Format::default(),
        };
        let policies = Policies::from_json(policies).unwrap();
        let get = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        report(&options, Some(&policies), get)
    }

    /// The lines that contain the text.
    fn lines<'a>(report: &'a str, text: &str) -> Vec<&'a str> {
        let lines = report.lines().map(str::trim);
        lines.filter(|line| line.contains(text)).collect()
    }

    #[test]
    fn every_command_of_tencent_chat_has_one_line() {
        let (report, faults) = checked("{}", &[]);
        assert_eq!(faults, [""; 0]);
        assert!(commands().count() >= 64);
        for command in commands() {
            let is_its_line = |line: &&str| {
                let mut words = line
                    .trim()
                    .trim_start_matches(['[', '-', ' ', ']'])
                    .split([' ', ':']);
                words.next() == Some(command.name)
            };
            assert_eq!(
                report.lines().filter(is_its_line).count(),
                1,
                "{}",
                command.name
            );
        }
        assert!(!report.contains("    [x]"), "{report}");
    }

    #[test]
    fn a_rule_marks_every_callback_that_it_needs() {
        let policies = r#"{
            "messages": {"text": {"words": [{"list": ["spam"]}]}, "friendsOnly": {}},
            "groups": {"names": {"maxChars": {"limit": 40}}},
            "Sns.CallbackPrevFriendAdd": {"AddWording": {"maxChars": {"limit": 100}}}
        }"#;
        let (report, faults) = checked(policies, &[]);
        assert_eq!(faults, [""; 0]);
        let marked = lines(&report, "[x] ");
        let expected = [
            // The view of friends is filled by these two.
            "[x] Sns.CallbackFriendAdd (after): messages.friendsOnly",
            "[x] Sns.CallbackFriendDelete (after): messages.friendsOnly",
            "[x] Sns.CallbackPrevFriendAdd (before): AddWording.maxChars",
            "[x] Group.CallbackBeforeCreateGroup (before): groups.names; its switch also turns on \
             Group.CallbackBeforeCreateTopic",
            "[x] C2C.CallbackBeforeSendMsg (before): messages.friendsOnly, messages.text",
            "[x] Group.CallbackBeforeSendMsg (before): messages.text",
        ];
        for line in expected {
            assert!(marked.contains(&line), "{line}\n{report}");
        }
        let others = [
            "[x] Group.CallbackBeforeCreateTopic (before): groups.names; has the switch of \
             Group.CallbackBeforeCreateGroup; ",
            "[x] OfficialAccount.CallbackBeforeSendMsg (before): messages.text; has its own switch, ",
        ];
        for line in others {
            assert_eq!(lines(&report, line).len(), 1, "{line}\n{report}");
        }
        assert_eq!(marked.len(), expected.len() + others.len(), "{report}");
    }

    #[test]
    fn what_has_no_switch_is_not_offered_as_one() {
        let (report, _) = checked("{}", &[]);
        assert_eq!(
            lines(&report, "Alert.RequestOverLimit"),
            ["[-] Alert.RequestOverLimit (after): has no switch: it comes as soon as a URL is set"]
        );
        assert_eq!(
            lines(&report, "Call.CallbackAfterEndCall"),
            ["Call.CallbackAfterEndCall: needs calls that TUICallKit.calls() starts"]
        );
    }

    #[test]
    fn the_state_of_the_token_is_told_without_its_value() {
        let app = ("TENCENT_SDK_APP_ID", "1400000001");
        let token = ("TENCENT_TOKEN", "t0p-secret");
        let previous = ("TENCENT_TOKEN_PREVIOUS", "0ld-secret");
        let secret = ("TENCENT_SECRET_ID", "arn:hidden");
        for (variables, state) in [
            (&[][..], "Nothing is set here"),
            (&[app, token], "One token:"),
            (&[app, token, previous], "Two tokens, old and new:"),
            (&[app, secret], "The token is in the secret:"),
            (&[app, secret, previous], "If one name is in both,"),
            (
                &[app, ("TENCENT_VERIFIER", "none")],
                "Callbacks need no signature:",
            ),
            (&[app, ("TENCENT_VERIFIER", "token"), token], "One token:"),
        ] {
            let (report, faults) = checked("{}", variables);
            assert_eq!(faults, [""; 0], "{state}");
            assert_eq!(lines(&report, state).len(), 1, "{state}\n{report}");
            for (_, value) in [app, token, previous, secret] {
                assert!(!report.contains(value), "{report}");
            }
        }
    }

    #[test]
    fn a_configuration_with_which_no_callback_is_accepted_is_a_fault() {
        let app = ("TENCENT_SDK_APP_ID", "1400000001");
        let token = ("TENCENT_TOKEN", "t0p-secret");
        for (variables, fault) in [
            (&[token][..], "TENCENT_SDK_APP_ID is not set"),
            (
                &[("TENCENT_SDK_APP_ID", ""), token],
                "TENCENT_SDK_APP_ID is not set",
            ),
            (
                &[("TENCENT_SDK_APP_ID", "t0p-secret"), token],
                "not a decimal number",
            ),
            (&[app], "neither TENCENT_TOKEN nor TENCENT_SECRET_ID"),
            (
                &[app, ("TENCENT_TOKEN", "")],
                "neither TENCENT_TOKEN nor TENCENT_SECRET_ID",
            ),
            (
                &[app, ("TENCENT_VERIFIER", "t0p-secret")],
                "neither token nor none",
            ),
        ] {
            let (report, faults) = checked("{}", variables);
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(faults[0].contains(fault), "{faults:?}");
            assert!(
                !format!("{report}{faults:?}").contains("t0p-secret"),
                "{report}"
            );
        }
    }

    #[test]
    fn a_url_with_a_password_is_not_shown() {
        let options = Options {
            url: "https://openim:t0p-secret@example.com/tencent".to_owned(),
            old_url: Some("https://openim:t0p-secret@example.com/tencent2".to_owned()),
            policies: None,
            format: Format::default(),
        };
        let (report, faults) = report(&options, None, |_| None);
        assert!(
            !format!("{report}{faults:?}").contains("t0p-secret"),
            "{report}"
        );
        assert!(!faults.is_empty());
    }
}
