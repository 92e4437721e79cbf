//! The callbacks of OpenIM and Tencent Chat as Rust types: no I/O, no AWS, no async.
//!
//! * [`openim`] — what an OpenIM server sends to `<url>/<command>`, and the answers it can read.
//! * [`tencent`] — the same for Tencent Chat, which sends every command to one URL.
//! * [`catalogue`] — every command, with what is said of it.
//!
//! Each command has one file, in the folder of its family. Unknown fields are accepted everywhere, because both
//! servers add some from time to time. [`read`](read()) reads a body, also one with oddities that nobody needs to know of:
//! the types say what has to be right ([`UserId`]) and what may be anything ([`FreeText`], [`Number`], [`Members`]).
//!
//! # Where a document and the server differ
//!
//! The types follow what the servers do. A difference to the published documents has a name: see
//! [`openim::deviations`].

/// The commands of a family: each by its file and its type.
///
/// rustfmt does not see the files; `make fmt` names them.
macro_rules! commands {
    ($($file:ident::$Type:ident),+ $(,)?) => {
        $(
            mod $file;
            pub use $file::*;
        )+
        pub(crate) const COMMANDS: &[&crate::Command] = &[$(&<$Type as crate::Callback>::COMMAND),+];
    };
}

mod callback;
mod catalogue;
pub mod openim;
mod read;
pub mod tencent;

pub use callback::{Answer, Callback, Note, Reason};
pub use catalogue::{
    Bypass, Command, Rules, Text, When, asks, catalogue, command, commands, unknown_may_be_refused,
};
pub use domain::{InvalidUserId, UserId};
pub use read::{FreeText, Json, Members, Number, Read, Unreadable, read, text};
