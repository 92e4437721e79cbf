//! What happens between the users of a chat server, in words of no particular server.
//!
//! OpenIM and Tencent Chat report the same facts in different words. A deleted friend is one
//! [`relation::Event::FriendDeleted`], whichever server reports it, and has one stored form.
//! This crate does no I/O, knows no server's wire format, and depends on no AWS crate.
//!
//! * [`Events`]: what one callback says, by [`Family`] ([`relation`], [`user`]).
//! * [`Reception`]: one accepted callback, with its events, its server and its time.
//! * [`relation::rows`]: what events mean for who is friends with whom.
//! * [`Question`]: what a callback asks before something happens, and the [`Change`] that a policy can make.

// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod events;
mod question;
mod reception;
pub mod relation;
mod split;
mod timestamp;
pub mod user;
mod user_id;

pub use events::{Events, Family, Subject};
pub use question::{Change, Question, Words};
pub use reception::{Part, Reception, Source};
pub use split::Continues;
pub use timestamp::{Arrivals, OutOfRange, Timestamp};
pub use user_id::{InvalidUserId, UserId};
