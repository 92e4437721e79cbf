//! The failure queues of the readers of the stream, and their messages.
//!
//! A reader, such as `project-views`, puts a record of the stream aside here if it can never be applied as it is, so that it
//! holds up no other record. The message has the record, so it can be applied after a fix, even if the stream has it no longer:
//!
//! ```json
//! {"v":1,"reason":"…","sequenceNumber":"…","requestId":"…","record":{"eventName":"INSERT","dynamodb":{…}}}
//! ```
//!
//! If the record is too large for a message, `item` with the key of its item in the events table is in place of `record`.
//!
//! Lambda itself sends documents to the same queue: the names of a batch that it gave up, without its records. They have
//! no `v`, but `DDBStreamBatchInfo`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    Position, Queue, Settings, StoreError,
    queue::for_sqs,
    sqs,
    stream_record::{self, Names},
};

/// The version of a message's layout.
const VERSION: u8 = 1;

/// For one request. It is long, because nobody waits for it.
const BUDGET: Duration = Duration::from_secs(10);

/// The longest message, in bytes. SQS accepts 1 MiB.
const MESSAGE_BYTES: usize = 1_000_000;

/// A record of the stream that cannot be applied as it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutAside {
    v: u8,
    /// Why it cannot be applied.
    pub reason: String,
    /// The record's sequence number.
    pub sequence_number: Option<String>,
    /// The id of the reception.
    pub request_id: Option<String>,
    /// The callback's command.
    pub command: Option<String>,
    /// The record as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<RawValue>>,
    /// The key of the item in the events table, if the record is too large for a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<Position>,
}

impl PutAside {
    /// A record, and why it cannot be applied.
    #[must_use]
    pub fn new(record: &RawValue, reason: impl Into<String>) -> Self {
        let names = Names::of(record.get());
        Self {
            v: VERSION,
            reason: reason.into(),
            sequence_number: names.sequence_number,
            request_id: names.request_id,
            command: names.command,
            record: Some(record.to_owned()),
            item: None,
        }
    }

    /// The body of its message: with the record, or with the item's key if the record is too large.
    #[must_use]
    pub fn to_message(&self) -> String {
        let whole = message(self);
        let key = self.key();
        if whole.len() <= MESSAGE_BYTES || key.is_none() {
            return whole;
        }
        message(&Self {
            v: self.v,
            reason: self.reason.clone(),
            sequence_number: self.sequence_number.clone(),
            request_id: self.request_id.clone(),
            command: self.command.clone(),
            record: None,
            item: key,
        })
    }

    /// The key of the item in the events table, if it is known.
    #[must_use]
    pub fn key(&self) -> Option<Position> {
        let record = self.record.as_deref();
        let item = self.item.clone();
        item.or_else(|| Names::of(record?.get()).key)
    }

    /// The reception of the record, and the key of its item; `None` if the record is not in the message.
    ///
    /// # Errors
    ///
    /// When the record cannot be read.
    pub fn reception(&self) -> stream_record::Read {
        match &self.record {
            Some(record) => stream_record::reception(record.get()),
            None => Ok(None),
        }
    }
}

fn message(aside: &PutAside) -> String {
    for_sqs(serde_json::to_string(aside).expect("it has only texts, a number and JSON"))
}

/// A batch that Lambda gave up: its names, without its records.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GivenUp {
    /// The shard.
    pub shard_id: String,
    /// The first record.
    pub start_sequence_number: String,
    /// The last record.
    pub end_sequence_number: String,
    /// How many records.
    pub batch_size: u64,
}

/// A message of a failure queue.
#[derive(Debug)]
pub enum StreamFailure {
    /// A record that a reader put aside.
    PutAside(PutAside),
    /// A batch that Lambda gave up.
    GivenUp(GivenUp),
}

impl StreamFailure {
    /// Reads the body of a message.
    ///
    /// # Errors
    ///
    /// When neither a reader of this version nor Lambda wrote it.
    pub fn read(body: &str) -> Result<Self, &'static str> {
        #[derive(Deserialize)]
        struct Kind {
            v: Option<u8>,
            #[serde(rename = "DDBStreamBatchInfo")]
            batch: Option<GivenUp>,
        }
        const FOREIGN: &str = "neither this project nor Lambda wrote it";
        let kind: Kind = serde_json::from_str(body).map_err(|_| FOREIGN)?;
        match (kind.v, kind.batch) {
            (None, Some(batch)) => Ok(Self::GivenUp(batch)),
            (Some(VERSION), None) => {
                let aside: PutAside = serde_json::from_str(body).map_err(|_| FOREIGN)?;
                match aside.record.is_some() != aside.item.is_some() {
                    true => Ok(Self::PutAside(aside)),
                    false => Err(FOREIGN),
                }
            }
            (Some(_), None) => Err("a newer version wrote it: use its imhook"),
            _ => Err(FOREIGN),
        }
    }
}

/// The failure queue of a reader.
#[derive(Clone, Debug)]
pub struct FailureQueue(Queue);

impl FailureQueue {
    /// The queue with that URL.
    #[must_use]
    pub fn new(settings: &Settings, url: impl Into<String>) -> Self {
        Self(Queue::new(sqs(settings, BUDGET), url))
    }

    /// Puts a record aside. It can be in the queue more than once, because applying it again is safe.
    ///
    /// # Errors
    ///
    /// When SQS could not be reached, did not answer in time, or refused.
    pub async fn put(&self, aside: &PutAside) -> Result<(), StoreError> {
        self.0.send_message(aside.to_message()).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record(remark: &str) -> Box<RawValue> {
        let record = json!({
            "eventName": "INSERT",
            "dynamodb": {
                "SequenceNumber": "111",
                "Keys": {"pk": {"S": "user#ana"}, "sk": {"S": "t#r"}},
                "NewImage": {"id": {"S": "r"}, "command": {"S": "c"}, "remark": {"S": remark}},
            },
        });
        RawValue::from_string(record.to_string()).unwrap()
    }

    fn put_aside(message: &str) -> PutAside {
        match StreamFailure::read(message) {
            Ok(StreamFailure::PutAside(aside)) => aside,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_record_survives_the_queue_whatever_is_in_it() {
        let remark = "\u{fffe}\\\u{ffff}\\\\\u{fffe}\u{1}\"\n\u{10ffff}";
        let record = record(remark);
        let message = PutAside::new(&record, "why").to_message();
        let refused = |c: char| !matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert_eq!(message.find(refused), None);
        assert!(
            message.starts_with(r#"{"v":1,"reason":"why","sequenceNumber":"111","requestId":"r","#)
        );
        let read = put_aside(&message);
        let json = |record: &RawValue| serde_json::from_str::<Value>(record.get()).unwrap();
        assert_eq!(json(&read.record.unwrap()), json(&record));
    }

    #[test]
    fn a_record_that_is_too_large_is_put_aside_as_the_key_of_its_item() {
        let fits = PutAside::new(&record(&"x".repeat(900_000)), "why").to_message();
        assert!(put_aside(&fits).record.is_some());
        // Each character needs six bytes of JSON.
        let message = PutAside::new(&record(&"\u{1}".repeat(200_000)), "why").to_message();
        assert!(message.len() < 1000);
        let read = put_aside(&message);
        assert!(read.record.is_none());
        assert_eq!(read.item.unwrap().to_string(), "user#ana t#r");
        assert_eq!(read.request_id.as_deref(), Some("r"));
    }

    #[test]
    fn lambdas_own_documents_and_other_messages_are_told_apart() {
        let document = json!({
            "requestContext": {
                "requestId": "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
                "functionArn": "arn:aws:lambda:us-east-2:123456789012:function:f",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 1,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": "2019-11-14T00:13:49.717Z",
            "DDBStreamBatchInfo": {
                "shardId": "shardId-00000001573689847184-864758bb",
                "startSequenceNumber": "800000000003126276362",
                "endSequenceNumber": "800000000003126276400",
                "approximateArrivalOfFirstRecord": "2019-11-14T00:13:19Z",
                "approximateArrivalOfLastRecord": "2019-11-14T00:13:19Z",
                "batchSize": 3,
                "streamArn": "arn:aws:dynamodb:us-east-2:123456789012:table/t/stream/2019-11-14T00:04:06.388",
            },
        });
        let Ok(StreamFailure::GivenUp(batch)) = StreamFailure::read(&document.to_string()) else {
            panic!("not read");
        };
        assert_eq!(
            (batch.batch_size, &*batch.start_sequence_number),
            (3, "800000000003126276362")
        );
        for foreign in [
            "",
            "x",
            "1",
            "{}",
            r#"{"v":1}"#,
            r#"{"v":1,"reason":"why"}"#,
            r#"{"v":"1"}"#,
        ] {
            assert!(
                StreamFailure::read(foreign)
                    .unwrap_err()
                    .starts_with("neither"),
                "{foreign}"
            );
        }
        assert!(
            StreamFailure::read(r#"{"v":2}"#)
                .unwrap_err()
                .contains("newer version")
        );
    }
}
