use std::fmt;

use aws_sdk_sqs::Client;
use domain::Reception;
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError,
    parts::{PART_BYTES, parts},
};

/// How many messages of one reception are sent at the same time.
const CONCURRENT_PARTS: usize = 4;

/// The queue of receptions that the events table did not store. The redrive function records them later.
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

    /// Sends a reception. It may be in the queue more than once, because recording it twice is safe. A reception that is
    /// too large for a message is sent in [parts](crate::parts()), each in its own message.
    ///
    /// # Errors
    ///
    /// When SQS could not be reached, did not answer in time, or refused. Some messages may still have been sent.
    pub async fn send(&self, reception: &Reception) -> Result<(), StoreError> {
        let message = to_message(reception);
        if message.len() <= PART_BYTES {
            return self.send_message(message).await;
        }
        let messages: Vec<String> = parts(reception).iter().map(to_message).collect();
        let mut sent = stream::iter(messages)
            .map(|message| self.send_message(message))
            .buffer_unordered(CONCURRENT_PARTS);
        while let Some(part) = sent.next().await {
            part?;
        }
        Ok(())
    }

    pub(crate) async fn send_message(&self, message: String) -> Result<(), StoreError> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(message)
            .send()
            .await
            .map(|_| ())
            .map_err(StoreError::from_sdk)
    }
}

/// The version of a message's layout. Version 1 did not name the family of its events.
const VERSION: u8 = 2;
/// The version of a part's message. An earlier version of this program must not read a part as a whole reception.
const PART_VERSION: u8 = 3;

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

/// The body of a reception's message: `{"v":2,"reception":{…}}`.
#[must_use]
pub fn to_message(reception: &Reception) -> String {
    let message = serde_json::to_string(&Message {
        v: match reception.part {
            Some(_) => PART_VERSION,
            None => VERSION,
        },
        reception,
    })
    .expect("a reception has only texts, numbers and lists");
    for_sqs(message)
}

/// JSON with only characters that SQS accepts, which are those of XML. JSON escapes the other characters, except two.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
#[must_use]
pub fn for_sqs(json: String) -> String {
    if json.contains('\u{fffe}') || json.contains('\u{ffff}') {
        return json
            .replace('\u{fffe}', r"\ufffe")
            .replace('\u{ffff}', r"\uffff");
    }
    json
}

/// The reception in a message.
///
/// # Errors
///
/// When the message was not made by [`to_message`] of this or an earlier version.
pub fn from_message(body: &str) -> Result<Reception, InvalidMessage> {
    let message: ReadMessage = serde_json::from_str(body).map_err(|_| InvalidMessage::NotOurs)?;
    if !(1..=PART_VERSION).contains(&message.v) {
        return Err(InvalidMessage::Version(message.v));
    }
    serde_json::from_value(message.reception).map_err(|_| InvalidMessage::NotOurs)
}

/// Why a message has no reception that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidMessage {
    /// It is not a message of this program.
    NotOurs,
    /// A later version of this program made it.
    Version(u8),
}

impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs => f.write_str("the message contains no reception"),
            Self::Version(version) => {
                write!(
                    f,
                    "the message has version {version}, but this program reads 1 to {PART_VERSION}"
                )
            }
        }
    }
}

impl std::error::Error for InvalidMessage {}

#[cfg(test)]
mod tests {
    use domain::{
        Conversation, Events, GroupId, Source, Timestamp, UserId, conversation, decision, group,
        presence, relation::Event,
    };

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
            target: None,
            part: None,
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
    fn events_of_the_other_families_survive_the_queue() {
        let id = |id: &str| UserId::new(id).unwrap();
        let group = || GroupId::new("g").unwrap();
        let families: [Events; 4] = [
            vec![group::Event::MembersJoined {
                group: group(),
                members: vec![id("ana"), id("leo")],
                how: group::Joined::Invited,
                by: Some(id("bob")),
            }]
            .into(),
            vec![conversation::Event::ConversationCreated {
                owner: None,
                conversation: Conversation::Group(group()),
            }]
            .into(),
            vec![presence::Event::WentOffline {
                why: None,
                user: id("ana"),
                platform: "Web".into(),
                seen_at: Some(Timestamp::from_unix_millis(1).unwrap()),
                connection: None,
            }]
            .into(),
            vec![decision::Event::Decided {
                decision: decision::Verdict::Refused,
                by: decision::By::Failure,
                code: Some(29_013),
                rule: None,
                actor: Some(id("ana")),
                others: vec![id("leo")],
                group: Some(group()),
                conversation: Some(Conversation::between(id("leo"), id("ana"))),
            }]
            .into(),
        ];
        for events in families {
            let reception = Reception {
                id: "r".into(),
                received_at: Timestamp::from_unix_millis(1_700_000_000_123).unwrap(),
                source: Source::OpenIm,
                command: "c".into(),
                operation_id: None,
                events,
                body: None,
                target: None,
                part: None,
            };
            assert_eq!(from_message(&to_message(&reception)), Ok(reception));
        }
    }

    #[test]
    fn a_message_has_only_characters_that_sqs_accepts_and_loses_nothing() {
        let every: String = (0..=u32::from(char::MAX))
            .step_by(257)
            .chain(0..0x100)
            .chain(0xd700..0x1_0100)
            .filter_map(char::from_u32)
            .collect();
        let unknown = Reception {
            id: "r".into(),
            received_at: Timestamp::from_unix_millis(1_700_000_000_123).unwrap(),
            source: Source::OpenIm,
            command: "x".into(),
            operation_id: None,
            events: Events::Unknown,
            body: Some(every.clone() + r"\uffff \\uffff" + &every),
            target: None,
            part: None,
        };
        let message = to_message(&unknown);
        let refused = |c: char| !matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert_eq!(message.find(refused), None);
        assert_eq!(from_message(&message), Ok(unknown));
    }

    #[test]
    fn a_part_survives_the_queue_and_says_that_it_is_a_part() {
        let friends = (0..20_000).map(|n| UserId::new(format!("{n:032}")).unwrap());
        let imported = Event::FriendsImported {
            owner: UserId::new("ana").unwrap(),
            friends: friends.collect(),
        };
        let whole = Reception {
            id: "r".into(),
            received_at: Timestamp::from_unix_millis(1_700_000_000_123).unwrap(),
            source: Source::OpenIm,
            command: "callbackAfterImportFriendsCommand".into(),
            operation_id: None,
            events: Events::Relation(vec![imported]),
            body: None,
            target: None,
            part: None,
        };
        let parts = parts(&whole);
        assert_eq!(parts.len(), 4);
        for part in parts {
            let message = to_message(&part);
            assert!(message.starts_with(r#"{"v":3,"#) && message.len() <= PART_BYTES);
            assert_eq!(from_message(&message), Ok(part));
        }
    }

    #[test]
    fn a_foreign_or_later_message_is_not_read() {
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
        let later = r#"{"v":4,"reception":{"id":"r"}}"#;
        assert_eq!(from_message(later), Err(InvalidMessage::Version(4)));
    }
}
