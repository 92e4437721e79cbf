//! How the rows of views are written.
//!
//! **Order.** Every write has a condition: the row has no fact of this kind, or an older one. If it is false, the row
//! already has this fact or a newer one, which is as good as written. So the facts of a history can be applied in any
//! order, any number of times, by any number of writers.
//!
//! **Several facts of a row.** One update writes all facts that a callback has about a row, because each update costs a write
//! unit. If its condition is false, at least one of the facts is known, and each is written by itself.
//!
//! **Many at once.** A callback with many rows, such as an import, is written in transactions of up to a hundred
//! conditional writes. If the condition of some rows is false, DynamoDB names these rows and writes nothing. These rows
//! are done one by one, and the others are tried again. In a transaction, a row costs two write units instead of one, but
//! needs far fewer requests. `BatchWriteItem` has no conditions, so it could overwrite a newer fact.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    pin::pin,
    sync::OnceLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_sdk_dynamodb::{
    Client,
    error::BuildError,
    operation::{
        query::builders::QueryFluentBuilder, transact_write_items::TransactWriteItemsError,
    },
    types::{AttributeValue, CancellationReason, KeysAndAttributes, TransactWriteItem, Update},
};
use domain::{AsOf, Timestamp};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;

use crate::{
    ErrorKind, StoreError,
    error::condition_held,
    item::{PK, SK},
};

/// How many writes run at the same time. Enough to use the time of the round trip to DynamoDB, but not much more than the
/// 1,000 writes a second that a partition accepts. All rows of a large callback can be in one partition.
const CONCURRENT_WRITES: usize = 16;
/// How many transactions run at the same time.
const CONCURRENT_TRANSACTIONS: usize = 4;

/// If a reception changes fewer rows, they are written one by one, at half the price.
const MANY: usize = 25;
/// How many writes DynamoDB accepts in one transaction.
const TRANSACTION: usize = 100;
/// How many rows DynamoDB gives in one answer.
const READ_TOGETHER: usize = 100;
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

/// The result of applying the changes of a reception.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// How many rows were written.
    pub changed: usize,
    /// How many rows had this fact or a newer one before.
    pub known: usize,
}

pub(crate) type Item = HashMap<String, AttributeValue>;

/// The key of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub pk: String,
    pub sk: String,
}

impl Key {
    fn of(item: &Item) -> Self {
        let text = |name| {
            let value = item.get(name).and_then(|value| value.as_s().ok());
            value.cloned().unwrap_or_default()
        };
        Self {
            pk: text(PK),
            sk: text(SK),
        }
    }
}

impl From<Key> for Item {
    fn from(key: Key) -> Self {
        [(PK, key.pk), (SK, key.sk)]
            .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
            .into()
    }
}

/// The facts of one reception about one row.
type Row = Vec<Write>;

/// A fact that is to be written into its row. Attributes that it does not name stay as they are.
#[derive(Clone)]
pub(crate) struct Write {
    pub key: Key,
    /// What the row has afterwards.
    pub set: Item,
    /// What the row does not have afterwards.
    remove: Vec<&'static str>,
    /// Where the row has the place of its present fact of this kind.
    held_as_of: &'static str,
    as_of: AsOf,
}

impl Write {
    /// Sets the attributes of `row`. Removes those of `optional` that it does not have.
    pub(crate) fn new(
        key: Key,
        row: impl Serialize,
        optional: &[&'static str],
        held_as_of: &'static str,
        as_of: AsOf,
    ) -> Result<Self, StoreError> {
        let set: Item = serde_dynamo::to_item(row)
            .map_err(|error| StoreError::new(ErrorKind::Invalid, error.to_string()))?;
        let missing = |name: &&&str| !set.contains_key(**name);
        let remove = optional.iter().filter(missing).copied().collect();
        Ok(Self {
            key,
            set,
            remove,
            held_as_of,
            as_of,
        })
    }

    /// Whether the row has this fact or a newer one.
    fn is_in(&self, row: &Item) -> bool {
        let held = match self.held_as_of.split_once('.') {
            Some((fact, as_of)) => row.get(fact).and_then(|fact| fact.as_m().ok()?.get(as_of)),
            None => row.get(self.held_as_of),
        };
        let held = held.and_then(|held| held.as_s().ok());
        held.is_some_and(|held| held.as_str() >= self.as_of.as_str())
    }
}

/// The update that writes these facts into their row, with its condition.
fn update(facts: &[Write], table: &str) -> Result<Update, StoreError> {
    let mut names = HashMap::new();
    let mut values = Item::new();
    let set: BTreeMap<_, _> = facts.iter().flat_map(|fact| &fact.set).collect();
    let remove = facts.iter().flat_map(|fact| &fact.remove);
    let remove: BTreeSet<_> = remove
        .filter(|name| !set.contains_key(&(**name).to_owned()))
        .collect();
    let set = set.into_iter().enumerate().map(|(n, (name, value))| {
        names.insert(format!("#set{n}"), name.clone());
        values.insert(format!(":set{n}"), value.clone());
        format!("#set{n} = :set{n}")
    });
    let mut expression = format!("SET {}", Vec::from_iter(set).join(", "));
    let remove = remove.into_iter().enumerate().map(|(n, name)| {
        names.insert(format!("#remove{n}"), (*name).to_owned());
        format!("#remove{n}")
    });
    let remove = Vec::from_iter(remove).join(", ");
    if !remove.is_empty() {
        expression.push_str(" REMOVE ");
        expression.push_str(&remove);
    }
    let conditions = facts.iter().enumerate().map(|(n, fact)| {
        let as_of = fact.as_of.as_str().to_owned();
        values.insert(format!(":as_of{n}"), AttributeValue::S(as_of));
        let held = fact.held_as_of;
        format!("(attribute_not_exists({held}) OR {held} < :as_of{n})")
    });
    let condition = Vec::from_iter(conditions).join(" AND ");
    Update::builder()
        .table_name(table)
        .set_key(facts.first().map(|fact| fact.key.clone().into()))
        .update_expression(expression)
        .condition_expression(condition)
        .set_expression_attribute_names(Some(names))
        .set_expression_attribute_values(Some(values))
        .build()
        .map_err(|error| StoreError::new(ErrorKind::Invalid, error.to_string()))
}

/// A table of rows.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub client: Client,
    pub table: String,
}

impl Rows {
    /// Does all these writes, several at a time. Each list is what one reception says. Gives one result for each list, in
    /// their order.
    ///
    /// Short lists come first, so they do not wait for one with thousands.
    ///
    /// If the table does not accept a list ([`ErrorKind::Invalid`]), the others are still written. After any other error,
    /// no further write is started, because it would fail, too. Lists with such a write get the same kind of error.
    pub(crate) async fn write(
        &self,
        lists: Vec<Result<Vec<Write>, StoreError>>,
    ) -> Vec<Result<Applied, StoreError>> {
        let mut results = Vec::with_capacity(lists.len());
        let mut few = Vec::new();
        let mut many = Vec::new();
        for (n, list) in lists.into_iter().enumerate() {
            let (list, result) = match list {
                Ok(list) => (list, Ok(Applied::default())),
                Err(error) => (Vec::new(), Err(error)),
            };
            results.push(result);
            let rows = by_row(list);
            if rows.len() < MANY {
                few.extend(rows.into_iter().map(|row| (n, vec![row])));
            } else {
                many.extend(rows.chunks(TRANSACTION).map(|rows| (n, rows.to_vec())));
            }
        }
        // The kind of the error after which no write is started.
        let stopped = &OnceLock::new();
        let writes = |writes: Vec<(usize, Vec<Row>)>, concurrent| {
            let writes = writes
                .into_iter()
                .map(move |(n, rows)| async move { (n, self.write_unless(stopped, &rows).await) });
            stream::iter(writes).buffer_unordered(concurrent)
        };
        let writes = writes(few, CONCURRENT_WRITES).chain(writes(many, CONCURRENT_TRANSACTIONS));
        let mut writes = pin!(writes);
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
        rows: &[Row],
    ) -> Result<Applied, StoreError> {
        if let Some(kind) = stopped.get() {
            return Err(StoreError::new(
                *kind,
                "not begun, because another write failed".to_owned(),
            ));
        }
        let written = match rows {
            [row] => self.update(row).await,
            rows => self.update_together(rows).await,
        };
        if let Err(error) = &written
            && error.kind() != ErrorKind::Invalid
        {
            stopped.get_or_init(|| error.kind());
        }
        written
    }

    /// Writes facts into their row, except those that it has, or a newer one.
    async fn update(&self, row: &Row) -> Result<Applied, StoreError> {
        if self.update_unless_known(row).await? {
            let changed = row.len();
            return Ok(Applied { changed, known: 0 });
        }
        self.update_one_by_one(row).await
    }

    /// Writes those facts of a row that are new, after an update of all of them was refused.
    async fn update_one_by_one(&self, row: &Row) -> Result<Applied, StoreError> {
        let mut applied = Applied::default();
        if let [_] = row[..] {
            applied.known = 1;
            return Ok(applied);
        }
        for fact in row {
            match self.update_unless_known(std::slice::from_ref(fact)).await? {
                true => applied.changed += 1,
                false => applied.known += 1,
            }
        }
        Ok(applied)
    }

    /// Writes facts into their row. Writes nothing, and gives `false`, if it has one of them, or a newer one.
    async fn update_unless_known(&self, facts: &[Write]) -> Result<bool, StoreError> {
        let update = update(facts, &self.table)?;
        let written = self
            .client
            .update_item()
            .table_name(update.table_name)
            .set_key(Some(update.key))
            .update_expression(update.update_expression)
            .set_condition_expression(update.condition_expression)
            .set_expression_attribute_names(update.expression_attribute_names)
            .set_expression_attribute_values(update.expression_attribute_values)
            .send()
            .await;
        condition_held(written)
    }

    /// Writes several rows of one reception together, except the facts that they have, or newer ones.
    async fn update_together(&self, rows: &[Row]) -> Result<Applied, StoreError> {
        let mut rows: Vec<&Row> = rows.iter().collect();
        let mut applied = Applied::default();
        let mut pauses = pauses();
        loop {
            let Some(reasons) = self.transact(&rows).await? else {
                applied.changed += rows.iter().map(|row| row.len()).sum::<usize>();
                return Ok(applied);
            };
            // DynamoDB gives a reason for each row, in their order. For most rows it is "None".
            let code = |n: usize| reasons.get(n)?.code();
            let (known, others): (Vec<_>, Vec<_>) = rows
                .iter()
                .enumerate()
                .partition(|(n, _)| code(*n) == Some("ConditionalCheckFailed"));
            for (_, row) in &known {
                let more = self.update_one_by_one(row).await?;
                applied.changed += more.changed;
                applied.known += more.known;
            }
            let none_was_known = known.is_empty();
            rows = others.into_iter().map(|(_, row)| *row).collect();
            if rows.is_empty() {
                return Ok(applied);
            }
            if !none_was_known {
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

    /// A query for the rows with this key and this beginning of the sort key. It is consistent, except on an index.
    pub(crate) fn query(
        &self,
        index: Option<&str>,
        (hash, value): (&str, String),
        (range, prefix): (&str, &str),
    ) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .set_index_name(index.map(ToOwned::to_owned))
            // An index has no consistent reads.
            .consistent_read(index.is_none())
            .key_condition_expression("#hash = :hash AND begins_with(#range, :prefix)")
            .expression_attribute_names("#hash", hash)
            .expression_attribute_names("#range", range)
            .expression_attribute_values(":hash", AttributeValue::S(value))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
    }

    /// The rows with these keys, read consistently. A row that does not exist is not in the answer.
    pub(crate) async fn get(&self, keys: Vec<Key>) -> Result<HashMap<Key, Item>, StoreError> {
        let invalid = |error: BuildError| StoreError::new(ErrorKind::Invalid, error.to_string());
        let mut found = HashMap::new();
        for keys in keys.chunks(READ_TOGETHER) {
            let keys = keys.iter().map(|key| key.clone().into()).collect();
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true);
            let mut unread = Some(keys.build().map_err(invalid)?);
            let mut pauses = pauses();
            while let Some(keys) = unread {
                let read = self.client.batch_get_item();
                let read = read.request_items(&self.table, keys).send().await;
                let read = read.map_err(StoreError::from_sdk)?;
                let items = read.responses.into_iter().flatten();
                for item in items.flat_map(|(_, items)| items) {
                    found.insert(Key::of(&item), item);
                }
                unread = read
                    .unprocessed_keys
                    .and_then(|mut of_tables| of_tables.remove(&self.table));
                if unread.is_some() {
                    let pause = pauses.next().ok_or_else(|| {
                        let error = "throttled: some rows were not read".to_owned();
                        StoreError::new(ErrorKind::Unavailable, error)
                    })?;
                    tokio::time::sleep(pause).await;
                }
            }
        }
        Ok(found)
    }

    /// How many of these facts their rows do not have yet.
    pub(crate) async fn missing(&self, writes: &[Write]) -> Result<usize, StoreError> {
        let keys: HashSet<Key> = writes.iter().map(|write| write.key.clone()).collect();
        let rows = self.get(keys.into_iter().collect()).await?;
        let is_there = |write: &Write| rows.get(&write.key).is_some_and(|row| write.is_in(row));
        Ok(writes.iter().filter(|write| !is_there(write)).count())
    }

    /// Deletes all rows with this partition key, and gives their number.
    pub(crate) async fn remove(&self, pk: String) -> Result<usize, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk));
        let mut rows = query.into_paginator().items().send();
        let mut removed = 0;
        while let Some(row) = rows.next().await {
            let key = Key::of(&row.map_err(StoreError::from_sdk)?);
            let delete = self.client.delete_item().table_name(&self.table);
            let delete = delete.set_key(Some(key.into()));
            delete.send().await.map_err(StoreError::from_sdk)?;
            removed += 1;
        }
        Ok(removed)
    }

    /// Writes all of these rows, or none. If none, gives the reasons.
    async fn transact(&self, rows: &[&Row]) -> Result<Option<Vec<CancellationReason>>, StoreError> {
        let updates = rows.iter().map(|row| {
            let update = update(row, &self.table)?;
            Ok(TransactWriteItem::builder().update(update).build())
        });
        let updates = updates.collect::<Result<Vec<_>, StoreError>>()?;
        let written = self
            .client
            .transact_write_items()
            .set_transact_items(Some(updates))
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
}

/// The facts of each row, in the order in which the rows come first.
fn by_row(list: Vec<Write>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut places = HashMap::new();
    for write in list {
        let place = *places.entry(write.key.clone()).or_insert(rows.len());
        match rows.get_mut(place) {
            Some(row) => row.push(write),
            None => rows.push(vec![write]),
        }
    }
    rows
}

/// The error about an item that another program wrote, or a newer version of this one.
pub(crate) fn foreign(what: impl std::fmt::Display) -> StoreError {
    StoreError::new(
        ErrorKind::Invalid,
        format!("not written by this program: {what}"),
    )
}

/// The time of the reception that a fact came with.
pub(crate) fn time(as_of: &AsOf) -> Result<Timestamp, StoreError> {
    Timestamp::try_from(as_of.received_at().to_owned()).map_err(foreign)
}

#[cfg(test)]
pub(crate) mod tests {
    use domain::{Events, GroupId, Reception, Source, group::Event};

    use super::*;

    pub(crate) fn reception(events: Events) -> Reception {
        Reception {
            id: "r#1".into(),
            received_at: Timestamp::from_unix_millis(1_700_000_000_123).unwrap(),
            source: Source::OpenIm,
            command: "x".into(),
            operation_id: None,
            events,
            body: None,
            target: None,
            part: None,
        }
    }

    fn as_of() -> AsOf {
        let reception = reception(Events::Group(vec![Event::GroupDissolved {
            group: GroupId::new("g").unwrap(),
            owner: None,
            members: Vec::new(),
        }]));
        domain::group::rows::changes(&reception).remove(0).as_of
    }

    fn write(sk: usize, row: serde_json::Value) -> Write {
        let key = Key {
            pk: "p".into(),
            sk: sk.to_string(),
        };
        Write::new(key, row, &["a", "b"], "x.as_of", as_of()).unwrap()
    }

    #[test]
    fn an_update_sets_what_the_row_has_and_removes_what_it_no_longer_has() {
        let one = [write(1, serde_json::json!({"b": 1, "c": "2"}))];
        let update = super::update(&one, "table").unwrap();
        assert_eq!(
            update.update_expression,
            "SET #set0 = :set0, #set1 = :set1 REMOVE #remove0"
        );
        let names = update.expression_attribute_names.unwrap();
        assert_eq!(
            [&names["#set0"], &names["#set1"], &names["#remove0"]],
            ["b", "c", "a"]
        );
        let values = update.expression_attribute_values.unwrap();
        assert_eq!(values[":set1"].as_s().unwrap(), "2");
        assert_eq!(
            values[":as_of0"].as_s().unwrap(),
            "2023-11-14T22:13:20.123Z#r#1#000000"
        );
        assert_eq!(
            update.condition_expression.unwrap(),
            "(attribute_not_exists(x.as_of) OR x.as_of < :as_of0)"
        );
        let all = [write(1, serde_json::json!({"a": 0, "b": 1}))];
        let all = super::update(&all, "table").unwrap().update_expression;
        assert_eq!(all, "SET #set0 = :set0, #set1 = :set1");
    }

    #[test]
    fn one_update_writes_all_facts_about_a_row_if_none_is_known() {
        let mut facts = [
            write(1, serde_json::json!({"b": 1, "c": "2"})),
            write(1, serde_json::json!({"a": 3, "b": 1})),
        ];
        facts[1].held_as_of = "y.as_of";
        let update = super::update(&facts, "table").unwrap();
        assert_eq!(
            update.update_expression, "SET #set0 = :set0, #set1 = :set1, #set2 = :set2",
            "nothing is removed that another fact sets"
        );
        assert_eq!(
            update.condition_expression.unwrap(),
            "(attribute_not_exists(x.as_of) OR x.as_of < :as_of0) AND \
             (attribute_not_exists(y.as_of) OR y.as_of < :as_of1)"
        );
    }

    #[test]
    fn the_facts_about_a_row_come_together() {
        let list = [1, 2, 1, 3, 2].map(|sk| write(sk, serde_json::json!({})));
        let rows = by_row(list.into());
        let keys = |row: &Row| Vec::from_iter(row.iter().map(|write| write.key.sk.clone()));
        let keys: Vec<_> = rows.iter().map(keys).collect();
        assert_eq!(keys, [vec!["1", "1"], vec!["2", "2"], vec!["3"]]);
    }
}
