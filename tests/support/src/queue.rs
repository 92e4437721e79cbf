use std::{collections::BTreeMap, time::Duration};

use aws_sdk_sqs::{
    Client,
    types::{Message, MessageSystemAttributeName, QueueAttributeName},
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

    /// Makes a new FIFO queue.
    pub async fn fifo(ministack: &Dynamodb, name: &str) -> Self {
        Self::create(ministack, &format!("{name}.fifo")).await
    }

    /// Sends a message of this group.
    pub async fn send_in(&self, group: &str, id: &str, body: impl Into<String>) {
        let send = self.client.send_message().queue_url(&self.url);
        let send = send.message_group_id(group).message_deduplication_id(id);
        send.message_body(body).send().await.unwrap();
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

/// Receives messages of a FIFO queue, at most ten, and passes them to `deliver` as Lambda does. Deletes those that are
/// done. Gives the receipts of the others, and `None` if there was no message.
pub async fn deliver(function: &Function, queue: &Queue) -> Option<Vec<String>> {
    let receive = queue.client.receive_message().queue_url(&queue.url);
    let receive = receive
        .max_number_of_messages(10)
        .message_system_attribute_names(MessageSystemAttributeName::All);
    let messages = receive.send().await.unwrap().messages.unwrap_or_default();
    if messages.is_empty() {
        return None;
    }
    let records: Vec<Value> = messages.iter().map(sqs_record).collect();
    let response = function.invoke(json!({ "Records": records })).await;
    let failures = response["batchItemFailures"].as_array();
    let failures = failures.unwrap_or_else(|| panic!("{response}"));
    let mut again = Vec::new();
    for message in messages {
        let receipt = message.receipt_handle.unwrap();
        let id = message.message_id.unwrap();
        if failures
            .iter()
            .any(|it| it["itemIdentifier"] == id.as_str())
        {
            again.push(receipt);
            continue;
        }
        let delete = queue.client.delete_message().queue_url(&queue.url);
        delete.receipt_handle(receipt).send().await.unwrap();
    }
    Some(again)
}

fn sqs_record(message: &Message) -> Value {
    let attributes = message.attributes.iter().flatten();
    let attributes: BTreeMap<&str, &String> = attributes.map(|(k, v)| (k.as_str(), v)).collect();
    json!({
        "messageId": message.message_id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": message.md5_of_body,
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:queue",
        "awsRegion": "eu-central-1",
    })
}

/// Passes messages to the redrive function, ten at a time as Lambda does. Returns the ids of those that have to come
/// again.
pub async fn redrive(function: &Function, messages: &[Message]) -> Vec<String> {
    let mut again = Vec::new();
    for batch in messages.chunks(10) {
        let records: Vec<Value> = batch.iter().map(sqs_record).collect();
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
