//! Who is connected.

use serde::{Deserialize, Serialize};

use crate::{
    GroupId, Subject, Timestamp, UserId,
    events::Filed,
    split::{Continues, Split, halve_list},
};

/// One fact about a user's connections.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The user is connected on a platform. OpenIM repeats it as long as the connection lasts.
    SeenOnline {
        /// The user.
        user: UserId,
        /// The platform: `IOS`, `IPad`, `Android`, `APad`, `Windows`, `OSX`, `Linux`, `Web`, … Any other as the server names
        /// it. If it has no name, the server's number of it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
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
        #[serde(default, skip_serializing_if = "String::is_empty")]
        platform: String,
        /// When the server saw it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen_at: Option<Timestamp>,
        /// The connection, if the server names it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connection: Option<String>,
        /// Why the connection ended: `signed_out` (the user did it), `closed` (by the app or the network), `timed_out` (the
        /// server heard nothing any more), or `other_login` (another device of the user took its place). Absent if the
        /// server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Ended>,
    },
    /// A user set a status of their own words. The event does not hold the status, so it is not stored.
    StatusChanged {
        /// The user.
        user: UserId,
        /// When the server saw it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen_at: Option<Timestamp>,
    },
    /// Something else changed about the presence of users.
    PresenceChanged {
        /// The users.
        users: Vec<UserId>,
        /// The server's word for what changed.
        what: String,
        /// The group whose members the users are, if it is about them as such.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<GroupId>,
        /// When the server saw it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen_at: Option<Timestamp>,
    },
    /// Members of a group are connected again.
    MembersCameBack {
        /// The group.
        group: GroupId,
        /// The members.
        members: Vec<UserId>,
    },
    /// Members of a group lost all their connections, but did not leave the group.
    MembersDroppedOut {
        /// The group.
        group: GroupId,
        /// The members.
        members: Vec<UserId>,
    },
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ended {
    /// The user signed out.
    SignedOut,
    /// The app or the network closed it.
    Closed,
    /// The server heard nothing from the device any more.
    TimedOut,
    /// Another device of the user took its place.
    OtherLogin,
}

impl Event {
    /// The list that can be long.
    fn members_mut(&mut self) -> Option<&mut Vec<UserId>> {
        match self {
            Self::MembersCameBack { members, .. }
            | Self::MembersDroppedOut { members, .. }
            | Self::PresenceChanged { users: members, .. } => Some(members),
            Self::SeenOnline { .. } | Self::WentOffline { .. } | Self::StatusChanged { .. } => None,
        }
    }
}

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        match self {
            Self::SeenOnline { user, .. }
            | Self::WentOffline { user, .. }
            | Self::StatusChanged { user, .. } => Some(Subject::User(user)),
            Self::MembersCameBack { group, .. }
            | Self::MembersDroppedOut { group, .. }
            | Self::PresenceChanged {
                group: Some(group), ..
            } => Some(Subject::Group(group)),
            Self::PresenceChanged { users, .. } => users.first().map(Subject::User),
        }
    }
}

impl Split for Event {
    fn split_off_half(&mut self) -> Option<(Continues, Self)> {
        let mut half = self.clone();
        let more = halve_list(self.members_mut()?)?;
        *half.members_mut()? = more;
        Some((Continues::List, half))
    }

    fn join(&mut self, _: Continues, mut half: Self) -> Option<Self> {
        match (self.members_mut(), half.members_mut()) {
            (Some(members), Some(more)) => members.append(more),
            _ => return Some(half),
        }
        None
    }
}
