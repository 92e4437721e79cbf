//! The callbacks of OpenIM and Tencent Chat as Rust types: their bodies, and the answers that these servers can read.
//!
//! This crate does no I/O, checks no credentials, decides nothing, and needs no async runtime and no AWS crate.
//!
//! * [`openim`]: what an OpenIM server sends to `<url>/<command>`, and the answers to it.
//! * [`tencent`]: what Tencent Chat sends to its one URL, and the answers to it.
//! * [`read`](read()): reads a body, also one with oddities in fields that nobody needs. The types say which values
//!   must be right ([`UserId`]) and which may be anything ([`FreeText`], [`Number`], [`Members`], [`Lenient`], [`RawJson`]).
//! * [`catalogue`]: all commands, with the facts about each.
//! * [`domain`]: the words of no particular server, for events and questions.
//!
//! All types accept unknown fields, because both servers add some from time to time.
//!
//! # Sources
//!
//! A line that begins with `Source:` says where the facts about a type come from:
//!
//! * For OpenIM, a file of [`openimsdk/open-im-server`](https://github.com/openimsdk/open-im-server) at commit
//!   `7848d7c` (main, 2026-07-02) and the type in it, and a page of OpenIM's documents.
//! * For Tencent Chat, a page of its documents.
//!
//! The types follow what the servers do. Each difference from OpenIM's documents has a name: see
//! [`openim::deviations`].

// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Declares the commands of a family, each by its file and its type.
///
/// `cargo fmt` does not see these files, so `make fmt` names them.
macro_rules! commands {
    ($($file:ident::$Type:ident),* $(,)?) => {
        $(
            mod $file;
            pub use $file::*;
        )*
        pub(crate) const SERVED: crate::catalogue::Served = crate::catalogue::Served {
            commands: &[$(&<$Type as crate::Callback>::COMMAND),*],
            needs: &[$(<$Type as crate::Callback>::NEEDS),*],
        };
    };
}

mod callback;
mod catalogue;
mod needs;
pub mod openim;
mod read;
pub mod tencent;

pub use callback::{Answer, Callback, Note, Reason};
pub use catalogue::{
    Bypass, Codes, Command, NEVER_SENT, Rules, Text, When, asks, catalogue, command, commands,
    may_be_refused, plain_allow_fails,
};
pub use domain;
pub use domain::{InvalidUserId, UserId};
pub use needs::{Needs, Switch};
pub use read::{FreeText, Json, Lenient, Members, Number, RawJson, Read, Unreadable, read, text};
