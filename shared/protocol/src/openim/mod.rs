//! OpenIM: a self-hosted chat server.
//!
//! It POSTs a JSON object to `<url>/<command>` and ignores the HTTP status of the answer. From the answer's body it
//! reads five fields, and the fields that an answer to this command can change. See [`Decision`] for "before" callbacks
//! and [`Noted`] for "after" callbacks.
//!
//! Source: OpenIM, `pkg/callbackstruct/common.go`; <https://docs.openim.io/platform-api/webhooks/overview>.

mod answer;
pub(crate) mod conversation;
pub mod deviations;
pub(crate) mod group;
pub(crate) mod message;
pub(crate) mod presence;
pub(crate) mod push;
pub(crate) mod relation;
pub(crate) mod user;

pub use answer::{
    Amendment, Answer, Decision, InvalidRefusalCode, NoAmendment, NoRefusal, Noted, Refusal,
    RefusalCode, Refuse,
};
pub use conversation::*;
pub use group::*;
pub use message::*;
pub use presence::*;
pub use push::*;
pub use relation::*;
pub use user::*;

use crate::Callback;

/// Whether the JSON of a user in a list is null or has no id.
fn is_nobody(user: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct User {
        #[serde(rename = "userID", default)]
        id: crate::FreeText,
    }
    let user = crate::read::<Option<User>>(user.as_bytes());
    user.is_ok_and(|user| user.is_none_or(|it| it.id.is_empty() && !it.id.is_odd()))
}

/// The body of a "before" callback: what somebody is about to do. OpenIM waits for a [`Decision`].
///
/// If no answer arrives that it can read, the operation fails.
pub trait Before: Callback {
    /// What an answer can change about the operation.
    type Amendment: Amendment;

    /// The amendment that leaves everything as it was asked for, if the server needs one.
    ///
    /// For most commands a plain "allow" does that. For [some](crate::plain_allow_fails) the server takes fields over from
    /// the answer, also fields that are missing there. It needs all of them back.
    fn as_asked(&self) -> Option<Self::Amendment> {
        None
    }
}

/// The header with the id of the API call that caused the callback.
///
/// The *client* of that call chooses the id, and nobody checks it. It can be empty, or the same for all calls.
pub const OPERATION_ID_HEADER: &str = "operationid";

/// The beginning of every OpenIM command.
pub const COMMAND_PREFIX: &str = "callback";

/// The end of every OpenIM command since v3.7.0.
pub const COMMAND_SUFFIX: &str = "Command";
