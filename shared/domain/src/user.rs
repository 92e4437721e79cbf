//! Accounts and their profiles.

use serde::{Deserialize, Serialize};

use crate::UserId;

/// One fact about users themselves.
///
/// The serialized form is what the events table holds; a variant or field that was written once is
/// never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Fields of a user's profile changed. What they say now stays out of the log.
    ProfileChanged {
        /// Whose profile.
        user: UserId,
        /// Which fields: `nickname`, `avatar`, `gender`, `birthday`, `location`, `signature`, `language`,
        /// `level`, `role`, `friend_policy` (who may add this user), `messaging_ban`; an app's own as
        /// `custom.` and their name; others as the server calls them.
        fields: Vec<String>,
    },
    /// Accounts were created, in one call.
    UsersRegistered {
        /// Which. Never empty.
        users: Vec<RegisteredUser>,
    },
}

/// A new account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredUser {
    /// The new user's id.
    pub user: UserId,
    /// The name that others see; may be empty.
    pub nickname: String,
}

impl Event {
    /// The user under whom the events table files the event: whose profile changed, or the first of the new
    /// users.
    #[must_use]
    pub fn subject(&self) -> Option<&UserId> {
        match self {
            Self::ProfileChanged { user, .. } => Some(user),
            Self::UsersRegistered { users } => users.first().map(|first| &first.user),
        }
    }
}
