//! Records a callback's events, and decisions, in the table. If the table fails, in the queue. If both fail, in the log.

use domain::Reception;
use store::{EventsTable, Queue, Recorded};
use tokio::time::timeout_at;
use tracing::{error, warn};

use crate::{
    OnFailure, Problem, ProblemKind, RecordDecisions,
    call::Call,
    messages::{INTENTION_NOT_KEPT, ONLY_IN_LOG, PART_ONLY_IN_LOG, SPILLED},
    settings::Shares,
};

/// Where accepted callbacks are recorded.
#[derive(Debug)]
pub(crate) struct Storage {
    pub(crate) table: EventsTable,
    pub(crate) queue: Option<Queue>,
    /// Which decisions are recorded.
    pub(crate) decisions: RecordDecisions,
}

/// How much of an event one log line contains, in bytes as written in JSON. With everything else in the line, it stays
/// below the 65,536 bytes at which Lambda was seen to cut lines.
const LINE_BYTES: usize = 32 * 1024;

const NO_TIME: &str = "no time was left";

/// Where a callback's events are now. The number says how many.
pub(crate) enum Kept {
    /// In the table: written now, or written before.
    Recorded(usize, Recorded),
    /// In the queue, because the table failed or was too slow.
    Queued(usize),
    /// No table is configured.
    Nowhere(usize),
}

/// Why a reception is neither in the table nor in the queue.
struct NotKept {
    table_error: String,
    queue_error: Option<String>,
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
    let Some(storage) = storage else {
        return Ok(Kept::Nowhere(reception.events.len()));
    };
    let not_kept = match storage.keep(reception, call, shares).await {
        Ok(kept) => return Ok(kept),
        Err(not_kept) => not_kept,
    };
    if asks && on_failure == OnFailure::Refuse {
        // The answer will be a refusal, so what was asked does not happen: there is nothing to keep.
        let NotKept {
            table_error,
            queue_error,
        } = not_kept;
        error!(table_error, queue_error, "{INTENTION_NOT_KEPT}");
    } else {
        log_event(reception, &not_kept);
    }
    Err(Problem::new(
        ProblemKind::NotStored,
        "the event was neither stored nor queued",
    ))
}

/// Records a decision. The answer is ready and does not depend on it. If neither table nor queue takes the decision in
/// time, the log has it.
pub(crate) async fn record_decision(
    storage: &Storage,
    reception: &Reception,
    call: &Call<'_>,
    shares: Shares,
) {
    if let Err(not_kept) = storage.keep(reception, call, shares).await {
        log_event(reception, &not_kept);
    }
}

/// Writes a decision to the log, because table and queue have just failed for the callback's own events.
pub(crate) fn log_decision(reception: &Reception) {
    let table_error = "not tried: the callback's own event was not stored".to_owned();
    let queue_error = None;
    log_event(
        reception,
        &NotKept {
            table_error,
            queue_error,
        },
    );
}

impl Storage {
    /// Keeps a reception: in the table, or in the queue if the table fails.
    async fn keep(
        &self,
        reception: &Reception,
        call: &Call<'_>,
        shares: Shares,
    ) -> Result<Kept, NotKept> {
        let events = reception.events.len();
        // Table and queue each have their share of the time. The end of all counts, too: a handler may have been slow.
        let tables_end = shares.end(call.start, shares.table);
        let table_error = match timeout_at(tables_end, self.table.record(reception)).await {
            Ok(Ok(recorded)) => return Ok(Kept::Recorded(events, recorded)),
            Ok(Err(error)) => error.to_string(),
            Err(_) => NO_TIME.to_owned(),
        };
        let Some(queue) = &self.queue else {
            return Err(NotKept {
                table_error,
                queue_error: None,
            });
        };
        // Any error of the table leads to the queue, because the caller sends the event only once.
        let queue_error = match timeout_at(call.start + shares.all, queue.send(reception)).await {
            Ok(Ok(())) => {
                warn!(table_error, "{SPILLED}");
                return Ok(Kept::Queued(events));
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => NO_TIME.to_owned(),
        };
        Err(NotKept {
            table_error,
            queue_error: Some(queue_error),
        })
    }
}

/// Writes an event to the log, the only place that is left. `imhook resubmit` reads it from there.
fn log_event(reception: &Reception, not_kept: &NotKept) {
    let table_error = not_kept.table_error.as_str();
    let queue_error = not_kept.queue_error.as_deref();
    let mut reception = reception.clone();
    reception.target = reception.target.as_deref().map(without_signature);
    let event = serde_json::to_string(&reception).unwrap_or_default();
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

/// A path and query without Tencent Chat's signature: for some minutes, whoever reads the log could send other callbacks with
/// it.
fn without_signature(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let stays = query.split('&').filter(|pair| !pair.starts_with("Sign="));
    format!("{path}?{}", stays.collect::<Vec<_>>().join("&"))
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
    fn a_logged_target_has_no_signature() {
        for (target, logged) in [
            ("", ""),
            ("/callbackX", "/callbackX"),
            ("/callbackX?key=Sign%3D", "/callbackX?key=Sign%3D"),
            (
                "?Sign=hunter2&SdkAppid=1&RequestTime=2",
                "?SdkAppid=1&RequestTime=2",
            ),
            ("?SdkAppid=1&Sign=hunter2&Sign=hunter2", "?SdkAppid=1"),
        ] {
            assert_eq!(without_signature(target), logged);
        }
    }

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
