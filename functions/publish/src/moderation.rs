//! The queue of sent messages that are judged, which the function `moderate` reads.

use aws_sdk_sqs::Client;
use cloudevents::CloudEvent;
use domain::{Events, Reception};
use receiver::JudgedLater;
use store::Settings;
use stream::Failed;

use crate::deliveries::{BUDGET, Message, send};

/// The messages of the queue are in no order, because each is judged by itself.
#[derive(Debug)]
pub(crate) struct Moderation {
    client: Client,
    url: String,
    pub(crate) later: JudgedLater,
}

impl Moderation {
    pub(crate) fn new(settings: &Settings, url: String, later: JudgedLater) -> Self {
        Self {
            client: store::sqs(settings, BUDGET),
            url,
            later,
        }
    }

    /// Sends events to the queue.
    pub(crate) async fn send(&self, events: &[&CloudEvent]) -> Vec<Result<(), Failed>> {
        let messages = events.iter().map(|event| Message {
            body: store::for_sqs(event.to_json()),
            order: None,
        });
        let messages: Vec<Message> = messages.collect();
        send(&self.client, &self.url, &messages).await
    }
}

/// For each event of a reception: whether it is a sent message that is judged.
#[must_use]
pub fn judged(reception: &Reception, later: &JudgedLater) -> Vec<bool> {
    match &reception.events {
        Events::Message(events) => events.iter().map(|event| later.means(event)).collect(),
        events => vec![false; events.len()],
    }
}
