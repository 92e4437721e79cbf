//! Who is in which group: what each event means for the rows of the members and of the group itself.
//!
//! A row is about a user in a group, or about the group. It holds the newest fact of each [`Aspect`]. [`standing`] says
//! what the facts of both rows mean together.
//!
//! | Event | Row | Fact |
//! |---|---|---|
//! | [`GroupCreated`](Event::GroupCreated) | each of `members`, and `owner` | joined, with this role |
//! | [`MembersJoined`](Event::MembersJoined) | each of `members` | joined; the role is not told |
//! | [`MembersJoinIntended`](Event::MembersJoinIntended) | each of `members` | was about to join |
//! | [`MembersLeft`](Event::MembersLeft) | each of `members` | left |
//! | [`MemberChanged`](Event::MemberChanged) with a role | `member` | has this role |
//! | [`OwnerChanged`](Event::OwnerChanged) | `from` | has the role of an ordinary member |
//! | | `to` | has the role of the owner |
//! | [`GroupDissolved`](Event::GroupDissolved) | the group | dissolved: all earlier facts about its members ended |
//! | [`JoinIntended`](Event::JoinIntended), [`GroupChanged`](Event::GroupChanged), and all other events | none | |
//!
//! **A dissolution** changes one row, whether the event names the members or not: OpenIM names some of them, or none,
//! and Tencent Chat names none of a community. A fact about a member counts only if it is newer than the dissolution.
//! So a group id can be used again, and the members of the former group stay gone.
//!
//! **A role** is told about members only, so a role that is newer than the last leaving shows a member. Nothing then
//! says when that user joined. A role that is older than the last joining is that of an earlier membership.
//!
//! **An intention** counts only if nothing newer is known, and it never ends a membership.
//!
//! **A request** to join is not a membership, and the group may not accept it.
//!
//! **A topic** is a part of a group. Whoever gets into a private topic or out of it is as much a member of the group as
//! before, so that changes no row.
//!
//! **Order.** A row keeps, for each aspect, the fact with the greatest [`AsOf`]. So the order and the number of
//! deliveries do not matter. That somebody left is also a fact, and the row keeps it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Event, Role};
use crate::{AsOf, Events, GroupId, Reception, UserId, as_of::placed};

/// What a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Whether the user joined or left.
    Membership,
    /// The member's role, told without a joining.
    Role,
    /// Whether the user was about to join.
    Intention,
    /// Whether the group was dissolved.
    Dissolution,
}

impl Aspect {
    /// All aspects.
    pub const ALL: [Self; 4] = [
        Self::Membership,
        Self::Role,
        Self::Intention,
        Self::Dissolution,
    ];
}

/// One fact about a user in a group, or about a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The user joined, with this role if it was told.
    Joined(Option<Role>),
    /// The user left, or was removed.
    Left,
    /// The member has this role.
    Role(Role),
    /// The user was about to join. Whether it happened is not known.
    Intended,
    /// The group was dissolved.
    Dissolved,
}

impl Fact {
    /// What the fact is about.
    #[must_use]
    pub fn aspect(&self) -> Aspect {
        match self {
            Self::Joined(_) | Self::Left => Aspect::Membership,
            Self::Role(_) => Aspect::Role,
            Self::Intended => Aspect::Intention,
            Self::Dissolved => Aspect::Dissolution,
        }
    }
}

/// A new fact for one row. It has no effect if the row holds a fact of that aspect with the same or a greater [`AsOf`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The group.
    pub group: GroupId,
    /// The user whose row it is; `None` for the row of the group.
    pub user: Option<UserId>,
    /// What is true now.
    pub fact: Fact,
    /// The place of the fact in the order of all facts.
    pub as_of: AsOf,
}

/// The facts that a row holds.
pub type Facts = BTreeMap<Aspect, (AsOf, Fact)>;

/// The rows that a reception changes, each once for each aspect, in the order of aspects. Of several facts of one
/// aspect about a row, the last one counts.
#[must_use]
pub fn changes(reception: &Reception) -> Vec<Change> {
    let mut rows = BTreeMap::new();
    let events = match &reception.events {
        Events::Group(events) => events.as_slice(),
        _ => &[],
    };
    for (as_of, event) in placed(reception, events) {
        for (user, fact) in facts(event) {
            let change = Change {
                group: event.group().clone(),
                user: user.cloned(),
                fact,
                as_of: as_of.clone(),
            };
            rows.insert((fact.aspect(), event.group(), user), change);
        }
    }
    rows.into_values().collect()
}

/// The facts that an event states, each with the user of its row.
///
/// There is no wildcard, so the compiler asks here what a new event means.
fn facts(event: &Event) -> Vec<(Option<&UserId>, Fact)> {
    match event {
        Event::GroupCreated { owner, members, .. } => {
            let owner = owner.as_ref();
            let others = members.iter().filter(|member| Some(&member.user) != owner);
            others
                .map(|member| (Some(&member.user), Fact::Joined(member.role)))
                .chain(owner.map(|owner| (Some(owner), Fact::Joined(Some(Role::Owner)))))
                .collect()
        }
        Event::MembersJoined { members, .. } => each(members, Fact::Joined(None)),
        Event::MembersJoinIntended { members, .. } => each(members, Fact::Intended),
        Event::MembersLeft { members, .. } => each(members, Fact::Left),
        Event::MemberChanged { member, role, .. } => {
            let role = role.map(|role| (Some(member), Fact::Role(role)));
            role.into_iter().collect()
        }
        Event::OwnerChanged { from, to, .. } => {
            let from = from.as_ref();
            from.map(|from| (Some(from), Fact::Role(Role::Member)))
                .into_iter()
                .chain([(Some(to), Fact::Role(Role::Owner))])
                .collect()
        }
        Event::GroupDissolved { .. } => vec![(None, Fact::Dissolved)],
        Event::JoinIntended { .. }
        | Event::GroupChanged { .. }
        | Event::GroupFull { .. }
        | Event::AttributesChanged { .. }
        | Event::TopicCreated { .. }
        | Event::TopicsDissolved { .. }
        | Event::TopicChanged { .. }
        | Event::TopicMembersJoined { .. }
        | Event::TopicMembersLeft { .. }
        | Event::TopicJoinIntended { .. } => Vec::new(),
    }
}

fn each(users: &[UserId], fact: Fact) -> Vec<(Option<&UserId>, Fact)> {
    users.iter().map(|user| (Some(user), fact)).collect()
}

/// Whether a user is in a group: `yes`, `intended`, `no` or `not_known`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// A member.
    Yes,
    /// Not a member, but about to become one. Whether it happened is not known.
    Intended,
    /// Not a member.
    No,
    /// No callback has said anything about it.
    NotKnown,
}

/// What is known about a user in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Whether the user is a member.
    pub membership: Membership,
    /// The member's role, if it was told.
    pub role: Option<Role>,
    /// The newest fact that the member joined. `None` if only a later fact shows the membership.
    pub since: Option<&'a AsOf>,
    /// The newest fact that counts.
    pub as_of: Option<&'a AsOf>,
}

/// What the facts about a user and those about the group mean together.
#[must_use]
pub fn standing<'a>(user: &'a Facts, group: &'a Facts) -> Standing<'a> {
    let dissolved = group.get(&Aspect::Dissolution).map(|(as_of, _)| as_of);
    let counts = |aspect| {
        let fact = user.get(&aspect).map(|(as_of, fact)| (as_of, *fact));
        fact.filter(|(as_of, _)| Some(*as_of) > dissolved)
    };
    let membership = counts(Aspect::Membership);
    let told = membership.map(|(as_of, _)| as_of).max(dissolved);
    let joined = match membership {
        Some((as_of, Fact::Joined(role))) => Some((as_of, role)),
        _ => None,
    };
    let since = joined.map(|(as_of, _)| as_of);
    let newer = |aspect| counts(aspect).filter(|(as_of, _)| Some(*as_of) > told);
    let (membership, role, as_of) = match (newer(Aspect::Role), joined, newer(Aspect::Intention)) {
        (Some((as_of, Fact::Role(role))), ..) => (Membership::Yes, Some(role), Some(as_of)),
        (_, Some((as_of, role)), _) => (Membership::Yes, role, Some(as_of)),
        (.., Some((as_of, _))) => (Membership::Intended, None, Some(as_of)),
        _ if told.is_some() => (Membership::No, None, told),
        _ => (Membership::NotKnown, None, None),
    };
    Standing {
        membership,
        role,
        since,
        as_of,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Source, Timestamp, TopicId,
        group::{Joined, Left, Member},
    };

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    fn users(ids: &[&str]) -> Vec<UserId> {
        ids.iter().map(|id| user(id)).collect()
    }

    fn group() -> GroupId {
        GroupId::new("g").unwrap()
    }

    fn reception(second: i64, events: Vec<Event>) -> Reception {
        Reception {
            id: "r".into(),
            received_at: Timestamp::from_unix_millis(second * 1000).unwrap(),
            source: Source::OpenIm,
            command: "x".into(),
            operation_id: None,
            events: Events::Group(events),
            body: None,
            target: None,
            part: None,
        }
    }

    fn created(owner: Option<&str>, members: &[(&str, Option<Role>)]) -> Event {
        let members = members.iter().map(|(id, role)| Member {
            user: user(id),
            role: *role,
        });
        Event::GroupCreated {
            group: group(),
            name: String::new(),
            owner: owner.map(user),
            creator: None,
            members: members.collect(),
        }
    }

    fn joined(members: &[&str]) -> Event {
        Event::MembersJoined {
            group: group(),
            members: users(members),
            how: Joined::Free,
            by: None,
        }
    }

    fn intended(members: &[&str]) -> Event {
        Event::MembersJoinIntended {
            group: group(),
            members: users(members),
        }
    }

    fn left(members: &[&str]) -> Event {
        Event::MembersLeft {
            group: group(),
            members: users(members),
            how: Left::Left,
            by: None,
            reason: String::new(),
        }
    }

    fn changed(member: &str, role: Option<Role>) -> Event {
        Event::MemberChanged {
            group: group(),
            member: user(member),
            fields: vec!["role".into()],
            role,
            by: None,
        }
    }

    fn owner_changed(from: Option<&str>, to: &str) -> Event {
        Event::OwnerChanged {
            group: group(),
            from: from.map(user),
            to: user(to),
            by: None,
        }
    }

    fn dissolved(members: &[&str]) -> Event {
        Event::GroupDissolved {
            group: group(),
            owner: None,
            members: users(members),
        }
    }

    /// The user and the fact of each change, in order.
    fn said(event: Event) -> Vec<(Option<UserId>, Fact)> {
        let changes = changes(&reception(0, vec![event])).into_iter();
        changes.map(|change| (change.user, change.fact)).collect()
    }

    fn about(id: &str, fact: Fact) -> (Option<UserId>, Fact) {
        (Some(user(id)), fact)
    }

    /// What is known of `ana` after these events, one in each second: the membership, the role, and the seconds of the
    /// joining and of the newest fact.
    fn known(events: &[Event]) -> (Membership, Option<Role>, Option<usize>, Option<usize>) {
        let (mut member, mut group) = (Facts::new(), Facts::new());
        for (second, event) in (0..).zip(events) {
            for change in changes(&reception(second, vec![event.clone()])) {
                let row = match change.user {
                    None => &mut group,
                    Some(of) if of == user("ana") => &mut member,
                    Some(_) => continue,
                };
                row.insert(change.fact.aspect(), (change.as_of, change.fact));
            }
        }
        let standing = standing(&member, &group);
        let second = |as_of: &AsOf| as_of.received_at()[17..19].parse().unwrap();
        (
            standing.membership,
            standing.role,
            standing.since.map(second),
            standing.as_of.map(second),
        )
    }

    use Membership::{Intended, No, NotKnown, Yes};

    #[test]
    fn the_owner_of_a_new_group_is_a_member_whether_the_list_names_the_owner_or_not() {
        let owner = about("ana", Fact::Joined(Some(Role::Owner)));
        let bob = about("bob", Fact::Joined(None));
        let leo = about("leo", Fact::Joined(Some(Role::Admin)));
        let others = [("leo", Some(Role::Admin)), ("bob", None)];
        let expected = [owner, bob.clone(), leo.clone()];
        assert_eq!(said(created(Some("ana"), &others)), expected);
        let with_owner = [&others[..], &[("ana", Some(Role::Member))]].concat();
        assert_eq!(said(created(Some("ana"), &with_owner)), expected);
        assert_eq!(said(created(None, &others)), [bob, leo]);
    }

    #[test]
    fn a_new_owner_makes_two_changes_and_a_dissolution_one() {
        assert_eq!(
            said(owner_changed(Some("ana"), "leo")),
            [
                about("ana", Fact::Role(Role::Member)),
                about("leo", Fact::Role(Role::Owner)),
            ]
        );
        let same = owner_changed(Some("ana"), "ana");
        assert_eq!(said(same), [about("ana", Fact::Role(Role::Owner))]);
        for members in [&["ana", "leo"][..], &[]] {
            assert_eq!(said(dissolved(members)), [(None, Fact::Dissolved)]);
        }
    }

    #[test]
    fn requests_and_changes_without_a_role_change_no_row() {
        assert_eq!(said(changed("ana", None)), []);
        let (group, message) = (group(), String::new());
        let user = user("ana");
        assert_eq!(
            said(Event::JoinIntended {
                group,
                user,
                message
            }),
            []
        );
        let (group, fields, by) = (self::group(), Vec::new(), None);
        assert_eq!(said(Event::GroupChanged { group, fields, by }), []);
    }

    #[test]
    fn who_gets_into_a_topic_or_out_of_it_stays_in_the_group() {
        let topic = || TopicId::new("t").unwrap();
        let into = Event::TopicMembersJoined {
            group: group(),
            topic: topic(),
            members: users(&["ana"]),
            how: Joined::Invited,
            by: None,
        };
        let out = Event::TopicMembersLeft {
            group: group(),
            topic: topic(),
            members: users(&["ana"]),
            how: Left::Removed,
            by: None,
        };
        let gone = Event::TopicsDissolved {
            group: group(),
            topics: vec![topic()],
        };
        for event in [into, out, gone] {
            assert_eq!(said(event.clone()), []);
            assert_eq!(
                known(&[joined(&["ana"]), event]),
                (Yes, None, Some(0), Some(0))
            );
        }
    }

    #[test]
    fn nothing_is_known_before_a_callback_says_it() {
        assert_eq!(known(&[]), (NotKnown, None, None, None));
        assert_eq!(known(&[joined(&["leo"])]), (NotKnown, None, None, None));
    }

    #[test]
    fn a_member_is_one_since_the_last_joining() {
        let admin = created(None, &[("ana", Some(Role::Admin))]);
        assert_eq!(
            known(&[admin.clone(), left(&["leo"])]),
            (Yes, Some(Role::Admin), Some(0), Some(0))
        );
        let left = left(&["ana"]);
        assert_eq!(
            known(&[admin.clone(), left.clone()]),
            (No, None, None, Some(1))
        );
        assert_eq!(
            known(&[admin, left, joined(&["ana"])]),
            (Yes, None, Some(2), Some(2)),
            "the role was that of the earlier membership"
        );
    }

    #[test]
    fn an_intention_never_ends_a_membership_and_counts_after_a_leaving() {
        let intended = intended(&["ana"]);
        let (joined, left) = (joined(&["ana"]), left(&["ana"]));
        assert_eq!(
            known(std::slice::from_ref(&intended)),
            (Intended, None, None, Some(0))
        );
        assert_eq!(
            known(&[joined.clone(), intended.clone()]),
            (Yes, None, Some(0), Some(0))
        );
        assert_eq!(
            known(&[intended.clone(), joined.clone()]),
            (Yes, None, Some(1), Some(1))
        );
        assert_eq!(
            known(&[joined.clone(), left.clone(), intended.clone()]),
            (Intended, None, None, Some(2))
        );
        assert_eq!(known(&[joined, intended, left]), (No, None, None, Some(2)));
    }

    #[test]
    fn a_role_shows_a_member_and_changes_no_time_of_joining() {
        let admin = changed("ana", Some(Role::Admin));
        assert_eq!(
            known(std::slice::from_ref(&admin)),
            (Yes, Some(Role::Admin), None, Some(0))
        );
        assert_eq!(
            known(&[joined(&["ana"]), admin.clone()]),
            (Yes, Some(Role::Admin), Some(0), Some(1))
        );
        assert_eq!(
            known(&[intended(&["ana"]), owner_changed(None, "ana")]),
            (Yes, Some(Role::Owner), None, Some(1)),
            "an invited user who becomes the owner is a member"
        );
        assert_eq!(known(&[admin, left(&["ana"])]), (No, None, None, Some(1)));
    }

    #[test]
    fn a_dissolution_ends_all_that_is_older_whomever_it_names() {
        for members in [&["ana"][..], &["leo"], &[]] {
            let dissolved = dissolved(members);
            for event in [
                joined(&["ana"]),
                intended(&["ana"]),
                changed("ana", Some(Role::Admin)),
                joined(&["leo"]),
            ] {
                assert_eq!(
                    known(&[event.clone(), dissolved.clone(), dissolved.clone()]),
                    (No, None, None, Some(2))
                );
            }
            assert_eq!(
                known(&[joined(&["ana"]), dissolved.clone(), intended(&["ana"])]),
                (Intended, None, None, Some(2)),
                "the id is used again"
            );
            assert_eq!(
                known(&[joined(&["ana"]), dissolved, created(Some("ana"), &[])]),
                (Yes, Some(Role::Owner), Some(2), Some(2))
            );
        }
    }

    #[test]
    fn the_last_of_several_facts_in_a_callback_counts_and_keeps_its_place() {
        let events = vec![joined(&["ana"]), left(&["ana"]), joined(&["ana", "ana"])];
        let changes = changes(&reception(0, events));
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].fact, Fact::Joined(None));
        assert_eq!(
            changes[0].as_of.as_str(),
            "1970-01-01T00:00:00.000Z#r#000002"
        );
    }

    #[test]
    fn the_parts_of_a_large_callback_give_the_same_rows_as_the_whole() {
        let ids: Vec<String> = (0..1000).map(|n| format!("u{n:03}")).collect();
        let members: Vec<_> = ids
            .iter()
            .map(|id| (id.as_str(), Some(Role::Member)))
            .collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let whole = reception(
            0,
            vec![
                created(Some("u500"), &members),
                left(&ids[..300]),
                joined(&ids[..200]),
            ],
        );
        let parts = whole
            .clone()
            .parts(|part| serde_json::to_string(part).unwrap().len() < 5000);
        assert!(parts.len() > 5);
        let newest = |receptions: &[Reception]| {
            let mut rows: BTreeMap<_, (AsOf, Fact)> = BTreeMap::new();
            for change in receptions.iter().flat_map(changes) {
                let row = rows.entry((change.user, change.fact.aspect()));
                let new = (change.as_of, change.fact);
                let held = row.or_insert_with(|| new.clone());
                if held.0 < new.0 {
                    *held = new;
                }
            }
            rows
        };
        let expected = newest(&[whole]);
        assert_eq!(expected.len(), 1000);
        assert_eq!(newest(&parts), expected);
        let backwards: Vec<Reception> = parts.into_iter().rev().collect();
        assert_eq!(newest(&backwards), expected);
    }
}
