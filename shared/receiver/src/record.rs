//! Records a callback's events in the table. If the table fails, in the queue. If both fail, in the log.

use domain::Reception;
use store::{EventsTable, Queue, Recorded};
use tokio::time::timeout_at;
use tracing::{error, warn};

use crate::{
    OnFailure, Problem, ProblemKind,
    call::Call,
    messages::{ONLY_IN_LOG, PART_ONLY_IN_LOG},
    settings::Shares,
};

/// Where accepted callbacks are recorded.
#[derive(Debug)]
pub(crate) struct Storage {
    pub(crate) table: EventsTable,
    pub(crate) queue: Option<Queue>,
}

/// How much of an event one log line contains, in bytes as written in JSON. With everything else in the line, it stays
/// below the 65,536 bytes at which Lambda was seen to cut lines.
const LINE_BYTES: usize = 32 * 1024;

/// Where a callback's events are now. The number says how many.
pub(crate) enum Kept {
    /// In the table: written now, or written before.
    Recorded(usize, Recorded),
    /// In the queue, because the table failed or was too slow.
    Queued(usize),
    /// No table is configured.
    Nowhere(usize),
}

/// Records a reception. `asks` says whether its callback is a before callback.
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
    // Table and queue each have their share of the time. The end of all counts, too: a handler may have been slow.
    let tables_end = shares.end(call.start, shares.table);
    let table_error = match timeout_at(tables_end, table.record(reception)).await {
        Ok(Ok(recorded)) => return Ok(Kept::Recorded(events, recorded)),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no time was left".to_owned(),
    };
    // Any error of the table leads to the queue, because the caller sends the event only once.
    let queue_error = match queue {
        Some(queue) => match timeout_at(call.start + shares.all, queue.send(reception)).await {
            Ok(Ok(())) => {
                warn!(
                    table_error,
                    "the event was not stored in the table but queued"
                );
                return Ok(Kept::Queued(events));
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("no time was left".to_owned()),
        },
        None => None,
    };
    if asks && on_failure == OnFailure::Refuse {
        // The answer will be a refusal, so what was asked does not happen: there is nothing to keep.
        error!(
            table_error,
            queue_error, "an intention was neither stored nor queued"
        );
    } else {
        log_event(reception, &table_error, queue_error.as_deref());
    }
    Err(Problem::new(
        ProblemKind::NotStored,
        "the event was neither stored nor queued",
    ))
}

/// Writes an event to the log, the only place that is left. `imhook resubmit` reads it from there.
fn log_event(reception: &Reception, table_error: &str, queue_error: Option<&str>) {
    let event = serde_json::to_string(reception).unwrap_or_default();
    let pieces = pieces(&event);
    if let [event] = pieces[..] {
        error!(table_error, queue_error, event, "{ONLY_IN_LOG}");
        return;
    }
    for (part, event) in (1..).zip(&pieces) {
        error!(
            table_error,
            queue_error,
            eventId = reception.id,
            part,
            parts = pieces.len(),
            event,
            "{PART_ONLY_IN_LOG}"
        );
    }
}

/// Cuts a text into pieces. As a JSON string, each has at most [`LINE_BYTES`] bytes.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, character) in text.char_indices() {
        bytes += written(character);
        if bytes > LINE_BYTES {
            pieces.push(&text[start..at]);
            (start, bytes) = (at, written(character));
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// How many bytes a character has in a JSON string, at most.
fn written(character: char) -> usize {
    match character {
        '"' | '\\' => 2,
        '\0'..'\u{20}' => 6,
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_short_enough_in_json_and_together_are_the_whole_text() {
        for text in ["", "x", "\"", "\\", "é", "😀", "\n", "\u{ffff}", "a\"é😀\\"] {
            for length in [0, 1, LINE_BYTES - 1, LINE_BYTES, LINE_BYTES + 1, 300_000] {
                let text = text.repeat(length.div_ceil(text.len().max(1)));
                let pieces = pieces(&text);
                assert_eq!(pieces.concat(), text);
                for piece in &pieces {
                    let written = serde_json::to_string(piece).unwrap().len() - 2;
                    assert!(written <= LINE_BYTES, "{written}");
                }
                // Not more pieces than needed.
                assert!(pieces.len() <= 1 + 6 * text.len() / (LINE_BYTES - 6));
            }
        }
        assert_eq!(pieces(&"\"".repeat(LINE_BYTES / 2)).len(), 1);
    }
}
