//! OpenIM: a self-hosted chat server.
//!
//! It POSTs a JSON object to `<url>/<command>`, ignores the HTTP status of the answer, and reads five
//! fields of its body: see [`Answer`].

mod after_add_friend;
mod after_delete_friend;
mod after_remove_black;
mod after_set_friend_remark;
mod answer;
pub mod deviations;

pub use after_add_friend::AfterAddFriend;
pub use after_delete_friend::AfterDeleteFriend;
pub use after_remove_black::AfterRemoveBlack;
pub use after_set_friend_remark::AfterSetFriendRemark;
pub use answer::{Answer, InvalidRefusalCode, Refusal, RefusalCode};

use serde::de::DeserializeOwned;

/// The body of one callback command.
pub trait Callback: DeserializeOwned {
    /// The command: the last segment of the URL's path, and the body's `callbackCommand`.
    const COMMAND: &'static str;
}

/// The header that carries the id of the API call which caused the callback.
///
/// Chosen by the *client* of that call and never checked: it can be empty, or the same for everything.
pub const OPERATION_ID_HEADER: &str = "operationid";

/// Every command that this crate has a type for.
pub const COMMANDS: &[&str] = &[
    AfterAddFriend::COMMAND,
    AfterDeleteFriend::COMMAND,
    AfterRemoveBlack::COMMAND,
    AfterSetFriendRemark::COMMAND,
];

/// How the name of every OpenIM command begins.
pub const COMMAND_PREFIX: &str = "callback";
