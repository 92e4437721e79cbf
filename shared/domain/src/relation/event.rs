use serde::{Deserialize, Serialize};

use crate::{
    UserId,
    split::{Continues, Split, halve_list, halve_text},
};

/// One fact about how users relate to each other.
///
/// Friendship, remarks and blocks are directed: each is a row that one user (the *owner*) keeps about
/// another. What holds in one direction says nothing about the other.
///
/// A fact about one user and many others is one event with a list, where the callback has one, too: a
/// callback that was short enough to be accepted is then short enough to be stored, however often it would
/// repeat that user.
///
/// The serialized form is what the events table holds; a variant or field that was written once is
/// never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
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
    /// `to` accepted the request of `from`, and the one of its own to `from` with it, if there was one.
    ///
    /// The friendship that follows is said by [`FriendAdded`](Self::FriendAdded). There is no event of a
    /// refusal: neither server tells that one has happened.
    FriendRequestAccepted {
        /// Who had asked.
        from: UserId,
        /// Who accepted.
        to: UserId,
        /// What the accepting user wrote; may be empty.
        message: String,
    },
    /// `friend` is on `owner`'s friend list. `owner` need not be on `friend`'s list.
    FriendAdded {
        /// Whose friend list changed.
        owner: UserId,
        /// Who is on it now.
        friend: UserId,
    },
    /// `owner` and each of `friends` are on each other's friend list, as an administrator wanted. Some may
    /// have been before; requests are neither created nor answered.
    FriendsImported {
        /// Who got the friends.
        owner: UserId,
        /// Who they are.
        friends: Vec<UserId>,
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
    /// `blocked` is on `owner`'s block list.
    Blocked {
        /// Whose block list changed.
        owner: UserId,
        /// Who is on it now.
        blocked: UserId,
    },
    /// `owner` was about to put `blocked` on its block list, and nothing here kept it from it. Whether it
    /// came to that is not known: OpenIM asks before, and tells nothing after.
    BlockIntended {
        /// Whose block list was to change.
        owner: UserId,
        /// Who was to be put on it.
        blocked: UserId,
    },
    /// `blocked` is not on `owner`'s block list any more. This neither restores nor creates a friendship.
    Unblocked {
        /// Whose block list changed.
        owner: UserId,
        /// Who was removed from it.
        blocked: UserId,
    },
    /// `follower` follows each of `followed`. This is no friendship.
    Followed {
        /// Who follows.
        follower: UserId,
        /// Whom.
        followed: Vec<UserId>,
    },
    /// `follower` follows none of `followed` any more.
    Unfollowed {
        /// Who followed.
        follower: UserId,
        /// Whom.
        followed: Vec<UserId>,
    },
}

impl Event {
    /// The user whose own data changed: the owner of the list, or who asked for friendship. The events table
    /// files the event under this user.
    #[must_use]
    pub fn subject(&self) -> &UserId {
        match self {
            Self::FriendRequested { from, .. } | Self::FriendRequestAccepted { from, .. } => from,
            Self::FriendAdded { owner, .. }
            | Self::FriendsImported { owner, .. }
            | Self::FriendDeleted { owner, .. }
            | Self::RemarkSet { owner, .. }
            | Self::Blocked { owner, .. }
            | Self::BlockIntended { owner, .. }
            | Self::Unblocked { owner, .. } => owner,
            Self::Followed { follower, .. } | Self::Unfollowed { follower, .. } => follower,
        }
    }
}

impl Split for Event {
    fn split_off_half(&mut self) -> Option<(Continues, Self)> {
        let list = |half| (Continues::List, half);
        let text = |half| (Continues::Text, half);
        match self {
            Self::FriendRequested { from, to, message } => {
                let (from, to) = (from.clone(), to.clone());
                let half = halve_text(message);
                half.map(|message| text(Self::FriendRequested { from, to, message }))
            }
            Self::FriendRequestAccepted { from, to, message } => {
                let (from, to) = (from.clone(), to.clone());
                let half = halve_text(message);
                half.map(|message| text(Self::FriendRequestAccepted { from, to, message }))
            }
            Self::RemarkSet {
                owner,
                friend,
                remark,
            } => {
                let (owner, friend) = (owner.clone(), friend.clone());
                halve_text(remark).map(|remark| {
                    text(Self::RemarkSet {
                        owner,
                        friend,
                        remark,
                    })
                })
            }
            Self::FriendsImported { owner, friends } => {
                let owner = owner.clone();
                halve_list(friends).map(|friends| list(Self::FriendsImported { owner, friends }))
            }
            Self::Followed { follower, followed } => {
                let follower = follower.clone();
                halve_list(followed).map(|followed| list(Self::Followed { follower, followed }))
            }
            Self::Unfollowed { follower, followed } => {
                let follower = follower.clone();
                halve_list(followed).map(|followed| list(Self::Unfollowed { follower, followed }))
            }
            Self::FriendAdded { .. }
            | Self::FriendDeleted { .. }
            | Self::Blocked { .. }
            | Self::BlockIntended { .. }
            | Self::Unblocked { .. } => None,
        }
    }

    fn join(&mut self, _: Continues, half: Self) -> Option<Self> {
        match (self, half) {
            (
                Self::FriendRequested { message: text, .. },
                Self::FriendRequested { message: half, .. },
            )
            | (
                Self::FriendRequestAccepted { message: text, .. },
                Self::FriendRequestAccepted { message: half, .. },
            )
            | (Self::RemarkSet { remark: text, .. }, Self::RemarkSet { remark: half, .. }) => {
                text.push_str(&half);
            }
            (
                Self::FriendsImported { friends: list, .. },
                Self::FriendsImported { friends: half, .. },
            )
            | (Self::Followed { followed: list, .. }, Self::Followed { followed: half, .. })
            | (Self::Unfollowed { followed: list, .. }, Self::Unfollowed { followed: half, .. }) => {
                list.extend(half);
            }
            (_, half) => return Some(half),
        }
        None
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
            Event::FriendRequestAccepted {
                from: id("a"),
                to: id("b"),
                message: String::new(),
            },
            Event::FriendAdded {
                owner: id("a"),
                friend: id("b"),
            },
            Event::FriendsImported {
                owner: id("a"),
                friends: vec![id("b"), id("c")],
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
            Event::Blocked {
                owner: id("a"),
                blocked: id("b"),
            },
            Event::BlockIntended {
                owner: id("a"),
                blocked: id("b"),
            },
            Event::Unblocked {
                owner: id("a"),
                blocked: id("b"),
            },
            Event::Followed {
                follower: id("a"),
                followed: vec![id("b"), id("c")],
            },
            Event::Unfollowed {
                follower: id("a"),
                followed: vec![id("b")],
            },
        ];
        let stored = serde_json::to_value(&events).unwrap();
        assert_eq!(
            stored,
            serde_json::json!([
                {"type": "friend_requested", "from": "a", "to": "b", "message": "hi"},
                {"type": "friend_request_accepted", "from": "a", "to": "b", "message": ""},
                {"type": "friend_added", "owner": "a", "friend": "b"},
                {"type": "friends_imported", "owner": "a", "friends": ["b", "c"]},
                {"type": "friend_deleted", "owner": "a", "friend": "b"},
                {"type": "remark_set", "owner": "a", "friend": "b", "remark": ""},
                {"type": "blocked", "owner": "a", "blocked": "b"},
                {"type": "block_intended", "owner": "a", "blocked": "b"},
                {"type": "unblocked", "owner": "a", "blocked": "b"},
                {"type": "followed", "follower": "a", "followed": ["b", "c"]},
                {"type": "unfollowed", "follower": "a", "followed": ["b"]},
            ])
        );
        assert_eq!(
            serde_json::from_value::<Vec<Event>>(stored).unwrap(),
            events
        );
        assert!(events.iter().all(|event| event.subject().as_str() == "a"));
    }
}
