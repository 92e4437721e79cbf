//! OpenIM: a self-hosted chat server.
//!
//! It POSTs a JSON object to `<url>/<command>`, ignores the HTTP status of the answer, and reads five
//! fields of its body, and what it may change: see [`Decision`] and, for what has happened already, [`Answer`].

mod after_add_friend;
mod after_add_friend_agree;
mod after_delete_friend;
mod after_import_friends;
mod after_remove_black;
mod after_set_friend_remark;
mod answer;
mod before_add_black;
mod before_add_friend;
mod before_add_friend_agree;
mod before_import_friends;
mod before_set_friend_remark;
pub mod deviations;

pub use after_add_friend::AfterAddFriend;
pub use after_add_friend_agree::AfterAddFriendAgree;
pub use after_delete_friend::AfterDeleteFriend;
pub use after_import_friends::AfterImportFriends;
pub use after_remove_black::AfterRemoveBlack;
pub use after_set_friend_remark::AfterSetFriendRemark;
pub use answer::{Answer, Decision, InvalidRefusalCode, NoAmendment, Refusal, RefusalCode};
pub use before_add_black::BeforeAddBlack;
pub use before_add_friend::BeforeAddFriend;
pub use before_add_friend_agree::BeforeAddFriendAgree;
pub use before_import_friends::{AmendedFriends, BeforeImportFriends};
pub use before_set_friend_remark::{AmendedRemark, BeforeSetFriendRemark};

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

/// The body of one "after" callback command: what has happened.
pub trait Callback: DeserializeOwned {
    /// The command: the last segment of the URL's path, and the body's `callbackCommand`.
    const COMMAND: &'static str;
}

/// The body of one "before" callback command: what somebody is about to do. OpenIM waits for a [`Decision`].
///
/// When none arrives that it can read, the operation fails.
pub trait Before: DeserializeOwned {
    /// As [`Callback::COMMAND`].
    const COMMAND: &'static str;
    /// What an answer can change about the operation, and no more than that.
    ///
    /// Everything that can be amended about relations stays as it was asked for when the answer lacks it, so
    /// [`Decision::Allow`] says nothing about it.
    type Amendment: Serialize;
}

/// The header that carries the id of the API call which caused the callback.
///
/// Chosen by the *client* of that call and never checked: it can be empty, or the same for everything.
pub const OPERATION_ID_HEADER: &str = "operationid";

/// Every command that this crate has a type for.
pub const COMMANDS: &[&str] = &[
    AfterAddFriend::COMMAND,
    AfterAddFriendAgree::COMMAND,
    AfterDeleteFriend::COMMAND,
    AfterImportFriends::COMMAND,
    AfterRemoveBlack::COMMAND,
    AfterSetFriendRemark::COMMAND,
    BeforeAddBlack::COMMAND,
    BeforeAddFriend::COMMAND,
    BeforeAddFriendAgree::COMMAND,
    BeforeImportFriends::COMMAND,
    BeforeSetFriendRemark::COMMAND,
];

/// How the name of every OpenIM command begins.
pub const COMMAND_PREFIX: &str = "callback";

/// Reads a list that the server writes as null when it is empty, as Go does.
fn null_is_empty<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
