use std::fmt;

use aws_sdk_sqs::Client;
use domain::Reception;
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// Keeps what the events table did not take, until the redrive function records it.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// The queue with that URL.
    #[must_use]
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    /// Sends a reception, which may end up in the queue more than once: recording it twice is safe.
    ///
    /// # Errors
    ///
    /// When SQS could not be reached, did not answer in time, or refused.
    pub async fn send(&self, reception: &Reception) -> Result<(), StoreError> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(to_message(reception))
            .send()
            .await
            .map(|_| ())
            .map_err(StoreError::from_sdk)
    }
}

/// Version of the message's layout. The first one did not name the family of its events.
const VERSION: u8 = 2;

#[derive(Serialize)]
struct Message<'a> {
    v: u8,
    reception: &'a Reception,
}

#[derive(Deserialize)]
struct ReadMessage {
    v: u8,
    reception: serde_json::Value,
}

/// The body of the message that carries a reception: `{"v":2,"reception":{…}}`.
#[must_use]
pub fn to_message(reception: &Reception) -> String {
    serde_json::to_string(&Message {
        v: VERSION,
        reception,
    })
    .expect("receptions are strings and lists")
}

/// The reception in a message.
///
/// # Errors
///
/// When the message was not made by [`to_message`] of this or an earlier version.
pub fn from_message(body: &str) -> Result<Reception, InvalidMessage> {
    let message: ReadMessage = serde_json::from_str(body).map_err(|_| InvalidMessage::NotOurs)?;
    if !(1..=VERSION).contains(&message.v) {
        return Err(InvalidMessage::Version(message.v));
    }
    serde_json::from_value(message.reception).map_err(|_| InvalidMessage::NotOurs)
}

/// Why a message holds no reception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidMessage {
    /// It has another shape.
    NotOurs,
    /// It was made by a later version.
    Version(u8),
}

impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs => f.write_str("the message holds no reception"),
            Self::Version(version) => {
                write!(
                    f,
                    "the message has version {version}; 1 to {VERSION} are read"
                )
            }
        }
    }
}

impl std::error::Error for InvalidMessage {}

#[cfg(test)]
mod tests {
    use domain::{Events, Source, Timestamp, UserId, relation::Event};

    use super::*;

    #[test]
    fn a_reception_survives_the_queue() {
        let id = |id: &str| UserId::new(id).unwrap();
        let reception = Reception {
            id: "r".into(),
            received_at: Timestamp::from_unix_millis(1_700_000_000_123).unwrap(),
            source: Source::OpenIm,
            command: "callbackAfterDeleteFriendCommand".into(),
            operation_id: Some("op".into()),
            events: Events::Relation(vec![Event::FriendDeleted {
                owner: id("ana"),
                friend: id("leo"),
            }]),
            body: None,
        };
        let body = to_message(&reception);
        assert!(
            body.starts_with(r#"{"v":2,"reception":{"id":"r","#),
            "{body}"
        );
        assert_eq!(from_message(&body), Ok(reception.clone()));
        let first_version = body
            .replace("\"v\":2", "\"v\":1")
            .replace("\"family\":\"relation\",", "");
        assert_ne!(first_version, body);
        assert_eq!(from_message(&first_version), Ok(reception));
    }

    #[test]
    fn a_foreign_or_later_message_is_no_reception() {
        for body in [
            "",
            "x",
            "{}",
            "[]",
            r#"{"v":1}"#,
            r#"{"v":1,"reception":{}}"#,
        ] {
            assert_eq!(from_message(body), Err(InvalidMessage::NotOurs), "{body}");
        }
        let later = r#"{"v":3,"reception":{"id":"r"}}"#;
        assert_eq!(from_message(later), Err(InvalidMessage::Version(3)));
    }
}
