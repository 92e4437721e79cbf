//! The items of the relationships table, and how they are written and read.
//!
//! One item is one row of [`domain::relation::rows`]: one fact about `other` that belongs to `owner`.
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
//! | `as_of` | S | [`AsOf`](domain::relation::rows::AsOf): decides which of two facts about the row is newer |
//! | `received_at`, `reception_id` | S | When the fact was received, and the id of its reception in the events table |
//!
//! **Access patterns.** *Friends of X*, *whom X blocks*: Query on `pk` with `begins_with(sk, "friend#")`.
//! *Is B a friend of A*: GetItem. *Who lists X*: Query on the index `by-other`.
//!
//! **Order.** Every write has the condition `attribute_not_exists(as_of) OR as_of < :as_of`. If it is false, the row
//! already has this fact or a newer one, which is as good as written. So the facts of a history can be applied in any
//! order, any number of times, by any number of writers.
//!
//! **Many at once.** A callback with many rows, such as an import, is written in transactions of up to a hundred
//! conditional writes. If the condition of some rows is false, DynamoDB names these rows and writes nothing. These rows
//! are done, and the others are tried again. In a transaction, a row costs two write units instead of one, but needs far
//! fewer requests. `BatchWriteItem` has no conditions, so it could overwrite a newer fact.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    pin::pin,
    sync::OnceLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_sdk_dynamodb::{
    Client,
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, CancellationReason, Put, TransactWriteItem},
};
use domain::{
    Reception, Timestamp, UserId,
    relation::rows::{Aspect, Change, Fact, changes},
};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use crate::{ErrorKind, StoreError, error::condition_held, item::pk};

/// The index whose partition key is `other`.
pub const BY_OTHER: &str = "by-other";

/// How many writes run at the same time. Enough to use the time of the round trip to DynamoDB, but not much more than the
/// 1,000 writes a second that a partition accepts. All rows of a large callback can be in one partition.
const CONCURRENT_WRITES: usize = 16;
/// How many transactions run at the same time.
const CONCURRENT_TRANSACTIONS: usize = 4;

/// If a reception has fewer changes, its rows are written one by one, at half the price.
const MANY: usize = 25;
/// How many writes DynamoDB accepts in one transaction.
const TRANSACTION: usize = 100;
/// The pauses before a transaction that met another writer is tried again. There are 12: the first is at most 25 ms, and
/// each may be twice as long as the one before, up to 3.2 s. Each is shortened by chance, so two writers do not meet again.
fn pauses() -> impl Iterator<Item = Duration> {
    (0..12_u32).map(|time| {
        let longest = 25_000_000 << time.min(7);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let chance = now.map_or(0, |now| now.subsec_nanos());
        Duration::from_nanos(longest - u64::from(chance) % (longest / 2))
    })
}

/// The condition of every write.
const IS_NEWER: &str = "attribute_not_exists(as_of) OR as_of < :as_of";

/// The table of who is friends with whom now.
#[derive(Clone, Debug)]
pub struct RelationshipsTable {
    client: Client,
    name: String,
}

/// The result of applying the changes of a reception.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// How many rows were written.
    pub changed: usize,
    /// How many rows had this fact or a newer one before.
    pub known: usize,
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
        Self {
            client,
            name: name.into(),
        }
    }

    /// Applies all changes that these receptions imply, several at a time. Gives one result for each reception, in their
    /// order. Applying a reception again is always safe.
    ///
    /// Receptions with few changes come first, so they do not wait for one with thousands.
    ///
    /// If the table does not accept a reception ([`ErrorKind::Invalid`]), the others are still applied. After any other
    /// error, no further write is started, because it would fail, too. Receptions with such a write get the same kind of
    /// error.
    pub async fn apply(&self, receptions: &[Reception]) -> Vec<Result<Applied, StoreError>> {
        let mut few = Vec::new();
        let mut many = Vec::new();
        for (n, reception) in receptions.iter().enumerate() {
            let mut changes = changes(reception);
            if changes.len() < MANY {
                few.extend(changes.into_iter().map(|change| (n, vec![change])));
            } else {
                while !changes.is_empty() {
                    let rest = changes.split_off(changes.len().min(TRANSACTION));
                    many.push((n, std::mem::replace(&mut changes, rest)));
                }
            }
        }
        // The kind of the error after which no write is started.
        let stopped = &OnceLock::new();
        let writes = |writes: Vec<(usize, Vec<Change>)>, concurrent| {
            let writes = writes.into_iter().map(move |(n, changes)| async move {
                (n, self.write_unless(stopped, &changes).await)
            });
            stream::iter(writes).buffer_unordered(concurrent)
        };
        let writes = writes(few, CONCURRENT_WRITES).chain(writes(many, CONCURRENT_TRANSACTIONS));
        let mut writes = pin!(writes);
        let mut results: Vec<Result<Applied, StoreError>> =
            receptions.iter().map(|_| Ok(Applied::default())).collect();
        while let Some((n, written)) = writes.next().await {
            match (&mut results[n], written) {
                (Ok(applied), Ok(more)) => {
                    applied.changed += more.changed;
                    applied.known += more.known;
                }
                (result @ Ok(_), Err(error)) => *result = Err(error),
                // The first error of a reception is the cause. Later ones may only be a consequence.
                (Err(_), _) => {}
            }
        }
        results
    }

    /// Writes rows of one reception, unless an error has stopped all writes.
    async fn write_unless(
        &self,
        stopped: &OnceLock<ErrorKind>,
        changes: &[Change],
    ) -> Result<Applied, StoreError> {
        if let Some(kind) = stopped.get() {
            return Err(StoreError::new(
                *kind,
                "not begun, because another write failed".to_owned(),
            ));
        }
        let written = match changes {
            [change] => self.put(change).await,
            changes => self.put_together(changes).await,
        };
        if let Err(error) = &written
            && error.kind() != ErrorKind::Invalid
        {
            stopped.get_or_init(|| error.kind());
        }
        written
    }

    /// Writes a row, unless it has this fact or a newer one.
    async fn put(&self, change: &Change) -> Result<Applied, StoreError> {
        let written = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item(change)?))
            .condition_expression(IS_NEWER)
            .expression_attribute_values(":as_of", as_of(change))
            .send()
            .await;
        let changed = usize::from(condition_held(written)?);
        let known = 1 - changed;
        Ok(Applied { changed, known })
    }

    /// Writes several rows of one reception together, except those that have this fact or a newer one.
    async fn put_together(&self, changes: &[Change]) -> Result<Applied, StoreError> {
        let mut changes: Vec<&Change> = changes.iter().collect();
        let mut known = 0;
        let mut pauses = pauses();
        loop {
            let Some(reasons) = self.transact(&changes).await? else {
                let changed = changes.len();
                return Ok(Applied { changed, known });
            };
            // DynamoDB gives a reason for each row, in their order. For most rows it is "None".
            let mut codes = reasons.iter().map(|reason| reason.code());
            let before = changes.len();
            changes.retain(|_| codes.next().flatten() != Some("ConditionalCheckFailed"));
            known += before - changes.len();
            if changes.is_empty() {
                return Ok(Applied { changed: 0, known });
            }
            if changes.len() < before {
                continue;
            }
            let codes: BTreeSet<&str> = reasons.iter().filter_map(|reason| reason.code()).collect();
            let cancelled = |kind| StoreError::new(kind, format!("cancelled: {codes:?}"));
            // Another writer writes one of the rows, or a partition is too busy. The SDK does not try again by itself.
            let passes = [
                "TransactionConflict",
                "ThrottlingError",
                "ProvisionedThroughputExceeded",
            ];
            if !passes.iter().any(|code| codes.contains(code)) {
                return Err(cancelled(ErrorKind::Invalid));
            }
            let pause = pauses
                .next()
                .ok_or_else(|| cancelled(ErrorKind::Unavailable))?;
            tokio::time::sleep(pause).await;
        }
    }

    /// Writes all of these rows, or none. If none, gives the reasons.
    async fn transact(
        &self,
        changes: &[&Change],
    ) -> Result<Option<Vec<CancellationReason>>, StoreError> {
        let mut writes = Vec::with_capacity(changes.len());
        for change in changes {
            let put = Put::builder()
                .table_name(&self.name)
                .set_item(Some(item(change)?))
                .condition_expression(IS_NEWER)
                .expression_attribute_values(":as_of", as_of(change))
                .build()
                .map_err(|error| StoreError::new(ErrorKind::Invalid, error.to_string()))?;
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        let written = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;
        match written {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    Ok(Some(cancelled.cancellation_reasons().to_vec()))
                }
                _ => Err(StoreError::from_sdk(error)),
            },
        }
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
        self.query(None, ("pk", pk(owner)), ("sk", aspect)).await
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
        (hash, value): (&str, String),
        (range, aspect): (&str, Aspect),
    ) -> Result<Vec<Row>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(index.map(ToOwned::to_owned))
            // An index has no consistent reads.
            .consistent_read(index.is_none())
            .key_condition_expression("#hash = :hash AND begins_with(#range, :aspect)")
            .expression_attribute_names("#hash", hash)
            .expression_attribute_names("#range", range)
            .expression_attribute_values(":hash", AttributeValue::S(value))
            .expression_attribute_values(":aspect", AttributeValue::S(format!("{}#", word(aspect))))
            .into_paginator()
            .items()
            .send();
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
            .client
            .get_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(pk(owner)))
            .key("sk", AttributeValue::S(sk(aspect, other)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        found.item.map(row).transpose()
    }
}

fn item(change: &Change) -> Result<HashMap<String, AttributeValue>, StoreError> {
    serde_dynamo::to_item(Item::from(change))
        .map_err(|error| StoreError::new(ErrorKind::Invalid, error.to_string()))
}

fn as_of(change: &Change) -> AttributeValue {
    AttributeValue::S(change.as_of.as_str().to_owned())
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

#[derive(Serialize, Deserialize)]
struct Item {
    pk: String,
    sk: String,
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
            pk: pk(&change.owner),
            sk: sk(aspect, &change.other),
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

fn row(item: HashMap<String, AttributeValue>) -> Result<Row, StoreError> {
    let foreign = |what: &str| {
        StoreError::new(
            ErrorKind::Invalid,
            format!("not written by this program: {what}"),
        )
    };
    let item: Item = serde_dynamo::from_item(item).map_err(|error| foreign(&error.to_string()))?;
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
        received_at: Timestamp::try_from(item.received_at)
            .map_err(|error| foreign(&error.to_string()))?,
        reception_id: item.reception_id,
    })
}

#[cfg(test)]
mod tests {
    use domain::{Events, Source, relation::Event};

    use super::*;

    #[test]
    fn every_fact_survives_the_table() {
        let user = |id: &str| UserId::new(id).unwrap();
        let reception = Reception {
            id: "r#1".into(),
            received_at: Timestamp::from_unix_millis(1_700_000_000_123).unwrap(),
            source: Source::OpenIm,
            command: "x".into(),
            operation_id: None,
            events: Events::Relation(vec![Event::Unblocked {
                owner: user("a#b"),
                blocked: user("leo"),
            }]),
            body: None,
            part: None,
        };
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
            let item: HashMap<String, AttributeValue> =
                serde_dynamo::to_item(Item::from(&change)).unwrap();
            let aspect = word(fact.aspect());
            assert_eq!(item["pk"].as_s().unwrap(), "user#a#b");
            assert_eq!(item["sk"].as_s().unwrap(), &format!("{aspect}#leo"));
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
