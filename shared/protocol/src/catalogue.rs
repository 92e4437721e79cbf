use std::ops::RangeInclusive;

use domain::{Family, Role, Source};

use crate::{Callback, Needs, openim, tencent};

/// The facts about a callback command. They are next to its type, and everything that lists commands reads them there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// The server that sends it.
    pub source: Source,
    /// Its name on the wire.
    pub name: &'static str,
    /// The names that earlier versions of the server gave it, with the same body.
    pub earlier: &'static [&'static str],
    /// Its key in OpenIM's `webhooks.yml`. Its function and its files have this name, because wire names can mislead:
    /// the key of `callbackBeforeAfterMsgCommand` is `afterRevokeMsg`.
    pub switch: Option<&'static str>,
    /// What it is about.
    pub family: Family,
    /// Whether the server sends it before or after something happens.
    pub when: When,
    /// The first version of the server that sends it, if it is known.
    pub since: Option<&'static str>,
    /// One sentence about it, for documents.
    pub sentence: &'static str,
}

/// Whether a server sends a command before or after something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// After. The server ignores the answer.
    After,
    /// Before. The server waits for the answer, and `policies.json` can have these rules.
    Before(Rules),
}

/// The rules that `policies.json` can have for a command. The key of a rule about a field is the field's name on the
/// wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What it asks, in words that both servers share, such as `relation.request_friend`: for the app's own service. Empty
    /// if nothing can be decided, because it must always be allowed as asked.
    pub asks: &'static str,
    /// The fields that the service's answer can change, if the callback has them: `text`, `name`, `names`, `notice`,
    /// `introduction`, `push`, `keep_first`.
    pub amends: &'static [&'static str],
    /// The callback says who acts.
    pub acting_user: bool,
    /// The callback names the other user.
    pub other_user: bool,
    /// The command is a friend request, so policies can limit how many a user sends.
    pub is_request: bool,
    /// The fields with texts that users would see.
    pub texts: &'static [Text],
    /// The field with a list of users that the answer can replace.
    pub list: Option<&'static str>,
    /// The rules by subject that apply to the command, in the order in which they are checked. Each is a path in
    /// `policies.json`, such as `messages.senders`.
    pub by_subject: &'static [&'static str],
    /// How the same thing can happen without this question.
    pub bypass: Option<Bypass>,
    /// Why OpenIM's switch for the command is better off: one sentence about what an answer does that is not this
    /// project's own, such as a gateway's.
    pub caution: Option<&'static str>,
}

/// A route on which something can happen without the command that asks about it. The command's rules do not apply
/// there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bypass {
    /// One sentence for people who write policies.
    pub sentence: &'static str,
    /// The command that asks on that route. The same rules for that command close the gap.
    pub asks_with: Option<&'static str>,
}

/// A field with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its name on the wire.
    pub key: &'static str,
    /// What it is.
    pub role: Role,
    /// The answer can replace the text.
    pub can_amend: bool,
}

impl Rules {
    /// No rules of the command's own.
    pub const NONE: Self = Self {
        acting_user: false,
        other_user: false,
        ..Self::USERS
    };

    /// Rules about the acting user and the other user, which most commands have.
    pub const USERS: Self = Self {
        asks: "",
        amends: &[],
        acting_user: true,
        other_user: true,
        is_request: false,
        texts: &[],
        list: None,
        by_subject: &[],
        bypass: None,
        caution: None,
    };

    /// Whether policies can have rules for this command alone, and not only by subject.
    #[must_use]
    pub fn has_own(&self) -> bool {
        let only_by_subject = Self {
            by_subject: &[],
            ..*self
        };
        !only_by_subject.are_none()
    }

    /// Whether there is nothing that policies can judge.
    fn are_none(&self) -> bool {
        let other_facts = Self {
            asks: self.asks,
            amends: self.amends,
            bypass: self.bypass,
            caution: self.caution,
            ..Self::NONE
        };
        *self == other_facts
    }
}

impl Bypass {
    /// A route on which the server asks nothing.
    #[must_use]
    pub const fn unasked(sentence: &'static str) -> Option<Self> {
        Some(Self {
            sentence,
            asks_with: None,
        })
    }

    /// A route on which the server asks with another command.
    #[must_use]
    pub const fn asked_with(command: &'static str, sentence: &'static str) -> Option<Self> {
        Some(Self {
            sentence,
            asks_with: Some(command),
        })
    }
}

impl Text {
    /// A text that the answer cannot replace.
    #[must_use]
    pub const fn fixed(role: Role, key: &'static str) -> Self {
        Self {
            key,
            role,
            can_amend: false,
        }
    }

    /// A text that the answer can replace.
    #[must_use]
    pub const fn amendable(role: Role, key: &'static str) -> Self {
        Self {
            key,
            role,
            can_amend: true,
        }
    }
}

/// The codes with which a refusal can say why. A server leaves a range of them to the app, and Tencent Chat has one for
/// each kind of command. Neither of these functions gives the code of this receiver's own failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Codes {
    /// OpenIM's `errCode`.
    OpenIm,
    /// Tencent Chat's `ResultCode` for one person.
    Person,
    /// Tencent Chat's `ErrorCode` for groups and topics.
    Group,
    /// Tencent Chat's `ErrorCode` for messages between two users and for official accounts.
    Message,
}

impl Codes {
    /// The codes that the app can use.
    #[must_use]
    pub const fn own(self) -> RangeInclusive<i32> {
        match self {
            Self::OpenIm => 20001..=29000,
            Self::Person => tencent::ResultCode::FOR_APP,
            Self::Group => tencent::GroupCode::FOR_APP,
            Self::Message => tencent::MessageCode::FOR_APP,
        }
    }

    /// The default code of the policies' rule with this number, which is below 50. It is far from the first codes, which
    /// handlers are likely to use.
    #[must_use]
    pub const fn of_rule(self, number: i32) -> i32 {
        number
            + match self {
                Self::OpenIm => 28000,
                Self::Person => 38900,
                Self::Group => 10150,
                Self::Message => 129_900,
            }
    }

    /// Whether the answer has a field for details, as OpenIM's `errDlt`.
    #[must_use]
    pub const fn have_detail(self) -> bool {
        matches!(self, Self::OpenIm)
    }
}

impl Command {
    /// The codes with which its answer can refuse.
    #[must_use]
    pub fn codes(&self) -> Codes {
        let service = self.name.split('.').next();
        match (self.source, service) {
            (Source::OpenIm, _) => Codes::OpenIm,
            (Source::Tencent, Some("Sns")) => Codes::Person,
            (Source::Tencent, Some("Group")) => Codes::Group,
            (Source::Tencent, _) => Codes::Message,
        }
    }

    /// What has to be on before the server sends it.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let served = served(self.source, self.family);
        let mut listed = served.commands.iter().zip(served.needs);
        let own = listed.find(|(command, _)| command.name == self.name);
        own.and_then(|(_, needs)| *needs)
            .unwrap_or_else(|| Needs::of_service(self.name))
    }

    /// Whether it is a "before" command.
    #[must_use]
    pub const fn is_before(&self) -> bool {
        matches!(self.when, When::Before(_))
    }

    /// The rules that `policies.json` can have for it. `None` if there are none, as for an "after" command.
    #[must_use]
    pub fn rules(&self) -> Option<&Rules> {
        match &self.when {
            When::Before(rules) if !rules.are_none() => Some(rules),
            When::Before(_) | When::After => None,
        }
    }

    /// The fields that an answer of the app's own service can change.
    #[must_use]
    pub const fn amends(&self) -> &'static [&'static str] {
        match &self.when {
            When::Before(rules) => rules.amends,
            When::After => &[],
        }
    }

    /// What it asks, in words that both servers share. `None` for an "after" command, and if nothing can be decided.
    #[must_use]
    pub const fn asks(&self) -> Option<&'static str> {
        match &self.when {
            When::Before(rules) if !rules.asks.is_empty() => Some(rules.asks),
            When::Before(_) | When::After => None,
        }
    }

    /// Why OpenIM's switch for it is better off, if it is.
    #[must_use]
    pub const fn caution(&self) -> Option<&'static str> {
        match &self.when {
            When::Before(rules) => rules.caution,
            When::After => None,
        }
    }

    /// The name of the Lambda function that serves it: `after-add-friend` for the switch `afterAddFriend`. Tencent Chat
    /// has one URL for all commands, and so one function.
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

/// The commands of a server and a family that have a type in this crate, in the order of their names.
#[must_use]
pub const fn commands(source: Source, family: Family) -> &'static [&'static Command] {
    served(source, family).commands
}

/// The commands of a family, and what each says that it needs, in the same order.
pub(crate) struct Served {
    pub(crate) commands: &'static [&'static Command],
    pub(crate) needs: &'static [Option<Needs>],
}

const fn served(source: Source, family: Family) -> Served {
    // There is no wildcard, so the compiler asks here about a new family.
    match (source, family) {
        (Source::OpenIm, Family::Relation) => openim::relation::SERVED,
        (Source::OpenIm, Family::User) => openim::user::SERVED,
        (Source::OpenIm, Family::Group) => openim::group::SERVED,
        (Source::OpenIm, Family::Message) => openim::message::SERVED,
        (Source::OpenIm, Family::Conversation) => openim::conversation::SERVED,
        (Source::OpenIm, Family::Presence) => openim::presence::SERVED,
        (Source::OpenIm, Family::Push) => openim::push::SERVED,
        (Source::Tencent, Family::Relation) => tencent::relation::SERVED,
        (Source::Tencent, Family::User) => tencent::user::SERVED,
        (Source::Tencent, Family::Group) => tencent::group::SERVED,
        (Source::Tencent, Family::Channel) => tencent::channel::SERVED,
        (Source::Tencent, Family::Message) => tencent::message::SERVED,
        (Source::Tencent, Family::Presence) => tencent::presence::SERVED,
        (Source::Tencent, Family::Push) => tencent::push::SERVED,
        (Source::Tencent, Family::Call) => tencent::call::SERVED,
        (Source::Tencent, Family::Moderation) => tencent::moderation::SERVED,
        (Source::Tencent, Family::Operations) => tencent::operations::SERVED,
        (Source::Tencent, Family::Conversation)
        | (
            Source::OpenIm,
            Family::Channel | Family::Call | Family::Moderation | Family::Operations,
        )
        | (Source::OpenIm | Source::Tencent, Family::Decision | Family::Unknown) => Served {
            commands: &[],
            needs: &[],
        },
    }
}

/// All commands that have a type in this crate.
pub fn catalogue() -> impl Iterator<Item = &'static Command> {
    let sources = [Source::OpenIm, Source::Tencent];
    sources
        .into_iter()
        .flat_map(move |source| {
            Family::ALL
                .iter()
                .copied()
                .flat_map(move |family| commands(source, family))
        })
        .copied()
}

/// Commands with a switch in OpenIM's `webhooks.yml` that no version of OpenIM sends. They have a type, and neither a
/// function nor a handler nor a route. A callback with such a name counts as an unknown command and is kept as it came.
pub const NEVER_SENT: &[&Command] = &[&<openim::AfterUserKickOff as Callback>::COMMAND];

/// The command with this name, or with this earlier name.
#[must_use]
pub fn command(source: Source, name: &str) -> Option<&'static Command> {
    catalogue().find(|command| {
        command.source == source && (command.name == name || command.earlier.contains(&name))
    })
}

/// Whether a server waits for a decision about a command. Commands that have no type here are recognised, too.
///
/// OpenIM's names say it. Tencent Chat's names do not, so an unknown name counts as an "after" command. If it is a
/// "before" command all the same, the answer allows it.
#[must_use]
pub fn asks(source: Source, name: &str) -> bool {
    if let Some(command) = command(source, name) {
        return command.is_before();
    }
    match source {
        // OpenIM sends the exception after a message was revoked.
        Source::OpenIm => name.contains("Before") && name != "callbackBeforeAfterMsgCommand",
        Source::Tencent => false,
    }
}

/// Whether an "allow" without more fields makes the operation fail. OpenIM takes the group from the answer to these two
/// commands, also if the answer names none. So only an answer that is made from the body allows anything.
///
/// Source: OpenIM, `internal/rpc/group/callback.go`, `webhookBeforeSetGroupInfo` and `webhookBeforeSetGroupInfoEx`.
#[must_use]
pub fn plain_allow_fails(name: &str) -> bool {
    matches!(
        name,
        "callbackBeforeSetGroupInfoCommand" | "callbackBeforeSetGroupInfoExCommand"
    )
}

/// Whether a command may be refused, for a function that does not serve it. The types say it for a function that does:
/// the answer to these two commands has [`NoRefusal`](openim::NoRefusal).
#[must_use]
pub fn may_be_refused(name: &str) -> bool {
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
    fn no_two_commands_share_a_name_or_a_function() {
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
    fn every_command_that_asks_says_what_in_words_that_begin_with_its_family() {
        for command in catalogue().filter(|it| it.is_before()) {
            let Some(asks) = command.asks() else {
                assert!(!may_be_refused(command.name), "{}", command.name);
                continue;
            };
            let what = asks.strip_prefix(command.family.as_str());
            let what = what.and_then(|rest| rest.strip_prefix('.'));
            let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(
                what.is_some_and(|it| !it.is_empty() && it.chars().all(is_word)),
                "{}: {asks}",
                command.name
            );
        }
    }

    #[test]
    fn a_command_that_is_never_sent_is_not_served() {
        for dead in NEVER_SENT {
            assert!(!dead.is_before() && dead.since.is_none(), "{}", dead.name);
            for name in dead.earlier.iter().chain([&dead.name]) {
                assert_eq!(command(dead.source, name), None);
                assert!(!asks(dead.source, name));
            }
            assert!(catalogue().all(|served| served.switch != dead.switch));
        }
    }

    #[test]
    fn the_command_that_asks_on_a_bypass_is_a_before_command() {
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
    fn before_commands_are_known_by_their_names() {
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
            (
                Source::Tencent,
                "OfficialAccount.CallbackBeforeSendMsg",
                true,
            ),
            (Source::Tencent, "New.CallbackBeforeSomething", false),
        ] {
            assert_eq!(super::asks(source, name), asks, "{name}");
        }
    }
}
