use domain::{Family, Source};

use crate::{openim, tencent};

/// A callback command: what is said of it once, beside its type, and read by everything that lists commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// The server that sends it.
    pub source: Source,
    /// Its name on the wire.
    pub name: &'static str,
    /// Names that earlier versions of the server gave it, for the same body.
    pub earlier: &'static [&'static str],
    /// Its key in OpenIM's `webhooks.yml`, after which function and files are named. The wire names do not
    /// always fit: `callbackBeforeAfterMsgCommand` is `afterRevokeMsg`.
    pub switch: Option<&'static str>,
    /// What it is about.
    pub family: Family,
    /// Whether something has happened, or is about to.
    pub when: When,
    /// The first version of the server that sends it, where it is known.
    pub since: Option<&'static str>,
    /// One sentence about it.
    pub sentence: &'static str,
}

/// Whether something has happened, or is about to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It has happened. The server ignores the answer.
    After,
    /// It is about to happen, and the server waits for the answer. These rules can be set in `policies.json`.
    Before(Rules),
}

/// The rules that `policies.json` can have for a command. Keys that stand for a field of the callback are spelled
/// as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The callback says who acts.
    pub acting_user: bool,
    /// The callback says with whom.
    pub other_user: bool,
    /// The command is a friend request, so it can be limited.
    pub is_request: bool,
    /// The field with the text from one user to the other.
    pub message: Option<Text>,
    /// The field with a name that is about to be given.
    pub name: Option<Text>,
    /// The field with a list of users that the answer can replace.
    pub list: Option<&'static str>,
    /// How the same comes about without this question.
    pub bypass: Option<Bypass>,
}

/// A route by which something comes about without the command that asks about it, so that its rules bind nobody there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bypass {
    /// One sentence for those who write policies.
    pub sentence: &'static str,
    /// The command with which that route asks; the same rules for that one close the gap.
    pub asks_with: Option<&'static str>,
}

/// A field with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its name on the wire.
    pub key: &'static str,
    /// The answer can replace the text.
    pub can_amend: bool,
}

impl Rules {
    /// Who acts and with whom; what most commands have.
    pub const USERS: Self = Self {
        acting_user: true,
        other_user: true,
        is_request: false,
        message: None,
        name: None,
        list: None,
        bypass: None,
    };
}

impl Bypass {
    /// The server asks nobody there.
    #[must_use]
    pub const fn unasked(sentence: &'static str) -> Option<Self> {
        Some(Self {
            sentence,
            asks_with: None,
        })
    }

    /// The server asks there with another command.
    #[must_use]
    pub const fn asked_with(command: &'static str, sentence: &'static str) -> Option<Self> {
        Some(Self {
            sentence,
            asks_with: Some(command),
        })
    }
}

impl Text {
    /// A text that can only be accepted or refused.
    #[must_use]
    pub const fn fixed(key: &'static str) -> Option<Self> {
        Some(Self {
            key,
            can_amend: false,
        })
    }

    /// A text that the answer can replace.
    #[must_use]
    pub const fn amendable(key: &'static str) -> Option<Self> {
        Some(Self {
            key,
            can_amend: true,
        })
    }
}

impl Command {
    /// Whether the server asks before something happens.
    #[must_use]
    pub const fn is_before(&self) -> bool {
        matches!(self.when, When::Before(_))
    }

    /// The rules that `policies.json` can have for it.
    #[must_use]
    pub const fn rules(&self) -> Option<&Rules> {
        match &self.when {
            When::Before(rules) => Some(rules),
            When::After => None,
        }
    }

    /// The Lambda function that serves it: `afterAddFriend` is served by `after-add-friend`. Tencent Chat has one
    /// URL for everything, and so one function.
    #[must_use]
    pub fn function(&self) -> String {
        self.switch.map_or_else(|| "tencent".to_owned(), kebab_case)
    }
}

/// `afterMsgSaveDB` becomes `after-msg-save-db`.
fn kebab_case(name: &str) -> String {
    let mut kebab = String::new();
    let mut after_capital = true;
    for c in name.chars() {
        if c.is_uppercase() && !after_capital {
            kebab.push('-');
        }
        after_capital = c.is_uppercase();
        kebab.extend(c.to_lowercase());
    }
    kebab
}

/// Every command of a server and a family that has a type in this crate, in the order of their names.
#[must_use]
pub const fn commands(source: Source, family: Family) -> &'static [&'static Command] {
    // No wildcard: a new family has to be decided on here.
    match (source, family) {
        (Source::OpenIm, Family::Relation) => openim::relation::COMMANDS,
        (Source::OpenIm, Family::User) => openim::user::COMMANDS,
        (Source::Tencent, Family::Relation) => tencent::relation::COMMANDS,
        (Source::Tencent, Family::User) => tencent::user::COMMANDS,
        (Source::OpenIm | Source::Tencent, Family::Unknown) => &[],
    }
}

/// Every command that has a type in this crate.
pub fn catalogue() -> impl Iterator<Item = &'static Command> {
    let sources = [Source::OpenIm, Source::Tencent];
    sources
        .into_iter()
        .flat_map(move |source| {
            Family::ALL
                .into_iter()
                .flat_map(move |family| commands(source, family))
        })
        .copied()
}

/// The command of that name, also of an earlier one.
#[must_use]
pub fn command(source: Source, name: &str) -> Option<&'static Command> {
    catalogue().find(|command| {
        command.source == source && (command.name == name || command.earlier.contains(&name))
    })
}

/// Whether a server waits for a decision about a command, also where the command has no type here.
///
/// OpenIM's names say so. Tencent Chat's do not, and a name that is not known is taken for one that tells what
/// has happened: the answer allows in either case.
#[must_use]
pub fn asks(source: Source, name: &str) -> bool {
    if let Some(command) = command(source, name) {
        return command.is_before();
    }
    match source {
        // The exception is sent after a message was revoked.
        Source::OpenIm => {
            let asks = name.contains("Before") || EARLIER_ASKS.contains(&name);
            asks && name != "callbackBeforeAfterMsgCommand"
        }
        Source::Tencent => TENCENT_ASKS.contains(&name),
    }
}

/// Names that asked up to OpenIM v3.6.0, and do not say so.
const EARLIER_ASKS: &[&str] = &[
    "callbackMsgModifyCommand",
    "callbackOfflinePushCommand",
    "callbackOnlinePushCommand",
    "callbackSuperGroupOnlinePushCommand",
];

/// The commands of Tencent Chat that ask and have no type here yet.
///
/// <https://www.tencentcloud.com/document/product/1047/34354>
const TENCENT_ASKS: &[&str] = &[
    "C2C.CallbackBeforeSendMsg",
    "Group.CallbackBeforeSendMsg",
    "Group.CallbackBeforeCreateGroup",
    "Group.CallbackBeforeApplyJoinGroup",
    "Group.CallbackBeforeInviteJoinGroup",
    "Group.CallbackBeforeCreateTopic",
    "OfficialAccount.CallbackBeforeCreateOfficialAccount",
    "OfficialAccount.CallbackBeforeAddSubscriber",
    "OfficialAccount.CallbackBeforeSendMsg",
];

/// Whether a command that has no type here may be refused. Refused once, these two break a chat for good: it is the
/// one time that OpenIM makes the chat's records.
#[must_use]
pub fn unknown_may_be_refused(name: &str) -> bool {
    !matches!(
        name,
        "callbackBeforeCreateSingleChatConversationsCommand"
            | "callbackBeforeCreateGroupChatConversationsCommand"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_switches_and_functions_are_different_for_different_commands() {
        let commands: Vec<_> = catalogue().collect();
        let names = commands.iter().flat_map(|it| {
            let earlier = it.earlier.iter().copied();
            earlier.chain([it.name]).map(|name| (it.source, name))
        });
        let all = names.clone().count();
        assert_eq!(names.collect::<BTreeSet<_>>().len(), all);
        let openim = commands.iter().filter(|it| it.source == Source::OpenIm);
        let functions: BTreeSet<_> = openim.clone().map(|it| it.function()).collect();
        assert_eq!(functions.len(), openim.count());
        for command in commands {
            assert_eq!(
                command.switch.is_some(),
                command.source == Source::OpenIm,
                "{}",
                command.name
            );
            assert!(super::commands(command.source, command.family).contains(&command));
        }
    }

    #[test]
    fn what_is_asked_elsewhere_is_asked_with_a_command_that_asks() {
        let bypasses = catalogue().filter_map(|it| Some((it, it.rules()?.bypass?)));
        for (command, bypass) in bypasses {
            assert!(bypass.sentence.ends_with('.'), "{}", bypass.sentence);
            if let Some(other) = bypass.asks_with {
                let asks = super::command(command.source, other).is_some_and(Command::is_before);
                assert!(asks && bypass.sentence.contains(other), "{other}");
            }
        }
    }

    #[test]
    fn a_function_is_named_after_the_switch() {
        for (switch, function) in [
            ("afterAddFriend", "after-add-friend"),
            ("afterMsgSaveDB", "after-msg-save-db"),
            ("beforeUpdateUserInfoEx", "before-update-user-info-ex"),
        ] {
            assert_eq!(kebab_case(switch), function);
        }
    }

    #[test]
    fn openims_names_say_who_waits_but_for_one_and_tencent_chats_are_known() {
        for (source, name, asks) in [
            (Source::OpenIm, "callbackBeforeSendSingleMsgCommand", true),
            (Source::OpenIm, "callbackBeforeSomethingNewCommand", true),
            (Source::OpenIm, "callbackAfterSendSingleMsgCommand", false),
            (Source::OpenIm, "callbackUserOnlineCommand", false),
            (Source::OpenIm, "callbackBeforeAfterMsgCommand", false),
            (Source::OpenIm, "callbackBeforeAddFriendCommand", true),
            (Source::OpenIm, "callbackBeforeSetFriendRemark", true),
            (Source::OpenIm, "callbackAfterSetFriendRemark", false),
            (Source::OpenIm, "callbackOfflinePushCommand", true),
            (Source::Tencent, "C2C.CallbackBeforeSendMsg", true),
            (Source::Tencent, "C2C.CallbackAfterSendMsg", false),
            (Source::Tencent, "Sns.CallbackPrevFriendAdd", true),
            (Source::Tencent, "New.CallbackBeforeSomething", false),
        ] {
            assert_eq!(super::asks(source, name), asks, "{name}");
        }
        assert!(
            TENCENT_ASKS
                .iter()
                .all(|name| command(Source::Tencent, name).is_none())
        );
    }
}
