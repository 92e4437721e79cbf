//! What happened between users, in words of no particular chat server.
//!
//! OpenIM and Tencent Chat are two dialects of one domain: a deleted friend is the same
//! [`Event::FriendDeleted`], whichever server said it, and is stored in the same form.
//!
//! * [`Event`] — one fact about users.
//! * [`Reception`] — one accepted callback: the events it carried, who said so, and when it reached us.
//! * [`relations`] — what events mean for who is friends with whom.

mod event;
mod reception;
pub mod relations;
mod timestamp;
mod user_id;

pub use event::Event;
pub use reception::{Reception, Source};
pub use timestamp::{OutOfRange, Timestamp};
pub use user_id::{InvalidUserId, UserId};
