//! The options of a command that say which queues it uses, and how commands read a queue without losing a message.

use std::{collections::HashMap, time::Duration};

use aws_sdk_sqs::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::{
        ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
        MessageSystemAttributeName, QueueAttributeName,
    },
};
use clap::Args;
use store::{Settings, StoreError};

use crate::Result;

/// For commands that also have the option `--aws`, which says whether AWS is meant.
#[derive(Args)]
pub(crate) struct Queues {
    /// Endpoint of an SQS on this machine
    #[arg(long, value_name = "URL", conflicts_with = "aws")]
    pub(crate) sqs: Option<String>,
    /// URL of the events queue: output EventsQueueUrl of the stack
    #[arg(long, value_name = "URL")]
    pub(crate) events_queue: Option<String>,
    /// URL of the dead-letter queue of events: output EventsDeadLetterQueueUrl
    #[arg(long, value_name = "URL")]
    pub(crate) events_dead_letter_queue: Option<String>,
    /// URL of the failure queue of the views: output RelationshipsFailuresUrl
    #[arg(long, value_name = "URL")]
    pub(crate) relationships_failures: Option<String>,
    /// URL of the failure queue of published events: output PublishFailuresUrl
    #[arg(long, value_name = "URL")]
    pub(crate) publish_failures: Option<String>,
    /// URL of the queue of events for your own service: output DeliveriesQueueUrl
    #[arg(long, value_name = "URL")]
    pub(crate) deliveries_queue: Option<String>,
    /// URL of the dead-letter queue of deliveries: output DeliveriesDeadLetterQueueUrl
    #[arg(long, value_name = "URL")]
    pub(crate) deliveries_dead_letter_queue: Option<String>,
    /// URL of the queue of callbacks for another receiver: output ForwardQueueUrl
    #[arg(long, value_name = "URL")]
    pub(crate) forward_queue: Option<String>,
    /// URL of the dead-letter queue of these: output ForwardDeadLetterQueueUrl
    #[arg(long, value_name = "URL")]
    pub(crate) forward_dead_letter_queue: Option<String>,
    /// URL of the queue of sent messages that are judged: output ModerationQueueUrl
    #[arg(long, value_name = "URL")]
    pub(crate) moderation_queue: Option<String>,
    /// URL of the dead-letter queue of these: output ModerationDeadLetterQueueUrl
    #[arg(long, value_name = "URL")]
    pub(crate) moderation_dead_letter_queue: Option<String>,
}

impl Queues {
    /// The queues that are named, with what each has.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("events that wait for the table", &self.events_queue),
            ("dead letters of events", &self.events_dead_letter_queue),
            ("failures of the views", &self.relationships_failures),
            ("failures of published events", &self.publish_failures),
            ("events for your own service", &self.deliveries_queue),
            (
                "dead letters of events for your own service",
                &self.deliveries_dead_letter_queue,
            ),
            ("callbacks for another receiver", &self.forward_queue),
            ("dead letters of callbacks", &self.forward_dead_letter_queue),
            ("messages to judge", &self.moderation_queue),
            (
                "dead letters of messages to judge",
                &self.moderation_dead_letter_queue,
            ),
        ];
        all.into_iter()
            .filter_map(|(name, url)| Some((name, url.as_deref()?)))
    }

    /// The queue with that URL.
    pub(crate) fn queue(&self, aws: bool, url: &str) -> Result<Queue> {
        let settings = match &self.sqs {
            _ if aws => Settings::from_env(|name| std::env::var(name).ok())?,
            Some(endpoint) => Settings::local(endpoint),
            None => {
                return Err("no SQS is named: use --aws, or --sqs for one on this machine".into());
            }
        };
        Ok(Queue {
            client: store::sqs(&settings, BUDGET),
            url: url.to_owned(),
        })
    }
}

/// For one request. It is made of two attempts, and each must outlast [`WAIT`].
const BUDGET: Duration = Duration::from_secs(30);
/// How many seconds SQS looks for messages. With any wait, it asks all of its servers instead of some.
const WAIT: i32 = 1;
/// How often SQS must find nothing new, one time after the other, until a queue counts as read.
const NOTHING_NEW: u32 = 2;
/// How many seconds a received message is hidden from other receivers. An interrupted command leaves its messages hidden
/// for that time, and then they are there again.
const HIDDEN: i32 = 5 * 60;
/// The most entries that SQS accepts in one request.
const BATCH: usize = 10;

/// One queue.
pub(crate) struct Queue {
    client: Client,
    url: String,
}

/// One message of a queue.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    /// Its group, if the queue is a FIFO queue.
    pub(crate) group: Option<String>,
    /// When it was sent, in milliseconds since 1970.
    pub(crate) sent_at: u64,
}

/// About how many messages a queue has. SQS counts with a delay.
pub(crate) struct Count {
    pub(crate) visible: u64,
    /// Received by somebody and neither deleted nor released.
    pub(crate) hidden: u64,
}

impl Queue {
    pub(crate) async fn count(&self) -> Result<Count> {
        let (visible, hidden) = (
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        );
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(&self.url)
            .attribute_names(visible.clone())
            .attribute_names(hidden.clone())
            .send()
            .await;
        let attributes = answer.map_err(|error| self.error(error))?.attributes;
        let attributes = attributes.unwrap_or_default();
        let count = |name| attributes.get(name).and_then(|count| count.parse().ok());
        Ok(Count {
            visible: count(&visible).unwrap_or_default(),
            hidden: count(&hidden).unwrap_or_default(),
        })
    }

    /// Sends a message.
    pub(crate) async fn send(&self, body: impl Into<String>) -> Result<()> {
        let sent = self.client.send_message().queue_url(&self.url);
        let sent = sent.message_body(body).send().await;
        sent.map(drop).map_err(|error| self.error(error))
    }

    /// Sends a message of a group to a FIFO queue. SQS ignores a second one with the same `deduplication_id` within five
    /// minutes.
    pub(crate) async fn send_in(
        &self,
        group: &str,
        deduplication_id: &str,
        body: &str,
    ) -> Result<()> {
        let send = self.client.send_message().queue_url(&self.url);
        let send = send
            .message_group_id(group)
            .message_deduplication_id(deduplication_id)
            .message_body(body);
        send.send()
            .await
            .map(drop)
            .map_err(|error| self.error(error))
    }

    /// Starts to read all messages, each once. Of a FIFO queue, it gives only the first messages of each group, until these
    /// are deleted.
    pub(crate) fn read(&self) -> Reading<'_> {
        Reading {
            queue: self,
            received: HashMap::new(),
            nothing_new: 0,
        }
    }

    fn error<E, R>(&self, error: SdkError<E, R>) -> Box<dyn std::error::Error>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        format!("the queue {}: {}", self.url, StoreError::from_sdk(error)).into()
    }
}

/// Reads all messages of a queue, each once.
///
/// Every message that was received stays in the queue, hidden for [`HIDDEN`], until it is deleted or released. So nothing
/// is lost if the command is interrupted.
pub(crate) struct Reading<'a> {
    queue: &'a Queue,
    /// What was received, by the message's id.
    received: HashMap<String, Received>,
    nothing_new: u32,
}

enum Received {
    /// The receipt is needed to delete or release the message.
    Held {
        receipt: String,
    },
    Deleted,
}

impl Reading<'_> {
    /// The next messages, at most ten; empty after the last one.
    ///
    /// SQS can deliver a message again, because it does so at least once, or because it was hidden no longer. It is not
    /// given a second time. If it was deleted before, it is deleted again.
    pub(crate) async fn next(&mut self) -> Result<Vec<Message>> {
        while self.nothing_new < NOTHING_NEW {
            let received = self
                .queue
                .client
                .receive_message()
                .queue_url(&self.queue.url)
                .max_number_of_messages(10)
                .visibility_timeout(HIDDEN)
                .wait_time_seconds(WAIT)
                .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
                .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId)
                .send()
                .await
                .map_err(|error| self.queue.error(error))?;
            let mut new = Vec::new();
            let mut deleted = Vec::new();
            for message in received.messages.unwrap_or_default() {
                let (id, receipt, body) =
                    match (message.message_id, message.receipt_handle, message.body) {
                        (Some(id), Some(receipt), Some(body)) => (id, receipt, body),
                        _ => return Err("SQS gave a message without id, receipt or body".into()),
                    };
                match self.received.get_mut(&id) {
                    // Only the newest receipt counts.
                    Some(Received::Held { receipt: old }) => *old = receipt,
                    Some(Received::Deleted) => deleted.push((id, receipt)),
                    None => {
                        let mut attributes = message.attributes.unwrap_or_default();
                        let sent = attributes.remove(&MessageSystemAttributeName::SentTimestamp);
                        let group = attributes.remove(&MessageSystemAttributeName::MessageGroupId);
                        self.received.insert(id.clone(), Received::Held { receipt });
                        new.push(Message {
                            id,
                            body,
                            group,
                            sent_at: sent.and_then(|at| at.parse().ok()).unwrap_or_default(),
                        });
                    }
                }
            }
            self.delete_receipts(&deleted).await?;
            if !new.is_empty() {
                self.nothing_new = 0;
                return Ok(new);
            }
            self.nothing_new += 1;
        }
        Ok(Vec::new())
    }

    /// Deletes these messages.
    pub(crate) async fn delete(&mut self, ids: &[String]) -> Result<()> {
        let mut receipts = Vec::new();
        for id in ids {
            if let Some(Received::Held { receipt }) = self.received.get(id) {
                receipts.push((id.clone(), receipt.clone()));
            }
        }
        self.delete_receipts(&receipts).await?;
        for (id, _) in receipts {
            self.received.insert(id, Received::Deleted);
        }
        Ok(())
    }

    async fn delete_receipts(&self, messages: &[(String, String)]) -> Result<()> {
        for batch in messages.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(|(n, (_, receipt))| {
                DeleteMessageBatchRequestEntry::builder()
                    .id(n.to_string())
                    .receipt_handle(receipt)
                    .build()
            });
            let deleted = self
                .queue
                .client
                .delete_message_batch()
                .queue_url(&self.queue.url)
                .set_entries(Some(entries.collect::<std::result::Result<_, _>>()?))
                .send()
                .await
                .map_err(|error| self.queue.error(error))?;
            if let Some(failed) = deleted.failed.first() {
                let (url, why) = (&self.queue.url, &failed.code);
                return Err(format!("the queue {url} did not delete a message: {why}").into());
            }
        }
        Ok(())
    }

    /// Makes all messages visible again that were received and not deleted. Call it at the end, also after an error.
    pub(crate) async fn release(self) -> Result<()> {
        let held = self
            .received
            .into_values()
            .filter_map(|received| match received {
                Received::Held { receipt } => Some(receipt),
                Received::Deleted => None,
            });
        let held: Vec<String> = held.collect();
        for batch in held.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(|(n, receipt)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(n.to_string())
                    .receipt_handle(receipt)
                    .visibility_timeout(0)
                    .build()
            });
            // A message that cannot be released, for example because somebody else deleted it, is no error: if it is still
            // there, it becomes visible by itself.
            self.queue
                .client
                .change_message_visibility_batch()
                .queue_url(&self.queue.url)
                .set_entries(Some(entries.collect::<std::result::Result<_, _>>()?))
                .send()
                .await
                .map_err(|error| self.queue.error(error))?;
        }
        Ok(())
    }
}
