//! Reads what is filed under one user, group or conversation, from one partition or from several.

use std::{
    collections::{HashMap, VecDeque},
    num::NonZeroUsize,
};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Conversation, Family, GroupId, Reception, UserId};
use futures_util::future::try_join_all;

use crate::{EventsTable, Position, StoreError, item};

/// Whose history is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryOf {
    /// What is filed under a user.
    User(UserId),
    /// What is filed under a group, with its messages.
    Group(GroupId),
    /// The messages of a conversation. Those of an official account are among all else that is filed under it.
    Conversation(Conversation),
    /// The callbacks of a command that are filed under nobody.
    Command(String),
}

impl HistoryOf {
    fn partitions(&self) -> Vec<String> {
        let of_conversation = |conversation| item::conversation_partitions(conversation);
        match self {
            Self::User(user) => vec![item::pk(user)],
            Self::Group(group) => {
                let mut partitions = of_conversation(&Conversation::Group(group.clone()));
                partitions.push(item::group_pk(group));
                partitions
            }
            Self::Conversation(conversation) => of_conversation(conversation),
            Self::Command(command) => item::unknown_partitions(command),
        }
    }
}

/// In which order a history is read, and how much of it. The default is all, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Whether the newest comes first.
    pub newest_first: bool,
    /// Where to go on: [`History::next`] of the page before. The first page has none.
    pub after: Option<String>,
    /// How many receptions to read; `None` for all.
    pub limit: Option<NonZeroUsize>,
    /// The only family to read; `None` for all.
    pub family: Option<Family>,
}

/// A page of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The receptions in the order that was asked for.
    pub receptions: Vec<Reception>,
    /// Items that this program cannot read.
    pub unreadable: Vec<Position>,
    /// Where the next page begins. `None` after the last one.
    pub next: Option<String>,
}

impl EventsTable {
    /// The receptions of a history. If parts of a reception are missing, gives the other parts one by one.
    ///
    /// A history can have several partitions. The first request to each of them reads the share that it probably has of
    /// the page. A further request is made only to a partition whose share was larger.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record). An item that this program cannot read is not an error: its place is in
    /// [`History::unreadable`].
    pub async fn history(&self, of: &HistoryOf, reading: &Reading) -> Result<History, StoreError> {
        let partitions = of.partitions();
        let share = reading
            .limit
            .map(|limit| probable_share(limit.get(), partitions.len()));
        let shards = partitions.into_iter().map(|pk| async move {
            let mut shard = Shard::new(pk, share);
            shard.fill(self, reading).await?;
            Ok::<_, StoreError>(shard)
        });
        let mut shards = try_join_all(shards).await?;
        let mut page = Collected::default();
        loop {
            for shard in &mut shards {
                shard.fill(self, reading).await?;
            }
            let waiting = shards.iter_mut().filter(|shard| !shard.items.is_empty());
            let Some(shard) = waiting.reduce(|one, other| {
                let is_later = one.next() > other.next();
                if is_later == reading.newest_first {
                    one
                } else {
                    other
                }
            }) else {
                page.join(reading);
                return Ok(page.history);
            };
            // The item is taken only if it belongs to this page.
            let is_new = shard.items.front().is_some_and(|item| page.is_new(item));
            if is_new {
                page.join(reading);
                if page.is_full(reading) {
                    return Ok(page.up_to_here());
                }
            }
            let Some(item) = shard.items.pop_front() else {
                continue;
            };
            page.take(item, &shard.pk, reading);
            if page.is_complete() {
                page.join(reading);
                if page.is_full(reading) && shards.iter().any(Shard::may_have_more) {
                    return Ok(page.up_to_here());
                }
            }
        }
    }
}

/// How many items to read from one of several partitions: the average, and three standard deviations.
fn probable_share(limit: usize, partitions: usize) -> usize {
    match partitions {
        1 => limit,
        _ => limit.div_ceil(partitions) + (9 * limit / partitions).isqrt() + 1,
    }
}

/// An item, with its sort key. `None` if it cannot be read.
struct Item {
    sk: String,
    reception: Option<Reception>,
}

/// A partition that is being read.
struct Shard {
    pk: String,
    items: VecDeque<Item>,
    /// How many items the next request reads at most.
    share: Option<usize>,
    read: Read,
}

/// How far a partition was read.
enum Read {
    Nothing,
    UpTo(HashMap<String, AttributeValue>),
    All,
}

impl Shard {
    fn new(pk: String, share: Option<usize>) -> Self {
        Self {
            pk,
            items: VecDeque::new(),
            share,
            read: Read::Nothing,
        }
    }

    /// The sort key of the next item.
    fn next(&self) -> Option<&str> {
        self.items.front().map(|item| item.sk.as_str())
    }

    fn may_have_more(&self) -> bool {
        !self.items.is_empty() || !matches!(self.read, Read::All)
    }

    /// Reads on if there are no items here any more.
    async fn fill(&mut self, table: &EventsTable, reading: &Reading) -> Result<(), StoreError> {
        while self.items.is_empty() {
            let start = match &self.read {
                Read::Nothing => None,
                Read::UpTo(key) => Some(key.clone()),
                Read::All => return Ok(()),
            };
            let (condition, after) = match (&reading.after, reading.newest_first) {
                (None, _) => ("pk = :pk", None),
                (Some(after), true) => ("pk = :pk AND sk < :sk", Some(after)),
                (Some(after), false) => ("pk = :pk AND sk > :sk", Some(after)),
            };
            let mut query = table
                .client()
                .query()
                .table_name(table.name())
                .key_condition_expression(condition)
                .expression_attribute_values(":pk", AttributeValue::S(self.pk.clone()))
                .scan_index_forward(!reading.newest_first)
                .set_limit(self.share.map(|share| share.try_into().unwrap_or(i32::MAX)))
                .set_exclusive_start_key(start);
            if let Some(after) = after {
                query = query.expression_attribute_values(":sk", AttributeValue::S(after.clone()));
            }
            let page = query.send().await.map_err(StoreError::from_sdk)?;
            let items = page.items.unwrap_or_default().into_iter().map(|item| Item {
                sk: Position::of(&item).sk,
                reception: item::to_reception(item).ok(),
            });
            self.items = items.collect();
            self.read = page.last_evaluated_key.map_or(Read::All, Read::UpTo);
            // A partition with more than its share gets fewer requests in this way.
            self.share = self.share.map(|share| share.saturating_mul(2));
        }
        Ok(())
    }
}

/// What was read of a page so far.
#[derive(Default)]
struct Collected {
    history: History,
    /// The parts of the reception that is being read, or the whole reception.
    parts: Vec<Reception>,
    /// The sort key of the last item that was taken.
    last: Option<String>,
}

impl Collected {
    /// Whether an item does not belong to the reception that is being read.
    fn is_new(&self, item: &Item) -> bool {
        let id = |reception: &Reception| (reception.received_at, reception.id.clone());
        match (self.parts.first(), &item.reception) {
            (Some(first), Some(reception)) => id(first) != id(reception),
            _ => false,
        }
    }

    fn take(&mut self, item: Item, pk: &str, reading: &Reading) {
        match item.reception {
            None => self.history.unreadable.push(Position::new(pk, &item.sk)),
            Some(reception) => {
                let family = reception.events.family();
                if reading.family.is_none_or(|wanted| wanted == family) {
                    self.parts.push(reception);
                }
            }
        }
        self.last = Some(item.sk);
    }

    /// Whether no part of the reception is missing.
    fn is_complete(&self) -> bool {
        match self.parts.first().map(|first| &first.part) {
            Some(Some(part)) => self.parts.len() >= part.of as usize,
            Some(None) => true,
            None => false,
        }
    }

    /// Joins the parts of a reception.
    fn join(&mut self, reading: &Reading) {
        match Reception::whole(std::mem::take(&mut self.parts)) {
            Ok(whole) => self.history.receptions.push(whole),
            // They are in the order of their numbers.
            Err(mut parts) => {
                if reading.newest_first {
                    parts.reverse();
                }
                self.history.receptions.append(&mut parts);
            }
        }
    }

    fn is_full(&self, reading: &Reading) -> bool {
        let read = self.history.receptions.len();
        reading.limit.is_some_and(|limit| read >= limit.get())
    }

    /// The page, with the place where the next one begins.
    fn up_to_here(self) -> History {
        History {
            next: self.last,
            ..self.history
        }
    }
}
