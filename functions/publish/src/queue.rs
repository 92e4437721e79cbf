//! The queue of deliveries and the queue of callbacks for another receiver, which the function `deliver` reads.

use std::time::Duration;

use aws_sdk_sqs::{
    Client,
    types::{BatchResultErrorEntry, SendMessageBatchRequestEntry},
};
use cloudevents::CloudEvent;
use domain::{Reception, Timestamp};
use sha2::{Digest as _, Sha256};
use store::{Position, Settings, StoreError};
use stream::Failed;

use crate::{
    Forwarded,
    entries::{Answer, Limits, PAUSES, send_all},
    only::Only,
};

/// For one request. Nobody waits for it.
pub(crate) const BUDGET: Duration = Duration::from_secs(10);

/// What `SendMessageBatch` accepts.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
const LIMITS: Limits = Limits {
    entries: 10,
    bytes: 1_048_576,
    pauses: PAUSES,
};

/// A FIFO queue, so what is about one subject is delivered in its order.
#[derive(Debug)]
pub(crate) struct Deliveries {
    client: Client,
    url: String,
    /// What is meant for the queue.
    pub(crate) only: Only,
}

impl Deliveries {
    pub(crate) fn new(settings: &Settings, url: String, only: Only) -> Self {
        Self {
            client: store::sqs(settings, BUDGET),
            url,
            only,
        }
    }

    /// Sends messages to the queue.
    pub(crate) async fn send(&self, messages: &[Message]) -> Vec<Result<(), Failed>> {
        send(&self.client, &self.url, messages).await
    }
}

/// Sends messages to the queue with this URL.
pub(crate) async fn send(
    client: &Client,
    url: &str,
    messages: &[Message],
) -> Vec<Result<(), Failed>> {
    send_all(
        messages,
        |message| message.body.len(),
        LIMITS,
        async |group| {
            let request = client.send_message_batch().queue_url(url);
            let entries = group.iter().enumerate();
            let entries = entries.map(|(at, message)| message.entry(at)).collect();
            match request.set_entries(Some(entries)).send().await {
                Ok(answer) => {
                    let mut answers = vec![Answer::Taken; group.len()];
                    for failed in answer.failed() {
                        let at = failed.id().parse().ok();
                        if let Some(answer) = at.and_then(|at: usize| answers.get_mut(at)) {
                            *answer = answer_of(failed);
                        }
                    }
                    answers
                }
                Err(error) => vec![Answer::from(StoreError::from_sdk(error)); group.len()],
            }
        },
    )
    .await
}

/// A message of a queue.
pub(crate) struct Message {
    pub(crate) body: String,
    /// Only in a FIFO queue.
    pub(crate) order: Option<Order>,
}

/// The place of a message in a FIFO queue.
pub(crate) struct Order {
    /// Messages with the same one are delivered one after the other.
    group: String,
    /// SQS takes only one message with it in five minutes.
    once: String,
}

impl Message {
    /// An event.
    pub(crate) fn event(event: &CloudEvent) -> Self {
        let replayed = event.replayed.map(|at| at.to_string());
        Self {
            body: store::for_sqs(event.to_json()),
            order: Some(Order {
                group: digest(&[event.group()]),
                once: digest(&[&event.id, &replayed.unwrap_or_default()]),
            }),
        }
    }

    /// A callback as it came. The message names its item, and has nothing of it.
    pub(crate) fn callback(
        reception: &Reception,
        key: &Position,
        replayed: Option<Timestamp>,
    ) -> Self {
        let Forwarded { id, body } = Forwarded::new(reception, key);
        let replayed = replayed.map(|at| at.to_string());
        Self {
            body,
            order: Some(Order {
                group: digest(&[&key.pk]),
                once: digest(&[&id, &replayed.unwrap_or_default()]),
            }),
        }
    }

    fn entry(&self, at: usize) -> SendMessageBatchRequestEntry {
        let order = self.order.as_ref();
        SendMessageBatchRequestEntry::builder()
            .id(at.to_string())
            .message_body(&self.body)
            .set_message_group_id(order.map(|order| order.group.clone()))
            .set_message_deduplication_id(order.map(|order| order.once.clone()))
            .build()
            .expect("it has an id and a body")
    }
}

/// SQS accepts 128 characters of ASCII there. Ids can be longer, and can have others.
fn digest(texts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update(text.len().to_be_bytes());
        digest.update(text);
    }
    base16ct::lower::encode_string(&digest.finalize())
}

/// What the queue says about one message.
fn answer_of(failed: &BatchResultErrorEntry) -> Answer {
    let error = format!(
        "{}: {}",
        failed.code(),
        failed.message().unwrap_or_default()
    );
    match failed.sender_fault() {
        true => Answer::Refused(error),
        false => Answer::Busy(error),
    }
}
