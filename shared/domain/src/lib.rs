//! What happens between the users of a chat server, in words of no particular server.
//!
//! OpenIM and Tencent Chat report the same facts in different words. A deleted friend is one
//! [`relation::Event::FriendDeleted`], whichever server reports it, and has one stored form.
//! This crate does no I/O, knows no server's wire format, and depends on no AWS crate.
//!
//! * [`Events`]: what one callback says, by [`Family`] ([`relation`], [`user`], [`group`], [`channel`],
//!   [`message`], [`conversation`], [`presence`], [`push`], [`call`], [`moderation`], [`operations`], [`decision`]).
//! * [`Reception`]: one accepted callback, with its events, its server and its time.
//! * [`relation::rows`]: what events mean for who is friends with whom.
//! * [`group::rows`]: what events mean for who is in which group.
//! * [`Question`]: what a callback asks before something happens, and the [`Change`] that a policy can make.

// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod as_of;
pub mod call;
pub mod channel;
pub mod conversation;
pub mod decision;
mod events;
pub mod group;
mod id;
pub mod message;
pub mod moderation;
pub mod operations;
pub mod presence;
pub mod push;
mod question;
mod reception;
pub mod relation;
mod split;
mod timestamp;
pub mod user;

pub use as_of::AsOf;
pub use conversation::Conversation;
pub use events::{Events, Family, Subject};
pub use id::{GroupId, InvalidGroupId, InvalidTopicId, InvalidUserId, TopicId, UserId};
pub use question::{Change, Changeable, Question, Role, Words, Written};
pub use reception::{FiledUnder, Part, RECONCILE, Reception, Source};
pub use split::Continues;
pub use timestamp::{Arrivals, OutOfRange, Timestamp};
