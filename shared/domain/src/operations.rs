//! What concerns the whole app, such as limits of the server.

use serde::{Deserialize, Serialize};

use crate::{
    Subject, Timestamp,
    events::Filed,
    split::{Continues, Split},
};

/// One fact about the app. It is about no user and no group, so it is filed under its command. OpenIM reports none.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The app's backend calls an interface of the server almost as often as it may, or more often.
    RateNearLimit {
        /// The server's name of the service.
        service: String,
        /// The server's name of the interface.
        command: String,
        /// How many calls there are in a second. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_second: Option<i64>,
        /// How many calls there may be in a second. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<i64>,
    },
    /// The app has created almost as many groups today as it may.
    GroupQuotaAlarm {
        /// How many groups were created today, without those that were dissolved. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        used: Option<i64>,
        /// How many it may be in a day. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quota: Option<i64>,
        /// When the server saw it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
}

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        match self {
            Self::RateNearLimit { .. } | Self::GroupQuotaAlarm { .. } => Some(Subject::Command),
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
