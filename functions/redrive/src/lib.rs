//! Records the receptions in the queue, which the events table did not store when they came.
//!
//! It never drops a message: a message that cannot be recorded comes again, and ends in the dead-letter queue. It never
//! records a reception twice.

use store::{
    EventsTable, from_message,
    sqs_batch::{Batch, Message, PartialBatchFailure},
};
use tracing::{error, info, warn};

/// Records the reception of every message. Gives the messages that failed (a partial batch failure). The others are done.
/// It does not matter if a message comes twice, because a reception is recorded once.
///
/// A message without a reception fails, too. So it ends in the dead-letter queue, where somebody can look at it.
pub async fn redrive(batch: Batch, table: &EventsTable) -> PartialBatchFailure {
    let mut again = PartialBatchFailure::default();
    for message in &batch.messages {
        if !record(message, table).await {
            again.add(message);
        }
    }
    again
}

async fn record(message: &Message, table: &EventsTable) -> bool {
    let message_id = &message.message_id;
    let reception = match from_message(&message.body) {
        Ok(reception) => reception,
        Err(error) => {
            error!(messageId = message_id, %error, "a message of the queue cannot be read");
            return false;
        }
    };
    let request_id = &reception.id;
    match table.record(&reception).await {
        Ok(recorded) => {
            info!(requestId = request_id, ?recorded, "event redriven");
            true
        }
        Err(error) => {
            warn!(requestId = request_id, messageId = message_id, %error, "the event could not be recorded; its message comes again");
            false
        }
    }
}
