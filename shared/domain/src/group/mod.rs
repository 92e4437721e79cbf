//! Groups and their members.

mod event;

pub use event::{Event, Joined, Left, Member, Role};
