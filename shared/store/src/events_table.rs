use std::{collections::HashMap, fmt};

use aws_sdk_dynamodb::{
    Client,
    operation::{put_item::PutItemError, scan::builders::ScanFluentBuilder},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TableDescription},
};
use domain::{Reception, Timestamp};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use crate::{
    ErrorKind, Retention, StoreError,
    error::condition_held,
    item,
    parts::{is_surely_one_piece, parts},
    retry,
};

/// The condition of every write: no item has this key.
const IS_NEW: &str = "attribute_not_exists(pk)";

/// How many parts are written at the same time.
const CONCURRENT_PARTS: usize = 4;

type Item = HashMap<String, AttributeValue>;

/// The table of all accepted callbacks.
#[derive(Clone, Debug)]
pub struct EventsTable {
    client: Client,
    name: String,
    retention: Retention,
}

/// The result of recording a reception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It was written.
    New,
    /// It was in the table already.
    Known,
    /// It has no events, so nothing was written.
    Nothing,
}

/// One page of the events table.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Its receptions. A large reception is here as its parts.
    pub receptions: Vec<Reception>,
    /// The keys of their items.
    pub positions: Vec<Position>,
    /// Items that this program cannot read.
    pub unreadable: Vec<Position>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Position>,
}

/// A place in the events table: an item's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Position {
    pub(crate) fn new(pk: &str, sk: &str) -> Self {
        Self {
            pk: pk.to_owned(),
            sk: sk.to_owned(),
        }
    }

    pub(crate) fn of(item: &HashMap<String, AttributeValue>) -> Self {
        let text = |name: &str| {
            let value = item.get(name).and_then(|value| value.as_s().ok());
            value.cloned().unwrap_or_default()
        };
        Self {
            pk: text(item::PK),
            sk: text(item::SK),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pk, self.sk)
    }
}

/// The result of [`EventsTable::description`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// How many items the table has. DynamoDB counts them about every six hours.
    pub approximate_count: u64,
    /// When the table was created, as text. It distinguishes the table from another one with the same name.
    pub created: String,
}

impl EventsTable {
    /// The table with that name. What is written to it expires after `retention`.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>, retention: Retention) -> Self {
        Self {
            client,
            name: name.into(),
            retention,
        }
    }

    /// The table's client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The table's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Opens the connection, so that the first callback does not wait for DNS, TCP and TLS. Checks that the table exists
    /// and may be written.
    ///
    /// A callback function may only use `PutItem`. So this makes a `PutItem` whose condition is always false: the key
    /// would have to exist, but no subject is empty. Nothing is written.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record). The next request opens the connection if this fails.
    pub async fn open_connection(&self) -> Result<(), StoreError> {
        let refused = self
            .client
            .put_item()
            .table_name(&self.name)
            .item(item::PK, AttributeValue::S("user#".into()))
            .item(item::SK, AttributeValue::S("open-connection".into()))
            .condition_expression("attribute_exists(pk)")
            .send()
            .await;
        condition_held(refused).map(|_| ())
    }

    /// Writes a reception with one conditional `PutItem`. Calling it again for the same reception changes nothing. A
    /// reception that is too large for an item is written in [parts](crate::parts()), each with its own `PutItem`. It is
    /// new if at least one part is.
    ///
    /// If Tencent Chat's `RequestId` came with an after callback, a marker is written before the item. A retry finds the
    /// marker and writes the item of the first reception, so it is [`Known`](Recorded::Known) if that item was written.
    ///
    /// # Errors
    ///
    /// When DynamoDB could not be reached, did not answer in time, or refused. The reception, or some of its parts, may
    /// still have been written, if only an answer was lost. Recording it again is safe, and writes what is missing.
    pub async fn record(&self, reception: &Reception) -> Result<Recorded, StoreError> {
        let Some(item) = item::from_reception(reception, &self.retention)? else {
            return Ok(Recorded::Nothing);
        };
        if is_surely_one_piece(reception, &item) {
            return self.put(reception, item).await;
        }
        let mut items = Vec::new();
        for part in parts(reception) {
            if let Some(item) = item::from_reception(&part, &self.retention)? {
                items.push((part, item));
            }
        }
        let mut written = stream::iter(items)
            .map(|(part, item)| async move { self.put(&part, item).await })
            .buffer_unordered(CONCURRENT_PARTS);
        let mut whole = Recorded::Known;
        while let Some(part) = written.next().await {
            if part? == Recorded::New {
                whole = Recorded::New;
            }
        }
        Ok(whole)
    }

    /// Writes the item of a reception, which is one piece, unless the table has it. For a retry, it is the item of the
    /// first reception.
    async fn put(&self, reception: &Reception, mut item: Item) -> Result<Recorded, StoreError> {
        if let Some(marker) = retry::marker(reception)?
            && let Some(marker) = self.put_new(marker).await?
        {
            // Perhaps only the marker was written. So the item is written again, with the key that it has or should have.
            let Some(first) = retry::first(reception, &marker)? else {
                return Ok(Recorded::Known);
            };
            if let Some(first) = item::from_reception(&first, &self.retention)? {
                item = first;
            }
        }
        Ok(match self.put_new(item).await? {
            None => Recorded::New,
            Some(_) => Recorded::Known,
        })
    }

    /// Writes an item, unless the table has one with this key. Gives the one that the table has.
    async fn put_new(&self, item: Item) -> Result<Option<Item>, StoreError> {
        let written = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(IS_NEW)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = written else {
            return Ok(None);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Some(failed.item().cloned().unwrap_or_default()))
            }
            _ => Err(StoreError::from_sdk(error)),
        }
    }

    /// Deletes a reception: all its items, and the markers by which a retry of it is recognized. Deleting it again changes
    /// nothing. No function of the stack does this.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record). Some items may be deleted then.
    pub async fn remove(&self, reception: &Reception) -> Result<(), StoreError> {
        for part in parts(reception) {
            let item = item::from_reception(&part, &self.retention)?;
            for mut item in item.into_iter().chain(retry::marker(&part)?) {
                let key = [item::PK, item::SK].map(|name| item.remove_entry(name));
                self.client
                    .delete_item()
                    .table_name(&self.name)
                    .set_key(Some(key.into_iter().flatten().collect()))
                    .send()
                    .await
                    .map_err(StoreError::from_sdk)?;
            }
        }
        Ok(())
    }

    /// The receptions whose events the views read, in the next page of the table, in no particular order. It has at most
    /// `limit` items. The first page has no `after`. A program can read the whole table in this way, with pauses.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record). An item that this program cannot read is not an error: its place is in
    /// [`Page::unreadable`].
    pub async fn page(&self, after: Option<&Position>, limit: i32) -> Result<Page, StoreError> {
        let scan = self.client.scan().limit(limit);
        self.scanned(scan, after, item::to_viewed).await
    }

    /// All receptions that came in this time, in the next page of the table. As [`page`](Self::page), but of every family.
    /// The page is of `limit` items of the table, so it can have no reception, and not be the last.
    ///
    /// # Errors
    ///
    /// As [`page`](Self::page).
    pub async fn page_received(
        &self,
        from: Timestamp,
        before: Timestamp,
        after: Option<&Position>,
        limit: i32,
    ) -> Result<Page, StoreError> {
        let text = |time: Timestamp| AttributeValue::S(time.to_string());
        // Times sort as text.
        let scan = self
            .client
            .scan()
            .limit(limit)
            .filter_expression("received_at >= :from AND received_at < :before")
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":before", text(before));
        self.scanned(scan, after, item::to_stored).await
    }

    async fn scanned(
        &self,
        scan: ScanFluentBuilder,
        after: Option<&Position>,
        read: fn(Item) -> Result<Option<Reception>, StoreError>,
    ) -> Result<Page, StoreError> {
        let key = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
        let start = after.map(|after| [key(item::PK, &after.pk), key(item::SK, &after.sk)].into());
        let scanned = scan
            .table_name(&self.name)
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        let mut page = Page {
            next: scanned.last_evaluated_key.as_ref().map(Position::of),
            ..Page::default()
        };
        for item in scanned.items.unwrap_or_default() {
            let position = Position::of(&item);
            match read(item) {
                Ok(Some(reception)) => {
                    page.receptions.push(reception);
                    page.positions.push(position);
                }
                Ok(None) => {}
                Err(_) => page.unreadable.push(position),
            }
        }
        Ok(page)
    }

    /// The reception in the item with this key; `None` if there is no such item.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record), and with the kind [`Invalid`](crate::ErrorKind::Invalid) if this program cannot read the item.
    pub async fn reception_at(&self, key: &Position) -> Result<Option<Reception>, StoreError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let read = self
            .client
            .get_item()
            .table_name(&self.name)
            .key(item::PK, text(&key.pk))
            .key(item::SK, text(&key.sk))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
        read.item.map(item::to_reception).transpose()
    }

    /// The whole reception to which the item with this key belongs; `None` if there is no such item.
    ///
    /// # Errors
    ///
    /// As [`reception_at`](Self::reception_at). Parts that are not all written yet have the kind
    /// [`Unavailable`](crate::ErrorKind::Unavailable).
    pub async fn whole_reception_at(
        &self,
        key: &Position,
    ) -> Result<Option<Reception>, StoreError> {
        let Some(first) = self.reception_at(key).await? else {
            return Ok(None);
        };
        if first.part.is_none() {
            return Ok(Some(first));
        }
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let begin = format!("{}#{}", first.received_at, first.id);
        let mut pages = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :begin)")
            .expression_attribute_values(":pk", text(&key.pk))
            .expression_attribute_values(":begin", text(&begin))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut parts = Vec::new();
        while let Some(item) = pages.next().await {
            let part = item::to_reception(item.map_err(StoreError::from_sdk)?)?;
            // Another id can begin with this one.
            if part.id == first.id {
                parts.push(part);
            }
        }
        let incomplete = |parts: Vec<Reception>| {
            let found = format!("only {} parts of the reception were found", parts.len());
            StoreError::new(ErrorKind::Unavailable, found)
        };
        Reception::whole(parts).map(Some).map_err(incomplete)
    }

    /// What DynamoDB says about the table.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub async fn description(&self) -> Result<Description, StoreError> {
        let described = self.client.describe_table().table_name(&self.name);
        let described = described.send().await.map_err(StoreError::from_sdk)?;
        let table = described.table.as_ref();
        let count = table.and_then(TableDescription::item_count);
        let created = table.and_then(TableDescription::creation_date_time);
        Ok(Description {
            approximate_count: count.and_then(|count| count.try_into().ok()).unwrap_or(0),
            created: created.map(ToString::to_string).unwrap_or_default(),
        })
    }
}
