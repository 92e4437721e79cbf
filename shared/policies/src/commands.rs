use std::ops::RangeInclusive;

/// A command that asks before something happens, and which rules it can carry out.
///
/// Keys of the document that stand for a field of the callback are spelled as on the wire.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    pub(crate) server: Server,
    /// The command is a friend request, so it can be limited.
    pub(crate) is_request: bool,
    /// The field with the text from one user to the other.
    pub(crate) message: Option<TextField>,
    /// The field with the name that one user keeps for the other.
    pub(crate) remark: Option<TextField>,
    /// The field with a list of users that the answer can replace.
    pub(crate) list: Option<&'static str>,
}

pub(crate) struct TextField {
    pub(crate) key: &'static str,
    /// The answer can replace the text.
    pub(crate) can_amend: bool,
}

/// A text that can only be accepted or refused.
const fn fixed(key: &'static str) -> Option<TextField> {
    Some(TextField {
        key,
        can_amend: false,
    })
}

/// In the order of the documentation.
pub(crate) const COMMANDS: [Command; 7] = [
    Command {
        name: "callbackBeforeAddFriendCommand",
        server: Server::OpenIm,
        is_request: true,
        message: fixed("reqMsg"),
        remark: None,
        list: None,
    },
    Command {
        name: "callbackBeforeAddFriendAgreeCommand",
        server: Server::OpenIm,
        is_request: false,
        message: fixed("HandleMsg"),
        remark: None,
        list: None,
    },
    Command {
        name: "callbackBeforeImportFriendsCommand",
        server: Server::OpenIm,
        is_request: false,
        message: None,
        remark: None,
        // An empty list in the answer would be ignored; the first N are never empty.
        list: Some("friendUserIDs"),
    },
    Command {
        name: "callbackBeforeSetFriendRemarkCommand",
        server: Server::OpenIm,
        is_request: false,
        message: None,
        remark: Some(TextField {
            key: "remark",
            can_amend: true,
        }),
        list: None,
    },
    Command {
        name: "callbackBeforeAddBlackCommand",
        server: Server::OpenIm,
        is_request: false,
        message: None,
        remark: None,
        list: None,
    },
    Command {
        name: "Sns.CallbackPrevFriendAdd",
        server: Server::Tencent,
        is_request: true,
        message: fixed("AddWording"),
        remark: fixed("Remark"),
        list: None,
    },
    Command {
        name: "Sns.CallbackPrevFriendResponse",
        server: Server::Tencent,
        is_request: false,
        message: None,
        remark: fixed("Remark"),
        list: None,
    },
];

/// The commands that a document can have rules for, spelled as on the wire.
pub fn commands() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name)
}

/// What the two servers' refusals have in common, and what not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    OpenIm,
    Tencent,
}

impl Server {
    /// The codes that the server's documents leave to the app, without those that this receiver answers: 39000
    /// says that nothing could be decided.
    pub(crate) fn codes(self) -> RangeInclusive<i32> {
        match self {
            Self::OpenIm => 20001..=29000,
            Self::Tencent => 38000..=38999,
        }
    }

    /// Where the default codes begin: far from the first ones, which handlers tend to take.
    pub(crate) fn default_codes(self) -> i32 {
        match self {
            Self::OpenIm => 28000,
            Self::Tencent => 38900,
        }
    }

    /// OpenIM's `errDlt`; Tencent Chat shows one text only.
    pub(crate) fn has_detail(self) -> bool {
        self == Self::OpenIm
    }
}
