//! The relationships table, and its items about two users.
//!
//! One such item is one row of [`domain::relation::rows`]: one fact about `other` that belongs to `owner`.
//!
//! | Attribute | Type | Meaning |
//! |---|---|---|
//! | `pk` | S | Partition key: `user#<owner>` |
//! | `sk` | S | Sort key: `<aspect>#<other>` |
//! | `owner` | S | Whose row it is |
//! | `other` | S | Whom the row is about; partition key of the index `by-other` |
//! | `sk_by_other` | S | `<aspect>#<owner>`; sort key of the index `by-other` |
//! | `aspect` | S | `friend`, `request`, `remark` or `block` |
//! | `present` | BOOL | For `friend`, `request` and `block`: whether the fact is true. `false` is kept, so an older fact that arrives late cannot replace it |
//! | `intended` | BOOL | For `block`, `true` instead of `present`: `owner` was about to block `other`, and nobody knows whether it happened |
//! | `message` | S | For a `request` that is present: its text, or [the beginning](domain::relation::rows::TEXT_BYTES) of a long one |
//! | `remark` | S | For `remark`: the text, or the beginning of a long one; empty if there is none |
//! | `as_of` | S | [`AsOf`](domain::AsOf): decides which of two facts about the row is newer |
//! | `received_at`, `reception_id` | S | When the fact was received, and the id of its reception in the events table |
//!
//! **Access patterns.** *Friends of X*, *whom X blocks*: Query on `pk` with `begins_with(sk, "friend#")`.
//! *Is B a friend of A*: GetItem. *Who lists X*: Query on the index `by-other`.
//!
//! `rows` says how a row is written, and `memberships` describes the other items of the table.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use domain::{
    Reception, Timestamp, UserId,
    relation::rows::{Aspect, Change, Fact, changes},
};
use serde::{Deserialize, Serialize};

pub use crate::rows::Applied;
use crate::{
    StoreError,
    item::{PK, SK, pk},
    memberships,
    rows::{self, Key, Rows, Write, foreign},
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
        let mut remarks: BTreeMap<UserId, String> = BTreeMap::new();
        for row in self.rows(user, Aspect::Remark).await? {
            if let Fact::Remark(text) = row.fact {
                remarks.insert(row.other, text);
            }
        }
        let rows = self.rows(user, Aspect::Friend).await?;
        let friends = rows
            .into_iter()
            .filter(|row| row.fact == Fact::Friend(true));
        Ok(friends
            .map(|row| Friend {
                remark: remarks.remove(&row.other).unwrap_or_default(),
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
        let keys = [Aspect::Friend, Aspect::Block].map(|aspect| Key {
            pk: pk(owner),
            sk: sk(aspect, other),
        });
        let mut contact = Contact::default();
        for item in self.rows.get(keys.into()).await?.into_values() {
            match row(item)?.fact {
                Fact::Friend(friend) => contact.friend = Some(friend),
                Fact::Block(blocked) => contact.blocked = blocked,
                Fact::BlockIntended => contact.blocked = true,
                Fact::Request(_) | Fact::Remark(_) => {}
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
        let rows = self.rows_about(user, Aspect::Friend).await?;
        let rows = rows
            .into_iter()
            .filter(|row| row.fact == Fact::Friend(true));
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
        self.query(None, (PK, pk(owner)), (SK, aspect)).await
    }

    /// All rows about somebody with one aspect, in the order of the owner's id. Rows that say `false` are included.
    ///
    /// # Errors
    ///
    /// As [`rows`](Self::rows).
    pub async fn rows_about(&self, other: &UserId, aspect: Aspect) -> Result<Vec<Row>, StoreError> {
        let key = ("other", other.to_string());
        self.query(Some(BY_OTHER), key, ("sk_by_other", aspect))
            .await
    }

    async fn query(
        &self,
        index: Option<&str>,
        key: (&str, String),
        (range, aspect): (&str, Aspect),
    ) -> Result<Vec<Row>, StoreError> {
        let prefix = format!("{}#", word(aspect));
        let query = self.rows.query(index, key, (range, &prefix));
        let mut pages = query.into_paginator().items().send();
        let mut rows = Vec::new();
        while let Some(item) = pages.next().await {
            rows.push(row(item.map_err(StoreError::from_sdk)?)?);
        }
        Ok(rows)
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
        let found = self
            .rows
            .client
            .get_item()
            .table_name(&self.rows.table)
            .key(PK, AttributeValue::S(pk(owner)))
            .key(SK, AttributeValue::S(sk(aspect, other)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        found.item.map(row).transpose()
    }
}

/// What a reception writes into the table.
fn writes(reception: &Reception) -> Result<Vec<Write>, StoreError> {
    let memberships = memberships::writes(reception);
    let relations = changes(reception).into_iter().map(write);
    relations.chain(memberships).collect()
}

fn write(change: Change) -> Result<Write, StoreError> {
    let key = Key {
        pk: pk(&change.owner),
        sk: sk(change.fact.aspect(), &change.other),
    };
    Write::new(key, Item::from(&change), OPTIONAL, "as_of", change.as_of)
}

fn sk(aspect: Aspect, user: &UserId) -> String {
    format!("{}#{user}", word(aspect))
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

/// The attributes that some items do not have.
const OPTIONAL: &[&str] = &["present", "intended", "message", "remark"];

#[derive(Serialize, Deserialize)]
struct Item {
    sk_by_other: String,
    owner: UserId,
    other: UserId,
    aspect: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    present: Option<bool>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    intended: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remark: Option<String>,
    as_of: String,
    received_at: String,
    reception_id: String,
}

impl From<&Change> for Item {
    fn from(change: &Change) -> Self {
        let aspect = change.fact.aspect();
        let (present, message, remark) = match change.fact.clone() {
            Fact::Friend(present) | Fact::Block(present) => (Some(present), None, None),
            Fact::BlockIntended => (None, None, None),
            Fact::Request(message) => (Some(message.is_some()), message, None),
            Fact::Remark(text) => (None, None, Some(text)),
        };
        Self {
            sk_by_other: sk(aspect, &change.owner),
            owner: change.owner.clone(),
            other: change.other.clone(),
            aspect: word(aspect).to_owned(),
            present,
            intended: change.fact == Fact::BlockIntended,
            message,
            remark,
            as_of: change.as_of.as_str().to_owned(),
            received_at: change.as_of.received_at().to_owned(),
            reception_id: change.as_of.reception_id().to_owned(),
        }
    }
}

fn row(item: rows::Item) -> Result<Row, StoreError> {
    let item: Item = serde_dynamo::from_item(item).map_err(foreign)?;
    let fact = match (item.aspect.as_str(), item.present, item.remark) {
        ("friend", Some(present), None) => Fact::Friend(present),
        ("block", Some(present), None) => Fact::Block(present),
        ("block", None, None) if item.intended => Fact::BlockIntended,
        ("request", Some(present), None) => {
            Fact::Request(present.then(|| item.message.unwrap_or_default()))
        }
        ("remark", None, Some(text)) => Fact::Remark(text),
        _ => return Err(foreign("the aspect and its value do not fit together")),
    };
    Ok(Row {
        owner: item.owner,
        other: item.other,
        fact,
        received_at: Timestamp::try_from(item.received_at).map_err(foreign)?,
        reception_id: item.reception_id,
    })
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
            let aspect = word(fact.aspect());
            assert_eq!(write.key.pk, "user#a#b");
            assert_eq!(write.key.sk, format!("{aspect}#leo"));
            let item = write.set;
            assert_eq!(
                item["sk_by_other"].as_s().unwrap(),
                &format!("{aspect}#a#b")
            );
            let expected = Row {
                owner: user("a#b"),
                other: user("leo"),
                fact,
                received_at: reception.received_at,
                reception_id: "r#1".into(),
            };
            assert_eq!(row(item).unwrap(), expected);
        }
    }
}
