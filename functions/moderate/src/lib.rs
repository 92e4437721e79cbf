//! Has sent messages judged by the app's own service, and withdraws those that it refuses.
//!
//! A message of the queue is the event that says that a user sent something. The service is asked about it, with
//! minutes of time. If it refuses, the chat server withdraws the message, and an event says so.
//!
//! Whatever fails comes again after a [growing time](wait). SQS moves a message to the dead-letter queue after many receives, so
//! nothing is lost. Doing a message again is harmless: the service gets the same question with the same id, a message that
//! is withdrawn already counts as gone, and the event is recorded once.

mod openim;
mod service;
mod tencent;
mod withdraw;

use std::time::Duration;

use domain::{
    Events, Reception, Source, Timestamp,
    message::Event,
    moderation::{self, Withdrawal},
};
use futures_util::future::join_all;
use receiver::{
    ModerationConfig,
    messages::{CANNOT_WITHDRAW, NOT_JUDGED, NOT_WITHDRAWN, WITHDRAWN},
};
use serde::Deserialize;
use serde_json::Value;
use store::{
    EventsTable,
    sqs_batch::{Batch, Message, PartialBatchFailure},
};
use tokio::time::{Instant, timeout_at};
use tracing::{error, info, warn};

use self::{
    service::{Judgement, Service},
    withdraw::{NotWithdrawn, Servers},
};

/// The time that is left when the service has to have answered: for the chat server and the table.
const AFTER_THE_ANSWER: Duration = Duration::from_secs(60);
/// The time that is left when the chat server has to be done: for the table.
const AFTER_THE_WITHDRAWAL: Duration = Duration::from_secs(20);
/// The time that is left when the table has to be done: for the queue, and for the end of the function.
const AFTER_THE_EVENT: Duration = Duration::from_secs(6);

/// How long a message waits after its first tries, in seconds. After more tries, it waits [`LONGEST_WAIT`].
const WAITS: [u64; 4] = [5, 30, 120, 300];
const LONGEST_WAIT: u64 = 600;

/// How long a message waits that was received so often and failed. The queue allows 40 receives, so a service can be away for
/// six hours.
#[must_use]
pub fn wait(receives: usize) -> Duration {
    let before = receives.saturating_sub(1);
    Duration::from_secs(WAITS.get(before).copied().unwrap_or(LONGEST_WAIT))
}

/// The queue that messages come from.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The client.
    pub client: aws_sdk_sqs::Client,
    /// Its URL.
    pub url: String,
}

/// Judges and withdraws messages.
#[derive(Debug)]
pub struct Moderator {
    service: Service,
    servers: Servers,
    table: EventsTable,
    queue: Option<Queue>,
}

/// A user sent a message.
#[derive(Debug)]
struct Sent {
    id: String,
    source: Source,
    command: String,
    /// When the callback came.
    time: Timestamp,
    event: Event,
}

impl Sent {
    /// Reads a message of the queue. `None` if it is not a sent message.
    fn read(body: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct CloudEvent {
            id: String,
            source: String,
            r#type: String,
            time: Timestamp,
            command: String,
            data: Value,
        }
        let mut read: CloudEvent = serde_json::from_str(body).ok()?;
        let kind = read.r#type.strip_prefix("message.")?;
        read.data
            .as_object_mut()?
            .insert("type".into(), kind.into());
        let event = serde_json::from_value(read.data).ok()?;
        let source = match read.source.rsplit('/').next() {
            Some("openim") => Source::OpenIm,
            Some("tencent") => Source::Tencent,
            _ => return None,
        };
        matches!(event, Event::MessageSent { .. }).then_some(Self {
            id: read.id,
            source,
            command: read.command,
            time: read.time,
            event,
        })
    }
}

/// What happens to a message of the queue now.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Done,
    Again,
}

impl Moderator {
    /// Withdraws from these servers what the service refuses. It records that in the table.
    #[must_use]
    pub fn new(config: ModerationConfig, table: EventsTable, queue: Option<Queue>) -> Self {
        Self {
            service: Service {
                client: config.service,
                signer: config.signer,
            },
            servers: Servers::new(config.openim, config.tencent),
            table,
            queue,
        }
    }

    /// Handles a batch, all of its messages at the same time, and is done at `end`. Gives the messages that come again.
    pub async fn moderate(&self, batch: Batch, end: Instant) -> PartialBatchFailure {
        let ends = batch
            .messages
            .iter()
            .map(|message| self.end_of(message, end));
        let ends = join_all(ends).await;
        let mut again = PartialBatchFailure::default();
        for (message, end) in batch.messages.iter().zip(ends) {
            if end == End::Again {
                self.hide(message).await;
                again.add(message);
            }
        }
        again
    }

    async fn hide(&self, message: &Message) {
        let Some(Queue { client, url }) = &self.queue else {
            return;
        };
        let time = wait(message.receives());
        if let Err(error) = store::hide(client, url, &message.receipt_handle, time).await {
            // Then it comes again when the queue's visibility time-out is over.
            warn!(%error, "a message keeps its visibility time-out");
        }
    }

    async fn end_of(&self, message: &Message, end: Instant) -> End {
        let Some(sent) = Sent::read(&message.body) else {
            let id = &message.message_id;
            error!(messageId = id, "a message of the queue cannot be read");
            return End::Again;
        };
        let id = &sent.id;
        let left = |time| end.checked_sub(time).unwrap_or(end);
        let code = match self.service.judge(&sent, left(AFTER_THE_ANSWER)).await {
            Ok(Judgement::Allow) => {
                info!(eventId = id, "a sent message was judged: it stays");
                return End::Done;
            }
            Ok(Judgement::Refuse { code }) => code,
            Err(why) => return again(id, message, &why, NOT_JUDGED),
        };
        let withdrawn = timeout_at(left(AFTER_THE_WITHDRAWAL), self.servers.withdraw(&sent)).await;
        let withdrawn =
            withdrawn.unwrap_or_else(|_| Err(NotWithdrawn::Now("no time was left".to_owned())));
        let (withdrawal, server_code) = match withdrawn {
            Ok(withdrawal) => (withdrawal, None),
            Err(NotWithdrawn::Never(server_code)) => (Withdrawal::Failed, server_code),
            Err(NotWithdrawn::Now(why)) => return again(id, message, &why, NOT_WITHDRAWN),
        };
        match withdrawal {
            Withdrawal::Failed => error!(eventId = id, code, server_code, "{CANNOT_WITHDRAW}"),
            _ => info!(eventId = id, code, ?withdrawal, "{WITHDRAWN}"),
        }
        let event = reception(&sent, code, withdrawal, server_code);
        let why = match timeout_at(left(AFTER_THE_EVENT), self.table.record(&event)).await {
            Ok(Ok(_)) => return End::Done,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no time was left".to_owned(),
        };
        warn!(
            eventId = id,
            why, "the event could not be recorded; its message comes again"
        );
        End::Again
    }
}

/// Says in the log why a message comes again.
fn again(event_id: &str, message: &Message, why: &str, what: &str) -> End {
    let received = message.receives();
    let next = wait(received).as_secs();
    warn!(
        eventId = event_id,
        why,
        received,
        nextSeconds = next,
        "{what}"
    );
    End::Again
}

/// The event about a refused message. Its id and its time are those of the message, so it is recorded once, however often the
/// message comes.
fn reception(sent: &Sent, code: i32, withdrawal: Withdrawal, error: Option<i64>) -> Reception {
    let mut events = Vec::new();
    if let Event::MessageSent {
        conversation,
        topic,
        from,
        message,
        kind,
        ..
    } = &sent.event
    {
        events.push(moderation::Event::MessageRefused {
            conversation: conversation.clone(),
            topic: topic.clone(),
            from: from.clone(),
            message: message.clone(),
            kind: *kind,
            code,
            withdrawal,
            error,
            refused_at: Timestamp::now(),
        });
    }
    Reception {
        id: format!("{}-moderation", sent.id),
        received_at: sent.time,
        source: sent.source,
        command: sent.command.clone(),
        operation_id: None,
        events: Events::from(events),
        body: None,
        target: None,
        part: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_receives_that_the_queue_allows_take_about_six_hours() {
        // maxReceiveCount in template.yaml. The last receive ends in the dead-letter queue.
        let waits = (1..40).map(|receives| wait(receives).as_secs());
        assert!((6 * 3600 - 1800..6 * 3600 + 1800).contains(&waits.sum::<u64>()));
        assert_eq!(wait(1), Duration::from_secs(5));
        assert_eq!(wait(1000), Duration::from_secs(LONGEST_WAIT));
    }

    #[test]
    fn only_a_sent_message_is_read() {
        let event = |kind: &str, source: &str| {
            serde_json::json!({
                "id": "r-0", "source": source, "type": kind, "time": "2026-11-21T12:34:56.789Z", "command": "c",
                "data": {"conversation": {"group": "g"}, "from": "ana", "message": {"seq": 3}, "kind": "picture"},
            })
            .to_string()
        };
        let read = Sent::read(&event("message.message_sent", "/stack/tencent")).unwrap();
        assert_eq!((read.id.as_str(), read.source), ("r-0", Source::Tencent));
        for (kind, source) in [
            ("message.message_failed", "/stack/tencent"),
            ("relation.friend_deleted", "/stack/tencent"),
            ("message.message_sent", "/stack/other"),
        ] {
            assert!(Sent::read(&event(kind, source)).is_none(), "{kind}");
        }
        assert!(Sent::read("hunter2").is_none());
    }
}
