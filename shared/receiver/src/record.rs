//! Where a callback's events go: the table, else the queue, else the log.

use domain::Reception;
use store::{EventsTable, Queue, Recorded};
use tokio::time::timeout_at;
use tracing::{error, warn};

use crate::{OnFailure, Problem, ProblemKind, call::Call, settings::Shares};

/// Where accepted callbacks go.
#[derive(Debug)]
pub(crate) struct Storage {
    pub(crate) table: EventsTable,
    pub(crate) queue: Option<Queue>,
}

/// What became of a callback's events.
pub(crate) enum Kept {
    /// Written now, or found to be written already.
    Recorded(usize, Recorded),
    /// The table did not take them in time, so the queue keeps them.
    Queued(usize),
    /// No table is configured.
    Nowhere(usize),
}

/// Keeps a reception. `asks` says whether somebody waits for a decision about it.
pub(crate) async fn record(
    storage: Option<&Storage>,
    reception: &Reception,
    call: &Call<'_>,
    shares: Shares,
    asks: bool,
    on_failure: OnFailure,
) -> Result<Kept, Problem> {
    let events = reception.events.len();
    let Some(Storage { table, queue }) = storage else {
        return Ok(Kept::Nowhere(events));
    };
    // Both have their shares. The end holds whatever else took time, such as a handler.
    let tables_end = shares.end(call.start, shares.table);
    let table_error = match timeout_at(tables_end, table.record(reception)).await {
        Ok(Ok(recorded)) => return Ok(Kept::Recorded(events, recorded)),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no time was left for it".to_owned(),
    };
    // Whatever is wrong with the table, the event is not the caller's to keep: it sends it once.
    let queue_error = match queue {
        Some(queue) => match timeout_at(call.start + shares.all, queue.send(reception)).await {
            Ok(Ok(())) => {
                warn!(table_error, "the events table did not take it");
                return Ok(Kept::Queued(events));
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("no time was left for it".to_owned()),
        },
        None => None,
    };
    if asks && on_failure == OnFailure::Refuse {
        // What is refused now does not happen: there is nothing to keep.
        error!(
            table_error,
            queue_error, "an intention was neither stored nor queued"
        );
    } else {
        // This line is the only place left: `imhook resubmit` reads it.
        let event = serde_json::to_string(reception).unwrap_or_default();
        error!(
            table_error,
            queue_error,
            event,
            "the event was neither stored nor queued; this line holds all of it"
        );
    }
    Err(Problem::new(
        ProblemKind::NotStored,
        "neither the events table nor the queue took it",
    ))
}
