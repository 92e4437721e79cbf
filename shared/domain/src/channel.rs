//! Official accounts: accounts to which users subscribe, and which write to all their subscribers.

use serde::{Deserialize, Serialize};

use crate::{
    Subject, UserId,
    events::Filed,
    split::{Continues, Split, halve_list},
};

/// One fact about an official account. What it writes is an event about [messages](crate::message). OpenIM reports none.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// An official account was created.
    ChannelCreated {
        /// The official account.
        channel: UserId,
        /// Its name; may be empty.
        name: String,
        /// Its owner. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
        /// The user who created it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        creator: Option<UserId>,
    },
    /// Fields of an official account changed. The event does not hold the new values, so they are not stored.
    ChannelChanged {
        /// The official account.
        channel: UserId,
        /// The changed fields: `name`, `introduction`, `avatar`, `organization`.
        fields: Vec<String>,
        /// The user who changed it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// An official account was deleted.
    ChannelDissolved {
        /// The official account.
        channel: UserId,
        /// Its last owner. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
    },
    /// An official account can take no more subscribers. It can come again for the same account.
    ChannelFull {
        /// The official account.
        channel: UserId,
    },
    /// Users subscribed to an official account.
    SubscribersAdded {
        /// The official account.
        channel: UserId,
        /// The new subscribers.
        subscribers: Vec<UserId>,
        /// The user who added them. Absent if they did it themselves, or if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// Users no longer subscribe to an official account.
    SubscribersRemoved {
        /// The official account.
        channel: UserId,
        /// The former subscribers.
        subscribers: Vec<UserId>,
        /// The user who removed them. Absent if they did it themselves, or if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
}

impl Event {
    /// The list that can be long.
    fn subscribers_mut(&mut self) -> Option<&mut Vec<UserId>> {
        match self {
            Self::SubscribersAdded { subscribers, .. }
            | Self::SubscribersRemoved { subscribers, .. } => Some(subscribers),
            Self::ChannelCreated { .. }
            | Self::ChannelChanged { .. }
            | Self::ChannelDissolved { .. }
            | Self::ChannelFull { .. } => None,
        }
    }
}

/// An official account is an account, so it is filed like a user.
impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        match self {
            Self::ChannelCreated { channel, .. }
            | Self::ChannelChanged { channel, .. }
            | Self::ChannelDissolved { channel, .. }
            | Self::ChannelFull { channel }
            | Self::SubscribersAdded { channel, .. }
            | Self::SubscribersRemoved { channel, .. } => Some(Subject::User(channel)),
        }
    }
}

impl Split for Event {
    fn split_off_half(&mut self) -> Option<(Continues, Self)> {
        let mut half = self.clone();
        let more = halve_list(self.subscribers_mut()?)?;
        *half.subscribers_mut()? = more;
        Some((Continues::List, half))
    }

    fn join(&mut self, _: Continues, mut half: Self) -> Option<Self> {
        match (self.subscribers_mut(), half.subscribers_mut()) {
            (Some(subscribers), Some(more)) => subscribers.append(more),
            _ => return Some(half),
        }
        None
    }
}
