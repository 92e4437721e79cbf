//! Accounts and their profiles.

use serde::{Deserialize, Serialize};

use crate::{
    Subject, UserId,
    events::Filed,
    split::{Continues, Split, halve_list, halve_text},
};

/// One fact about users themselves.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Fields of a user's profile changed. The event does not hold the new values, so they are not stored.
    ProfileChanged {
        /// The user whose profile changed.
        user: UserId,
        /// The changed fields: `nickname`, `avatar`, `gender`, `birthday`, `location`, `signature`, `language`,
        /// `level`, `role`, `friend_policy` (who may add this user), `messaging_ban`. A field of the app's own is
        /// `custom.` and its name. Any other field has the server's name.
        fields: Vec<String>,
    },
    /// One call created these accounts.
    UsersRegistered {
        /// The new accounts. Never empty.
        users: Vec<RegisteredUser>,
    },
}

/// A new account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RegisteredUser {
    /// The new user's id.
    pub user: UserId,
    /// The name that others see; may be empty.
    pub nickname: String,
}

impl Event {
    /// The user whom the events table files the event under: the one whose profile changed, or the first new user.
    #[must_use]
    pub fn subject(&self) -> Option<&UserId> {
        match self {
            Self::ProfileChanged { user, .. } => Some(user),
            Self::UsersRegistered { users } => users.first().map(|first| &first.user),
        }
    }
}

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        self.subject().map(Subject::User)
    }
}

impl Split for Event {
    fn split_off_half(&mut self) -> Option<(Continues, Self)> {
        match self {
            Self::ProfileChanged { user, fields } => {
                let user = user.clone();
                let (continues, fields) = match halve_list(fields) {
                    Some(half) => (Continues::List, half),
                    None => (Continues::Text, vec![halve_text(fields.last_mut()?)?]),
                };
                Some((continues, Self::ProfileChanged { user, fields }))
            }
            Self::UsersRegistered { users } => {
                let (continues, users) = match halve_list(users) {
                    Some(half) => (Continues::List, half),
                    None => {
                        let last = users.last_mut()?;
                        let half = RegisteredUser {
                            nickname: halve_text(&mut last.nickname)?,
                            user: last.user.clone(),
                        };
                        (Continues::Text, vec![half])
                    }
                };
                Some((continues, Self::UsersRegistered { users }))
            }
        }
    }

    fn join(&mut self, continues: Continues, half: Self) -> Option<Self> {
        match (self, half) {
            (Self::ProfileChanged { fields, .. }, Self::ProfileChanged { fields: half, .. }) => {
                let mut half = half.into_iter();
                if let (Continues::Text, Some(last)) = (continues, fields.last_mut()) {
                    last.extend(half.next());
                }
                fields.extend(half);
            }
            (Self::UsersRegistered { users }, Self::UsersRegistered { users: half }) => {
                let mut half = half.into_iter();
                if let (Continues::Text, Some(last)) = (continues, users.last_mut()) {
                    last.nickname.extend(half.next().map(|half| half.nickname));
                }
                users.extend(half);
            }
            (_, half) => return Some(half),
        }
        None
    }
}
