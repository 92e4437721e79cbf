use serde::{Deserialize, Serialize};

use crate::{UserId, relation, user};

/// What a callback is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Friendship, friend requests, remarks, blocks and follows.
    Relation,
    /// Accounts and their profiles.
    User,
    /// Commands that this version does not know, and callbacks that no handler could turn into events.
    Unknown,
}

impl Family {
    /// All families, in the order in which documents list them.
    pub const ALL: [Self; 3] = [Self::Relation, Self::User, Self::Unknown];

    /// The name of the family in tables, folders and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Relation => "relation",
            Self::User => "user",
            Self::Unknown => "unknown",
        }
    }
}

/// What one callback says, in the callback's order. All events of a callback belong to one family.
///
/// The serialized form has two members: `family` and `events`. A callback that is kept as it came has no `events`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "family", content = "events", rename_all = "snake_case")]
#[serde(from = "Stored")]
pub enum Events {
    /// Events about relations.
    Relation(Vec<relation::Event>),
    /// Events about users.
    User(Vec<user::Event>),
    /// The callback is kept as it came: see [`Reception::body`](crate::Reception::body).
    Unknown,
}

/// What the events table files a reception under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The user whose own data changed.
    User(&'a UserId),
    /// No user: nothing says what the callback means.
    UnknownCommand,
}

impl Events {
    /// The family of the events.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::Relation(_) => Family::Relation,
            Self::User(_) => Family::User,
            Self::Unknown => Family::Unknown,
        }
    }

    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Relation(events) => events.len(),
            Self::User(events) => events.len(),
            Self::Unknown => 0,
        }
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the events are filed under: the subject of the first event. `None` if there is nothing to file.
    #[must_use]
    pub fn subject(&self) -> Option<Subject<'_>> {
        match self {
            Self::Relation(events) => events.first().map(|first| Subject::User(first.subject())),
            Self::User(events) => events.first()?.subject().map(Subject::User),
            Self::Unknown => Some(Subject::UnknownCommand),
        }
    }
}

impl From<Vec<relation::Event>> for Events {
    fn from(events: Vec<relation::Event>) -> Self {
        Self::Relation(events)
    }
}

impl From<Vec<user::Event>> for Events {
    fn from(events: Vec<user::Event>) -> Self {
        Self::User(events)
    }
}

/// All stored forms of events. The first version of the tables and queues had one family only, `relation`. Its
/// messages did not name the family, and changed profiles were filed under it.
#[derive(Deserialize)]
struct Stored {
    #[serde(default)]
    family: Option<Family>,
    #[serde(default)]
    events: StoredEvents,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum StoredEvents {
    Relation(Vec<relation::Event>),
    User(Vec<user::Event>),
}

impl Default for StoredEvents {
    fn default() -> Self {
        Self::Relation(Vec::new())
    }
}

impl From<Stored> for Events {
    fn from(stored: Stored) -> Self {
        match (stored.family, stored.events) {
            (Some(Family::Unknown), _) => Self::Unknown,
            // An empty list always reads as the first variant of `StoredEvents`.
            (Some(Family::User), StoredEvents::Relation(events)) if events.is_empty() => {
                Self::User(Vec::new())
            }
            (_, StoredEvents::Relation(events)) => Self::Relation(events),
            (_, StoredEvents::User(events)) => Self::User(events),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn id(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    #[test]
    fn the_stored_form_of_every_family_is_fixed() {
        for (events, stored) in [
            (
                Events::Relation(vec![relation::Event::FriendAdded {
                    owner: id("a"),
                    friend: id("b"),
                }]),
                json!({"family": "relation", "events": [{"type": "friend_added", "owner": "a", "friend": "b"}]}),
            ),
            (
                Events::User(vec![user::Event::ProfileChanged {
                    user: id("a"),
                    fields: vec!["nickname".into(), "custom.Team".into()],
                }]),
                json!({"family": "user", "events": [
                    {"type": "profile_changed", "user": "a", "fields": ["nickname", "custom.Team"]}
                ]}),
            ),
            (
                Events::User(vec![user::Event::UsersRegistered {
                    users: vec![user::RegisteredUser {
                        user: id("a"),
                        nickname: String::new(),
                    }],
                }]),
                json!({"family": "user", "events": [
                    {"type": "users_registered", "users": [{"user": "a", "nickname": ""}]}
                ]}),
            ),
            (
                Events::User(Vec::new()),
                json!({"family": "user", "events": []}),
            ),
            (Events::Unknown, json!({"family": "unknown"})),
        ] {
            assert_eq!(serde_json::to_value(&events).unwrap(), stored);
            assert_eq!(serde_json::from_value::<Events>(stored).unwrap(), events);
            assert_eq!(
                events.family(),
                match &events {
                    Events::Relation(_) => Family::Relation,
                    Events::User(_) => Family::User,
                    Events::Unknown => Family::Unknown,
                }
            );
            if !events.is_empty() {
                assert_eq!(events.subject(), Some(Subject::User(&id("a"))));
            }
        }
        assert_eq!(Events::Unknown.subject(), Some(Subject::UnknownCommand));
        assert_eq!(Events::Relation(Vec::new()).subject(), None);
    }

    #[test]
    fn events_that_the_first_version_stored_are_read() {
        let profile = json!([{"type": "profile_changed", "user": "a", "fields": ["nickname"]}]);
        let added = json!([{"type": "friend_added", "owner": "a", "friend": "b"}]);
        let read = |stored: Value| serde_json::from_value::<Events>(stored).unwrap();
        for stored in [
            json!({"family": "relation", "events": profile}),
            json!({"events": profile}),
        ] {
            assert!(matches!(read(stored), Events::User(events) if events.len() == 1));
        }
        for stored in [
            json!({"family": "relation", "events": added}),
            json!({"events": added}),
        ] {
            assert!(matches!(read(stored), Events::Relation(events) if events.len() == 1));
        }
    }

    #[test]
    fn foreign_forms_are_not_read() {
        for foreign in [
            json!({"family": "other", "events": []}),
            json!({"events": [{"type": "other"}]}),
            json!({"events": "x"}),
        ] {
            assert!(
                serde_json::from_value::<Events>(foreign.clone()).is_err(),
                "{foreign}"
            );
        }
    }
}
