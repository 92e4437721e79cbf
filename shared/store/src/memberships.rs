//! The items of the relationships table about groups.
//!
//! One item is one row of [`domain::group::rows`]: what is known about a user in a group, or about the group itself.
//!
//! | Attribute | Type | Meaning |
//! |---|---|---|
//! | `pk` | S | Partition key: `group#<group>` |
//! | `sk` | S | Sort key: `member#<user>`; `group` for the row of the group itself |
//! | `group` | S | The group |
//! | `other` | S | The user; partition key of the index `by-other`. The row of a group has none, so it is not in the index |
//! | `sk_by_other` | S | `member#<group>`; sort key of the index `by-other` |
//! | `membership` | M | The newest fact that the user joined or left: `joined` (BOOL), and `role` if it was told with the joining |
//! | `member_role` | M | The newest `role` that was told without a joining: `owner`, `admin`, `member`, or a number that the server does not document |
//! | `intention` | M | The newest fact that the user was about to join |
//! | `dissolution` | M | Only in the row of a group: the newest fact that it was dissolved |
//!
//! Each fact has its `as_of`, which is an [`AsOf`]. A write replaces one fact, if its own is newer, and leaves
//! the others alone. [`standing`] says what the facts of a member's row and of the group's row mean together.
//!
//! **Access patterns.** *Who is in group G*: Query on `pk` with `begins_with(sk, "member#")`, page by page. *Is U in G*:
//! one BatchGetItem of both rows. *Which groups is U in*: Query on the index `by-other` with
//! `begins_with(sk_by_other, "member#")`. Then a BatchGetItem of the rows of up to a hundred of these groups, because a
//! dissolution changes only the row of the group. That is one read unit for each group.

use std::collections::BTreeMap;

use domain::{
    AsOf, GroupId, Reception, Timestamp, UserId,
    group::{
        Role,
        rows::{Aspect, Change, Fact, Facts, Membership, changes, standing},
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    RelationshipsTable, StoreError,
    item::{PK, SK, group_pk},
    relationships_table::BY_OTHER,
    rows::{self, Key, Write, foreign, time},
};

/// What is known about a user in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The group.
    pub group: GroupId,
    /// The user.
    pub user: UserId,
    /// Whether the user is a member.
    pub member: Membership,
    /// The role, if it was told.
    pub role: Option<Role>,
    /// When the last callback came that said that the user joined. `None` if only another callback shows the membership.
    pub since: Option<Timestamp>,
    /// When the last callback came that counts.
    pub received_at: Option<Timestamp>,
}

impl Member {
    /// Whether the user is a member, or was about to become one.
    fn is_one(&self) -> bool {
        matches!(self.member, Membership::Yes | Membership::Intended)
    }
}

/// Some members of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    /// The members, and the users who were about to become one, in the order of their ids.
    pub members: Vec<Member>,
    /// Whether there are more after the last of these.
    pub more: bool,
}

impl RelationshipsTable {
    /// Who is in a group, or was about to join it: the first `limit` users whose id is greater than `after`.
    ///
    /// # Errors
    ///
    /// When DynamoDB could not be reached, did not answer in time, or refused. When an item was not written by this crate.
    pub async fn members_of(
        &self,
        group: &GroupId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Members, StoreError> {
        let dissolution = self.group_facts([group].into()).await?;
        let dissolution = &dissolution[group];
        let start = after.map(|user| key(group, Some(user)).into());
        let page_size = limit.saturating_add(1).min(1000);
        let mut pages = self
            .rows
            .query(None, (PK, group_pk(group)), (SK, MEMBER))
            .set_exclusive_start_key(start)
            .limit(page_size.try_into().unwrap_or(1000))
            .into_paginator()
            .items()
            .send();
        let mut members = Vec::new();
        while let Some(item) = pages.next().await {
            let row = Row::read(item.map_err(StoreError::from_sdk)?)?;
            let member = row.member(dissolution)?;
            if !member.is_one() {
                continue;
            }
            if members.len() == limit {
                let more = true;
                return Ok(Members { members, more });
            }
            members.push(member);
        }
        let more = false;
        Ok(Members { members, more })
    }

    /// Deletes all rows of a group. Gives the number of rows. No function of the stack does this.
    ///
    /// # Errors
    ///
    /// As [`members_of`](Self::members_of).
    pub async fn remove_rows_of_group(&self, group: &GroupId) -> Result<usize, StoreError> {
        self.rows.remove(group_pk(group)).await
    }

    /// The groups that a user is in, or was about to join, in the order of their ids. The index that answers this is a
    /// moment behind the table.
    ///
    /// # Errors
    ///
    /// As [`members_of`](Self::members_of).
    pub async fn groups_of(&self, user: &UserId) -> Result<Vec<Member>, StoreError> {
        let key = ("other", user.to_string());
        let query = self
            .rows
            .query(Some(BY_OTHER), key, ("sk_by_other", MEMBER));
        let mut pages = query.into_paginator().items().send();
        let mut rows = Vec::new();
        while let Some(item) = pages.next().await {
            let row = Row::read(item.map_err(StoreError::from_sdk)?)?;
            // A group that the user has left cannot matter, so its row is not read.
            if row.member(&Facts::new())?.is_one() {
                rows.push(row);
            }
        }
        let groups = self.group_facts(rows.iter().map(|row| &row.group).collect());
        let groups = groups.await?;
        let members = rows.iter().map(|row| row.member(&groups[&row.group]));
        let mut members = members.collect::<Result<Vec<_>, _>>()?;
        members.retain(Member::is_one);
        Ok(members)
    }

    /// What is known about a user in a group.
    ///
    /// # Errors
    ///
    /// As [`members_of`](Self::members_of).
    pub async fn membership(&self, group: &GroupId, user: &UserId) -> Result<Member, StoreError> {
        let (row, of_group) = (key(group, Some(user)), key(group, None));
        let mut found = self.rows.get(vec![row.clone(), of_group.clone()]).await?;
        let mut facts_at = |key| found.remove(key).map_or(Ok(Facts::new()), facts);
        let row = Row {
            group: group.clone(),
            user: user.clone(),
            facts: facts_at(&row)?,
        };
        row.member(&facts_at(&of_group)?)
    }

    /// What is known about each of these groups itself.
    async fn group_facts<'a>(
        &self,
        groups: Vec<&'a GroupId>,
    ) -> Result<BTreeMap<&'a GroupId, Facts>, StoreError> {
        let keys = groups.iter().map(|group| key(group, None)).collect();
        let mut found = self.rows.get(keys).await?;
        let facts_of = |group| {
            let item = found.remove(&key(group, None));
            Ok((group, item.map_or(Ok(Facts::new()), facts)?))
        };
        groups.into_iter().map(facts_of).collect()
    }
}

/// What a reception writes about groups.
pub(crate) fn writes(reception: &Reception) -> impl Iterator<Item = Result<Write, StoreError>> {
    changes(reception).into_iter().map(write)
}

fn write(change: Change) -> Result<Write, StoreError> {
    let Change {
        group,
        user,
        fact,
        as_of,
    } = change;
    let key = key(&group, user.as_ref());
    let (word, held_as_of) = words(fact.aspect());
    let row = Item {
        sk_by_other: user.is_some().then(|| format!("{MEMBER}{group}")),
        group,
        other: user,
        fact: [(word, Stored::from(fact, &as_of))].into(),
    };
    Write::new(key, row, &[], held_as_of, as_of)
}

const MEMBER: &str = "member#";

/// The key of a member's row, or of the row of the group itself.
fn key(group: &GroupId, user: Option<&UserId>) -> Key {
    Key {
        pk: group_pk(group),
        sk: user.map_or_else(|| "group".to_owned(), |user| format!("{MEMBER}{user}")),
    }
}

/// The attribute with the fact about this aspect, and where it has its place.
fn words(aspect: Aspect) -> (&'static str, &'static str) {
    match aspect {
        Aspect::Membership => ("membership", "membership.as_of"),
        Aspect::Role => ("member_role", "member_role.as_of"),
        Aspect::Intention => ("intention", "intention.as_of"),
        Aspect::Dissolution => ("dissolution", "dissolution.as_of"),
    }
}

/// An item as it is written: with one fact.
#[derive(Serialize)]
struct Item {
    group: GroupId,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sk_by_other: Option<String>,
    #[serde(flatten)]
    fact: BTreeMap<&'static str, Stored>,
}

/// A fact as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    as_of: AsOf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    joined: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
}

impl Stored {
    fn from(fact: Fact, as_of: &AsOf) -> Self {
        let (joined, role) = match fact {
            Fact::Joined(role) => (Some(true), role),
            Fact::Left => (Some(false), None),
            Fact::Role(role) => (None, Some(role)),
            Fact::Intended | Fact::Dissolved => (None, None),
        };
        let as_of = as_of.clone();
        Self {
            as_of,
            joined,
            role,
        }
    }

    fn fact(&self, aspect: Aspect) -> Result<Fact, StoreError> {
        Ok(match (aspect, self.joined, self.role) {
            (Aspect::Membership, Some(true), role) => Fact::Joined(role),
            (Aspect::Membership, Some(false), None) => Fact::Left,
            (Aspect::Role, None, Some(role)) => Fact::Role(role),
            (Aspect::Intention, None, None) => Fact::Intended,
            (Aspect::Dissolution, None, None) => Fact::Dissolved,
            _ => return Err(foreign("the aspect and its fact do not fit together")),
        })
    }
}

/// The row of a user in a group.
struct Row {
    group: GroupId,
    user: UserId,
    facts: Facts,
}

impl Row {
    fn read(item: rows::Item) -> Result<Self, StoreError> {
        #[derive(Deserialize)]
        struct Ids {
            group: GroupId,
            other: UserId,
        }
        let ids: Ids = serde_dynamo::from_item(item.clone()).map_err(foreign)?;
        Ok(Self {
            group: ids.group,
            user: ids.other,
            facts: facts(item)?,
        })
    }

    /// What the row means together with what is known about the group itself.
    fn member(&self, group: &Facts) -> Result<Member, StoreError> {
        let standing = standing(&self.facts, group);
        Ok(Member {
            group: self.group.clone(),
            user: self.user.clone(),
            member: standing.membership,
            role: standing.role,
            since: standing.since.map(time).transpose()?,
            received_at: standing.as_of.map(time).transpose()?,
        })
    }
}

/// The facts in an item.
fn facts(mut item: rows::Item) -> Result<Facts, StoreError> {
    let mut facts = Facts::new();
    for aspect in Aspect::ALL {
        if let Some(stored) = item.remove(words(aspect).0) {
            let stored: Stored = serde_dynamo::from_attribute_value(stored).map_err(foreign)?;
            let fact = stored.fact(aspect)?;
            facts.insert(aspect, (stored.as_of, fact));
        }
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use domain::{
        Events,
        group::{Event, Left},
    };

    use super::*;
    use crate::rows::tests::reception;

    #[test]
    fn every_fact_survives_the_table() {
        let group = GroupId::new("g#1").unwrap();
        let user = UserId::new("a#b").unwrap();
        let reception = reception(Events::Group(vec![Event::MembersLeft {
            group: group.clone(),
            members: vec![user.clone()],
            how: Left::Left,
            by: None,
            reason: String::new(),
        }]));
        let mut change = changes(&reception).remove(0);
        for fact in [
            Fact::Joined(None),
            Fact::Joined(Some(Role::Other(7))),
            Fact::Left,
            Fact::Role(Role::Owner),
            Fact::Role(Role::Other(-1)),
            Fact::Intended,
            Fact::Dissolved,
        ] {
            change.fact = fact;
            let is_of_group = fact == Fact::Dissolved;
            change.user = (!is_of_group).then(|| user.clone());
            let write = write(change.clone()).unwrap();
            let Key { pk, sk } = &write.key;
            assert_eq!(pk, "group#g#1");
            assert_eq!(sk, if is_of_group { "group" } else { "member#a#b" });
            let by_other = write.set.get("sk_by_other");
            let by_other = by_other.map(|value| value.as_s().unwrap().as_str());
            assert_eq!(by_other, (!is_of_group).then_some("member#g#1"));
            let held = write.set[words(fact.aspect()).0].as_m().unwrap();
            assert_eq!(held["as_of"].as_s().unwrap(), change.as_of.as_str());
            let expected = [(fact.aspect(), (change.as_of.clone(), fact))];
            assert_eq!(facts(write.set.clone()).unwrap(), expected.into());
            if !is_of_group {
                let row = Row::read(write.set).unwrap();
                assert_eq!((&row.group, &row.user), (&group, &user));
                assert_eq!(time(&change.as_of).unwrap(), reception.received_at);
            }
        }
    }

    #[test]
    fn a_fact_that_does_not_fit_its_aspect_is_not_read() {
        for (aspect, stored) in [
            ("membership", r#"{"as_of": "x"}"#),
            (
                "membership",
                r#"{"as_of": "x", "joined": false, "role": "owner"}"#,
            ),
            ("member_role", r#"{"as_of": "x"}"#),
            ("intention", r#"{"as_of": "x", "joined": true}"#),
            ("dissolution", r#"{"as_of": "x", "role": "owner"}"#),
            ("dissolution", r#"{}"#),
        ] {
            let stored: serde_json::Value = serde_json::from_str(stored).unwrap();
            let item = serde_dynamo::to_item(serde_json::json!({ aspect: stored })).unwrap();
            assert!(facts(item).is_err(), "{aspect}");
        }
    }
}
