//! Updates the relationships table from the stream of the events table. In the crate `domain`, `relation::rows` says
//! what an event means for who is friends with whom, and `group::rows` for who is in which group.
//!
//! It never skips a record because another one failed, and never replaces a row by an older fact. Applying a record again is
//! harmless. A record that can never be applied, because it cannot be read or the table does not accept its rows, is put
//! aside, and `imhook requeue` applies it after a fix: see the crate `stream`.

use receiver::Error;
use store::{
    RelationshipsTable, put_aside::FailureQueue, relationships_table::Applied, stream_record,
};
use stream::{BatchResponse, Failed, Reader};
use tracing::info;

/// Applies a batch of the stream to the table. Puts aside what can never be applied, if there is a queue for that.
///
/// # Errors
///
/// When `event` is not a batch of records. Lambda delivers it again, as after a crash.
pub async fn project(
    table: &RelationshipsTable,
    failures: Option<&FailureQueue>,
    event: &str,
) -> Result<BatchResponse, Error> {
    let reader = Reader {
        failures,
        variable: "VIEW_FAILURES_QUEUE_URL",
        reception: stream_record::viewed,
    };
    let outcome = reader.read(event, async |stored| {
        let results = table.apply(&stored.receptions).await.into_iter();
        results.map(|result| result.map_err(Failed::from)).collect()
    });
    let outcome = outcome.await?;
    let sum = |count: fn(&Applied) -> usize| outcome.done.iter().map(count).sum::<usize>();
    info!(
        events = outcome.receptions,
        changed = sum(|applied| applied.changed),
        known = sum(|applied| applied.known),
        failed = outcome.failed,
        putAside = outcome.put_aside,
        "relationships updated"
    );
    Ok(outcome.response)
}
