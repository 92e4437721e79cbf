//! Keeps the relationships table in step with the events table, whose stream feeds it.
//!
//! What an event means for who is friends with whom is said in [`domain::relation::rows`].
//!
//! Every record of a batch is applied, whatever became of the others, and the first one that failed is
//! reported. Lambda then delivers from there again; applying a record again is harmless. So a record that
//! can never be applied delays its shard until Lambda gives it up, and takes none of its neighbours along.

use domain::Reception;
use receiver::Error;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{RelationshipsTable, item, relationships_table::Applied};
use tracing::{error, info};

/// What Lambda is told about a batch: from which record on it has to come again.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// Nobody, or the first.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// One record of the stream.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// Its sequence number. Empty stands for the whole batch.
    pub item_identifier: String,
}

/// Applies a batch of the stream to the table.
///
/// # Errors
///
/// When `event` is no batch of records at all. Lambda delivers it again, as after a crash.
pub async fn project(table: &RelationshipsTable, event: &str) -> Result<BatchResponse, Error> {
    let batch: Batch<'_> = serde_json::from_str(event)
        .map_err(|error| format!("not a batch of a stream ({:?})", error.classify()))?;
    // Where each reception stands in the batch.
    let mut places = Vec::new();
    let mut receptions = Vec::new();
    let mut failed = Vec::new();
    for (place, record) in batch.records.iter().enumerate() {
        match reception(record.get()) {
            Ok(Some(reception)) => {
                places.push(place);
                receptions.push(reception);
            }
            Ok(None) => {}
            Err(reason) => {
                let (sequence_number, request_id) = names(record.get());
                error!(
                    sequenceNumber = sequence_number,
                    requestId = request_id,
                    reason,
                    "a record of the stream cannot be read"
                );
                failed.push(place);
            }
        }
    }
    let mut sum = Applied::default();
    let results = table.apply(&receptions).await;
    for ((place, reception), result) in places.into_iter().zip(&receptions).zip(results) {
        match result {
            Ok(applied) => {
                sum.changed += applied.changed;
                sum.known += applied.known;
            }
            Err(error) => {
                error!(requestId = reception.id, %error, "an event was not applied");
                failed.push(place);
            }
        }
    }
    info!(
        events = receptions.len(),
        changed = sum.changed,
        known = sum.known,
        failed = failed.len(),
        "relationships updated"
    );
    let first = failed.into_iter().min();
    Ok(BatchResponse {
        batch_item_failures: first
            .map(|place| BatchItemFailure {
                item_identifier: names(batch.records[place].get()).0.unwrap_or_default(),
            })
            .into_iter()
            .collect(),
    })
}

#[derive(Deserialize)]
struct Batch<'a> {
    // Each is read by itself, so that one that cannot be read spoils no other.
    #[serde(rename = "Records", borrow)]
    records: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(rename = "eventName")]
    event_name: &'a str,
    #[serde(borrow)]
    dynamodb: Change<'a>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(rename = "NewImage", borrow)]
    new_image: Option<&'a RawValue>,
}

/// The reception that a record says was stored; `None` for a record that says something else. The reasons
/// quote nothing: what cannot be read can hold anything.
fn reception(record: &str) -> Result<Option<Reception>, &'static str> {
    let record: Record<'_> =
        serde_json::from_str(record).map_err(|_| "it is no record of a table's stream")?;
    // Items are inserted and, at the end of their retention, removed. The event source filters too.
    if record.event_name != "INSERT" {
        return Ok(None);
    }
    let image = record
        .dynamodb
        .new_image
        .ok_or("it has no NewImage: the stream must have the view type NEW_IMAGE")?;
    item::from_stream(image)
        .map_err(|_| "its item was not written by this program, or by a newer version")
}

/// The sequence number of a record and the id of its reception, as far as they can be found.
fn names(record: &str) -> (Option<String>, Option<String>) {
    let record: serde_json::Value = serde_json::from_str(record).unwrap_or_default();
    let text = |pointer| Some(record.pointer(pointer)?.as_str()?.to_owned());
    (
        text("/dynamodb/SequenceNumber"),
        text("/dynamodb/NewImage/id/S"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record() -> Value {
        json!({
            "eventID": "1",
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "eu-central-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_795_264_496.0,
                "Keys": {"pk": {"S": "user#ana"}, "sk": {"S": "2026-11-21T12:34:56.789Z#r"}},
                "NewImage": {
                    "pk": {"S": "user#ana"},
                    "sk": {"S": "2026-11-21T12:34:56.789Z#r"},
                    "v": {"N": "1"},
                    "family": {"S": "relation"},
                    "expires_at": {"N": "1826800496"},
                    "id": {"S": "r"},
                    "received_at": {"S": "2026-11-21T12:34:56.789Z"},
                    "source": {"S": "tencent"},
                    "command": {"S": "Sns.CallbackFriendDelete"},
                    "events": {"L": [{"M": {
                        "type": {"S": "friend_deleted"}, "owner": {"S": "ana"}, "friend": {"S": "leo"}
                    }}]},
                },
                "SequenceNumber": "111",
                "SizeBytes": 26,
                "StreamViewType": "NEW_IMAGE",
            },
            "eventSourceARN": "arn:aws:dynamodb:eu-central-1:1:table/events/stream/x",
        })
    }

    #[test]
    fn a_stored_reception_comes_out_of_a_record_as_it_was() {
        let reception = reception(&record().to_string()).unwrap().unwrap();
        assert_eq!(reception.id, "r");
        assert_eq!(
            serde_json::to_value(reception.events).unwrap(),
            json!({
                "family": "relation",
                "events": [{"type": "friend_deleted", "owner": "ana", "friend": "leo"}],
            })
        );
    }

    #[test]
    fn an_expired_item_and_other_families_are_nothing_to_apply() {
        let mut removed = record();
        removed["eventName"] = json!("REMOVE");
        let mut other = record();
        other["dynamodb"]["NewImage"]["family"] = json!({"S": "message"});
        other["dynamodb"]["NewImage"]["events"] = json!({"L": [{"M": {"type": {"S": "sent"}}}]});
        for record in [removed, other] {
            assert_eq!(reception(&record.to_string()), Ok(None));
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_keeps_its_sequence_number() {
        let mut unknown = record();
        unknown["dynamodb"]["NewImage"]["events"]["L"][0]["M"]["type"] = json!({"S": "hunter2"});
        let mut untyped = record();
        untyped["dynamodb"]["NewImage"]["events"] = json!("hunter2");
        let mut gone = record();
        gone["dynamodb"]["NewImage"] = json!(null);
        for record in [unknown, untyped, gone] {
            let reason = reception(&record.to_string()).unwrap_err();
            assert!(!reason.contains("hunter2"));
            assert_eq!(names(&record.to_string()).0.as_deref(), Some("111"));
        }
        for record in ["1", "{}", "null", r#"{"dynamodb":[]}"#] {
            assert!(reception(record).is_err(), "{record}");
            assert_eq!(names(record), (None, None));
        }
    }
}
