use serde::{Deserialize, Serialize};

use crate::UserId;

/// One fact about two users.
///
/// Friendship, remarks and blocks are directed: each is a row that one user (the *owner*) keeps about
/// another. What holds in one direction says nothing about the other.
///
/// The serialized form is what the events table holds; a variant or field that was written once is
/// never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// `from` asked `to` for friendship. They are **not** friends yet.
    FriendRequested {
        /// Who asks.
        from: UserId,
        /// Who is asked.
        to: UserId,
        /// The greeting that came with the request; may be empty.
        message: String,
    },
    /// `friend` is not on `owner`'s friend list any more. `owner` may still be on `friend`'s list.
    FriendDeleted {
        /// Whose friend list changed.
        owner: UserId,
        /// Who was removed from it.
        friend: UserId,
    },
    /// `owner` gave `friend` a private name.
    RemarkSet {
        /// Whose friend list holds the remark.
        owner: UserId,
        /// Whom the remark names.
        friend: UserId,
        /// The new name; empty when it was cleared.
        remark: String,
    },
    /// `blocked` is not on `owner`'s block list any more. This neither restores nor creates a friendship.
    Unblocked {
        /// Whose block list changed.
        owner: UserId,
        /// Who was removed from it.
        blocked: UserId,
    },
}

impl Event {
    /// The user whose own data changed: the owner of the list, or who asks for friendship.
    /// The events table files the event under this user.
    #[must_use]
    pub fn subject(&self) -> &UserId {
        match self {
            Self::FriendRequested { from, .. } => from,
            Self::FriendDeleted { owner, .. }
            | Self::RemarkSet { owner, .. }
            | Self::Unblocked { owner, .. } => owner,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_of_every_event_is_fixed() {
        let id = |s: &str| UserId::new(s).unwrap();
        let events = [
            Event::FriendRequested {
                from: id("a"),
                to: id("b"),
                message: "hi".into(),
            },
            Event::FriendDeleted {
                owner: id("a"),
                friend: id("b"),
            },
            Event::RemarkSet {
                owner: id("a"),
                friend: id("b"),
                remark: String::new(),
            },
            Event::Unblocked {
                owner: id("a"),
                blocked: id("b"),
            },
        ];
        let stored = serde_json::to_value(&events).unwrap();
        assert_eq!(
            stored,
            serde_json::json!([
                {"type": "friend_requested", "from": "a", "to": "b", "message": "hi"},
                {"type": "friend_deleted", "owner": "a", "friend": "b"},
                {"type": "remark_set", "owner": "a", "friend": "b", "remark": ""},
                {"type": "unblocked", "owner": "a", "blocked": "b"},
            ])
        );
        assert_eq!(
            serde_json::from_value::<Vec<Event>>(stored).unwrap(),
            events
        );
        assert!(events.iter().all(|event| event.subject().as_str() == "a"));
    }
}
