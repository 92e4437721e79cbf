//! OpenIM: a self-hosted chat server.
//!
//! It POSTs a JSON object to `<url>/<command>`, ignores the HTTP status of the answer, and reads five
//! fields of its body, and what it may change: see [`Decision`] and, for what has happened already, [`Answer`].

mod answer;
pub mod deviations;
pub(crate) mod relation;
pub(crate) mod user;

pub use answer::{
    Amendment, Answer, Decision, InvalidRefusalCode, NoAmendment, NoRefusal, Noted, Refusal,
    RefusalCode, Refuse,
};
pub use relation::*;
pub use user::*;

use crate::Callback;

/// The body of one "before" callback command: what somebody is about to do. OpenIM waits for a [`Decision`].
///
/// When none arrives that it can read, the operation fails.
pub trait Before: Callback {
    /// What an answer can change about the operation, and no more than that.
    type Amendment: Amendment;

    /// The change that leaves everything as it was asked for, where the server needs one.
    ///
    /// To most commands a plain "allow" does that. A server that takes fields over from the answer, also those that
    /// are missing, needs them all back.
    fn as_asked(&self) -> Option<Self::Amendment> {
        None
    }
}

/// The header that carries the id of the API call which caused the callback.
///
/// Chosen by the *client* of that call and never checked: it can be empty, or the same for everything.
pub const OPERATION_ID_HEADER: &str = "operationid";

/// How the name of every OpenIM command begins.
pub const COMMAND_PREFIX: &str = "callback";

/// How the name of every OpenIM command ends, in the versions since v3.7.0.
pub const COMMAND_SUFFIX: &str = "Command";
