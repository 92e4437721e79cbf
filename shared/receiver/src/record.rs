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

/// How much of an event is written in one line, in bytes as they stand there. With what else is in the line, this stays
/// below the 65,536 bytes at which Lambda was seen to cut lines.
const LINE_BYTES: usize = 32 * 1024;

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
        log_event(reception, &table_error, queue_error.as_deref());
    }
    Err(Problem::new(
        ProblemKind::NotStored,
        "neither the events table nor the queue took it",
    ))
}

/// The log is the only place left for an event: `imhook resubmit` reads it from there.
fn log_event(reception: &Reception, table_error: &str, queue_error: Option<&str>) {
    let event = serde_json::to_string(reception).unwrap_or_default();
    let pieces = pieces(&event);
    if let [event] = pieces[..] {
        error!(
            table_error,
            queue_error,
            event,
            "the event was neither stored nor queued; this line holds all of it"
        );
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
            "the event was neither stored nor queued; this line holds a part of it"
        );
    }
}

/// A text in pieces of which each is at most [`LINE_BYTES`] long as a string of JSON.
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

/// How many bytes a character has in a string of JSON, at most.
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
    fn pieces_are_short_enough_as_they_are_written_and_nothing_is_lost_between_them() {
        for text in ["", "x", "\"", "\\", "é", "😀", "\n", "\u{ffff}", "a\"é😀\\"] {
            for length in [0, 1, LINE_BYTES - 1, LINE_BYTES, LINE_BYTES + 1, 300_000] {
                let text = text.repeat(length.div_ceil(text.len().max(1)));
                let pieces = pieces(&text);
                assert_eq!(pieces.concat(), text);
                for piece in &pieces {
                    let written = serde_json::to_string(piece).unwrap().len() - 2;
                    assert!(written <= LINE_BYTES, "{written}");
                }
                // No more of them than are needed.
                assert!(pieces.len() <= 1 + 6 * text.len() / (LINE_BYTES - 6));
            }
        }
        assert_eq!(pieces(&"\"".repeat(LINE_BYTES / 2)).len(), 1);
    }
}
