//! Reads a whole table in several segments at the same time, and does to each item what has to be done.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use domain::Reception;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use store::{StoreError, item::PK, item::SK};

use super::{
    items::{self, Action, Item, Place},
    person::{Judgement, Person},
};
use crate::Result;

/// How many segments are read at the same time.
const SEGMENTS: i32 = 4;
/// How often an item is judged again because somebody else changed it meanwhile.
const TRIES: usize = 5;
/// How many items are read at once when nothing has to be saved in between.
const PAGE: i32 = 500;

/// One of the tables.
pub(super) struct Table<'a> {
    pub(super) client: &'a Client,
    pub(super) name: &'a str,
    pub(super) place: Place,
}

/// How far a sweep came.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Segments(Vec<Segment>);

#[derive(Clone, Default, Serialize, Deserialize)]
struct Segment {
    /// The key of the last item; empty at the start.
    after: BTreeMap<String, String>,
    done: bool,
}

/// What was done, or would be done.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    /// Items that were read.
    pub(super) read: u64,
    /// Deleted and changed items, by kind.
    pub(super) by_kind: BTreeMap<String, Done>,
    /// Items that this program cannot read and that have the id. They are as they were.
    pub(super) unreadable: u64,
    /// Items that stay although the characters of the id are in them.
    pub(super) similar: u64,
}

/// How many items were deleted and changed.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) deleted: u64,
    pub(super) changed: u64,
}

impl Counts {
    pub(super) fn deleted(&self) -> u64 {
        self.by_kind.values().map(|done| done.deleted).sum()
    }

    pub(super) fn changed(&self) -> u64 {
        self.by_kind.values().map(|done| done.changed).sum()
    }

    pub(super) fn add(&mut self, other: Self) {
        self.read += other.read;
        self.unreadable += other.unreadable;
        self.similar += other.similar;
        for (kind, done) in other.by_kind {
            let sum = self.by_kind.entry(kind).or_default();
            sum.deleted += done.deleted;
            sum.changed += done.changed;
        }
    }
}

impl Segments {
    pub(super) fn new() -> Self {
        Self(vec![
            Segment::default();
            usize::try_from(SEGMENTS).unwrap_or(1)
        ])
    }

    pub(super) fn are_done(&self) -> bool {
        self.0.iter().all(|segment| segment.done)
    }
}

impl Table<'_> {
    /// Reads one page of every segment, with at most `step` items, and does what has to be done, unless only looking.
    pub(super) async fn sweep(
        &self,
        person: &Person,
        segments: &mut Segments,
        step: i32,
        only_look: bool,
    ) -> Result<Counts> {
        let pages = segments
            .0
            .iter_mut()
            .zip(0..)
            .map(|(segment, number)| async move {
                let mut counts = Counts::default();
                if !segment.done {
                    for item in self.page(segment, number, step).await? {
                        self.settle(person, item, only_look, &mut counts).await?;
                    }
                }
                Ok::<_, Box<dyn std::error::Error>>(counts)
            });
        let mut counts = Counts::default();
        for page in try_join_all(pages).await? {
            counts.add(page);
        }
        Ok(counts)
    }

    /// The next items of a segment.
    async fn page(&self, segment: &mut Segment, number: i32, step: i32) -> Result<Vec<Item>> {
        let after = segment.after.iter();
        let after = after.map(|(name, value)| (name.clone(), AttributeValue::S(value.clone())));
        let after = (!segment.after.is_empty()).then(|| after.collect());
        let scanned = self
            .client
            .scan()
            .table_name(self.name)
            .segment(number)
            .total_segments(SEGMENTS)
            .limit(step)
            .consistent_read(true)
            .set_exclusive_start_key(after)
            .send()
            .await
            .map_err(|error| self.error(StoreError::from_sdk(error)))?;
        match scanned.last_evaluated_key {
            Some(key) => {
                let texts = key.into_iter();
                let texts = texts.filter_map(|(name, value)| match value {
                    AttributeValue::S(text) => Some((name, text)),
                    _ => None,
                });
                segment.after = texts.collect();
            }
            None => segment.done = true,
        }
        Ok(scanned.items.unwrap_or_default())
    }

    /// Gives every item of the table that has something about the person.
    pub(super) async fn mentions(
        &self,
        person: &Person,
        mut found: impl FnMut(Item) -> Result<()>,
    ) -> Result<()> {
        for number in 0..SEGMENTS {
            let mut segment = Segment::default();
            while !segment.done {
                for item in self.page(&mut segment, number, PAGE).await? {
                    for (item, action) in self.judged(person, item).await? {
                        if action != Action::Keep {
                            found(item)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// What becomes of an item. An item with a part of a large reception comes with all other parts, if it is the first of
    /// them; otherwise it is left to that one.
    async fn judged(&self, person: &Person, item: Item) -> Result<Vec<(Item, Action)>> {
        let action = self.place.judge(person, &item)?;
        let Some(part) = items::part(&item) else {
            return Ok(vec![(item, action)]);
        };
        let parts = self.parts(&item, &part).await?;
        // The first one is there, except if somebody has just deleted it.
        if parts
            .first()
            .is_some_and(|first| items::text(first, SK) != items::text(&item, SK))
        {
            return Ok(Vec::new());
        }
        let mut judged = Vec::new();
        let mut left = Vec::new();
        for item in parts {
            let action = self.place.judge(person, &item)?;
            if let Some(part) = items::part(&item) {
                left.extend(person.forgotten(&part)?);
            }
            judged.push((item, action));
        }
        // If parts cut the id in two, it is only found in the whole.
        let all = judged.len();
        let whole = match left.len() == all {
            true => Reception::whole(left).ok(),
            false => None,
        };
        let in_whole = whole.map(|whole| person.judge(&whole)).transpose()?;
        // A body cannot be understood, so it goes as a whole. Events beside it stay.
        let is_of_body = |(item, action): &(Item, Action)| action.is_of_body(item);
        let only_body = in_whole.as_ref().is_some_and(Judgement::only_body_goes);
        let body_goes = judged.iter().any(is_of_body) || only_body;
        let all_go = in_whole.is_some_and(|it| !it.stays() && !only_body)
            || judged
                .iter()
                .any(|it| it.1 == Action::Delete && is_of_body(it));
        let judged = judged.into_iter().map(|(item, action)| {
            let action = match (all_go, body_goes) {
                (true, _) => Action::Delete,
                (false, true) => action.without_body(&item),
                (false, false) => action,
            };
            (item, action)
        });
        Ok(judged.collect())
    }

    /// The items of all parts of a reception, in their order.
    async fn parts(&self, item: &Item, part: &Reception) -> Result<Vec<Item>> {
        let first = format!("{}#{}", part.received_at, part.id);
        let mut pages = self
            .client
            .query()
            .table_name(self.name)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :first)")
            .expression_attribute_values(":pk", item[PK].clone())
            .expression_attribute_values(":first", AttributeValue::S(first))
            .into_paginator()
            .items()
            .send();
        let mut parts = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| self.error(StoreError::from_sdk(error)))?;
            if items::part(&item).is_some_and(|other| other.id == part.id) {
                parts.push(item);
            }
        }
        Ok(parts)
    }

    /// Does what has to be done with an item.
    async fn settle(
        &self,
        person: &Person,
        item: Item,
        only_look: bool,
        counts: &mut Counts,
    ) -> Result<()> {
        counts.read += 1;
        for (item, action) in self.judged(person, item).await? {
            let kind = items::kind(self.place, &item);
            let similar = items::any_text(&item, &|text| person.looks_like(text));
            let action = match only_look {
                true => action,
                false => self.act(person, item, action).await?,
            };
            let done = counts.by_kind.entry(kind);
            match action {
                Action::Keep => counts.similar += u64::from(similar),
                Action::Delete => done.or_default().deleted += 1,
                Action::Set(_) => done.or_default().changed += 1,
                Action::Unreadable => counts.unreadable += 1,
            }
        }
        Ok(())
    }

    /// Deletes or changes an item. Gives what was done, because somebody else may have changed the item meanwhile.
    async fn act(&self, person: &Person, mut item: Item, mut action: Action) -> Result<Action> {
        for _ in 0..TRIES {
            let done = match &action {
                Action::Keep | Action::Unreadable => true,
                // Without a condition: items only lose something, so what has to go now has to go later, too.
                Action::Delete => self.delete(&item).await?,
                Action::Set(set) => self.set(&item, set).await?,
            };
            if done {
                return Ok(action);
            }
            let Some(now) = self.get(&item).await? else {
                return Ok(Action::Keep);
            };
            action = self.place.judge(person, &now)?;
            item = now;
        }
        Err(format!(
            "an item of the table {} changed {TRIES} times while it was handled: run the command again",
            self.name
        )
        .into())
    }

    async fn delete(&self, item: &Item) -> Result<bool> {
        let delete = self.client.delete_item().table_name(self.name);
        let deleted = delete.set_key(Some(key(item))).send().await;
        deleted.map_err(|error| self.error(StoreError::from_sdk(error)))?;
        Ok(true)
    }

    /// Changes attributes if they are as they were read. Gives whether they were.
    async fn set(
        &self,
        item: &Item,
        attributes: &[(&'static str, Option<AttributeValue>)],
    ) -> Result<bool> {
        let mut update = self.client.update_item().table_name(self.name);
        let (mut sets, mut removes, mut conditions) = (Vec::new(), Vec::new(), Vec::new());
        for (n, (name, new)) in attributes.iter().enumerate() {
            update = update.expression_attribute_names(format!("#a{n}"), *name);
            if let Some(old) = item.get(*name) {
                update = update.expression_attribute_values(format!(":old{n}"), old.clone());
                conditions.push(format!("#a{n} = :old{n}"));
            }
            match new {
                Some(new) => {
                    update = update.expression_attribute_values(format!(":new{n}"), new.clone());
                    sets.push(format!("#a{n} = :new{n}"));
                }
                None => removes.push(format!("#a{n}")),
            }
        }
        let mut expression = Vec::new();
        for (word, parts) in [("SET", sets), ("REMOVE", removes)] {
            if !parts.is_empty() {
                expression.push(format!("{word} {}", parts.join(", ")));
            }
        }
        let updated = update
            .set_key(Some(key(item)))
            .update_expression(expression.join(" "))
            .condition_expression(conditions.join(" AND "))
            .send()
            .await;
        match updated {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(self.error(StoreError::from_sdk(error))),
        }
    }

    async fn get(&self, item: &Item) -> Result<Option<Item>> {
        let get = self.client.get_item().table_name(self.name);
        let get = get.set_key(Some(key(item))).consistent_read(true);
        let found = get.send().await;
        Ok(found
            .map_err(|error| self.error(StoreError::from_sdk(error)))?
            .item)
    }

    fn error(&self, error: StoreError) -> Box<dyn std::error::Error> {
        // As it is, because `main` has advice about a DynamoDB that is not available.
        match error.kind() {
            store::ErrorKind::Unavailable => error.into(),
            _ => format!("the table {}: {error}", self.name).into(),
        }
    }
}

/// The key of an item. The limits table has no sort key.
fn key(item: &Item) -> Item {
    let key = [PK, SK].into_iter();
    key.filter_map(|name| Some((name.to_owned(), item.get(name)?.clone())))
        .collect()
}
