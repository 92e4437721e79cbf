//! Finds what a run has stored, and deletes it.

use std::time::{Duration, Instant};

use domain::{Reception, Timestamp};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use store::{EventsTable, HistoryOf, Reading, RelationshipsTable, StoreError};
use tokio::time::sleep;

use super::{Outcome, PoisonError, Smoke};

/// How many questions to a table run at the same time.
const AT_ONCE: usize = 16;

/// How often deleting is tried.
const TIMES: u32 = 3;

/// The pause before a table is asked again.
pub(super) const PAUSE: Duration = Duration::from_millis(200);

/// How far the stack's clock may be behind this one.
pub(super) const CLOCKS: i64 = 5 * 60 * 1000;

impl Smoke {
    /// Deletes what the callbacks of this run have stored.
    pub(super) async fn clean_up(&self) -> (Outcome, Duration) {
        let start = Instant::now();
        let removed = match &self.bus {
            Some(bus) => bus.remove(&self.prefix).await,
            None => Ok(()),
        };
        let outcome = match &self.events {
            _ if self.options.keep => Outcome::Skipped("--keep".to_owned()),
            None => Outcome::Skipped(
                "needs --events-table: what was stored stays until it expires".to_owned(),
            ),
            Some(events) => match self.delete_all(events).await {
                Ok(detail) => Outcome::Passed(detail),
                Err(why) => Outcome::Failed(why),
            },
        };
        let outcome = match (removed, outcome) {
            (Err(why), Outcome::Passed(_) | Outcome::Skipped(_)) => Outcome::Failed(why),
            (_, outcome) => outcome,
        };
        (outcome, start.elapsed())
    }

    async fn delete_all(&self, events: &EventsTable) -> Result<String, String> {
        let text = |error: StoreError| error.to_string();
        let mut deleted = 0;
        let mut late = 0;
        // More than once, because a read can miss what was written a moment ago.
        for time in 0.. {
            let found = self.all_stored(events).await.map_err(text)?;
            if found.is_empty() {
                break;
            }
            if time == TIMES {
                let (left, prefix) = (found.len(), &self.prefix);
                return Err(format!(
                    "{left} events with ids {prefix}-… are still in the events table"
                ));
            }
            // The view must have read the events first, because it would make rows later.
            if let Some(relationships) = &self.relationships {
                late += self.missing(relationships, &found).await.map_err(text)?;
            }
            stream::iter(&found)
                .map(|reception| events.remove(reception))
                .buffer_unordered(AT_ONCE)
                .try_for_each(async |()| Ok(()))
                .await
                .map_err(text)?;
            deleted += found.len();
        }
        let Some(relationships) = &self.relationships else {
            return Ok(format!(
                "events deleted: {deleted}; the view's rows stay without --relationships-table"
            ));
        };
        let rows = self.delete_rows(relationships).await.map_err(text)?;
        let left = self.delete_rows(relationships).await.map_err(text)?;
        if late > 0 || left > 0 {
            return Err(format!(
                "the view was late: rows with ids {}-… can appear after this",
                self.prefix
            ));
        }
        Ok(format!("events deleted: {deleted}, rows deleted: {rows}"))
    }

    /// Waits until the view has all of these events. Gives the number of changes that it does not have in time.
    async fn missing(
        &self,
        relationships: &RelationshipsTable,
        receptions: &[Reception],
    ) -> Result<usize, StoreError> {
        let start = Instant::now();
        loop {
            let missing = relationships.missing(receptions).await?;
            if missing == 0 || start.elapsed() >= self.patience() {
                return Ok(missing);
            }
            sleep(PAUSE).await;
        }
    }

    async fn delete_rows(&self, relationships: &RelationshipsTable) -> Result<usize, StoreError> {
        let (users, groups) = {
            let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
            (named.users(), named.groups())
        };
        let users = stream::iter(&users)
            .map(|user| relationships.remove_rows_of(user))
            .buffer_unordered(AT_ONCE)
            .try_fold(0, async |all, one| Ok(all + one));
        let groups = stream::iter(&groups)
            .map(|group| relationships.remove_rows_of_group(group))
            .buffer_unordered(AT_ONCE)
            .try_fold(0, async |all, one| Ok(all + one));
        Ok(users.await? + groups.await?)
    }

    /// All receptions of this run that are in the events table.
    pub(super) async fn all_stored(
        &self,
        events: &EventsTable,
    ) -> Result<Vec<Reception>, StoreError> {
        let histories = {
            let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
            named.histories()
        };
        let found = stream::iter(&histories)
            .map(|of| self.stored_in(events, of))
            .buffer_unordered(AT_ONCE);
        found.try_concat().await
    }

    /// The receptions of this run in a history.
    pub(super) async fn stored_in(
        &self,
        events: &EventsTable,
        of: &HistoryOf,
    ) -> Result<Vec<Reception>, StoreError> {
        let began = Timestamp::from_unix_millis(self.began.unix_millis() - CLOCKS);
        let reading = Reading {
            after: began.ok().map(|began| began.to_string()),
            ..Reading::default()
        };
        let mut history = events.history(of, &reading).await?.receptions;
        // Callbacks that name nobody are filed with those of everybody else.
        if matches!(of, HistoryOf::Command(_)) {
            history.retain(|it| {
                let id = it.operation_id.as_deref().unwrap_or_default();
                id.starts_with(&self.prefix)
            });
        }
        Ok(history)
    }

    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.options.patience)
    }
}
