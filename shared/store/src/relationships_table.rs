//! What one item of the relationships table looks like, and how it is written and read.
//!
//! One item is one row of [`domain::relation::rows`]: one fact that `owner` keeps about `other`.
//!
//! | Attribute | Type | Meaning |
//! |---|---|---|
//! | `pk` | S | Partition key: `user#<owner>` |
//! | `sk` | S | Sort key: `<aspect>#<other>` |
//! | `owner` | S | Whose row it is |
//! | `other` | S | Whom it is about; partition key of the index `by-other` |
//! | `sk_by_other` | S | `<aspect>#<owner>`; sort key of the index `by-other` |
//! | `aspect` | S | `friend`, `request`, `remark` or `block` |
//! | `present` | BOOL | Of `friend`, `request` and `block`: whether it is so. `false` is kept, so that an older fact that arrives late does not bring it back |
//! | `intended` | BOOL | Of `block`, `true` and in the place of `present`: it was about to be so, and whether it came to that is not known |
//! | `message` | S | Of a `request` that is present; of a long one [the beginning](domain::relation::rows::TEXT_BYTES) |
//! | `remark` | S | Of `remark`: the text, empty when there is none; of a long one the beginning |
//! | `as_of` | S | [`AsOf`](domain::relation::rows::AsOf): what decides between two facts about the row |
//! | `received_at`, `reception_id` | S | When the fact was received, and as which item of the events table |
//!
//! **Access patterns.** *Friends of X*, *whom X blocks*: Query on `pk` with `begins_with(sk, "friend#")`.
//! *Is B a friend of A*: GetItem. *Who lists X*: Query on the index `by-other`.
//!
//! **Order.** Every write has the condition `attribute_not_exists(as_of) OR as_of < :as_of`. When it does
//! not hold, the row knows this fact or a newer one, and that is as good as written. So the facts of a
//! history can be applied in any order, any number of times, by any number of writers.
//!
//! **Many at once.** A callback with many rows, such as an import, is written a hundred rows at a time, in transactions of
//! such conditional writes. When the condition of some rows does not hold, DynamoDB says of which and writes nothing; these
//! are known, and the others are tried again. A row costs two write units that way in place of one, and a fraction of the
//! requests. `BatchWriteItem` has no conditions, so it could overwrite a newer fact.

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

/// The index that is keyed by whom a row is about.
pub const BY_OTHER: &str = "by-other";

/// Writes that are under way at the same time: enough to hide the way to DynamoDB and back, and not much
/// more than the 1,000 a second that one of its partitions takes. The rows of a large callback can all be in one.
const CONCURRENT_WRITES: usize = 16;
/// The same of transactions.
const CONCURRENT_TRANSACTIONS: usize = 4;

/// A reception with fewer changes has its rows written one by one, at half the price.
const MANY: usize = 25;
/// What DynamoDB takes in one transaction.
const TRANSACTION: usize = 100;
/// How long is waited before a transaction that others are in the way of is tried again: 25 ms, then twice as long each
/// time up to 3.2 s, 12 times. Less by chance, so that two writers do not meet again.
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

/// The table that holds who is friends with whom now.
#[derive(Clone, Debug)]
pub struct RelationshipsTable {
    client: Client,
    name: String,
}

/// What became of the changes of a reception.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Rows that hold the reception's fact now.
    pub changed: usize,
    /// Rows that held it, or a newer one, before.
    pub known: usize,
}

/// One row, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose row it is.
    pub owner: UserId,
    /// Whom it is about.
    pub other: UserId,
    /// What it holds.
    pub fact: Fact,
    /// When that was received.
    pub received_at: Timestamp,
    /// Which callback said it.
    pub reception_id: String,
}

/// Somebody on a friend list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Friend {
    /// Who it is.
    pub friend: UserId,
    /// The private name that the list's owner gave; empty when there is none.
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

/// Somebody on a block list, or about to be put on it when a callback last said something about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Whose list it is.
    pub owner: UserId,
    /// Who is on it.
    pub other: UserId,
    /// Whether that is an intention only, which may have come to nothing.
    pub intended: bool,
    /// When the last callback said so.
    pub received_at: Timestamp,
}

/// One direction of what is known of a friendship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Direction {
    /// Whose friend list it is.
    pub owner: UserId,
    /// Who may be on it.
    pub other: UserId,
    /// Whether `other` is on it; `None` when no callback has said anything about it.
    pub listed: Option<bool>,
    /// When the last callback said so.
    pub received_at: Option<Timestamp>,
}

impl RelationshipsTable {
    /// The table of that name. Give it a [`patient`](crate::patient) client to write with.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self {
            client,
            name: name.into(),
        }
    }

    /// Applies all changes that these receptions imply, several at a time. Gives one result for each
    /// reception, in their order; applying it again is always safe.
    ///
    /// Receptions with few changes come first: they do not wait for one with thousands.
    ///
    /// A reception that the table does not take ([`ErrorKind::Invalid`]) keeps none of the others from
    /// being applied. After any other error no more is begun, because it would meet the same; what was not
    /// begun has that error too.
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
        // The kind of the error that stopped everything.
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
                // The first error of a reception is the one that tells something.
                (Err(_), _) => {}
            }
        }
        results
    }

    /// Writes rows of one reception, unless an error stopped everything.
    async fn write_unless(
        &self,
        stopped: &OnceLock<ErrorKind>,
        changes: &[Change],
    ) -> Result<Applied, StoreError> {
        if let Some(kind) = stopped.get() {
            return Err(StoreError::new(*kind, "not begun".to_owned()));
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

    /// Writes a row, unless it holds this fact or a newer one.
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

    /// The same for several rows of one reception, together.
    async fn put_together(&self, changes: &[Change]) -> Result<Applied, StoreError> {
        let mut changes: Vec<&Change> = changes.iter().collect();
        let mut known = 0;
        let mut pauses = pauses();
        loop {
            let Some(reasons) = self.transact(&changes).await? else {
                let changed = changes.len();
                return Ok(Applied { changed, known });
            };
            // There is a reason for each row, in their order; of most it is that there is none.
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
            // Another writer was at one of the rows, or a partition is too busy. The SDK does not try that again.
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

    /// Writes all of these rows, or none: gives the reasons then.
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

    /// Whose friend lists a user is on. The index that answers it is behind by a moment.
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

    /// All rows of an owner under one aspect, absences included, in the order of the other's id.
    ///
    /// # Errors
    ///
    /// When DynamoDB could not be reached, did not answer in time, or refused; when an item was not written
    /// by this crate.
    pub async fn rows(&self, owner: &UserId, aspect: Aspect) -> Result<Vec<Row>, StoreError> {
        self.query(None, ("pk", pk(owner)), ("sk", aspect)).await
    }

    /// All rows about somebody under one aspect, absences included, in the order of the owner's id.
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

    /// One row; `None` when no callback has said anything about it.
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

/// The word that stands in the table.
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
        _ => return Err(foreign("the aspect and its value do not fit")),
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
