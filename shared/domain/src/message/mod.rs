//! Messages between users and in groups.

mod content;
mod event;

pub use content::{Content, Degrees, Quoted};
pub use event::{AppText, Event, ExtensionChange, Kind, MessageRef};
