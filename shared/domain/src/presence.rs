//! Who is connected.

use serde::{Deserialize, Serialize};

use crate::{
    Subject, Timestamp, UserId,
    events::Filed,
    split::{Continues, Split},
};

/// One fact about a user's connections.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The user is connected on a platform. OpenIM repeats it as long as the connection lasts.
    SeenOnline {
        /// The user.
        user: UserId,
        /// The platform, as the server names it: `IOS`, `Android`, `Web`, … If it has no name, the server's number of it.
        platform: String,
        /// The app is in the background. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        background: Option<bool>,
        /// When the server saw it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen_at: Option<Timestamp>,
        /// The connection, if the server names it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connection: Option<String>,
    },
    /// A connection on a platform ended. With OpenIM, the user may have another one on the same platform.
    WentOffline {
        /// The user.
        user: UserId,
        /// The platform, as for [`SeenOnline`](Self::SeenOnline).
        platform: String,
        /// When the server saw it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen_at: Option<Timestamp>,
        /// The connection, if the server names it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connection: Option<String>,
    },
}

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        match self {
            Self::SeenOnline { user, .. } | Self::WentOffline { user, .. } => {
                Some(Subject::User(user))
            }
        }
    }
}

impl Split for Event {
    fn split_off_half(&mut self) -> Option<(Continues, Self)> {
        None
    }

    fn join(&mut self, _: Continues, half: Self) -> Option<Self> {
        Some(half)
    }
}
