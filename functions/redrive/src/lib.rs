//! From the queue to the events table: what the table did not take at first.

use serde::{Deserialize, Serialize};
use store::{EventsTable, from_message};
use tracing::{error, info, warn};

/// What Lambda hands over, as far as it is needed here.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>
#[derive(Debug, Deserialize)]
pub struct Batch {
    #[serde(rename = "Records")]
    messages: Vec<Message>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message_id: String,
    body: String,
}

/// Which messages have to come again.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartialBatchFailure {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

/// Records every message's reception, and names those that have to come again (partial batch failures).
/// The others are done with, however often they come: a reception is recorded once.
///
/// A message that holds no reception is named as well, so that it ends in the dead-letter queue, where
/// somebody can look at it.
pub async fn redrive(batch: Batch, table: &EventsTable) -> PartialBatchFailure {
    let mut again = PartialBatchFailure::default();
    for message in batch.messages {
        if !record(&message, table).await {
            again.batch_item_failures.push(Failure {
                item_identifier: message.message_id,
            });
        }
    }
    again
}

async fn record(message: &Message, table: &EventsTable) -> bool {
    let message_id = &message.message_id;
    let reception = match from_message(&message.body) {
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
