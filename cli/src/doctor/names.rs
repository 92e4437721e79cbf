//! The keys that OpenIM's file has had.

use domain::Source;
use protocol::{Command, NEVER_SENT};

use super::version::Version;

/// The names up to v3.6 of switches that have another name since v3.7.
///
/// Source: OpenIM, `config/config.yaml` of v3.4, `config/templates/config.yaml.template` of v3.5 and v3.6,
/// `config/webhooks.yml` since v3.7.
const RENAMED: &[(&str, &str)] = &[
    ("addBlackBefore", "beforeAddBlack"),
    ("addFriendAfter", "afterAddFriend"),
    ("addFriendAgreeBefore", "beforeAddFriendAgree"),
    ("deleteFriendAfter", "afterDeleteFriend"),
    ("dismissGroup", "afterDismissGroup"),
    ("groupMsgRead", "afterGroupMsgRead"),
    ("importFriendsAfter", "afterImportFriends"),
    ("importFriendsBefore", "beforeImportFriends"),
    ("joinGroup", "beforeApplyJoinGroup"),
    ("joinGroupAfter", "afterJoinGroup"),
    ("killGroupMember", "afterKickGroupMember"),
    ("msgModify", "beforeMsgModify"),
    ("offlinePush", "beforeOfflinePush"),
    ("onlinePush", "beforeOnlinePush"),
    ("quitGroup", "afterQuitGroup"),
    ("removeBlackAfter", "afterRemoveBlack"),
    ("revokeMsgAfter", "afterRevokeMsg"),
    ("setGroupInfoAfter", "afterSetGroupInfo"),
    ("setGroupInfoBefore", "beforeSetGroupInfo"),
    ("singleMsgRead", "afterSingleMsgRead"),
    ("superGroupOnlinePush", "beforeGroupOnlinePush"),
    ("transferGroupOwner", "afterTransferGroupOwner"),
    ("updateUserInfo", "afterUpdateUserInfo"),
    ("userKickOff", "afterUserKickOff"),
    ("userOffline", "afterUserOffline"),
    ("userOnline", "afterUserOnline"),
];

/// Keys of OpenIM's own files that turn nothing on. [`NEVER_SENT`] has another one.
const DEAD: &[&str] = &["afterGroupMsgRevoke", "setMessageReactionExtensions"];

/// What a key is.
pub(super) enum Name {
    Switch(&'static Command),
    /// It turns nothing on.
    Dead,
    /// Another version has this switch under this name.
    Elsewhere(&'static str),
    /// The name of a command, with its switch.
    Wire(&'static str),
    /// Nothing known, and the nearest switch if one is near.
    Unknown(Option<&'static str>),
}

impl Name {
    /// What a key is for this version. Without one, for all since v3.7.
    pub(super) fn of(key: &str, version: Option<Version>) -> Self {
        let is = |name: &str| name.eq_ignore_ascii_case(key);
        let is_old = version.is_some_and(|it| it < Version::new(3, 7, 0));
        let renamed = |find: &dyn Fn(&(&str, &str)) -> bool| RENAMED.iter().find(|it| find(it));
        let known = match (is_old, renamed(&|(old, _)| is(old))) {
            (true, Some((_, new))) => new,
            (false, Some((_, new))) => return Self::Elsewhere(new),
            (_, None) => key,
        };
        if let (true, true, Some((old, _))) = (
            is_old,
            known == key,
            // Both names of these are in the file of v3.6.
            renamed(&|(_, new)| is(new) && !matches!(*new, "afterGroupMsgRead" | "afterJoinGroup")),
        ) {
            return Self::Elsewhere(old);
        }
        if let Some(command) = switch(known) {
            return Self::Switch(command);
        }
        let never = NEVER_SENT.iter().filter_map(|it| it.switch);
        if never
            .chain(DEAD.iter().copied())
            .any(|it| it.eq_ignore_ascii_case(known))
        {
            return Self::Dead;
        }
        let by_command = protocol::command(Source::OpenIm, key).and_then(|it| it.switch);
        by_command.map_or_else(|| Self::Unknown(nearest(key)), Self::Wire)
    }
}

/// All commands with a switch.
pub(super) fn commands() -> impl Iterator<Item = &'static Command> {
    protocol::catalogue().filter(|it| it.switch.is_some())
}

/// The command of a switch.
pub(super) fn switch(key: &str) -> Option<&'static Command> {
    commands().find(|it| it.switch.is_some_and(|it| it.eq_ignore_ascii_case(key)))
}

/// The switch that differs in at most two letters.
fn nearest(key: &str) -> Option<&'static str> {
    let switches = commands().filter_map(|it| it.switch);
    let near = switches.map(|it| (distance(&key.to_lowercase(), &it.to_lowercase()), it));
    near.filter(|(distance, _)| *distance <= 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, switch)| switch)
}

/// How many letters have to be added, removed or replaced.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_renamed_key_leads_to_a_switch_that_exists() {
        for (old, new) in RENAMED {
            let never = NEVER_SENT.iter().any(|it| it.switch == Some(*new));
            assert!(switch(new).is_some() || never, "{new}");
            assert!(switch(old).is_none(), "{old}");
        }
    }

    #[test]
    fn a_key_means_what_it_means_in_its_version() {
        let old = Some(Version::new(3, 6, 0));
        let is_switch = |key, version| matches!(Name::of(key, version), Name::Switch(_));
        assert!(is_switch("beforeAddFriend", None) && is_switch("BEFOREADDFRIEND", old));
        assert!(is_switch("msgModify", old));
        assert!(matches!(
            Name::of("msgModify", None),
            Name::Elsewhere("beforeMsgModify")
        ));
        assert!(matches!(
            Name::of("beforeMsgModify", old),
            Name::Elsewhere("msgModify")
        ));
        assert!(matches!(Name::of("afterUserKickOff", None), Name::Dead));
        assert!(matches!(Name::of("afterGroupMsgRevoke", None), Name::Dead));
        assert!(matches!(
            Name::of("callbackBeforeAfterMsgCommand", None),
            Name::Wire("afterRevokeMsg")
        ));
        assert!(matches!(
            Name::of("beforeAdFiends", None),
            Name::Unknown(None)
        ));
        assert!(matches!(
            Name::of("beforeAdFriend", None),
            Name::Unknown(Some("beforeAddFriend"))
        ));
        assert!(matches!(Name::of("log", None), Name::Unknown(None)));
    }

    #[test]
    fn the_distance_counts_letters() {
        for (a, b, expected) in [
            ("", "ab", 2),
            ("enabled", "enable", 1),
            ("abc", "abx", 1),
            ("a", "a", 0),
        ] {
            assert_eq!(distance(a, b), expected);
        }
    }
}
