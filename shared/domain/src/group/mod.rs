//! Groups and their members.

mod event;
pub mod rows;

pub use event::{Event, Joined, Left, Member, Role};
