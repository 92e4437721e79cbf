//! From the queue to the events table: what the table did not take at first.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use store::{EventsTable, from_message};
use tracing::{error, info, warn};

/// Records every message's reception, and names those that have to come again (partial batch failures).
/// The others are done with, however often they come: a reception is recorded once.
///
/// A message that holds no reception is named as well, so that it ends in the dead-letter queue, where
/// somebody can look at it.
pub async fn redrive(batch: SqsEvent, table: &EventsTable) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in &batch.records {
        if !record(message, table).await {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.clone().unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
    }
    response
}

async fn record(message: &SqsMessage, table: &EventsTable) -> bool {
    let message_id = message.message_id.as_deref();
    let reception = match from_message(message.body.as_deref().unwrap_or_default()) {
        Ok(reception) => reception,
        Err(error) => {
            error!(messageId = message_id, %error, "not a message of ours");
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
            warn!(requestId = request_id, messageId = message_id, %error, "the event has to come again");
            false
        }
    }
}
