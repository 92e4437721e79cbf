use std::time::Duration;

use aws_sdk_sqs::{
    Client,
    types::{Message, QueueAttributeName},
};
use serde_json::{Value, json};
use store::Settings;

use crate::{Dynamodb, Function};

/// An SQS queue in MiniStack.
pub struct Queue {
    /// A client for its SQS.
    pub client: Client,
    /// The URL of its SQS.
    pub endpoint: String,
    /// Its URL.
    pub url: String,
}

impl Queue {
    /// Makes a new queue.
    pub async fn create(ministack: &Dynamodb, name: &str) -> Self {
        let client = Self::client(&ministack.endpoint);
        let created = client.create_queue().queue_name(name).send().await.unwrap();
        Self {
            client,
            endpoint: ministack.endpoint.clone(),
            url: created.queue_url.unwrap(),
        }
    }

    /// A client for the SQS at this URL.
    pub fn client(endpoint: &str) -> Client {
        store::sqs(&Settings::local(endpoint), Duration::from_secs(10))
    }

    /// Sends a message.
    pub async fn send(&self, body: impl Into<String>) {
        let send = self.client.send_message().queue_url(&self.url);
        send.message_body(body).send().await.unwrap();
    }

    /// How many messages it has: those that can be received, and those that are hidden because somebody received them.
    pub async fn count(&self) -> [u32; 2] {
        let [visible, hidden] = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let get = self.client.get_queue_attributes().queue_url(&self.url);
        let get = get.attribute_names(QueueAttributeName::All).send().await;
        let attributes = get.unwrap().attributes.unwrap();
        [visible, hidden].map(|name| attributes[&name].parse().unwrap())
    }

    /// Receives all messages of the queue, which hides them from other receivers.
    pub async fn receive_all(&self) -> Vec<Message> {
        let mut all = Vec::new();
        loop {
            let received = self
                .client
                .receive_message()
                .queue_url(&self.url)
                .max_number_of_messages(10)
                .send()
                .await
                .unwrap();
            match received.messages {
                Some(messages) if !messages.is_empty() => all.extend(messages),
                _ => return all,
            }
        }
    }
}

/// Passes messages to the redrive function, ten at a time as Lambda does. Returns the ids of those that have to come
/// again.
pub async fn redrive(function: &Function, messages: &[Message]) -> Vec<String> {
    let mut again = Vec::new();
    for batch in messages.chunks(10) {
        let records: Vec<Value> = batch
            .iter()
            .map(|message| {
                json!({
                    "messageId": message.message_id,
                    "receiptHandle": message.receipt_handle,
                    "body": message.body,
                    "attributes": {"ApproximateReceiveCount": "1"},
                    "messageAttributes": {},
                    "md5OfBody": message.md5_of_body,
                    "eventSource": "aws:sqs",
                    "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:events",
                    "awsRegion": "eu-central-1",
                })
            })
            .collect();
        let response = function.invoke(json!({ "Records": records })).await;
        for failure in response["batchItemFailures"]
            .as_array()
            .unwrap_or_else(|| panic!("{response}"))
        {
            again.push(failure["itemIdentifier"].as_str().unwrap().to_owned());
        }
    }
    again
}
