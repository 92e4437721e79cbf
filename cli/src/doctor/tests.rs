use std::collections::BTreeSet;

use ::policies::Policies;

use super::*;

/// The file of the documentation, with a url.
fn good() -> String {
    let text = include_str!("../../../docs/webhooks.yml");
    text.replace("http://127.0.0.1:9080", "https://hooks.example.com/im")
}

/// What is asked about a file.
#[derive(Default)]
struct Case {
    file: String,
    version: &'static str,
    policies: &'static str,
    environment: &'static [(&'static str, &'static str)],
}

impl Case {
    fn of(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            ..Self::default()
        }
    }

    /// The good file with a text replaced.
    fn but(from: &str, to: &str) -> Self {
        let good = good();
        assert!(good.contains(from), "{from}");
        Self::of(good.replacen(from, to, 1))
    }

    /// The good file with options of a switch replaced.
    fn switch(name: &str, options: &str) -> Self {
        let good = good();
        let begin = good.find(&format!("\n{name}:")).unwrap() + 1;
        let rest = &good[begin..];
        let length = rest.find("\n\n").unwrap_or(rest.len());
        let next = rest[..length].match_indices('\n').map(|(at, _)| at + 1);
        let next = next
            .filter(|at| rest[*at..].starts_with(char::is_alphabetic))
            .min();
        let end = begin + next.unwrap_or(length);
        Self::of(format!(
            "{}{name}:\n  {options}\n{}",
            &good[..begin],
            &good[end..]
        ))
    }

    fn url(url: &str) -> Self {
        Self::but("https://hooks.example.com/im", url)
    }

    fn in_version(self, version: &'static str) -> Self {
        Self { version, ..self }
    }

    fn with_policies(self, policies: &'static str) -> Self {
        Self { policies, ..self }
    }

    fn with_variables(self, environment: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            environment,
            ..self
        }
    }

    fn findings(&self) -> (File, Vec<Finding>) {
        let policies =
            (!self.policies.is_empty()).then(|| Policies::from_json(self.policies).unwrap());
        let variables = self.environment.iter();
        let given = Given {
            version: (!self.version.is_empty()).then(|| self.version.parse().unwrap()),
            policies,
            environment: variables
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let file = File::read(&self.file);
        let mut found = Vec::new();
        if let Some(facts) = Facts::read(&file, &given, &mut found) {
            rules::apply(&facts, &mut found);
        }
        (file, found)
    }

    /// The file after `--fix`.
    fn fixed(&self) -> Self {
        let (file, found) = self.findings();
        let edits: Vec<Edit> = found.into_iter().flat_map(|it| it.edits).collect();
        Self {
            file: file.edited(&edits),
            version: self.version,
            policies: self.policies,
            environment: self.environment,
        }
    }

    fn codes(&self) -> BTreeSet<&'static str> {
        self.findings().1.iter().map(|it| it.kind.code).collect()
    }
}

const ON: &str = "enable: true\n  timeout: 5";
const OLD: &str = "callback:\n  url: https://h.example.com/a\n  beforeAddFriend:\n    enable: true\n    timeout: 5\n";

/// For each code, a configuration that has it, and the line that the finding names.
fn cases() -> Vec<(&'static str, Case, Option<usize>)> {
    let nothing = |name: &str| Case::switch(name, "enable: false\n  timeout: 5");
    let friend = |options: &str| Case::switch("beforeAddFriend", options);
    let messages = |options: &str| Case::switch("beforeSendSingleMsg", options);
    vec![
        ("file-not-yaml", Case::of("url: x\n  a: b\n"), Some(2)),
        ("file-empty", Case::of("# nothing\n"), None),
        ("outer-callback", Case::of(OLD), Some(1)),
        ("outer-callback-missing", Case::of(good()).in_version("v3.6.0"), Some(1)),
        ("key-twice", Case::of("url: x\nbeforeAddFriend:\n  enable: true\nURL: y\n"), Some(4)),
        ("key-old-name", Case::of("url: https://h/a\nmsgModify:\n  enable: true\n  timeout: 5\n"), Some(2)),
        ("key-is-a-command", Case::of("url: https://h/a\ncallbackBeforeAfterMsgCommand:\n  enable: true\n"), Some(2)),
        ("key-unknown", Case::of("url: https://h/a\n# a typo\nbeforeAddFreind:\n  enable: true\n"), Some(3)),
        ("key-does-nothing", Case::switch("afterUserKickOff", ON), None),
        ("switch-not-a-map", Case::of("url: https://h/a\nbeforeAddFriend: true\n"), Some(2)),
        ("option-unknown", Case::of("url: https://h/a\nbeforeAddFriend:\n  enabled: true\n"), Some(3)),
        ("switch-in-a-switch", Case::of("url: https://h/a\nbeforeAddFriend:\n  enable: true\n  timeout: 5\n  afterAddFriend:\n    enable: true\n"), Some(5)),
        ("value-wrong-type", Case::of("url: https://h/a\nbeforeAddFriend:\n  enable: yes\n"), Some(3)),
        ("url-missing", Case::but("url: https://hooks.example.com/im", "url: \"\""), None),
        ("url-scheme", Case::url("webhook://h.example.com/a"), None),
        ("url-malformed", Case::url("hooks.example.com"), None),
        ("url-example", Case::url("http://127.0.0.1:10006/callbackExample"), None),
        ("url-query", Case::url("https://h.example.com/a?token=1"), None),
        ("url-fragment", Case::url("https://h.example.com/a#b"), None),
        ("url-command", Case::url("https://h.example.com/a/:command"), None),
        ("url-tencent", Case::url("https://h.example.com/prod/tencent"), None),
        ("url-slash", Case::url("https://h.example.com/a/"), None),
        ("url-any-address", Case::url("http://0.0.0.0:9000"), None),
        ("url-link-local", Case::url("http://169.254.1.1:9000"), None),
        ("url-loopback", Case::url("http://127.0.0.1:9080"), None),
        ("url-container", Case::url("http://host.docker.internal:9000"), None),
        ("url-plain-http", Case::url("http://hooks.example.com/im"), None),
        ("url-plain-aws", Case::url("http://a.execute-api.eu-central-1.amazonaws.com/prod"), None),
        ("url-without-stage", Case::url("https://a.execute-api.eu-central-1.amazonaws.com"), None),
        ("url-password-shown", Case::url("https://u:t0p-secret@h.example.com/a"), None),
        (
            "url-password-logged",
            Case::of("url: https://u:t0p-secret@h/a\nafterAddFriend:\n  enable: true\n  timeout: 5\n"),
            Some(1),
        ),
        ("url-password-example", Case::url("https://openim:PASSWORD@h.example.com/a"), None),
        ("url-user-only", Case::url("https://openim@h.example.com/a"), None),
        ("url-not-escaped", Case::url("https://openim:t0p%secret@h.example.com/a"), None),
        ("nothing-on", Case::of("url: https://h/a\nbeforeAddFriend:\n  enable: false\n"), None),
        ("switch-risky", Case::switch("beforeGroupOnlinePush", ON), None),
        ("before-unneeded", friend(ON).with_policies("{}"), None),
        ("before-reports", nothing("beforeAddBlack"), None),
        ("agreement-off", nothing("afterAddFriendAgree"), None),
        ("route-off", nothing("afterUpdateUserInfoEx"), None),
        (
            "policy-not-asked",
            Case::of(good()).with_policies(r#"{"callbackBeforeAddFriendCommand": {"reqMsg": {"maxChars": {"limit": 5}}}}"#),
            None,
        ),
        (
            "policy-route-off",
            messages(ON).with_policies(r#"{"messages": {"text": {"maxChars": {"limit": 5}}}}"#),
            None,
        ),
        (
            "policy-view-off",
            Case { file: messages(ON).file.replacen("afterDeleteFriend: ", "# ", 1).replace("# after-delete-friend: Somebody removed a friend from their list.\n  enable: true\n  timeout: 5\n", "\n"), ..Case::default() }
                .with_policies(r#"{"messages": {"friendsOnly": {}}}"#),
            None,
        ),
        (
            "policy-filtered",
            messages("enable: true\n  timeout: 5\n  deniedTypes: [101]")
                .with_policies(r#"{"messages": {"text": {"maxChars": {"limit": 5}}}}"#),
            None,
        ),
        (
            "policy-bypassed",
            Case::of(good()).with_policies(r#"{"callbackBeforeSetFriendRemarkCommand": {"remark": {"maxChars": {"limit": 5}}}}"#),
            None,
        ),
        ("timeout-missing", friend("enable: true"), None),
        ("timeout-negative", friend("enable: true\n  timeout: -1"), None),
        ("timeout-fraction", friend("enable: true\n  timeout: 0.5"), None),
        ("timeout-short", friend("enable: true\n  timeout: 1"), None),
        ("timeout-long", friend("enable: true\n  timeout: 10"), None),
        ("timeout-capped", friend("enable: true\n  timeout: 5000"), None),
        ("timeout-after-long", Case::switch("afterAddFriend", "enable: true\n  timeout: 10"), None),
        ("failed-continue", friend("enable: true\n  timeout: 5\n  failedContinue: true"), None),
        ("failed-continue-after", Case::switch("afterAddFriend", "enable: true\n  timeout: 5\n  failedContinue: true"), None),
        (
            "attention-ids-group",
            Case::switch("afterSendGroupMsg", "enable: true\n  timeout: 5\n  attentionIds: [a]").in_version("main"),
            None,
        ),
        ("attention-ids-unread", Case::switch("afterAddFriend", "enable: true\n  timeout: 5\n  attentionIds: [a]"), None),
        ("attention-ids", Case::switch("afterSendSingleMsg", "enable: true\n  timeout: 5\n  attentionIds: [a]"), None),
        ("types-range", messages("enable: true\n  timeout: 5\n  deniedTypes: [\"101-110\"]").in_version("main"), None),
        ("types-allowed", messages("enable: true\n  timeout: 5\n  allowedTypes: [101]").in_version("main"), None),
        ("types-unread", messages("enable: true\n  timeout: 5\n  deniedTypes: [101]").in_version("v3.8.1"), None),
        ("env-unknown", Case::of(good()).with_variables(&[("IMENV_WEBHOOK_URL", "x")]), None),
        (
            "env-not-in-file",
            Case::of("url: https://h/a\nafterAddFriend:\n  enable: true\n  timeout: 5\n")
                .with_variables(&[("IMENV_WEBHOOKS_AFTERJOINGROUP_ENABLE", "true")]),
            None,
        ),
        ("env-overrides", Case::of(good()).with_variables(&[("IMENV_WEBHOOKS_URL", "https://h/b")]), None),
        ("env-empty", Case::of(good()).with_variables(&[("IMENV_WEBHOOKS_URL", "")]), None),
        ("version-too-early", Case::of(good()).in_version("v3.8.0"), None),
        ("version-main-only", Case::of(good()).in_version("v3.8.3"), None),
        ("version-no-presence", Case::of(good()).in_version("v3.8.1"), None),
        (
            "version-no-join",
            Case::switch("beforeMemberJoinGroup", "enable: false").in_version("v3.8.3-patch.16"),
            None,
        ),
        ("version-no-refusal", Case::of(OLD).in_version("v3.6.0"), Some(4)),
        ("version-blocked-first", messages(ON).in_version("v3.8.1"), None),
        ("version-push", Case::switch("beforeOnlinePush", ON).in_version("v3.8.1"), None),
        ("version-secret", Case::of(good()).in_version("v3.8.0"), None),
        ("version-members", Case::of(good()).in_version("v3.7.1"), None),
        ("version-queue", Case::of(good()).in_version("v3.8.0"), None),
        ("version-signals", Case::of(good()).in_version("v3.8.3"), None),
        (
            "version-no-queue",
            Case::of("callback:\n  url: https://h/a\n  quitGroup:\n    enable: true\n    timeout: 5\n").in_version("v3.5.1"),
            Some(4),
        ),
    ]
}

#[test]
fn every_finding_about_a_file_is_provoked_and_names_its_line() {
    let mut provoked = BTreeSet::new();
    for (code, case, line) in cases() {
        let (file, found) = case.findings();
        let finding = found.iter().find(|it| it.kind.code == code);
        let finding = finding.unwrap_or_else(|| panic!("{code} is not in {:?}", case.codes()));
        if let Some(line) = line {
            assert_eq!(finding.place.line, Some(line), "{code}");
        }
        assert!(finding.place.line.is_none_or(|it| it <= file.lines.len()));
        for finding in &found {
            assert!(!finding.reason.contains("t0p"), "{}", finding.reason);
        }
        provoked.insert(code);
    }
    let of_files = kinds::ALL.iter().map(|it| it.code);
    let of_files = of_files.filter(|it| !it.starts_with("call-") && !it.starts_with("tencent-"));
    assert_eq!(provoked, of_files.collect());
}

#[test]
fn a_good_configuration_has_no_finding_but_notes() {
    let policies = r#"{"messages": {"text": {"maxChars": {"limit": 500}}, "bots": ["helper"]}}"#;
    let asked = [
        "beforeSendSingleMsg",
        "beforeSendGroupMsg",
        "beforeMsgModify",
    ];
    let mut on = good();
    for name in asked {
        let place = on.find(&format!("\n{name}:")).unwrap();
        let off = place + on[place..].find("enable: false").unwrap();
        on.replace_range(off..off + "enable: false".len(), "enable: true");
    }
    for case in [
        Case::of(good()),
        Case::of(good()).in_version("v3.8.3"),
        Case::of(good()).with_policies("{}"),
        Case::of(on).with_policies(policies),
        Case::url("http://127.0.0.1:9080"),
        Case::of(good()).with_variables(&[("IMENV_WEBHOOKS_URL", "https://a.example.com/b")]),
        Case::of(good()).in_version("main"),
        Case::of(OLD).in_version("v3.5.1"),
    ] {
        let found = case.findings().1;
        let bad = found.iter().filter(|it| it.kind.severity < Severity::Note);
        let bad: BTreeSet<&str> = bad.map(|it| it.kind.code).collect();
        assert_eq!(bad, BTreeSet::new());
    }
}

#[test]
fn a_corrected_file_no_longer_has_what_was_corrected() {
    let mut corrected = 0;
    for (code, case, _) in cases() {
        let (_, found) = case.findings();
        if found
            .iter()
            .all(|it| it.kind.code != code || it.edits.is_empty())
        {
            continue;
        }
        corrected += 1;
        let fixed = case.fixed();
        assert!(!fixed.codes().contains(code), "{code}:\n{}", fixed.file);
        let comments = |text: &str| {
            text.lines()
                .filter(|it| format!(" {it}").contains(" #"))
                .count()
        };
        assert_eq!(comments(&case.file), comments(&fixed.file), "{code}");
        assert!(serde_yaml_ng::from_str::<serde_yaml_ng::Value>(&fixed.file).is_ok());
    }
    assert!(corrected >= 20, "{corrected}");
}

#[test]
fn what_is_shipped_with_a_release_is_read_without_an_unknown_key() {
    // Every switch that any version since v3.4 has, in the form of its version.
    for (version, outer, key) in [
        ("v3.4.0", true, "superGroupOnlinePush"),
        ("v3.6.0", true, "setMessageReactionExtensions"),
        ("v3.7.1", false, "afterGroupMsgRevoke"),
        ("v3.8.3", false, "afterAddFriendAgree"),
        ("main", false, "afterMsgSaveDB"),
    ] {
        let text = match outer {
            true => format!("callback:\n  url: https://h/a\n  {key}:\n    enable: false\n"),
            false => format!("url: https://h/a\n{key}:\n  enable: false\n"),
        };
        let codes = Case::of(text).in_version(version).codes();
        let notes = kinds::ALL.iter().filter(|it| it.severity == Severity::Note);
        let notes: BTreeSet<&str> = notes.map(|it| it.code).collect();
        let rest: Vec<_> = codes.difference(&notes).collect();
        assert_eq!(rest, [&"nothing-on"], "{version}");
    }
}
