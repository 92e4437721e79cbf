use std::time::Duration;

use aws_sdk_sqs::Client;

use crate::StoreError;

/// The queue of events for the app's own service, and its dead-letter queue. Both are FIFO queues: while a message of a
/// group is hidden, SQS gives no later message of this group.
#[derive(Clone, Debug)]
pub struct Deliveries {
    client: Client,
    url: String,
    dead_letters_url: String,
}

impl Deliveries {
    /// The queues with these URLs.
    #[must_use]
    pub fn new(
        client: Client,
        url: impl Into<String>,
        dead_letters_url: impl Into<String>,
    ) -> Self {
        Self {
            client,
            url: url.into(),
            dead_letters_url: dead_letters_url.into(),
        }
    }

    /// Hides a received message for so long, in whole seconds. SQS allows 12 hours.
    ///
    /// # Errors
    ///
    /// When SQS could not be reached, did not answer in time, or refused.
    pub async fn hide(&self, receipt: &str, time: Duration) -> Result<(), StoreError> {
        hide(&self.client, &self.url, receipt, time).await
    }

    /// Sends a message to the dead-letter queue. SQS ignores a second one with the same `deduplication_id` within five
    /// minutes.
    ///
    /// # Errors
    ///
    /// When SQS could not be reached, did not answer in time, or refused.
    pub async fn bury(
        &self,
        group: &str,
        deduplication_id: &str,
        body: &str,
    ) -> Result<(), StoreError> {
        let send = self.client.send_message().queue_url(&self.dead_letters_url);
        let send = send
            .message_group_id(group)
            .message_deduplication_id(deduplication_id)
            .message_body(body);
        send.send().await.map(drop).map_err(StoreError::from_sdk)
    }
}

/// Hides a message that was received from the queue with this URL for so long, in whole seconds. SQS allows 12 hours.
///
/// # Errors
///
/// When SQS could not be reached, did not answer in time, or refused.
pub async fn hide(
    client: &Client,
    url: &str,
    receipt: &str,
    time: Duration,
) -> Result<(), StoreError> {
    let seconds = i32::try_from(time.as_secs()).unwrap_or(i32::MAX);
    let change = client.change_message_visibility().queue_url(url);
    let change = change.receipt_handle(receipt).visibility_timeout(seconds);
    change.send().await.map(drop).map_err(StoreError::from_sdk)
}
