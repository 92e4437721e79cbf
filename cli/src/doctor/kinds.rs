//! All kinds of findings. `docs/doctor.md` has the same list, and a test compares the two.

use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Something does not work.
    Error,
    /// Something works in a way that is rarely wanted.
    Warning,
    /// Something is worth knowing. It does not change the exit code.
    Note,
}

impl Severity {
    pub(super) const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// A kind of findings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// It never changes, because people search for it.
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    /// What it means, for everybody.
    pub(super) meaning: &'static str,
    /// What to do.
    pub(super) fix: &'static str,
}

macro_rules! kinds {
    ($($name:ident $severity:ident $code:literal $meaning:literal $fix:literal)+) => {
        $(pub(super) const $name: &Kind = &Kind {
            code: $code,
            severity: Severity::$severity,
            meaning: $meaning,
            fix: $fix,
        };)+

        /// All of them, in the order of the page.
        pub(crate) const ALL: &[&Kind] = &[$($name),+];
    };
}

kinds! {
    // The file.
    FILE_NOT_YAML Error "file-not-yaml"
        "OpenIM does not start: the file is not YAML." "Correct the line."
    FILE_EMPTY Error "file-empty"
        "The file sets nothing." "Begin with docs/webhooks.yml."
    OUTER_CALLBACK Error "outer-callback"
        "Since v3.7, OpenIM ignores everything under an outer key `callback`." "Remove the key, and indent the rest less."
    OUTER_MISSING Error "outer-callback-missing"
        "Up to v3.6, the settings are in config.yaml, under `callback`." "Indent everything under `callback:`."
    KEY_TWICE Error "key-twice"
        "OpenIM does not start: a key is there twice." "Remove one of the two."
    KEY_OLD Error "key-old-name"
        "The key has the name of v3.6 or earlier. Since v3.7 it does nothing." "Write the new name."
    KEY_WIRE Error "key-is-a-command"
        "The key is the name of a command. OpenIM reads only the name of its switch." "Write the switch."
    KEY_UNKNOWN Warning "key-unknown"
        "OpenIM has no such key." "Correct or remove it."
    KEY_DEAD Warning "key-does-nothing"
        "OpenIM reads the key and sends nothing." "Turn it off."
    SWITCH_SHAPE Error "switch-not-a-map"
        "OpenIM does not start: a switch has one value instead of `enable` and `timeout`." "Write `enable: true` under it."
    OPTION_UNKNOWN Warning "option-unknown"
        "A switch has an option that OpenIM does not read." "Correct or remove it."
    OPTION_NESTED Error "switch-in-a-switch"
        "A switch is indented under another one, so OpenIM does not see it." "Indent it less."
    VALUE_TYPE Error "value-wrong-type"
        "OpenIM does not start: a value has another type." "Write true or false, or a whole number."

    // The url.
    URL_MISSING Error "url-missing"
        "There is no `url`, so OpenIM calls nobody." "Set `url`."
    URL_SCHEME Error "url-scheme"
        "OpenIM calls only http:// and https://. v3.7.0 to v3.8.0 came with webhook://." "Begin with https:// or http://."
    URL_MALFORMED Error "url-malformed"
        "It is not a URL." "Write https://host/path."
    URL_EXAMPLE Error "url-example"
        "It is still the example that OpenIM came with." "Set the receiver's url."
    URL_QUERY Error "url-query"
        "OpenIM appends the command to the query, so the path names none." "Remove everything from the `?` on."
    URL_FRAGMENT Error "url-fragment"
        "OpenIM appends the command to the fragment, which is not sent." "Remove everything from the `#` on."
    URL_COMMAND Error "url-command"
        "The url names a command, and OpenIM appends another one." "End it before the command."
    URL_TENCENT Error "url-tencent"
        "It is the url for Tencent Chat's console." "Use the stack's output Url."
    URL_SLASH Warning "url-slash"
        "OpenIM appends a second slash, so only the function any-command answers." "Remove the last slash."
    URL_UNSPECIFIED Error "url-any-address"
        "0.0.0.0 is an address to listen on, not one to call." "Write the receiver's address."
    URL_LINK_LOCAL Error "url-link-local"
        "The address is valid only on one network link." "Write the receiver's address."
    URL_LOOPBACK Note "url-loopback"
        "OpenIM calls its own machine. Inside a container, that is the container." "In a container, use host.docker.internal."
    URL_CONTAINER Note "url-container"
        "Linux knows this name only with extra_hosts." "Add host.docker.internal:host-gateway to extra_hosts."
    URL_PLAIN Warning "url-plain-http"
        "Bodies cross a public network unencrypted." "Use https://."
    URL_PLAIN_AWS Error "url-plain-aws"
        "API Gateway answers only https://." "Use https://."
    URL_STAGE Error "url-without-stage"
        "API Gateway answers `Forbidden` without a stage, and OpenIM reads that as \"allowed\"." "Append the stage, such as /prod."
    URL_PASSWORD Error "url-password-shown"
        "When a before callback fails on the network, app users see the url with the password." "Let nginx add the password: docs/reverse-proxy.md."
    URL_PASSWORD_LOG Warning "url-password-logged"
        "OpenIM writes the url with the password to its log at each call." "Let nginx add the password: docs/reverse-proxy.md."
    URL_PLACEHOLDER Error "url-password-example"
        "The password is still the example." "Write the password."
    URL_USER Error "url-user-only"
        "The url has a user without a password." "Write both or none."
    URL_ESCAPE Error "url-not-escaped"
        "User or password has a character that must be escaped." "Escape it: `@` is %40, `/` is %2F, `%` is %25."

    // Switches.
    NOTHING_ON Warning "nothing-on"
        "No switch is on, so OpenIM sends nothing." "Turn on what you need."
    SWITCH_RISKY Warning "switch-risky"
        "An answer that is not the receiver's own does lasting harm here." "Turn it off, unless a rule needs it."
    BEFORE_UNNEEDED Note "before-unneeded"
        "Users wait for a question that no rule decides." "Turn it off, unless a handler or a service of yours decides."
    BEFORE_EVENTS Note "before-reports"
        "OpenIM reports what this asks about in no other way, or not always." "Turn it on."
    AFTER_AGREE Warning "agreement-off"
        "A friend request is reported, and its agreement is not." "Turn on afterAddFriendAgree."
    ROUTE_OFF Warning "route-off"
        "The same change has two routes, and one is off." "Turn on both."
    POLICY_OFF Error "policy-not-asked"
        "A rule of the policies does nothing, because its switches are off." "Turn on a switch that it needs."
    POLICY_ROUTE Warning "policy-route-off"
        "A rule of the policies does not apply on a route whose switch is off." "Turn it on, if the rule is meant for it."
    POLICY_VIEW Warning "policy-view-off"
        "A rule reads what another switch would report, and that one is off." "Turn it on."
    POLICY_FILTER Warning "policy-filtered"
        "A filter keeps messages from a rule." "Remove the filter."
    POLICY_BYPASS Note "policy-bypassed"
        "The same thing can happen without the question." "Know it."

    // Times.
    TIMEOUT_NONE Warning "timeout-missing"
        "Without a timeout, OpenIM waits 15 s." "Write `timeout: 5`."
    TIMEOUT_NEGATIVE Error "timeout-negative"
        "Nothing can be answered in a negative time." "Write `timeout: 5`."
    TIMEOUT_FRACTION Warning "timeout-fraction"
        "OpenIM reads whole seconds." "Write `timeout: 5`."
    TIMEOUT_SHORT Warning "timeout-short"
        "OpenIM gives up before the receiver's own answer to a failure, which comes within 1.5 s." "Write `timeout: 5`."
    TIMEOUT_LONG Warning "timeout-long"
        "Client SDKs give up after 10 s, and the action may succeed all the same." "Write `timeout: 5`."
    TIMEOUT_CAPPED Warning "timeout-capped"
        "OpenIM never waits longer than 15 s." "Write `timeout: 5`. The unit is seconds."
    TIMEOUT_AFTER Note "timeout-after-long"
        "Each process has two workers: while the receiver hangs, callbacks are lost." "Write `timeout: 5`."
    FAILED_CONTINUE Warning "failed-continue"
        "`failedContinue` has had no effect since v3.7: without an answer, the user is stopped." "Write false, so that nobody relies on it."
    FAILED_CONTINUE_AFTER Note "failed-continue-after"
        "After callbacks have no `failedContinue`." "Remove it."

    // Filters.
    ATTENTION_GROUP Error "attention-ids-group"
        "With `attentionIds`, the main branch reports no message in groups." "Remove it."
    ATTENTION_UNREAD Warning "attention-ids-unread"
        "OpenIM does not read `attentionIds` here." "Remove it."
    ATTENTION_FILTER Note "attention-ids"
        "Only messages of these users are reported." "Remove it to get all."
    TYPES_RANGE Error "types-range"
        "The main branch does not start with a range of content types." "List single numbers."
    TYPES_ALLOWED Warning "types-allowed"
        "The main branch does not read `allowedTypes`." "Use `deniedTypes`."
    TYPES_UNREAD Warning "types-unread"
        "This switch or version does not read filters of content types." "Remove it."

    // The environment.
    ENV_UNKNOWN Warning "env-unknown"
        "The variable names no key." "Correct or remove it."
    ENV_NOT_IN_FILE Error "env-not-in-file"
        "A variable replaces only a value that the file has." "Add the key to the file."
    ENV_OVERRIDES Note "env-overrides"
        "A variable replaces the value of the file." "Nothing, if this is meant."
    ENV_EMPTY Note "env-empty"
        "An empty variable replaces nothing." "Remove it."

    // Versions, with `--openim-version`.
    VERSION_LATER Error "version-too-early"
        "This version does not send the command." "Upgrade OpenIM, or turn it off."
    VERSION_MAIN Note "version-main-only"
        "Only the main branch sends the command." "Nothing: releases ignore the key."
    VERSION_PRESENCE Error "version-no-presence"
        "v3.8.0 and v3.8.1 send neither online nor offline callbacks." "Upgrade to v3.8.2."
    VERSION_JOIN Warning "version-no-join"
        "v3.8.3-patch.14 and v3.8.3-patch.16 never send afterJoinGroup." "Turn on beforeMemberJoinGroup."
    VERSION_REFUSAL Error "version-no-refusal"
        "v3.6 ignores every refusal." "Upgrade OpenIM."
    VERSION_BLOCKED Note "version-blocked-first"
        "Before v3.8.2, messages of blocked users are not asked about." "Nothing: the server stops them itself."
    VERSION_PUSH Warning "version-push"
        "v3.8.1 and earlier do not ask beforeOnlinePush if the sender is among the recipients." "Upgrade to v3.8.2."
    VERSION_SECRET Warning "version-secret"
        "Up to v3.8.0, callbacks about registrations contain the server's secret." "Upgrade OpenIM."
    VERSION_MEMBERS Error "version-members"
        "Before v3.8.0, this switch turns on another command, which is not served." "Upgrade OpenIM, or turn it off."
    VERSION_QUEUE Note "version-queue"
        "Before v3.8.1, a callback is dropped after 0.1 s at a full queue, later after 3 s." "Upgrade to v3.8.1."
    VERSION_SIGNALS Note "version-signals"
        "Releases report typing, receipts and notices as messages." "Set `deniedTypes`, to have fewer callbacks."
    VERSION_INLINE Warning "version-no-queue"
        "Before v3.7, users wait for after callbacks, too." "Upgrade OpenIM."

    // Calls, with `--url`.
    CALL_UNREACHABLE Error "call-unreachable"
        "The receiver does not answer." "Check address, firewall and certificate."
    CALL_REDIRECT Error "call-redirect"
        "The answer is a redirect, and callbacks get lost on it." "Write the url that it leads to."
    CALL_OTHER Error "call-not-the-receiver"
        "/healthz is not answered as the receiver does." "Check host, stage and path."
    CALL_FORM Error "call-unreadable"
        "OpenIM cannot read the answer, so a before callback stops the user." "Find what answers instead of the receiver."
    CALL_GATEWAY Error "call-read-as-allowed"
        "The answer is JSON, but not the receiver's. OpenIM reads it as \"allowed\"." "Find what answers instead of the receiver."
    CALL_PASSWORD Error "call-not-believed"
        "The receiver does not believe OpenIM: 29001." "Set the password of the stack's secret."
    CALL_SETTINGS Error "call-misconfigured"
        "The receiver cannot work: 29012 or 29015." "Look at its log."
    CALL_REFUSED Error "call-refused"
        "A callback that must be allowed is refused." "Look at the receiver's log."
    CALL_OPEN Warning "call-open"
        "A caller without a password is believed." "Set OpenIMVerifier=basic."
    CALL_LATE Error "call-late"
        "The answer took longer than OpenIM waits." "Deploy nearer, or raise `timeout`."
    CALL_SLOW Warning "call-slow"
        "The answer took half of the time that OpenIM waits, or more." "Deploy nearer, or use nginx, which keeps connections open."
    CALL_TIME Note "call-time"
        "How long an answer takes, and how many after callbacks a process of OpenIM can send." "Nothing."
    CALL_URL Note "call-other-url"
        "`--url` is not the url of the file." "Nothing, if this is meant."

    // Tencent Chat, with `--tencent-url`.
    TENCENT_URL Error "tencent-url"
        "Tencent Chat's console does not take the url, or its servers cannot reach it." "Use the stack's output TencentUrl."
    TENCENT_CHECK Note "tencent-check"
        "`imhook tencent-check` says what to set in the console." "Run it."
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_its_own_code_and_whole_sentences() {
        let codes: BTreeSet<_> = ALL.iter().map(|it| it.code).collect();
        assert_eq!(codes.len(), ALL.len());
        assert!(codes.len() >= 30);
        for kind in ALL {
            let is_code = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(kind.code.chars().all(is_code), "{}", kind.code);
            for sentence in [kind.meaning, kind.fix] {
                assert!(sentence.ends_with('.'), "{}: {sentence}", kind.code);
                assert!(!sentence.contains(['|', '\n']), "{}", kind.code);
            }
        }
    }
}
