//! The relationships table, and its items about two users.
//!
//! An item has facts about `other` that belong to `owner`. Each is a row of [`domain::relation::rows`]. Blocks have an item of
//! their own. The other facts are in one item, because most callbacks change several of them, and each item costs a write.
//!
//! | Attribute | Type | Meaning |
//! |---|---|---|
//! | `pk` | S | Partition key: `user#<owner>` |
//! | `sk` | S | Sort key: `friend#<other>` or `block#<other>` |
//! | `owner` | S | Whose item it is |
//! | `other` | S | Whom the item is about; partition key of the index `by-other` |
//! | `sk_by_other` | S | `friend#<owner>`; sort key of the index `by-other`. Only an item with a present friend has it, so no other item is in the index |
//! | `aspect` | S | `friend` or `block`, as in `sk` |
//! | `present` | BOOL | Whether `other` is on the list. `false` is kept, so an older fact that arrives late cannot replace it. Absent if nothing is known about that |
//! | `intended` | BOOL | For `block`, `true` instead of `present`: `owner` was about to block `other`, and nobody knows whether it happened |
//! | `as_of` | S | [`AsOf`] of `present` or `intended`: decides which of two facts is newer |
//! | `received_at`, `reception_id` | S | When that fact was received, and the id of its reception in the events table |
//! | `friend_request` | M | For `friend`: `as_of`, and `message` if a request to `other` is pending: its text, or [the beginning](domain::relation::rows::TEXT_BYTES) of a long one |
//! | `friend_remark` | M | For `friend`: `as_of` and `remark`: the text, or the beginning of a long one; empty if there is none |
//!
//! **Access patterns.** *Friends of X*, *whom X blocks*: Query on `pk` with `begins_with(sk, "friend#")`.
//! *Is B a friend of A*: BatchGetItem. *Who lists X*: Query on the index `by-other`.
//!
//! **What a write costs.** One write unit for the item, and one for the index if the item is in it, gets into it or leaves it.
//! Nobody asks who requested, named or blocked X, so these facts alone put no item into the index.
//!
//! **Versions up to 0.2.0** put every fact into an item of its own: requests under `request#<other>` with `present` and
//! `message`, and remarks under `remark#<other>` with `remark`. All of these items are in the index. They are still read, and
//! the newest fact counts, whichever item has it. The next write of a `friend` or `block` item takes it out of the index if it
//! need not be there.
//!
//! `rows` says how a row is written, and `memberships` describes the other items of the table.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{Client, operation::query::builders::QueryFluentBuilder};
use domain::{
    AsOf, Reception, Timestamp, UserId,
    relation::rows::{Aspect, Change, Fact, changes},
};
use serde::{Deserialize, Serialize};

pub use crate::rows::Applied;
use crate::{
    StoreError,
    item::{PK, SK, pk},
    memberships,
    rows::{self, Key, Rows, Write, foreign, time},
};

/// The index whose partition key is `other`.
pub const BY_OTHER: &str = "by-other";

/// The table of who is friends with whom, and who is in which group.
#[derive(Clone, Debug)]
pub struct RelationshipsTable {
    pub(crate) rows: Rows,
}

/// One row, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose row it is.
    pub owner: UserId,
    /// Whom it is about.
    pub other: UserId,
    /// The fact.
    pub fact: Fact,
    /// When the fact was received.
    pub received_at: Timestamp,
    /// The reception that the fact came with.
    pub reception_id: String,
}

/// Somebody on a friend list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Friend {
    /// Who it is.
    pub friend: UserId,
    /// The private name that the list's owner gave; empty if there is none.
    pub remark: String,
    /// When the last callback said so.
    pub received_at: Timestamp,
}

/// One user on another's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Whose list it is.
    pub owner: UserId,
    /// Who is on it.
    pub other: UserId,
    /// When the last callback said so.
    pub received_at: Timestamp,
}

/// Somebody on a block list, or whom its owner was about to put on it at the last callback about this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Whose list it is.
    pub owner: UserId,
    /// Who is on it.
    pub other: UserId,
    /// Whether it is only an intention: nobody knows whether it happened.
    pub intended: bool,
    /// When the last callback said so.
    pub received_at: Timestamp,
}

/// What a user keeps about another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// Whether the other user is on the friend list; `None` if no callback has said anything about it.
    pub friend: Option<bool>,
    /// Whether the other user is on the block list, or was about to be put there.
    pub blocked: bool,
}

/// What is known of one direction of a friendship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Direction {
    /// Whose friend list it is.
    pub owner: UserId,
    /// Who may be on it.
    pub other: UserId,
    /// Whether `other` is on it; `None` if no callback has said anything about it.
    pub listed: Option<bool>,
    /// When the last callback said so.
    pub received_at: Option<Timestamp>,
}

impl RelationshipsTable {
    /// The table with that name. For writing, use a [`patient`](crate::patient) client.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        let table = name.into();
        Self {
            rows: Rows { client, table },
        }
    }

    /// Applies all changes that these receptions imply, several at a time. Gives one result for each reception, in their
    /// order. Applying a reception again is always safe.
    ///
    /// Receptions with few changes come first, so they do not wait for one with thousands.
    ///
    /// If the table does not accept a reception ([`ErrorKind::Invalid`](crate::ErrorKind::Invalid)), the others are still
    /// applied. After any other error, no further write is started, because it would fail, too. Receptions with such a
    /// write get the same kind of error.
    pub async fn apply(&self, receptions: &[Reception]) -> Vec<Result<Applied, StoreError>> {
        self.rows
            .write(receptions.iter().map(writes).collect())
            .await
    }

    /// How many of the changes that these receptions imply are not in the table yet.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows).
    pub async fn missing(&self, receptions: &[Reception]) -> Result<usize, StoreError> {
        let writes = receptions.iter().map(writes);
        let writes = writes.collect::<Result<Vec<_>, _>>()?.concat();
        self.rows.missing(&writes).await
    }

    /// Deletes all rows of a user: what is about the user in the lists of others stays. Gives the number of rows. No
    /// function of the stack does this.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows).
    pub async fn remove_rows_of(&self, user: &UserId) -> Result<usize, StoreError> {
        self.rows.remove(pk(user)).await
    }

    /// Who is on a user's friend list, in the order of their ids.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows).
    pub async fn friends_of(&self, user: &UserId) -> Result<Vec<Friend>, StoreError> {
        let mut friends = Vec::new();
        let mut remarks = BTreeMap::new();
        for aspect in [Aspect::Friend, Aspect::Remark] {
            for (as_of, row) in self.facts(user, word(aspect)).await? {
                match row.fact {
                    Fact::Friend(true) => friends.push(row),
                    Fact::Remark(_) => keep_newest(&mut remarks, as_of, row),
                    _ => {}
                }
            }
        }
        let mut remark_on = |friend: &UserId| match remarks.remove(friend) {
            Some((
                _,
                Row {
                    fact: Fact::Remark(text),
                    ..
                },
            )) => text,
            _ => String::new(),
        };
        let friends = friends.into_iter();
        Ok(friends
            .map(|row| Friend {
                remark: remark_on(&row.other),
                friend: row.other,
                received_at: row.received_at,
            })
            .collect())
    }

    /// Both directions of a friendship: whether `b` is on `a`'s list, and whether `a` is on `b`'s.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows).
    pub async fn friendship(&self, a: &UserId, b: &UserId) -> Result<[Direction; 2], StoreError> {
        Ok([self.direction(a, b).await?, self.direction(b, a).await?])
    }

    async fn direction(&self, owner: &UserId, other: &UserId) -> Result<Direction, StoreError> {
        let row = self.row(owner, other, Aspect::Friend).await?;
        Ok(Direction {
            owner: owner.clone(),
            other: other.clone(),
            listed: row.as_ref().map(|row| row.fact == Fact::Friend(true)),
            received_at: row.map(|row| row.received_at),
        })
    }

    /// What `owner` keeps about `other`, in one request. A change may be missing that came a moment ago, because the view
    /// is behind the events.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows).
    pub async fn contact(&self, owner: &UserId, other: &UserId) -> Result<Contact, StoreError> {
        let keys = [Aspect::Friend, Aspect::Block].map(|aspect| key(owner, aspect, other));
        let mut contact = Contact::default();
        for item in self.rows.get(keys.into()).await?.into_values() {
            for (_, row) in facts(item)? {
                match row.fact {
                    Fact::Friend(friend) => contact.friend = Some(friend),
                    Fact::Block(blocked) => contact.blocked = blocked,
                    Fact::BlockIntended => contact.blocked = true,
                    Fact::Request(_) | Fact::Remark(_) => {}
                }
            }
        }
        Ok(contact)
    }

    /// Opens the connection for [`contact`](Self::contact), and checks that the table exists and may be read.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows).
    pub async fn open_connection(&self) -> Result<(), StoreError> {
        let key = Key {
            pk: "open-connection".to_owned(),
            sk: "open-connection".to_owned(),
        };
        self.rows.get(vec![key]).await.map(drop)
    }

    /// Whose friend lists a user is on. The index that answers this is a moment behind the table.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows).
    pub async fn listed_by(&self, user: &UserId) -> Result<Vec<Entry>, StoreError> {
        let key = ("other", user.to_string());
        let query = self
            .rows
            .query(Some(BY_OTHER), key, ("sk_by_other", "friend#"));
        let rows = items(query).await?.into_iter().map(|(_, row)| row);
        // Up to version 0.2.0, friends who were deleted stayed in the index.
        let rows = rows.filter(|row| row.fact == Fact::Friend(true));
        Ok(rows
            .map(|row| Entry {
                owner: row.owner,
                other: row.other,
                received_at: row.received_at,
            })
            .collect())
    }

    /// Who is on a user's block list, or was about to be put on it.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows).
    pub async fn blocked_by(&self, user: &UserId) -> Result<Vec<Block>, StoreError> {
        let rows = self.rows(user, Aspect::Block).await?;
        let rows = rows
            .into_iter()
            .filter(|row| row.fact != Fact::Block(false));
        Ok(rows
            .map(|row| Block {
                owner: row.owner,
                other: row.other,
                intended: row.fact == Fact::BlockIntended,
                received_at: row.received_at,
            })
            .collect())
    }

    /// All rows of an owner with one aspect, in the order of the other's id. Rows that say `false` are included.
    ///
    /// # Errors
    ///
    /// When DynamoDB could not be reached, did not answer in time, or refused. When an item was not written by this crate.
    pub async fn rows(&self, owner: &UserId, aspect: Aspect) -> Result<Vec<Row>, StoreError> {
        let mut rows = BTreeMap::new();
        for place in places(aspect) {
            for (as_of, row) in self.facts(owner, place).await? {
                if row.fact.aspect() == aspect {
                    keep_newest(&mut rows, as_of, row);
                }
            }
        }
        Ok(rows.into_values().map(|(_, row)| row).collect())
    }

    /// The facts in an owner's items whose sort key begins with this word.
    async fn facts(&self, owner: &UserId, word: &str) -> Result<Vec<(AsOf, Row)>, StoreError> {
        let prefix = format!("{word}#");
        items(self.rows.query(None, (PK, pk(owner)), (SK, &prefix))).await
    }

    /// One row; `None` if no callback has said anything about it.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows).
    pub async fn row(
        &self,
        owner: &UserId,
        other: &UserId,
        aspect: Aspect,
    ) -> Result<Option<Row>, StoreError> {
        let keys = places(aspect).iter().map(|place| Key {
            pk: pk(owner),
            sk: sk(place, other),
        });
        let mut found = BTreeMap::new();
        for item in self.rows.get(keys.collect()).await?.into_values() {
            for (as_of, row) in facts(item)? {
                if row.fact.aspect() == aspect {
                    keep_newest(&mut found, as_of, row);
                }
            }
        }
        Ok(found.remove(other).map(|(_, row)| row))
    }
}

/// Keeps the newest row about each user.
fn keep_newest(rows: &mut BTreeMap<UserId, (AsOf, Row)>, as_of: AsOf, row: Row) {
    let is_newer = |(held, _): &(AsOf, Row)| *held < as_of;
    if rows.get(&row.other).is_none_or(is_newer) {
        rows.insert(row.other.clone(), (as_of, row));
    }
}

/// The facts in the items that a query finds.
async fn items(query: QueryFluentBuilder) -> Result<Vec<(AsOf, Row)>, StoreError> {
    let mut pages = query.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(item) = pages.next().await {
        found.extend(facts(item.map_err(StoreError::from_sdk)?)?);
    }
    Ok(found)
}

/// What a reception writes into the table.
fn writes(reception: &Reception) -> Result<Vec<Write>, StoreError> {
    let memberships = memberships::writes(reception);
    let relations = changes(reception).into_iter().map(write);
    relations.chain(memberships).collect()
}

fn write(change: Change) -> Result<Write, StoreError> {
    let Change {
        owner,
        other,
        fact,
        as_of,
    } = change;
    let aspect = match fact.aspect() {
        Aspect::Block => Aspect::Block,
        Aspect::Friend | Aspect::Request | Aspect::Remark => Aspect::Friend,
    };
    let key = key(&owner, aspect, &other);
    let held_as_of = match fact {
        Fact::Friend(_) | Fact::Block(_) | Fact::BlockIntended => AS_OF,
        Fact::Request(_) => "friend_request.as_of",
        Fact::Remark(_) => "friend_remark.as_of",
    };
    let mut item = Item {
        sk_by_other: (fact == Fact::Friend(true)).then(|| sk(word(aspect), &owner)),
        owner: Some(owner),
        other: Some(other),
        aspect: word(aspect).to_owned(),
        ..Item::default()
    };
    let optional = match fact {
        Fact::Friend(present) | Fact::Block(present) => {
            item.present = Some(present);
            OPTIONAL
        }
        Fact::BlockIntended => {
            item.intended = true;
            OPTIONAL
        }
        Fact::Request(message) => {
            let as_of = as_of.clone();
            item.friend_request = Some(Requested { as_of, message });
            &[]
        }
        Fact::Remark(remark) => {
            let as_of = as_of.clone();
            item.friend_remark = Some(Remarked { as_of, remark });
            &[]
        }
    };
    if held_as_of == AS_OF {
        item.received_at = Some(as_of.received_at().to_owned());
        item.reception_id = Some(as_of.reception_id().to_owned());
        item.as_of = Some(as_of.clone());
    }
    Write::new(key, item, optional, held_as_of, as_of)
}

fn key(owner: &UserId, aspect: Aspect, other: &UserId) -> Key {
    Key {
        pk: pk(owner),
        sk: sk(word(aspect), other),
    }
}

fn sk(word: &str, user: &UserId) -> String {
    format!("{word}#{user}")
}

/// The aspect's word in the table.
fn word(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Friend => "friend",
        Aspect::Request => "request",
        Aspect::Remark => "remark",
        Aspect::Block => "block",
    }
}

/// The words of the items that can have a fact of this aspect. The second is that of versions up to 0.2.0.
fn places(aspect: Aspect) -> &'static [&'static str] {
    match aspect {
        Aspect::Friend => &["friend"],
        Aspect::Request => &["friend", "request"],
        Aspect::Remark => &["friend", "remark"],
        Aspect::Block => &["block"],
    }
}

/// Where an item has the place of `present` or `intended`.
const AS_OF: &str = "as_of";

/// The attributes that an item does not have with every fact of `friend` or `block`.
const OPTIONAL: &[&str] = &["sk_by_other", "present", "intended"];

/// An item, as it is read, or as it is written with one fact.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    sk_by_other: Option<String>,
    owner: Option<UserId>,
    other: Option<UserId>,
    aspect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    present: Option<bool>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    intended: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<AsOf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reception_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    friend_request: Option<Requested>,
    #[serde(skip_serializing_if = "Option::is_none")]
    friend_remark: Option<Remarked>,
    /// Only in a `request` of a version up to 0.2.0.
    #[serde(skip_serializing)]
    message: Option<String>,
    /// Only in a `remark` of a version up to 0.2.0.
    #[serde(skip_serializing)]
    remark: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Requested {
    as_of: AsOf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Remarked {
    as_of: AsOf,
    remark: String,
}

/// The facts in an item, each with its place in the order of all facts.
fn facts(item: rows::Item) -> Result<Vec<(AsOf, Row)>, StoreError> {
    let item: Item = serde_dynamo::from_item(item).map_err(foreign)?;
    let (Some(owner), Some(other)) = (item.owner, item.other) else {
        return Err(foreign("an item without owner or other"));
    };
    let fact = match (item.aspect.as_str(), item.present, item.remark) {
        ("friend", Some(present), None) => Some(Fact::Friend(present)),
        ("friend", None, None) if item.as_of.is_none() => None,
        ("block", Some(present), None) => Some(Fact::Block(present)),
        ("block", None, None) if item.intended => Some(Fact::BlockIntended),
        ("request", Some(present), None) => Some(Fact::Request(
            present.then(|| item.message.unwrap_or_default()),
        )),
        ("remark", None, Some(text)) => Some(Fact::Remark(text)),
        _ => return Err(foreign("the aspect and its value do not fit together")),
    };
    let mut facts = Vec::new();
    if let Some(fact) = fact {
        let as_of = item.as_of.ok_or_else(|| foreign("a fact without as_of"))?;
        facts.push((as_of, fact));
    }
    let request = item.friend_request;
    facts.extend(request.map(|it| (it.as_of, Fact::Request(it.message))));
    let remark = item.friend_remark;
    facts.extend(remark.map(|it| (it.as_of, Fact::Remark(it.remark))));
    let rows = facts.into_iter().map(|(as_of, fact)| {
        let row = Row {
            owner: owner.clone(),
            other: other.clone(),
            fact,
            received_at: time(&as_of)?,
            reception_id: as_of.reception_id().to_owned(),
        };
        Ok((as_of, row))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use domain::{Events, relation::Event};

    use super::*;
    use crate::rows::tests::reception;

    #[test]
    fn every_fact_survives_the_table() {
        let user = |id: &str| UserId::new(id).unwrap();
        let reception = reception(Events::Relation(vec![Event::Unblocked {
            owner: user("a#b"),
            blocked: user("leo"),
        }]));
        let mut change = changes(&reception).remove(0);
        for fact in [
            Fact::Friend(true),
            Fact::Friend(false),
            Fact::Request(Some(String::new())),
            Fact::Request(Some("hi".into())),
            Fact::Request(None),
            Fact::Remark("Lenny".into()),
            Fact::Remark(String::new()),
            Fact::Block(true),
            Fact::Block(false),
            Fact::BlockIntended,
        ] {
            change.fact = fact.clone();
            let write = write(change.clone()).unwrap();
            let aspect = match fact.aspect() {
                Aspect::Block => "block",
                _ => "friend",
            };
            assert_eq!(write.key.pk, "user#a#b");
            assert_eq!(write.key.sk, format!("{aspect}#leo"));
            let item = write.set;
            let by_other = item.get("sk_by_other");
            let by_other = by_other.map(|value| value.as_s().unwrap().as_str());
            let is_listed = fact == Fact::Friend(true);
            assert_eq!(by_other, is_listed.then_some("friend#a#b"), "{fact:?}");
            let expected = Row {
                owner: user("a#b"),
                other: user("leo"),
                fact,
                received_at: reception.received_at,
                reception_id: "r#1".into(),
            };
            assert_eq!(facts(item).unwrap(), [(change.as_of.clone(), expected)]);
        }
    }
}
