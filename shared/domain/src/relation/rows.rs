//! Who is friends with whom: what each event means for the rows that users keep about each other.
//!
//! A row is one register about an ordered pair: what `owner` keeps about `other` under one [`Aspect`].
//! Rows in opposite directions, and rows of different aspects, say nothing about each other.
//!
//! | Event | Row | Becomes |
//! |---|---|---|
//! | [`FriendRequested`](Event::FriendRequested) | request of `from` to `to` | pending, with this message |
//! | [`FriendRequestAccepted`](Event::FriendRequestAccepted) | request of `from` to `to` | pending no more |
//! | | request of `to` to `from` | pending no more: it is accepted with the other one |
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
//! Everything else stays as it is. A request is no friendship, and an accepted one makes none by itself:
//! the event beside it does. A friend who is added again keeps its remark. A deletion leaves the other
//! direction, requests and blocks alone. A block ends no friendship: where the server ends one with it, that
//! is an event of its own. An unblocking restores none.
//!
//! **Order.** A change carries when its fact was received, [`AsOf`], and a row keeps the change with the
//! greatest one. That makes the outcome independent of the order and the number of deliveries. Absence is
//! a fact like any other and has to be kept, or an older presence that arrives late would bring it back.
//!
//! **Parts.** The changes of a reception's [parts](Reception::parts), in any order, have the outcome of those of the whole.
//! Therefore a row keeps the beginning of a long text only: [`TEXT_BYTES`].

use std::{collections::BTreeMap, fmt};

use super::Event;
use crate::{Continues, Events, Reception, UserId};

/// What a row keeps of a message or a remark, in bytes: no more than this, up to the end of a character. All of it is
/// in the log.
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

/// What one row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Whether `other` is on `owner`'s friend list.
    Friend(bool),
    /// The message of a pending request; `None` when it is pending no more.
    Request(Option<String>),
    /// The private name; empty when there is none.
    Remark(String),
    /// Whether `other` is on `owner`'s block list.
    Block(bool),
    /// `owner` was about to put `other` on its block list; whether it did is not known. Held by the row
    /// that would hold [`Block`](Self::Block), and replaced by it.
    BlockIntended,
}

impl Fact {
    /// The row that can hold this fact.
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

/// One row's new fact. It takes effect unless the row holds one with the same or a greater [`AsOf`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose row it is.
    pub owner: UserId,
    /// Whom it is about.
    pub other: UserId,
    /// What is true now.
    pub fact: Fact,
    /// Since when, among all facts.
    pub as_of: AsOf,
}

/// The place of a fact in the order of all facts: the time of reception, then the reception's id, then
/// the place in the callback. No two facts about one row share it.
///
/// Sorts as its text does, byte by byte: `2026-11-21T12:34:56.789Z#<reception id>#000000`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AsOf(String);

impl AsOf {
    fn new(reception: &Reception, index: usize) -> Self {
        // Six digits: a callback of a million events would have 40 MB.
        Self(format!(
            "{}#{}#{index:06}",
            reception.received_at, reception.id
        ))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When the fact was received, as text.
    #[must_use]
    pub fn received_at(&self) -> &str {
        self.0.split_once('#').map_or("", |(time, _)| time)
    }

    /// Which reception said it.
    #[must_use]
    pub fn reception_id(&self) -> &str {
        let rest = self.0.split_once('#').map_or("", |(_, rest)| rest);
        rest.rsplit_once('#').map_or("", |(id, _)| id)
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The rows that a reception changes, each once: of several facts about one row the last one counts.
#[must_use]
pub fn changes(reception: &Reception) -> Vec<Change> {
    let mut rows = BTreeMap::new();
    let events = match &reception.events {
        Events::Relation(events) => events.as_slice(),
        Events::User(_) | Events::Unknown => &[],
    };
    let part = reception.part.as_ref();
    let first = part.map_or(0, |part| part.first as usize);
    // The rest of a text, whose beginning a part before this one has.
    let rest = usize::from(part.is_some_and(|part| part.continues == Some(Continues::Text)));
    for (index, event) in (first..).zip(events).skip(rest) {
        for (owner, other, fact) in facts(event) {
            let change = Change {
                owner: owner.clone(),
                other: other.clone(),
                as_of: AsOf::new(reception, index),
                fact,
            };
            rows.insert((owner, other, change.fact.aspect()), change);
        }
    }
    rows.into_values().collect()
}

/// What an event says about rows: whose, about whom, and what.
///
/// No wildcard: a new event must be decided on here.
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
        // The view answers who is friends with whom. Who follows whom stands in the log.
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
            part: None,
        }
    }

    /// `aspect owner other fact` of every change, in order.
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
    fn a_request_is_no_friendship() {
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
    fn an_acceptance_ends_the_requests_of_both_directions_and_makes_no_friendship_by_itself() {
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
    fn an_addition_is_one_direction_and_leaves_the_remark() {
        let added = Event::FriendAdded {
            owner: user("ana"),
            friend: user("leo"),
        };
        assert_eq!(said(vec![added]), [about("ana", "leo", Fact::Friend(true))]);
    }

    #[test]
    fn an_import_is_both_directions_for_each_friend_once() {
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
    fn a_deletion_ends_one_direction_and_its_remark_and_nothing_else() {
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
    fn a_remark_proves_that_the_entry_exists_even_when_it_was_cleared() {
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
    fn a_block_is_a_fact_and_an_intended_one_is_said_to_be_no_more_than_that() {
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
    fn profiles_followers_and_what_is_unknown_are_no_relations_of_the_view() {
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

    #[test]
    fn time_decides_then_the_receptions_id_then_the_place_in_the_callback() {
        let at = |millis, id, index| AsOf::new(&reception(id, millis, Vec::new()), index);
        let order = [
            at(9, "z", 9),
            at(10, "a", 9),
            at(10, "b", 0),
            at(10, "b", 2),
            at(10, "b", 10),
            at(1_700_000_000_000, "a", 0),
        ];
        assert_eq!(order[5].received_at(), "2023-11-14T22:13:20.000Z");
        assert_eq!(order[5].reception_id(), "a");
        assert!(order.is_sorted());
        assert!(order.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
