//! Updates the relationships table from the stream of the events table. [`domain::relation::rows`] says what an event
//! means for who is friends with whom, and [`domain::group::rows`] for who is in which group.
//!
//! It never skips a record because another one failed, and never replaces a row by an older fact.
//!
//! It tries to apply every record of a batch, and reports the first one that failed. Lambda then delivers that record and
//! all after it again. Applying a record again is harmless. So a record that can never be applied delays its shard until
//! Lambda gives up, but the records next to it are applied.

use domain::Reception;
use receiver::Error;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{RelationshipsTable, item, relationships_table::Applied};
use tracing::{error, info};

/// The answer to Lambda about a batch: the first record that Lambda has to deliver again.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// The first record that failed; empty if none failed.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// One record of the stream.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// Its sequence number. An empty one means the whole batch.
    pub item_identifier: String,
}

/// Applies a batch of the stream to the table.
///
/// # Errors
///
/// When `event` is not a batch of records. Lambda delivers it again, as after a crash.
pub async fn project(table: &RelationshipsTable, event: &str) -> Result<BatchResponse, Error> {
    let batch: Batch<'_> = serde_json::from_str(event)
        .map_err(|error| format!("not a batch of a stream ({:?})", error.classify()))?;
    // The place of each reception in the batch.
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
    // Raw, so that one unreadable record does not make the others unreadable.
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

/// The reception that a record says was stored; `None` for any other record. The reasons quote nothing, because an
/// unreadable record can contain anything.
fn reception(record: &str) -> Result<Option<Reception>, &'static str> {
    let record: Record<'_> =
        serde_json::from_str(record).map_err(|_| "it is not a record of a table's stream")?;
    // The other events are removals at the end of the retention. The event source filters them out, too.
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

/// The sequence number of a record and the id of its reception, if they can be read.
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
    fn a_record_gives_the_reception_that_was_stored() {
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
    fn events_of_groups_are_read() {
        let mut group = record();
        group["dynamodb"]["NewImage"]["family"] = json!({"S": "group"});
        group["dynamodb"]["NewImage"]["events"] = json!({"L": [{"M": {
            "type": {"S": "member_changed"}, "group": {"S": "g"}, "member": {"S": "ana"},
            "fields": {"L": [{"S": "role"}]}, "role": {"S": "admin"},
        }}]});
        let reception = reception(&group.to_string()).unwrap().unwrap();
        assert_eq!(domain::group::rows::changes(&reception).len(), 1);
    }

    #[test]
    fn expired_items_and_other_families_are_not_applied() {
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
    fn an_unreadable_record_is_an_error_and_keeps_its_sequence_number() {
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
