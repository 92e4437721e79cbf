//! The messages that Lambda gives to a function that reads a queue, and the function's answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The part of Lambda's event that is needed here.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>
#[derive(Clone, Debug, Deserialize)]
pub struct Batch {
    /// The messages. Of a FIFO queue, those of a group are in their order.
    #[serde(rename = "Records")]
    pub messages: Vec<Message>,
}

/// One message.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id in the queue.
    pub message_id: String,
    /// What its visibility is changed with.
    #[serde(default)]
    pub receipt_handle: String,
    /// Its text.
    pub body: String,
    /// What SQS knows about it.
    #[serde(default)]
    pub attributes: Attributes,
}

/// What SQS knows about a message.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Attributes {
    /// When it was sent, in milliseconds since 1970.
    pub sent_timestamp: Option<String>,
    /// Its group in a FIFO queue, in which the order is kept.
    pub message_group_id: Option<String>,
    /// How often it was received, this time included.
    pub approximate_receive_count: Option<String>,
}

impl Message {
    /// Its group. A message without one is in no order with others.
    #[must_use]
    pub fn group(&self) -> &str {
        let group = self.attributes.message_group_id.as_deref();
        group.unwrap_or(&self.message_id)
    }

    /// How long it has been in the queue. `now` is the time since 1970.
    #[must_use]
    pub fn age(&self, now: Duration) -> Duration {
        let sent = self.attributes.sent_timestamp.as_deref();
        let sent = sent.and_then(|millis| millis.parse().ok());
        now.saturating_sub(sent.map_or(now, Duration::from_millis))
    }

    /// How often it was received, this time included.
    #[must_use]
    pub fn receives(&self) -> usize {
        let count = self.attributes.approximate_receive_count.as_deref();
        count.and_then(|count| count.parse().ok()).unwrap_or(1)
    }
}

/// The messages that Lambda must not delete, so they come again.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartialBatchFailure {
    /// One for each message.
    pub batch_item_failures: Vec<Failure>,
}

/// A message that Lambda must not delete.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The id of the message.
    pub item_identifier: String,
}

impl PartialBatchFailure {
    /// Lets a message come again.
    pub fn add(&mut self, message: &Message) {
        self.batch_item_failures.push(Failure {
            item_identifier: message.message_id.clone(),
        });
    }
}
