use serde::{Deserialize, Serialize};

use crate::{
    Subject, UserId,
    events::Filed,
    split::{Continues, Split, halve_list, halve_text},
};

/// One fact about the relations between users.
///
/// Friendship, remarks and blocks have a direction: each is a row that one user (the *owner*) keeps about another. A
/// fact in one direction says nothing about the other direction.
///
/// If a callback has a list of users, its event has one, too. One event for each member would repeat the owner, and
/// could be too long to store.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// `from` asked `to` for friendship. They are **not** friends yet.
    FriendRequested {
        /// The user who asks.
        from: UserId,
        /// The user who is asked.
        to: UserId,
        /// The greeting that came with the request; may be empty.
        message: String,
    },
    /// `to` accepted the request of `from`. If `to` had asked `from`, too, that request is accepted with it.
    ///
    /// [`FriendAdded`](Self::FriendAdded) reports the friendship that follows. A refused request has no event, because
    /// neither server reports one.
    FriendRequestAccepted {
        /// The user who asked.
        from: UserId,
        /// The user who accepted.
        to: UserId,
        /// What the accepting user wrote; may be empty.
        message: String,
    },
    /// `friend` is on `owner`'s friend list. `owner` need not be on `friend`'s list.
    FriendAdded {
        /// The user whose friend list changed.
        owner: UserId,
        /// The user who is on it now.
        friend: UserId,
    },
    /// An administrator made `owner` and each of `friends` friends, in both directions. Some may have been friends
    /// before. Friend requests are neither created nor answered.
    FriendsImported {
        /// The user who got the friends.
        owner: UserId,
        /// The friends.
        friends: Vec<UserId>,
    },
    /// `friend` is no longer on `owner`'s friend list. `owner` may still be on `friend`'s list.
    FriendDeleted {
        /// The user whose friend list changed.
        owner: UserId,
        /// The user who was removed from it.
        friend: UserId,
    },
    /// `owner` gave `friend` a private name.
    RemarkSet {
        /// The user whose friend list holds the remark.
        owner: UserId,
        /// The user whom the remark names.
        friend: UserId,
        /// The new name. Empty if it was cleared.
        remark: String,
    },
    /// `blocked` is on `owner`'s block list.
    Blocked {
        /// The user whose block list changed.
        owner: UserId,
        /// The user who is on it now.
        blocked: UserId,
    },
    /// `owner` was about to block `blocked`, and no decision here refused it. Whether the block was made is not known:
    /// OpenIM asks before a block and reports nothing after it.
    BlockIntended {
        /// The user who wanted to block.
        owner: UserId,
        /// The user who was to be blocked.
        blocked: UserId,
    },
    /// `blocked` is no longer on `owner`'s block list. This neither restores nor creates a friendship.
    Unblocked {
        /// The user whose block list changed.
        owner: UserId,
        /// The user who was removed from it.
        blocked: UserId,
    },
    /// `follower` follows each of `followed`. This is not a friendship.
    Followed {
        /// The user who follows.
        follower: UserId,
        /// The users who are followed now.
        followed: Vec<UserId>,
    },
    /// `follower` no longer follows any of `followed`.
    Unfollowed {
        /// The user who followed.
        follower: UserId,
        /// The users who are no longer followed.
        followed: Vec<UserId>,
    },
}

impl Event {
    /// The user whom the events table files the event under: the owner of the changed list, the user who asked for
    /// friendship, or the follower.
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

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        Some(Subject::User(self.subject()))
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
