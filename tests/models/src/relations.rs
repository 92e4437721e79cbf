//! A simple model of the relationships view: sort everything that happened, then apply one event after the other to
//! plain sets and maps. It knows nothing of rows, of marks for absence or of late deliveries.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Events, Reception, UserId,
    relation::Event,
    user::{Event as UserEvent, RegisteredUser},
};
use proptest::{collection::vec, prelude::*};

use crate::views::sorted;

type Pair = (UserId, UserId);

/// The present state.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// The owner of a list, and a user in it.
    pub friends: BTreeSet<Pair>,
    /// Who asks whom, with the message.
    pub requests: BTreeMap<Pair, String>,
    /// The owner of a list, a user in it, and the remark that the owner gave that user.
    pub remarks: BTreeMap<Pair, String>,
    /// Who blocks whom.
    pub blocks: BTreeSet<Pair>,
    /// Blocks that somebody was about to set. Nothing more is known of them.
    pub intended_blocks: BTreeSet<Pair>,
}

impl Model {
    /// The state after all these receptions.
    pub fn of(history: &[Reception]) -> Self {
        let mut model = Self::default();
        for reception in sorted(history) {
            // Events of other families and unknown callbacks change no relationship.
            if let Events::Relation(events) = &reception.events {
                events.iter().cloned().for_each(|event| model.happen(event));
            }
        }
        model
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::FriendRequested { from, to, message } => {
                self.requests.insert((from, to), message);
            }
            Event::FriendRequestAccepted { from, to, .. } => {
                self.requests.remove(&(to.clone(), from.clone()));
                self.requests.remove(&(from, to));
            }
            Event::FriendAdded { owner, friend } => {
                self.friends.insert((owner, friend));
            }
            Event::FriendsImported { owner, friends } => {
                for friend in friends {
                    self.friends.insert((owner.clone(), friend.clone()));
                    self.friends.insert((friend, owner.clone()));
                }
            }
            Event::FriendDeleted { owner, friend } => {
                let pair = (owner, friend);
                self.friends.remove(&pair);
                self.remarks.remove(&pair);
            }
            Event::RemarkSet {
                owner,
                friend,
                remark,
            } => {
                let pair = (owner, friend);
                self.friends.insert(pair.clone());
                if remark.is_empty() {
                    self.remarks.remove(&pair);
                } else {
                    self.remarks.insert(pair, remark);
                }
            }
            Event::Blocked { owner, blocked } => {
                let pair = (owner, blocked);
                self.intended_blocks.remove(&pair);
                self.blocks.insert(pair);
            }
            Event::BlockIntended { owner, blocked } => {
                let pair = (owner, blocked);
                self.blocks.remove(&pair);
                self.intended_blocks.insert(pair);
            }
            Event::Unblocked { owner, blocked } => {
                let pair = (owner, blocked);
                self.blocks.remove(&pair);
                self.intended_blocks.remove(&pair);
            }
            Event::Followed { .. } | Event::Unfollowed { .. } => {}
        }
    }
}

/// Only four users, so that events often concern the same pair.
pub const USERS: [&str; 4] = ["ana", "bob", "leo", "zoé"];

/// A random one of [`USERS`].
pub fn user() -> impl Strategy<Value = UserId> {
    (0..USERS.len()).prop_map(|n| UserId::new(USERS[n]).unwrap())
}

fn event() -> impl Strategy<Value = Event> {
    let text = || (0..4_u8).prop_map(|n| "x".repeat(n.into()));
    let everybody = vec(user(), 0..4);
    (user(), user(), everybody, text(), 0..14_u8).prop_map(|(owner, other, others, text, kind)| {
        match kind {
            0 | 1 => Event::FriendRequested {
                from: owner,
                to: other,
                message: text,
            },
            2 => Event::FriendRequestAccepted {
                from: owner,
                to: other,
                message: text,
            },
            3 => Event::FriendAdded {
                owner,
                friend: other,
            },
            4 => Event::FriendsImported {
                owner,
                friends: others,
            },
            5 | 6 => Event::FriendDeleted {
                owner,
                friend: other,
            },
            7 | 8 => Event::RemarkSet {
                owner,
                friend: other,
                remark: text,
            },
            9 => Event::Blocked {
                owner,
                blocked: other,
            },
            10 => Event::BlockIntended {
                owner,
                blocked: other,
            },
            11 => Event::Unblocked {
                owner,
                blocked: other,
            },
            12 => Event::Followed {
                follower: owner,
                followed: others,
            },
            _ => Event::Unfollowed {
                follower: owner,
                followed: others,
            },
        }
    })
}

fn user_event() -> impl Strategy<Value = UserEvent> {
    let text = || (0..4_u8).prop_map(|n| "x".repeat(n.into()));
    prop_oneof![
        (user(), text()).prop_map(|(user, text)| UserEvent::ProfileChanged {
            user,
            fields: Vec::from([text]),
        }),
        vec((user(), text()), 1..4).prop_map(|users| UserEvent::UsersRegistered {
            users: users
                .into_iter()
                .map(|(user, nickname)| RegisteredUser { user, nickname })
                .collect(),
        }),
    ]
}

/// The events of one callback, mostly about relationships.
pub fn events() -> impl Strategy<Value = Events> {
    prop_oneof![
        20 => vec(event(), 1..4).prop_map(Events::Relation),
        1 => vec(user_event(), 1..4).prop_map(Events::User),
        1 => Just(Events::Unknown),
    ]
}
