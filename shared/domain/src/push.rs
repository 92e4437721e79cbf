//! What goes to devices.

use serde::{Deserialize, Serialize};

use crate::{
    Subject,
    events::Filed,
    split::{Continues, Split},
};

/// One fact about what went to devices. OpenIM reports none, so there is none yet.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {}

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        match *self {}
    }
}

impl Split for Event {
    fn split_off_half(&mut self) -> Option<(Continues, Self)> {
        match *self {}
    }

    fn join(&mut self, _: Continues, _: Self) -> Option<Self> {
        match *self {}
    }
}
