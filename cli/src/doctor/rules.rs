//! What is wrong with a configuration. Each rule reads the facts and adds findings.

use std::collections::BTreeSet;

use domain::Source;
use policies::Policies;

use super::{
    Finding,
    address::{Address, Host, shown},
    facts::{Facts, Place, Switch},
    kinds::{self, Kind},
    names::{commands, switch},
    version::Version,
};
use crate::samples::OPENIM;

/// The default of the stack's `DeadlineMs`: within this time, the receiver answers itself whatever fails.
const DEADLINE_MS: i64 = 1500;
/// What OpenIM came with.
const EXAMPLES: [&str; 3] = ["/callbackExample", ":10006/", ":10008/"];
/// The passwords of our own pages.
const PLACEHOLDERS: [&str; 2] = ["PASSWORD", "<password>"];
/// The switches that read filters of content types.
const FILTERED: [&str; 5] = [
    "beforeSendSingleMsg",
    "beforeSendGroupMsg",
    "beforeMsgModify",
    "afterSendSingleMsg",
    "afterSendGroupMsg",
];
/// Two switches for two routes of one change.
const ROUTES: [(&str, &str); 4] = [
    ("afterUpdateUserInfo", "afterUpdateUserInfoEx"),
    ("afterSetGroupInfo", "afterSetGroupInfoEx"),
    ("beforeUpdateUserInfo", "beforeUpdateUserInfoEx"),
    ("beforeSetGroupInfo", "beforeSetGroupInfoEx"),
];

type Rule = fn(&Facts<'_>, &mut Vec<Finding>);

/// All rules.
const RULES: &[Rule] = &[
    url,
    url_host,
    url_user,
    switches,
    routes,
    timeouts,
    failed_continue,
    attention,
    types,
    needs,
    policies,
    bypasses,
    sent,
    versions,
];

/// Applies all rules.
pub(super) fn apply(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    for rule in RULES {
        rule(facts, found);
    }
}

/// A finding about an option of a switch.
fn of_option(
    facts: &Facts<'_>,
    kind: &'static Kind,
    switch: &Switch,
    option: &str,
    place: &Place,
    value: Option<&str>,
    reason: String,
) -> Finding {
    let finding = Finding::new(kind, place.clone(), reason);
    match (value, place.line) {
        (Some(value), Some(_)) => finding.with(facts.set(&[&switch.key, option], value)),
        _ => finding,
    }
}

/// A finding about whether a switch is on. The edit turns it off.
fn off(facts: &Facts<'_>, kind: &'static Kind, switch: &Switch, reason: String) -> Finding {
    let place = &switch.on.place;
    of_option(facts, kind, switch, "enable", place, Some("false"), reason)
}

/// A finding about whether a switch is on, without an edit.
fn on(kind: &'static Kind, switch: &Switch, reason: String) -> Finding {
    Finding::new(kind, switch.on.place.clone(), reason)
}

// --- The url ---

fn url(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let Some(setting) = &facts.url else {
        let reason = "url is not set".to_owned();
        found.push(Finding::new(
            kinds::URL_MISSING,
            facts.place(&["url"]),
            reason,
        ));
        return;
    };
    let mut add = |kind: &'static Kind, reason: &str, repaired: Option<String>| {
        let finding = Finding::new(kind, setting.place.clone(), reason.to_owned());
        let edit = repaired.filter(|_| setting.place.at == "url");
        let edit = edit.map(|it| facts.set(&["url"], &it));
        found.push(finding.with(edit.unwrap_or_default()));
    };
    let url = setting.value.as_str();
    let Some(address) = Address::of(url) else {
        add(
            kinds::URL_MALFORMED,
            "url has no scheme, no host or no port",
            None,
        );
        return;
    };
    let repaired = || Some(address.repaired(url));
    if !matches!(address.scheme, "http" | "https") {
        let reason = format!("url is {}", shown(url));
        add(kinds::URL_SCHEME, &reason, repaired());
    }
    if EXAMPLES.iter().any(|it| format!("{url}/").contains(it)) {
        let reason = format!("url is {}", shown(url));
        add(kinds::URL_EXAMPLE, &reason, None);
    }
    if address.has_query {
        add(kinds::URL_QUERY, "url has a query", repaired());
    } else if address.has_fragment {
        add(kinds::URL_FRAGMENT, "url has a fragment", repaired());
    } else if let Some(command) = address.command() {
        let reason = format!("url ends with {command}");
        add(kinds::URL_COMMAND, &reason, repaired());
    } else if address.path.trim_end_matches('/').ends_with("/tencent") {
        add(kinds::URL_TENCENT, "url ends with /tencent", None);
    } else if address.path.ends_with('/') {
        let reason = format!("OpenIM would call {}/<command>", shown(url));
        add(kinds::URL_SLASH, &reason, repaired());
    }
    if address.host() == Host::ApiGateway && address.scheme == "http" {
        add(kinds::URL_PLAIN_AWS, "url begins with http://", repaired());
    }
    if address.host() == Host::ApiGateway && address.path.trim_matches('/').is_empty() {
        add(kinds::URL_STAGE, "url has no stage", None);
    }
}

fn url_host(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let (Some((address, host)), Some(setting)) = (facts.address(), &facts.url) else {
        return;
    };
    let kind = match (host, address.scheme) {
        (Host::Loopback, _) => kinds::URL_LOOPBACK,
        (Host::Unspecified, _) => kinds::URL_UNSPECIFIED,
        (Host::LinkLocal, _) => kinds::URL_LINK_LOCAL,
        (Host::Container, _) => kinds::URL_CONTAINER,
        (Host::Public, "http") => kinds::URL_PLAIN,
        _ => return,
    };
    let reason = format!("the host of url is {}", address.name);
    found.push(Finding::new(kind, setting.place.clone(), reason));
}

fn url_user(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let (Some((address, _)), Some(setting)) = (facts.address(), &facts.url) else {
        return;
    };
    let Some(user) = address.user else {
        return;
    };
    let mut add = |kind, reason: String| {
        found.push(Finding::new(kind, setting.place.clone(), reason));
    };
    if !address.is_escaped() {
        add(
            kinds::URL_ESCAPE,
            "user or password of url are not escaped".to_owned(),
        );
    }
    let password = match user.split_once(':') {
        Some((_, password)) if !password.is_empty() => password,
        _ => {
            add(kinds::URL_USER, "url has no password".to_owned());
            return;
        }
    };
    if PLACEHOLDERS.contains(&password) {
        add(
            kinds::URL_PLACEHOLDER,
            "url has the password of an example".to_owned(),
        );
    }
    let mut before = facts.switches_on().filter(|it| it.command.is_before());
    match before.next() {
        Some(first) => {
            let reason = format!("{} is on, and url has a password", first.name());
            add(kinds::URL_PASSWORD, reason);
        }
        None => add(kinds::URL_PASSWORD_LOG, "url has a password".to_owned()),
    }
}

// --- Switches ---

fn switches(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    if facts.switches_on().next().is_none() {
        let reason = format!("none of {} switches is on", facts.switches.len());
        found.push(Finding::new(kinds::NOTHING_ON, Place::default(), reason));
        return;
    }
    let needed = needed(facts.given.policies.as_ref());
    for switch in facts.switches_on() {
        if let Some(caution) = switch.command.caution()
            && !needed.contains(switch.name())
        {
            let reason = format!("{} is on. {caution}", switch.name());
            found.push(off(facts, kinds::SWITCH_RISKY, switch, reason));
        }
    }
    for command in commands().filter(|it| it.is_before() && reports(it.name)) {
        let name = command.switch.unwrap_or_default();
        if facts.is_sent(command) && !facts.is_on(name) {
            let reason = format!("{name} is off");
            found.push(Finding::new(
                kinds::BEFORE_EVENTS,
                facts.place(&[name]),
                reason,
            ));
        }
    }
    if facts.is_on("afterAddFriend")
        && !facts.is_on("afterAddFriendAgree")
        && switch("afterAddFriendAgree").is_some_and(|it| facts.is_sent(it))
    {
        let reason = "afterAddFriend is on, and afterAddFriendAgree is off".to_owned();
        let edit = facts.set(&["afterAddFriendAgree", "enable"], "true");
        let place = facts.place(&["afterAddFriendAgree"]);
        found.push(Finding::new(kinds::AFTER_AGREE, place, reason).with(edit));
    }
}

/// Whether a callback has events, which are stored.
fn reports(command: &str) -> bool {
    OPENIM.iter().any(|it| it.command == command && it.stored)
}

fn routes(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    for (old, new) in ROUTES {
        let other = match (facts.is_on(old), facts.is_on(new)) {
            (true, false) => new,
            (false, true) => old,
            _ => continue,
        };
        if switch(other).is_some_and(|it| facts.is_sent(it)) {
            let reason = format!("of {old} and {new}, {other} is off");
            let edit = facts.set(&[other, "enable"], "true");
            found.push(Finding::new(kinds::ROUTE_OFF, facts.place(&[other]), reason).with(edit));
        }
    }
}

fn timeouts(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    for switch in facts.switches_on() {
        let place = &switch.timeout.place;
        let (seconds, is_cut) = switch.timeout.value;
        let is_before = switch.command.is_before();
        let kind = match seconds {
            _ if is_cut => kinds::TIMEOUT_FRACTION,
            ..0 => kinds::TIMEOUT_NEGATIVE,
            0 => kinds::TIMEOUT_NONE,
            _ if seconds * 1000 < DEADLINE_MS => kinds::TIMEOUT_SHORT,
            16.. => kinds::TIMEOUT_CAPPED,
            10.. if is_before => kinds::TIMEOUT_LONG,
            6.. if !is_before => kinds::TIMEOUT_AFTER,
            _ => continue,
        };
        let name = switch.name();
        let reason = match seconds {
            0 if !is_cut => format!("{name} has no timeout"),
            _ => format!("the timeout of {name} is {seconds} s"),
        };
        found.push(of_option(
            facts,
            kind,
            switch,
            "timeout",
            place,
            Some("5"),
            reason,
        ));
    }
}

fn failed_continue(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    if facts.is_before_v3_7() {
        return;
    }
    for switch in &facts.switches {
        let Some(setting) = &switch.failed_continue else {
            continue;
        };
        let name = switch.name();
        if !switch.command.is_before() {
            let reason = format!("{name} has failedContinue");
            let finding = Finding::new(kinds::FAILED_CONTINUE_AFTER, setting.place.clone(), reason);
            found.push(finding);
        } else if switch.on.value && setting.value {
            let reason = format!("failedContinue of {name} is true");
            found.push(of_option(
                facts,
                kinds::FAILED_CONTINUE,
                switch,
                "failedContinue",
                &setting.place,
                Some("false"),
                reason,
            ));
        }
    }
}

// --- Filters ---

fn attention(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    for switch in facts.switches_on() {
        let Some(setting) = switch.filters.get("attentionIds") else {
            continue;
        };
        let is_read = facts
            .given
            .version
            .is_none_or(|it| it >= Version::new(3, 8, 0));
        let kind = match switch.name() {
            "afterSendGroupMsg" if facts.is_main() => kinds::ATTENTION_GROUP,
            "afterSendSingleMsg" | "afterSendGroupMsg" if is_read => kinds::ATTENTION_FILTER,
            _ => kinds::ATTENTION_UNREAD,
        };
        let reason = format!("{} has {} attentionIds", switch.name(), setting.value.len());
        found.push(Finding::new(kind, setting.place.clone(), reason));
    }
}

fn types(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let is_read = facts
        .given
        .version
        .is_none_or(|it| it >= Version::new(3, 8, 2));
    let needed = needed(facts.given.policies.as_ref());
    for switch in facts.switches_on() {
        let name = switch.name();
        let mut filters = switch.filters.iter();
        let Some((filter, setting)) = filters.find(|(filter, _)| **filter != "attentionIds") else {
            continue;
        };
        let is_number = |it: &String| it.parse::<i32>().is_ok();
        let kind = match *filter {
            _ if !is_read || !FILTERED.contains(&name) => kinds::TYPES_UNREAD,
            "allowedTypes" if facts.is_main() => kinds::TYPES_ALLOWED,
            _ if facts.is_main() && !setting.value.iter().all(is_number) => kinds::TYPES_RANGE,
            _ if needed.contains(name) => kinds::POLICY_FILTER,
            _ => continue,
        };
        let reason = format!("{name} has {filter}");
        found.push(Finding::new(kind, setting.place.clone(), reason));
    }
}

// --- Policies ---

/// A rule of the policies, with the switches of the commands that it judges.
struct Judged {
    rule: String,
    switches: BTreeSet<&'static str>,
    /// The switches that report what the rule reads.
    reads: BTreeSet<&'static str>,
}

fn judged(policies: &Policies) -> Vec<Judged> {
    let mut all = Vec::new();
    let mut of_subjects = BTreeSet::new();
    for rule in policies.by_subject() {
        of_subjects.extend(rule.refusals().map(|it| it.rule.clone()));
        // It exempts accounts, and refuses nothing.
        if rule.path == "messages.bots" {
            continue;
        }
        let switches: BTreeSet<_> = rule.commands().filter_map(|it| it.switch).collect();
        let note = rule.note().unwrap_or_default();
        let words = note.split(|c: char| !c.is_ascii_alphanumeric());
        let named = words.filter_map(switch).filter_map(|it| it.switch);
        all.push(Judged {
            rule: rule.path.to_owned(),
            reads: named.filter(|it| !switches.contains(it)).collect(),
            switches,
        });
    }
    for (command, rules) in policies.iter() {
        let command = protocol::command(Source::OpenIm, command);
        let Some(switch) = command.and_then(|it| it.switch) else {
            continue;
        };
        let own = rules
            .refusals()
            .filter(|it| !of_subjects.contains(&it.rule));
        all.extend(own.map(|it| Judged {
            rule: it.rule.clone(),
            switches: BTreeSet::from([switch]),
            reads: BTreeSet::new(),
        }));
    }
    all
}

/// The switches that rules need.
fn needed(policies: Option<&Policies>) -> BTreeSet<&'static str> {
    let judged = policies.map(judged).unwrap_or_default();
    judged.into_iter().flat_map(|it| it.switches).collect()
}

fn needs(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    if facts.given.policies.is_none() {
        return;
    }
    let needed = needed(facts.given.policies.as_ref());
    for switch in facts.switches_on().filter(|it| it.command.is_before()) {
        if !needed.contains(switch.name()) && !reports(switch.command.name) {
            let reason = format!("{} is on, and no rule needs it", switch.name());
            found.push(off(facts, kinds::BEFORE_UNNEEDED, switch, reason).unless_asked());
        }
    }
}

fn policies(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let Some(policies) = &facts.given.policies else {
        return;
    };
    let is_off =
        |it: &&'static str| switch(it).is_some_and(|it| facts.is_sent(it)) && !facts.is_on(it);
    for Judged {
        rule,
        switches,
        reads,
    } in judged(policies)
    {
        let off: Vec<_> = switches.iter().copied().filter(is_off).collect();
        let names = off.join(", ");
        let all_off = off.len() == switches.len();
        if !off.is_empty() {
            let kind = if all_off {
                kinds::POLICY_OFF
            } else {
                kinds::POLICY_ROUTE
            };
            let reason = format!("{rule} needs what is off: {names}");
            let edits = off.iter().filter(|_| all_off);
            let edits = edits.flat_map(|it| facts.set(&[it, "enable"], "true"));
            let finding = Finding::new(kind, facts.place(&[off[0]]), reason);
            found.push(finding.with(edits.collect()));
        }
        for name in reads.iter().filter(|it| is_off(it)) {
            let reason = format!("{rule} reads what {name} reports, and it is off");
            let edit = facts.set(&[name, "enable"], "true");
            found.push(Finding::new(kinds::POLICY_VIEW, facts.place(&[name]), reason).with(edit));
        }
    }
}

fn bypasses(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let policies = facts.given.policies.as_ref();
    for (command, sentence) in policies.into_iter().flat_map(Policies::bypasses) {
        let command = protocol::command(Source::OpenIm, command);
        if let Some(switch) = command.and_then(|it| it.switch) {
            let place = facts.place(&[switch]);
            found.push(Finding::new(
                kinds::POLICY_BYPASS,
                place,
                sentence.to_owned(),
            ));
        }
    }
}

// --- Versions ---

fn sent(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let Some(version) = facts.given.version else {
        return;
    };
    for switch in facts.switches_on() {
        let since = switch.command.since.unwrap_or_default();
        if switch.name() == "beforeMemberJoinGroup" && version < Version::new(3, 8, 0) {
            let reason = format!("{} is on", switch.name());
            found.push(off(facts, kinds::VERSION_MEMBERS, switch, reason));
        } else if since == "main" && !facts.is_main() && !switch.command.is_before() {
            let reason = format!("{} is on", switch.name());
            found.push(on(kinds::VERSION_MAIN, switch, reason));
        } else if !facts.is_sent(switch.command) || never_before_v3_8_1(switch.name(), version) {
            let reason = format!("{} is sent since {since}", switch.name());
            found.push(off(facts, kinds::VERSION_LATER, switch, reason));
        }
    }
}

/// These exist since v3.4.2, and v3.8.1 is the first to send them.
fn never_before_v3_8_1(switch: &str, version: Version) -> bool {
    matches!(switch, "beforeAddBlack" | "afterRemoveBlack") && version < Version::new(3, 8, 1)
}

fn versions(facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let Some(version) = facts.given.version else {
        return;
    };
    for switch in facts.switches_on() {
        let name = switch.name();
        let kind = match name {
            "afterUserOnline" | "afterUserOffline"
                if version.is(3, 8, 0) || version.is(3, 8, 1) =>
            {
                kinds::VERSION_PRESENCE
            }
            // The other switch asks before each join, so with it nothing is missing.
            "afterJoinGroup"
                if version.is(3, 8, 3)
                    && matches!(version.patch(), 14 | 16)
                    && !facts
                        .switches_on()
                        .any(|it| it.name() == "beforeMemberJoinGroup") =>
            {
                kinds::VERSION_JOIN
            }
            "beforeOnlinePush" if version < Version::new(3, 8, 2) => kinds::VERSION_PUSH,
            "beforeSendSingleMsg" if version < Version::new(3, 8, 2) => kinds::VERSION_BLOCKED,
            "beforeUserRegister" | "afterUserRegister" if version < Version::new(3, 8, 1) => {
                kinds::VERSION_SECRET
            }
            "afterSendSingleMsg" | "afterSendGroupMsg"
                if version >= Version::new(3, 8, 2)
                    && !facts.is_main()
                    && switch.filters.keys().all(|it| *it == "attentionIds") =>
            {
                kinds::VERSION_SIGNALS
            }
            _ => continue,
        };
        found.push(on(kind, switch, format!("{name} is on")));
    }
    let is_v3_6 = version.is(3, 6, 0) || version.is(3, 6, 1);
    let mut all = facts.switches_on();
    if let Some(first) = all.find(|it| is_v3_6 && it.command.is_before()) {
        let reason = format!("{} is on, and its refusal is ignored", first.name());
        found.push(on(kinds::VERSION_REFUSAL, first, reason));
    }
    let mut after = facts.switches_on().filter(|it| !it.command.is_before());
    if let Some(first) = after.next() {
        let reason = format!("{} is on", first.name());
        if facts.is_before_v3_7() {
            found.push(on(kinds::VERSION_INLINE, first, reason));
        } else if version < Version::new(3, 8, 1) {
            found.push(on(kinds::VERSION_QUEUE, first, reason));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::TEMPLATE;

    #[test]
    fn the_deadline_is_that_of_the_template() {
        let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(TEMPLATE).unwrap();
        let default = &template["Parameters"]["DeadlineMs"]["Default"];
        assert_eq!(default.as_i64(), Some(DEADLINE_MS));
    }
}
