//! A simple model of who is in which group: sort everything that happened, then apply one event after the other to one
//! seat for each user in each group. It knows nothing of rows, of aspects or of late deliveries.

use std::collections::BTreeMap;

use domain::{
    Events, GroupId, Reception, Timestamp, TopicId, UserId,
    group::{Event, Joined, Left, Member, Role},
};
use proptest::{collection::vec, prelude::*};

use crate::{
    relations::{USERS, user},
    views::sorted,
};

/// A user's place in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// Nobody has said anything about it.
    NotKnown,
    /// The user is not a member.
    Empty,
    /// The user was about to become a member. Nothing more is known.
    Intended,
    /// The user is a member.
    Taken {
        /// When the user joined, if that was told.
        since: Option<Timestamp>,
        /// The role, if that was told.
        role: Option<Role>,
    },
}

/// The present state: the seats of all [`USERS`] in all [`GROUPS`].
#[derive(Debug, PartialEq, Eq)]
pub struct Model(pub BTreeMap<(GroupId, UserId), Seat>);

impl Model {
    /// The state after all these receptions.
    pub fn of(history: &[Reception]) -> Self {
        let mut model = Self(pairs().map(|pair| (pair, Seat::NotKnown)).collect());
        for reception in sorted(history) {
            // Events of other families change no membership.
            if let Events::Group(events) = &reception.events {
                for event in events {
                    model.happen(event, reception.received_at);
                }
            }
        }
        model
    }

    fn happen(&mut self, event: &Event, now: Timestamp) {
        let group = event.group();
        let join = |role| Seat::Taken {
            since: Some(now),
            role,
        };
        match event {
            Event::GroupCreated { owner, members, .. } => {
                for member in members {
                    *self.seat(group, &member.user) = join(member.role);
                }
                if let Some(owner) = owner {
                    *self.seat(group, owner) = join(Some(Role::Owner));
                }
            }
            Event::MembersJoined { members, .. } => {
                for member in members {
                    *self.seat(group, member) = join(None);
                }
            }
            Event::MembersJoinIntended { members, .. } => {
                for member in members {
                    let seat = self.seat(group, member);
                    if !matches!(seat, Seat::Taken { .. }) {
                        *seat = Seat::Intended;
                    }
                }
            }
            Event::MembersLeft { members, .. } => {
                for member in members {
                    *self.seat(group, member) = Seat::Empty;
                }
            }
            Event::MemberChanged { member, role, .. } => {
                if let Some(role) = role {
                    self.give_role(group, member, *role);
                }
            }
            Event::OwnerChanged { from, to, .. } => {
                if let Some(from) = from {
                    self.give_role(group, from, Role::Member);
                }
                self.give_role(group, to, Role::Owner);
            }
            Event::GroupDissolved { .. } => {
                for ((of, _), seat) in &mut self.0 {
                    if of == group {
                        *seat = Seat::Empty;
                    }
                }
            }
            Event::GroupChanged { .. }
            | Event::JoinIntended { .. }
            | Event::GroupFull { .. }
            | Event::AttributesChanged { .. }
            | Event::TopicCreated { .. }
            | Event::TopicsDissolved { .. }
            | Event::TopicChanged { .. }
            | Event::TopicMembersJoined { .. }
            | Event::TopicMembersLeft { .. }
            | Event::TopicJoinIntended { .. } => {}
            other => panic!("the model does not know {other:?}"),
        }
    }

    fn seat(&mut self, group: &GroupId, user: &UserId) -> &mut Seat {
        self.0.get_mut(&(group.clone(), user.clone())).unwrap()
    }

    /// Whoever has a role is a member.
    fn give_role(&mut self, group: &GroupId, user: &UserId, new: Role) {
        let seat = self.seat(group, user);
        match seat {
            Seat::Taken { role, .. } => *role = Some(new),
            seat => {
                *seat = Seat::Taken {
                    since: None,
                    role: Some(new),
                };
            }
        }
    }
}

/// Only three groups, so that events often concern the same member.
pub const GROUPS: [&str; 3] = ["climbers", "g#1", "読書"];

/// All of [`GROUPS`], with each of [`USERS`].
pub fn pairs() -> impl Iterator<Item = (GroupId, UserId)> {
    let of = |group| USERS.map(|user| (GroupId::new(group).unwrap(), UserId::new(user).unwrap()));
    GROUPS.into_iter().flat_map(of)
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![
        Just(Role::Owner),
        Just(Role::Admin),
        Just(Role::Member),
        Just(Role::Other(7)),
    ]
}

fn topic() -> TopicId {
    TopicId::new("t").unwrap()
}

fn event() -> impl Strategy<Value = Event> {
    let group = (0..GROUPS.len()).prop_map(|n| GroupId::new(GROUPS[n]).unwrap());
    // Each at most once.
    let members = proptest::sample::subsequence(USERS.to_vec(), 0..=USERS.len())
        .prop_map(|ids| Vec::from_iter(ids.into_iter().map(|id| UserId::new(id).unwrap())));
    let roles = vec(proptest::option::of(role()), USERS.len());
    let somebody = proptest::option::of(user());
    (group, members, user(), somebody, roles, 0..22_u8).prop_map(
        |(group, members, one, somebody, roles, kind)| match kind {
            0 | 1 => Event::GroupCreated {
                group,
                name: String::new(),
                owner: somebody,
                creator: Some(one),
                members: members
                    .into_iter()
                    .zip(roles)
                    .map(|(user, role)| Member { user, role })
                    .collect(),
            },
            2..5 => Event::MembersJoined {
                group,
                members,
                how: Joined::Free,
                by: somebody,
            },
            5..9 => Event::MembersJoinIntended { group, members },
            9..12 => Event::MembersLeft {
                group,
                members,
                how: Left::Removed,
                by: somebody,
                reason: String::new(),
            },
            12..14 => Event::MemberChanged {
                group,
                member: one,
                fields: Vec::new(),
                role: roles[0],
                by: somebody,
            },
            14..16 => Event::OwnerChanged {
                group,
                from: somebody,
                to: one,
                by: None,
            },
            16 | 17 => Event::GroupDissolved {
                group,
                owner: somebody,
                members,
            },
            18 => Event::JoinIntended {
                group,
                user: one,
                message: String::new(),
            },
            19 => Event::TopicMembersJoined {
                group,
                topic: topic(),
                members,
                how: Joined::Invited,
                by: somebody,
            },
            20 => Event::TopicMembersLeft {
                group,
                topic: topic(),
                members,
                how: Left::Left,
                by: somebody,
            },
            _ => Event::GroupChanged {
                group,
                fields: Vec::new(),
                by: somebody,
            },
        },
    )
}

/// The events of one callback about groups.
pub fn events() -> impl Strategy<Value = Events> {
    vec(event(), 1..4).prop_map(Events::Group)
}
