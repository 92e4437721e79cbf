//! Calls with sound or picture.

use serde::{Deserialize, Serialize};

use crate::{
    GroupId, Subject, Timestamp, UserId,
    events::Filed,
    split::{Continues, Split, halve_list},
};

/// One fact about a call. OpenIM reports none.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A call began.
    CallStarted {
        /// The server's id of the call. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call: Option<String>,
        /// Who is in it, or is being called.
        members: Vec<Member>,
        /// What it transmits: `sound`, or `picture` with sound. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media: Option<Media>,
        /// The group whose call it is. Absent if it is no group's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<GroupId>,
        /// The room in which it takes place. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// When it began. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        started_at: Option<Timestamp>,
    },
    /// Users came into a call, left it, or answered it.
    CallMembersChanged {
        /// The server's id of the call. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call: Option<String>,
        /// What the users did.
        changes: Vec<CallChange>,
        /// Who is in the call since then, or is being called.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        members: Vec<Member>,
        /// When it happened. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        changed_at: Option<Timestamp>,
    },
    /// A call ended.
    CallEnded {
        /// The server's id of the call. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call: Option<String>,
        /// The user who called. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caller: Option<UserId>,
        /// Everybody who was called. The caller may be among them.
        members: Vec<UserId>,
        /// How it ended: `finished` (somebody hung up), `cancelled` (by the caller), `declined`, `not_answered`, `busy`,
        /// `interrupted`, `unreachable` (the other user was not connected), or the server's word for anything else. Absent if
        /// the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<CallResult>,
        /// What it transmitted: `sound`, or `picture` with sound. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media: Option<Media>,
        /// Whether more than two could take part. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_many: Option<bool>,
        /// The room in which it took place. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// When it began. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        started_at: Option<Timestamp>,
        /// When somebody accepted it. Absent if nobody did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accepted_at: Option<Timestamp>,
        /// When it ended. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended_at: Option<Timestamp>,
    },
}

/// Somebody who is in a call or is being called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "CallMember")
)]
pub struct Member {
    /// The user.
    pub user: UserId,
    /// Whether the user is in the call. Otherwise the device still rings. Absent if the server does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_part: Option<bool>,
}

/// What a user did about a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallChange {
    /// The user.
    pub user: UserId,
    /// What happened: `accepted`, `declined`, `not_answered`, `hung_up`, `joined` (a running call), `dropped_out` (the
    /// connection was lost), `invited`, `uninvited` (before an answer), or the server's word for anything else.
    pub what: What,
}

/// What happened to a user of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// The user accepted the call.
    Accepted,
    /// The user declined it.
    Declined,
    /// The user did not answer.
    NotAnswered,
    /// The user hung up.
    HungUp,
    /// The user came into a running call.
    Joined,
    /// The user's connection was lost.
    DroppedOut,
    /// The user was called into a running call.
    Invited,
    /// The user is no longer being called.
    Uninvited,
    /// The server's word for anything else.
    #[serde(untagged)]
    Other(String),
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallResult {
    /// Somebody hung up.
    Finished,
    /// The caller gave up.
    Cancelled,
    /// Nobody wanted to take it.
    Declined,
    /// Nobody answered.
    NotAnswered,
    /// The other user was in another call.
    Busy,
    /// Something broke it off.
    Interrupted,
    /// The other user was not connected.
    Unreachable,
    /// The server's word for anything else.
    #[serde(untagged)]
    Other(String),
}

/// What a call transmits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Media {
    /// Only sound.
    Sound,
    /// Picture and sound.
    Picture,
}

impl Filed for Event {
    /// The one who called, as far as it is known. Servers name that user first.
    fn subject(&self) -> Option<Subject<'_>> {
        let user = match self {
            Self::CallStarted { members, .. } => first(members),
            Self::CallMembersChanged {
                changes, members, ..
            } => first(members).or_else(|| changes.first().map(|change| &change.user)),
            Self::CallEnded {
                caller, members, ..
            } => caller.as_ref().or_else(|| members.first()),
        };
        Some(user.map_or(Subject::Command, Subject::User))
    }
}

fn first(members: &[Member]) -> Option<&UserId> {
    members.first().map(|member| &member.user)
}

impl Split for Event {
    fn split_off_half(&mut self) -> Option<(Continues, Self)> {
        let mut half = self.clone();
        match (self, &mut half) {
            (Self::CallStarted { members, .. }, Self::CallStarted { members: more, .. }) => {
                *more = halve_list(members)?;
            }
            (Self::CallEnded { members, .. }, Self::CallEnded { members: more, .. }) => {
                *more = halve_list(members)?;
            }
            (
                Self::CallMembersChanged {
                    changes, members, ..
                },
                Self::CallMembersChanged {
                    changes: more_changes,
                    members: more_members,
                    ..
                },
            ) => {
                // The other list stays in the first half. In both, it would be joined to itself.
                if let Some(half) = halve_list(changes) {
                    *more_changes = half;
                    more_members.clear();
                } else {
                    *more_members = halve_list(members)?;
                    more_changes.clear();
                }
            }
            _ => return None,
        }
        Some((Continues::List, half))
    }

    fn join(&mut self, _: Continues, half: Self) -> Option<Self> {
        match (self, half) {
            (Self::CallStarted { members, .. }, Self::CallStarted { members: more, .. }) => {
                members.extend(more);
            }
            (Self::CallEnded { members, .. }, Self::CallEnded { members: more, .. }) => {
                members.extend(more);
            }
            (
                Self::CallMembersChanged {
                    changes, members, ..
                },
                Self::CallMembersChanged {
                    changes: more_changes,
                    members: more_members,
                    ..
                },
            ) => {
                changes.extend(more_changes);
                members.extend(more_members);
            }
            (_, half) => return Some(half),
        }
        None
    }
}
