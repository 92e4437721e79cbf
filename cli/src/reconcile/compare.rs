//! Compares a list of OpenIM with the view, and says with which events the view would say the same.

use std::collections::BTreeSet;

use domain::{
    Events, GroupId, RECONCILE, Reception, Source, Timestamp, UserId,
    group::{self, Joined, Left, rows::Membership},
    relation::{
        self,
        rows::{Aspect, Fact},
    },
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use store::{RelationshipsTable, memberships::Member};

use super::openim::List;
use crate::Result;

/// What was about to happen at this time before the question may have happened after the answer. OpenIM asks before a block
/// or a joining, and waits for at most some seconds.
const INTENTION_LASTS: i64 = 60 * 1000;

/// How many members the view is asked about at once.
const TOGETHER: usize = 16;

/// What the view says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Here {
    Yes,
    No,
    Intended,
    NotKnown,
}

impl Here {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Intended => "intended",
            Self::NotKnown => "not known",
        }
    }
}

/// A fact about which the view and OpenIM do not say the same.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    /// `friend`, `block` or `member`.
    pub what: &'static str,
    /// The user whose list it is, or the group.
    pub of: String,
    /// Who is on the list, or is not.
    pub who: UserId,
    pub here: Here,
    /// Whether OpenIM has it.
    pub openim: bool,
    /// When the last callback came that said what the view says.
    pub heard_here: Option<Timestamp>,
    /// Since when OpenIM has it.
    pub openim_since: Option<Timestamp>,
    /// Whether the view changed after OpenIM was asked, or may be about to. It is then left alone.
    pub newer_here: bool,
}

/// The differences of one list, and the events of those that are not left alone.
pub(super) struct Compared {
    pub differences: Vec<Difference>,
    pub events: Option<Events>,
}

/// What the view knows about one user on a list.
struct Known {
    who: UserId,
    here: Here,
    heard: Option<Timestamp>,
}

/// Compares. `asked` is when OpenIM was asked.
fn differences(
    what: &'static str,
    of: &str,
    known: Vec<Known>,
    mut list: List,
    asked: Timestamp,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let unknown = |who| Known {
        who,
        here: Here::NotKnown,
        heard: None,
    };
    let mut known_of: Vec<(Known, Option<Option<Timestamp>>)> = known
        .into_iter()
        .map(|known| {
            let since = list.remove(&known.who);
            (known, since)
        })
        .collect();
    known_of.extend(
        list.into_iter()
            .map(|(who, since)| (unknown(who), Some(since))),
    );
    for (known, since) in known_of {
        let is_same = match known.here {
            Here::Yes => since.is_some(),
            Here::No | Here::NotKnown => since.is_none(),
            Here::Intended => false,
        };
        if is_same {
            continue;
        }
        let lasts = match known.here {
            Here::Intended => INTENTION_LASTS,
            _ => 0,
        };
        let until = asked.unix_millis() - lasts;
        found.push(Difference {
            what,
            of: of.to_owned(),
            who: known.who,
            here: known.here,
            openim: since.is_some(),
            heard_here: known.heard,
            openim_since: since.flatten(),
            newer_here: known
                .heard
                .is_some_and(|heard| heard.unix_millis() >= until),
        });
    }
    found.sort_by(|one, other| one.who.cmp(&other.who));
    found
}

/// Compares the friends or the blocks of a user.
pub(super) async fn relations(
    view: &RelationshipsTable,
    owner: &UserId,
    aspect: Aspect,
    list: List,
    asked: Timestamp,
) -> Result<Compared> {
    let rows = view.rows(owner, aspect).await?;
    let known = rows.into_iter().map(|row| Known {
        here: match row.fact {
            Fact::Friend(true) | Fact::Block(true) => Here::Yes,
            Fact::BlockIntended => Here::Intended,
            _ => Here::No,
        },
        who: row.other,
        heard: Some(row.received_at),
    });
    let what = match aspect {
        Aspect::Block => "block",
        _ => "friend",
    };
    let differences = differences(what, owner.as_str(), known.collect(), list, asked);
    let repaired = differences.iter().filter(|it| !it.newer_here);
    let events: Vec<_> = repaired
        .map(|it| {
            let (owner, other) = (owner.clone(), it.who.clone());
            match (aspect, it.openim) {
                (Aspect::Block, true) => relation::Event::Blocked {
                    owner,
                    blocked: other,
                },
                (Aspect::Block, false) => relation::Event::Unblocked {
                    owner,
                    blocked: other,
                },
                (_, true) => relation::Event::FriendAdded {
                    owner,
                    friend: other,
                },
                (_, false) => relation::Event::FriendDeleted {
                    owner,
                    friend: other,
                },
            }
        })
        .collect();
    Ok(Compared {
        differences,
        events: (!events.is_empty()).then_some(Events::Relation(events)),
    })
}

/// Compares the members of a group. It has none if it is dissolved.
pub(super) async fn members(
    view: &RelationshipsTable,
    group: &GroupId,
    list: List,
    is_dissolved: bool,
    asked: Timestamp,
) -> Result<Compared> {
    let here = |member: Membership| match member {
        Membership::Yes => Here::Yes,
        Membership::Intended => Here::Intended,
        Membership::No => Here::No,
        Membership::NotKnown => Here::NotKnown,
    };
    let members = view.members_of(group, None, usize::MAX).await?.members;
    let of_member = |member: Member| Known {
        here: here(member.member),
        who: member.user,
        heard: member.received_at,
    };
    let mut known: Vec<Known> = members.into_iter().map(of_member).collect();
    // The view lists no former members. When they left is asked for those only whom OpenIM has.
    let listed: BTreeSet<_> = known.iter().map(|it| it.who.clone()).collect();
    let missing = list.keys().filter(|who| !listed.contains(*who));
    let missing = stream::iter(missing.map(|who| view.membership(group, who)));
    let missing: Vec<_> = missing.buffered(TOGETHER).try_collect().await?;
    known.extend(missing.into_iter().map(of_member));
    let differences = differences("member", group.as_str(), known, list, asked);
    let of = |openim| {
        let repaired = differences.iter().filter(|it| !it.newer_here);
        let of_kind = repaired.filter(|it| it.openim == openim);
        of_kind.map(|it| it.who.clone()).collect::<Vec<_>>()
    };
    let (joined, left) = (of(true), of(false));
    let group = group.clone();
    let mut events = Vec::new();
    if !joined.is_empty() {
        events.push(group::Event::MembersJoined {
            group: group.clone(),
            members: joined,
            how: Joined::Unknown,
            by: None,
        });
    }
    if !left.is_empty() {
        events.push(match is_dissolved {
            true => group::Event::GroupDissolved {
                group,
                owner: None,
                members: left,
            },
            false => group::Event::MembersLeft {
                group,
                members: left,
                how: Left::Unknown,
                by: None,
                reason: String::new(),
            },
        });
    }
    Ok(Compared {
        differences,
        events: (!events.is_empty()).then_some(Events::Group(events)),
    })
}

/// The reception of these events.
pub(super) fn reception(id: String, asked: Timestamp, events: Events) -> Reception {
    Reception {
        id,
        received_at: asked,
        source: Source::OpenIm,
        command: RECONCILE.to_owned(),
        operation_id: None,
        events,
        body: None,
        target: None,
        part: None,
    }
}
