//! Records of the events table's stream, as Lambda passes them to a function.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Reception;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{Position, StoreError, item};

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

/// A reception, and the key of its item; `None` if the record has none that is meant, and the reason if it cannot be read.
pub type Read = Result<Option<(Position, Reception)>, &'static str>;

/// The reception that a record says was stored, and the key of its item; `None` for any other record, as for the marker of a
/// retry.
///
/// # Errors
///
/// When the record cannot be read. The reasons quote nothing, because an unreadable record can contain anything.
pub fn reception(record: &str) -> Read {
    read(record, item::to_stored)
}

/// The same, but `None` also for a record that no view reads.
///
/// # Errors
///
/// When the record cannot be read.
pub fn viewed(record: &str) -> Read {
    read(record, item::to_viewed)
}

fn read(
    record: &str,
    from_item: fn(HashMap<String, AttributeValue>) -> Result<Option<Reception>, StoreError>,
) -> Read {
    const FOREIGN: &str = "its item was not written by this program, or by a newer version";
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
    let item = item::of_stream(image).map_err(|_| FOREIGN)?;
    let key = Position::of(&item);
    let reception = from_item(item).map_err(|_| FOREIGN)?;
    Ok(reception.map(|reception| (key, reception)))
}

/// What identifies a record, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Its sequence number.
    pub sequence_number: Option<String>,
    /// The id of its reception.
    pub request_id: Option<String>,
    /// The callback's command.
    pub command: Option<String>,
    /// The key of its item.
    pub key: Option<Position>,
}

/// The longest id or command that is kept. The gateway's ids have 36 characters.
const NAME: usize = 200;

impl Names {
    /// Those of a record.
    #[must_use]
    pub fn of(record: &str) -> Self {
        let record: Value = serde_json::from_str(record).unwrap_or_default();
        let text = |pointer| Some(record.pointer(pointer)?.as_str()?.to_owned());
        let cut = |text: String| text.chars().take(NAME).collect();
        let key = text("/dynamodb/Keys/pk/S").zip(text("/dynamodb/Keys/sk/S"));
        Self {
            sequence_number: text("/dynamodb/SequenceNumber"),
            request_id: text("/dynamodb/NewImage/id/S").map(cut),
            command: text("/dynamodb/NewImage/command/S").map(cut),
            key: key.map(|(pk, sk)| Position { pk, sk }),
        }
    }
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
        let (key, reception) = viewed(&record().to_string()).unwrap().unwrap();
        assert_eq!(key.to_string(), "user#ana 2026-11-21T12:34:56.789Z#r");
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
    fn events_of_every_family_are_read_but_no_marker_of_a_retry() {
        let mut message = record();
        message["dynamodb"]["NewImage"]["family"] = json!({"S": "message"});
        message["dynamodb"]["NewImage"]["events"] = json!({"L": [{"M": {
            "type": {"S": "message_numbered"}, "conversation": {"M": {"group": {"S": "g"}}}, "message": {"M": {}},
        }}]});
        let (_, read) = reception(&message.to_string()).unwrap().unwrap();
        assert_eq!(read.events.family(), domain::Family::Message);
        let mut marker = record();
        let image = json!({
            "pk": {"S": "retry#0"}, "sk": {"S": "retry"}, "family": {"S": "retry"}, "id": {"S": "r"},
            "received_at": {"S": "2026-11-21T12:34:56.789Z"}, "expires_at": {"N": "1"},
        });
        marker["dynamodb"]["NewImage"] = image;
        assert_eq!(reception(&marker.to_string()), Ok(None));
    }

    #[test]
    fn events_of_groups_are_read() {
        let mut group = record();
        group["dynamodb"]["NewImage"]["family"] = json!({"S": "group"});
        group["dynamodb"]["NewImage"]["events"] = json!({"L": [{"M": {
            "type": {"S": "member_changed"}, "group": {"S": "g"}, "member": {"S": "ana"},
            "fields": {"L": [{"S": "role"}]}, "role": {"S": "admin"},
        }}]});
        let (_, reception) = viewed(&group.to_string()).unwrap().unwrap();
        assert_eq!(domain::group::rows::changes(&reception).len(), 1);
    }

    #[test]
    fn expired_items_and_other_families_are_not_applied() {
        let mut removed = record();
        removed["eventName"] = json!("REMOVE");
        let mut other = record();
        other["dynamodb"]["NewImage"]["family"] = json!({"S": "message"});
        other["dynamodb"]["NewImage"]["events"] = json!({"L": [{"M": {"type": {"S": "sent"}}}]});
        assert_eq!(reception(&removed.to_string()), Ok(None));
        for record in [removed, other] {
            assert_eq!(viewed(&record.to_string()), Ok(None));
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
            assert_eq!(viewed(&record.to_string()), Err(reason));
            assert!(!reason.contains("hunter2"));
            let names = Names::of(&record.to_string());
            assert_eq!(names.sequence_number.as_deref(), Some("111"));
            assert_eq!(
                names.key.unwrap().to_string(),
                "user#ana 2026-11-21T12:34:56.789Z#r"
            );
        }
        for record in ["1", "{}", "null", r#"{"dynamodb":[]}"#] {
            assert!(reception(record).is_err(), "{record}");
            assert_eq!(Names::of(record), Names::default());
        }
    }
}
