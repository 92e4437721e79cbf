//! Friendship, friend requests, remarks, blocks and follows.

mod event;
pub mod rows;

pub use event::Event;
