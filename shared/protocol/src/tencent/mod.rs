//! Tencent Chat: a hosted chat server.
//!
//! It POSTs every command of an app to one URL and names the command in the query (see [`Query`]),
//! waits two seconds, and takes a status other than 200 or a body that is not JSON as a failure.
//!
//! <https://www.tencentcloud.com/document/product/1047/34354>

mod answer;
mod friend_delete;
mod query;

pub use answer::Answer;
pub use friend_delete::{FriendDelete, Pair};
pub use query::Query;

use serde::de::DeserializeOwned;

/// The body of one callback command.
pub trait Callback: DeserializeOwned {
    /// The command: the query's `CallbackCommand`, and the body's where it has one.
    const COMMAND: &'static str;
}

/// Every command that this crate has a type for.
pub const COMMANDS: &[&str] = &[FriendDelete::COMMAND];
