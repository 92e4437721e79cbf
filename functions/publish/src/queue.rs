//! The queues that other functions read: `deliver` the one of deliveries and the one of callbacks for another receiver,
//! `moderate` the one of sent messages that are judged.

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
};

/// For one request. Nobody waits for it.
const BUDGET: Duration = Duration::from_secs(10);

/// What `SendMessageBatch` accepts.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
const LIMITS: Limits = Limits {
    entries: 10,
    bytes: 1_048_576,
    pauses: PAUSES,
};

#[derive(Debug)]
pub(crate) struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    pub(crate) fn new(settings: &Settings, url: String) -> Self {
        Self {
            client: store::sqs(settings, BUDGET),
            url,
        }
    }

    /// Sends messages to the queue.
    pub(crate) async fn send(&self, messages: &[Message]) -> Vec<Result<(), Failed>> {
        send_all(
            messages,
            |message| message.body.len(),
            LIMITS,
            async |group| {
                let request = self.client.send_message_batch().queue_url(&self.url);
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
}

/// A message of a queue.
pub(crate) struct Message {
    body: String,
    /// Only in a FIFO queue, where what is about one subject is delivered in its order.
    order: Option<Order>,
}

/// The place of a message in a FIFO queue.
struct Order {
    /// Messages with the same one are delivered one after the other.
    group: String,
    /// SQS takes only one message with it in five minutes.
    once: String,
}

impl Message {
    /// A sent message that is judged. It is in no order with others.
    pub(crate) fn sent(event: &CloudEvent) -> Self {
        Self {
            body: store::for_sqs(event.to_json()),
            order: None,
        }
    }

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
