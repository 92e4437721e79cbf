//! Groups and their members.

mod event;
pub mod rows;

pub use event::{Edited, Event, Joined, Left, Member, Role};
