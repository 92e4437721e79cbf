//! Who is friends with whom: what each event means for the rows that users keep about each other.
//!
//! A row holds one fact about an ordered pair of users: what `owner` keeps about `other` under one [`Aspect`]. Rows in
//! opposite directions are independent, and so are rows of different aspects.
//!
//! | Event | Row | Becomes |
//! |---|---|---|
//! | [`FriendRequested`](Event::FriendRequested) | request of `from` to `to` | pending, with this message |
//! | [`FriendRequestAccepted`](Event::FriendRequestAccepted) | request of `from` to `to` | no longer pending |
//! | | request of `to` to `from` | no longer pending: it is accepted with the other request |
//! | [`FriendAdded`](Event::FriendAdded) | friend `friend` of `owner` | on the list |
//! | [`FriendsImported`](Event::FriendsImported) | friend of `owner`, each of `friends` | on the list |
//! | | friend of each of `friends`, `owner` | on the list |
//! | [`FriendDeleted`](Event::FriendDeleted) | friend `friend` of `owner` | not on the list |
//! | | remark of `owner` on `friend` | cleared: it was part of the entry |
//! | [`RemarkSet`](Event::RemarkSet) | friend `friend` of `owner` | on the list: only an entry can have a remark |
//! | | remark of `owner` on `friend` | this text, empty when cleared |
//! | [`Blocked`](Event::Blocked) | block of `owner` on `blocked` | on the list |
//! | [`BlockIntended`](Event::BlockIntended) | block of `owner` on `blocked` | intended: perhaps on the list |
//! | [`Unblocked`](Event::Unblocked) | block of `owner` on `blocked` | not on the list |
//! | [`Followed`](Event::Followed), [`Unfollowed`](Event::Unfollowed) | none | |
//!
//! All other rows stay as they are. A request is not a friendship. An acceptance makes no friendship either: a
//! [`FriendAdded`](Event::FriendAdded) does. A friend who is added again keeps the remark. A deletion changes neither
//! the other direction nor requests nor blocks. A block ends no friendship: if the server ends one with it, that is
//! another event. An unblocking restores no friendship.
//!
//! **Order.** A change carries the place of its fact in the order of all facts, [`AsOf`]. A row keeps the change with
//! the greatest one. So the order and the number of deliveries do not matter. That somebody is *not* on a list is also
//! a fact, and the row keeps it. Otherwise an older fact that arrives late would put the user on the list again.
//!
//! **Parts.** The changes of all [parts](Reception::parts) of a reception, in any order, give the same rows as the
//! changes of the whole. For this reason a row keeps only the beginning of a long text: [`TEXT_BYTES`].

use std::collections::BTreeMap;

use super::Event;
pub use crate::AsOf;
use crate::{Events, Reception, UserId, as_of::placed};

/// How many bytes of a message or a remark a row keeps at most. Only whole characters are kept. The events table has
/// the whole text.
pub const TEXT_BYTES: usize = 10_000;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// `other` is on `owner`'s friend list.
    Friend,
    /// `owner` asked `other` for friendship, and no answer is known.
    Request,
    /// The private name that `owner` gave `other`.
    Remark,
    /// `other` is on `owner`'s block list, or was about to be.
    Block,
}

/// The fact that a row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Whether `other` is on `owner`'s friend list.
    Friend(bool),
    /// The message of a pending request. `None` if no request is pending.
    Request(Option<String>),
    /// The private name. Empty if there is none.
    Remark(String),
    /// Whether `other` is on `owner`'s block list.
    Block(bool),
    /// `owner` was about to block `other`. Whether the block was made is not known. It is in the same row as
    /// [`Block`](Self::Block), so a later one of them replaces an earlier one.
    BlockIntended,
}

impl Fact {
    /// The aspect of the row that can hold this fact.
    #[must_use]
    pub fn aspect(&self) -> Aspect {
        match self {
            Self::Friend(_) => Aspect::Friend,
            Self::Request(_) => Aspect::Request,
            Self::Remark(_) => Aspect::Remark,
            Self::Block(_) | Self::BlockIntended => Aspect::Block,
        }
    }
}

/// A new fact for one row. It has no effect if the row holds a fact with the same or a greater [`AsOf`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The user whose row it is.
    pub owner: UserId,
    /// The user whom the row is about.
    pub other: UserId,
    /// What is true now.
    pub fact: Fact,
    /// The place of the fact in the order of all facts.
    pub as_of: AsOf,
}

/// The rows that a reception changes, each once. Of several facts about one row, the last one counts.
#[must_use]
pub fn changes(reception: &Reception) -> Vec<Change> {
    let mut rows = BTreeMap::new();
    let events = match &reception.events {
        Events::Relation(events) => events.as_slice(),
        _ => &[],
    };
    for (as_of, event) in placed(reception, events) {
        for (owner, other, fact) in facts(event) {
            let change = Change {
                owner: owner.clone(),
                other: other.clone(),
                as_of: as_of.clone(),
                fact,
            };
            rows.insert((owner, other, change.fact.aspect()), change);
        }
    }
    rows.into_values().collect()
}

/// The facts that an event states, each with the owner and the other user of its row.
///
/// There is no wildcard, so the compiler asks here what a new event means.
fn facts(event: &Event) -> Vec<(&UserId, &UserId, Fact)> {
    match event {
        Event::FriendRequested { from, to, message } => {
            vec![(from, to, Fact::Request(Some(beginning(message))))]
        }
        Event::FriendRequestAccepted { from, to, .. } => vec![
            (from, to, Fact::Request(None)),
            (to, from, Fact::Request(None)),
        ],
        Event::FriendAdded { owner, friend } => vec![(owner, friend, Fact::Friend(true))],
        Event::FriendsImported { owner, friends } => friends
            .iter()
            .flat_map(|friend| [(owner, friend), (friend, owner)])
            .map(|(owner, other)| (owner, other, Fact::Friend(true)))
            .collect(),
        Event::FriendDeleted { owner, friend } => vec![
            (owner, friend, Fact::Friend(false)),
            (owner, friend, Fact::Remark(String::new())),
        ],
        Event::RemarkSet {
            owner,
            friend,
            remark,
        } => vec![
            (owner, friend, Fact::Friend(true)),
            (owner, friend, Fact::Remark(beginning(remark))),
        ],
        Event::Blocked { owner, blocked } => vec![(owner, blocked, Fact::Block(true))],
        Event::BlockIntended { owner, blocked } => vec![(owner, blocked, Fact::BlockIntended)],
        Event::Unblocked { owner, blocked } => vec![(owner, blocked, Fact::Block(false))],
        // The view does not answer who follows whom.
        Event::Followed { .. } | Event::Unfollowed { .. } => Vec::new(),
    }
}

fn beginning(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_BYTES)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Source, Timestamp};

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    fn reception(id: &str, millis: i64, events: Vec<Event>) -> Reception {
        Reception {
            id: id.into(),
            received_at: Timestamp::from_unix_millis(millis).unwrap(),
            source: Source::OpenIm,
            command: "x".into(),
            operation_id: None,
            events: Events::Relation(events),
            body: None,
            target: None,
            part: None,
        }
    }

    /// The owner, the other user and the fact of each change, in order.
    fn said(events: Vec<Event>) -> Vec<(String, String, Fact)> {
        changes(&reception("r", 0, events))
            .into_iter()
            .map(|change| {
                (
                    change.owner.to_string(),
                    change.other.to_string(),
                    change.fact,
                )
            })
            .collect()
    }

    fn about(owner: &str, other: &str, fact: Fact) -> (String, String, Fact) {
        (owner.to_owned(), other.to_owned(), fact)
    }

    #[test]
    fn a_request_is_not_a_friendship() {
        let requested = Event::FriendRequested {
            from: user("ana"),
            to: user("leo"),
            message: "hi".into(),
        };
        assert_eq!(
            said(vec![requested]),
            [about("ana", "leo", Fact::Request(Some("hi".into())))]
        );
    }

    #[test]
    fn an_acceptance_ends_the_requests_of_both_directions_and_makes_no_friendship() {
        let accepted = Event::FriendRequestAccepted {
            from: user("ana"),
            to: user("leo"),
            message: "welcome".into(),
        };
        assert_eq!(
            said(vec![accepted]),
            [
                about("ana", "leo", Fact::Request(None)),
                about("leo", "ana", Fact::Request(None)),
            ]
        );
    }

    #[test]
    fn an_addition_changes_one_direction_and_keeps_the_remark() {
        let added = Event::FriendAdded {
            owner: user("ana"),
            friend: user("leo"),
        };
        assert_eq!(said(vec![added]), [about("ana", "leo", Fact::Friend(true))]);
    }

    #[test]
    fn an_import_adds_each_friend_once_in_both_directions() {
        let imported = Event::FriendsImported {
            owner: user("ana"),
            friends: ["leo", "bob", "leo", "ana"].map(user).to_vec(),
        };
        assert_eq!(
            said(vec![imported]),
            [
                about("ana", "ana", Fact::Friend(true)),
                about("ana", "bob", Fact::Friend(true)),
                about("ana", "leo", Fact::Friend(true)),
                about("bob", "ana", Fact::Friend(true)),
                about("leo", "ana", Fact::Friend(true)),
            ]
        );
        let thousand = (0..1000).map(|n| user(&format!("u{n}"))).collect();
        let imported = Event::FriendsImported {
            owner: user("ana"),
            friends: thousand,
        };
        assert_eq!(said(vec![imported]).len(), 2000);
    }

    #[test]
    fn a_deletion_ends_one_direction_and_its_remark_only() {
        let deleted = Event::FriendDeleted {
            owner: user("ana"),
            friend: user("leo"),
        };
        assert_eq!(
            said(vec![deleted]),
            [
                about("ana", "leo", Fact::Friend(false)),
                about("ana", "leo", Fact::Remark(String::new())),
            ]
        );
    }

    #[test]
    fn a_remark_proves_that_the_entry_exists_even_if_it_was_cleared() {
        for remark in ["Lenny", ""] {
            let set = Event::RemarkSet {
                owner: user("ana"),
                friend: user("leo"),
                remark: remark.into(),
            };
            assert_eq!(
                said(vec![set]),
                [
                    about("ana", "leo", Fact::Friend(true)),
                    about("ana", "leo", Fact::Remark(remark.into())),
                ]
            );
        }
    }

    #[test]
    fn a_block_and_an_intended_block_are_different_facts_of_one_row() {
        let (owner, blocked) = (user("ana"), user("leo"));
        let event = Event::Blocked {
            owner: owner.clone(),
            blocked: blocked.clone(),
        };
        assert_eq!(said(vec![event]), [about("ana", "leo", Fact::Block(true))]);
        let event = Event::BlockIntended { owner, blocked };
        assert_eq!(
            said(vec![event]),
            [about("ana", "leo", Fact::BlockIntended)]
        );
        assert_eq!(
            Fact::BlockIntended.aspect(),
            Fact::Block(false).aspect(),
            "the end of a block also ends what was intended"
        );
    }

    #[test]
    fn profiles_follows_and_unknown_callbacks_change_no_row() {
        for events in [
            Events::User(vec![crate::user::Event::ProfileChanged {
                user: user("ana"),
                fields: vec!["nickname".into()],
            }]),
            Events::Unknown,
        ] {
            let other = Reception {
                events,
                ..reception("r", 0, Vec::new())
            };
            assert_eq!(changes(&other), []);
        }
        let events = vec![
            Event::Followed {
                follower: user("ana"),
                followed: vec![user("leo")],
            },
            Event::Unfollowed {
                follower: user("ana"),
                followed: vec![user("leo")],
            },
        ];
        assert_eq!(said(events), []);
    }

    #[test]
    fn an_unblocking_restores_no_friendship() {
        let unblocked = Event::Unblocked {
            owner: user("ana"),
            blocked: user("leo"),
        };
        assert_eq!(
            said(vec![unblocked]),
            [about("ana", "leo", Fact::Block(false))]
        );
    }

    #[test]
    fn the_last_of_several_facts_about_a_row_counts_and_keeps_its_place() {
        let set = |remark: &str| Event::RemarkSet {
            owner: user("ana"),
            friend: user("leo"),
            remark: remark.into(),
        };
        let deleted = Event::FriendDeleted {
            owner: user("ana"),
            friend: user("leo"),
        };
        let changes = changes(&reception("r", 0, vec![set("a"), deleted, set("b")]));
        assert_eq!(changes.len(), 2);
        assert_eq!(changes[0].fact, Fact::Friend(true));
        assert_eq!(changes[1].fact, Fact::Remark("b".into()));
        for change in changes {
            assert_eq!(change.as_of.as_str(), "1970-01-01T00:00:00.000Z#r#000002");
        }
    }
}
