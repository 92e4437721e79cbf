//! The messages that Lambda gives to a function that reads a queue, and the function's answer.

use serde::{Deserialize, Serialize};

/// The part of Lambda's event that is needed here.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>
#[derive(Clone, Debug, Deserialize)]
pub struct Batch {
    /// The messages.
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
    /// How often it was received, this time included.
    pub approximate_receive_count: Option<String>,
}

impl Message {
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
    pub fn add(&mut self, message: Message) {
        self.batch_item_failures.push(Failure {
            item_identifier: message.message_id,
        });
    }
}
