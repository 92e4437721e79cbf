//! What happened, in words of no particular chat server.
//!
//! OpenIM and Tencent Chat are two dialects of one domain: a deleted friend is the same
//! [`relation::Event::FriendDeleted`], whichever server said it, and is stored in the same form.
//!
//! * [`Events`] — what one callback said, by [`Family`]: [`relation`], [`user`].
//! * [`Reception`] — one accepted callback: the events it carried, who said so, and when it reached us.
//! * [`relation::rows`] — what events mean for who is friends with whom.
//! * [`Question`] — what a callback asks before something happens, and the [`Change`] that may be made to it.

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
