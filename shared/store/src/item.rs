//! The items of the events table: keys, attributes, expiry.
//!
//! One item is one [`Reception`]: one accepted callback with all its events. A reception that is too large for one item is
//! several items, its [parts](domain::Part).
//!
//! | Attribute | Type | Meaning |
//! |---|---|---|
//! | `pk` | S | Partition key, made from the [subject](domain::Events::subject): `user#<user>`, also for an official account and its messages; `group#<group>`; `users#<length>#<user>#<user>` for the conversation of two users, with the length of the first id in bytes; `group-messages#<00 to 15>#<group>` for the conversation of a group, which can be busy; `conversation#<id>` for any other; `unknown#<command>#<0 to 7>` if there is no subject, as for an unknown command or a limit of the whole app |
//! | `sk` | S | Sort key: the time of reception, `#`, and the reception's id; for every part after the first, also `#` and its number in four digits |
//! | `id` | S | The reception's id, which is the gateway's request id: the idempotency key |
//! | `received_at` | S | When the gateway received it, RFC 3339 in UTC with milliseconds |
//! | `source` | S | `openim` or `tencent` |
//! | `command` | S | The callback command as that server spells it |
//! | `operation_id` | S | OpenIM's `operationID`, or Tencent Chat's `RequestId`; absent if it was empty |
//! | `family` | S | The [family](domain::Family), such as `relation`. A stream filter can select by it |
//! | `events` | L of M | The domain events of that [family](domain::Events) in the order of the callback, each with its `type`; absent if the family is `unknown` |
//! | `body` | S | The callback's body as it came, if the family is `unknown`: the command is unknown, the body did not fit the command, or the handler failed. With `KEEP_BODY=all`, in every family |
//! | `target` | S | With `KEEP_BODY=all`, and only if nothing was taken out of the body: what the server appended to the receiver's address, a path, a query, or both |
//! | `part` | M | Only in a part: its `number`, counted from 0; `of` how many; `first`, the place of its first event in the whole; `continues` (`list` or `text`), if its first event is a piece of the last event of the part before; `subject`, which gives `pk`: a user, or in a piece of a body a map with `group`, `conversation` or `command` |
//! | `v` | N | Version of this layout: 2, or 3 for a part, which came later. In version 1 the family is always `relation`, even for changed profiles |
//! | `expires_at` | N | Unix seconds after which DynamoDB may delete the item (TTL): the family's [retention](crate::Retention); absent if its events are kept for ever |
//!
//! **Access patterns.** *History of a user*, oldest first: Query on `pk`. *A user's history from a time on*: Query on
//! `pk` with `sk >= <time>`, because times sort as text. *Messages of a group*: a Query on each of its 16 partitions,
//! merged by `sk`, as [`history`](crate::EventsTable::history) does. *New events of everybody*: the table's stream.
//!
//! **Once.** The time and the id of a reception never change. So writing it again uses the same key, and the condition
//! `attribute_not_exists(pk)` refuses it. The same reception is always one item. Two receptions are two items, even if
//! their content is the same.
//!
//! **Retries.** Tencent Chat can send an after callback again, with the same `RequestId`. So a marker is written before the
//! item: `pk` is `retry#` and a digest of the command, the `RequestId` and the events, `sk` and `family` are `retry`, `id`
//! and `received_at` are the reception's, and `expires_at` is a day later. Each part has its own marker. If the marker
//! exists, the item of the reception that it names is written, unless the table has it. The marker costs one write unit.
//!
//! **Size.** DynamoDB accepts up to 400 KB per item. 2,000 pairs from Tencent Chat with ids of 32 bytes make about
//! 200 KB. A reception of more than 250 KB as JSON is written in parts, each with its own conditional `PutItem`. Only the
//! reception decides which events are in which part. So writing it again, from the queue or from a log, uses the same
//! keys.
//!
//! A transaction would need twice the write units, all at once, from the one partition that all parts are in. And the
//! queue could not write part by part. If only some parts were written, the caller got an error, and the others are
//! written when the event comes again. Until then, [`history`](crate::EventsTable::history) gives the existing parts one
//! by one.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Conversation, Family, GroupId, Reception, Subject, UserId};
use serde::{Deserialize as _, Serialize};
use serde_json::value::RawValue;

use crate::{ErrorKind, Retention, StoreError};

/// The partition key's attribute.
pub const PK: &str = "pk";
/// The sort key's attribute.
pub const SK: &str = "sk";
/// The attribute that DynamoDB's TTL reads.
pub const EXPIRES_AT: &str = "expires_at";

/// The attribute that a stream filter reads.
pub const FAMILY: &str = "family";

/// How many partitions the callbacks of one unknown command are spread over. Each accepts 1,000 writes a second.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>
const UNKNOWN_PARTITIONS: u32 = 8;

/// How many partitions the messages of one group are spread over. It never changes, because a reader has to know all of
/// them.
const GROUP_MESSAGES_PARTITIONS: u32 = 16;

const VERSION: u8 = 2;
/// The version of a part's item. An earlier version of this program must not read a part as a whole reception.
const PART_VERSION: u8 = 3;

#[derive(Serialize)]
struct Item<'a> {
    pk: String,
    sk: String,
    v: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(flatten)]
    reception: &'a Reception,
}

/// The partition of a user.
pub(crate) fn pk(user: &UserId) -> String {
    format!("user#{user}")
}

/// The partition of a group, without its messages.
pub(crate) fn group_pk(group: &GroupId) -> String {
    format!("group#{group}")
}

/// One of the partitions of a command's callbacks that have no subject.
fn unknown_pk(command: &str, number: u32) -> String {
    // Cut, because a caller can choose it, and a key has a limited length. The attribute `command` has all of it.
    let command: String = command.chars().take(200).collect();
    format!("unknown#{command}#{number}")
}

/// All of them.
pub(crate) fn unknown_partitions(command: &str) -> Vec<String> {
    let partitions = 0..UNKNOWN_PARTITIONS;
    partitions.map(|it| unknown_pk(command, it)).collect()
}

/// The partition of a conversation.
fn conversation_pk(conversation: &Conversation, id: &str) -> String {
    match conversation {
        // The length tells where the first id ends, because an id can contain any character.
        Conversation::Users([one, other]) => {
            format!("users#{}#{one}#{other}", one.as_str().len())
        }
        Conversation::Group(group) => {
            group_messages_pk(group, spread(id, GROUP_MESSAGES_PARTITIONS))
        }
        // With all else that the account does.
        Conversation::Channel(account) => pk(account),
        // Cut, because a key has a limited length, and nothing limits this id.
        Conversation::Id(id) => {
            let id: String = id.chars().take(500).collect();
            format!("conversation#{id}")
        }
    }
}

/// All partitions of a conversation.
pub(crate) fn conversation_partitions(conversation: &Conversation) -> Vec<String> {
    match conversation {
        Conversation::Group(group) => {
            let partitions = 0..GROUP_MESSAGES_PARTITIONS;
            partitions.map(|it| group_messages_pk(group, it)).collect()
        }
        // The reception's id does not matter here.
        Conversation::Users(_) | Conversation::Channel(_) | Conversation::Id(_) => {
            vec![conversation_pk(conversation, "")]
        }
    }
}

/// One of the partitions of a group's messages.
fn group_messages_pk(group: &GroupId, number: u32) -> String {
    format!("group-messages#{number:02}#{group}")
}

/// A number below `partitions`. It depends only on the reception's id, so writing the reception again uses the same key.
fn spread(id: &str, partitions: u32) -> u32 {
    id.bytes().map(u32::from).sum::<u32>() % partitions
}

/// The item of a reception; `None` if there is nothing to file.
///
/// # Errors
///
/// When a text of the reception cannot be an attribute.
pub fn from_reception(
    reception: &Reception,
    retention: &Retention,
) -> Result<Option<HashMap<String, AttributeValue>>, StoreError> {
    let Some(subject) = reception.subject() else {
        return Ok(None);
    };
    let item = Item {
        pk: match subject {
            Subject::User(user) => pk(user),
            Subject::Group(group) => group_pk(group),
            Subject::Conversation(conversation) => conversation_pk(conversation, &reception.id),
            Subject::Command => {
                let number = spread(&reception.id, UNKNOWN_PARTITIONS);
                unknown_pk(&reception.command, number)
            }
        },
        sk: match &reception.part {
            Some(part) if part.number > 0 => format!(
                "{}#{}#{:04}",
                reception.received_at, reception.id, part.number
            ),
            _ => format!("{}#{}", reception.received_at, reception.id),
        },
        v: match reception.part {
            Some(_) => PART_VERSION,
            None => VERSION,
        },
        expires_at: retention.of(reception.events.family()).map(|retention| {
            let seconds = i64::try_from(retention.as_secs()).unwrap_or(i64::MAX);
            reception.received_at.unix_seconds().saturating_add(seconds)
        }),
        reception,
    };
    serde_dynamo::to_item(item)
        .map(Some)
        .map_err(|error| StoreError::new(ErrorKind::Invalid, error.to_string()))
}

/// The reception in an item.
///
/// # Errors
///
/// When the item was not written by this crate.
pub fn to_reception(item: HashMap<String, AttributeValue>) -> Result<Reception, StoreError> {
    serde_dynamo::from_item(item)
        .map_err(|error| StoreError::new(ErrorKind::Invalid, error.to_string()))
}

/// The families whose events the views read. The filter of the stream in template.yaml names the same.
pub const VIEWED: &[Family] = &[Family::Relation, Family::Group];

/// Whether a view reads the items whose attribute `family` has this value.
#[must_use]
pub fn is_viewed(family: &str) -> bool {
    VIEWED.iter().any(|viewed| viewed.as_str() == family)
}

/// The reception in an item, if a view reads its events.
///
/// # Errors
///
/// When the item was not written by this crate.
pub(crate) fn to_viewed(
    item: HashMap<String, AttributeValue>,
) -> Result<Option<Reception>, StoreError> {
    match item.get(FAMILY).map(AttributeValue::as_s) {
        Some(Ok(family)) if !is_viewed(family) => Ok(None),
        _ => {
            let reception = to_reception(item)?;
            // Version 1 wrote `relation` for changed profiles, too.
            Ok(VIEWED
                .contains(&reception.events.family())
                .then_some(reception))
        }
    }
}

/// The reception in an item; `None` if it is the marker of a retry.
pub(crate) fn to_stored(
    item: HashMap<String, AttributeValue>,
) -> Result<Option<Reception>, StoreError> {
    match item.get(FAMILY).map(AttributeValue::as_s) {
        Some(Ok(family)) if family == crate::retry::MARKER => Ok(None),
        _ => to_reception(item).map(Some),
    }
}

/// The item of which the table's stream has this image, in DynamoDB's JSON.
pub(crate) fn of_stream(image: &RawValue) -> Result<HashMap<String, AttributeValue>, StoreError> {
    let item = serde_dynamo::Item::deserialize(image)
        .map_err(|error| StoreError::new(ErrorKind::Invalid, error.to_string()))?;
    Ok(item.into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{Events, Source, Timestamp, relation::Event};

    use super::*;

    const FOR_EVER: Retention = Retention {
        events: None,
        messages: None,
        presence: None,
    };
    const MINUTE: Retention = Retention {
        events: Some(Duration::from_secs(60)),
        ..FOR_EVER
    };

    fn reception(pairs: usize) -> Reception {
        let id = |n: usize| UserId::new(format!("{n:032}")).unwrap();
        Reception {
            id: "6b8f0b1e-0000-4000-8000-000000000001".into(),
            received_at: Timestamp::from_unix_millis(1_700_000_000_123).unwrap(),
            source: Source::Tencent,
            command: "Sns.CallbackFriendDelete".into(),
            operation_id: None,
            events: Events::Relation(
                (0..pairs)
                    .map(|n| Event::FriendDeleted {
                        owner: id(0),
                        friend: id(n + 1),
                    })
                    .collect(),
            ),
            body: None,
            target: None,
            part: None,
        }
    }

    #[test]
    fn a_reception_survives_the_table() {
        let reception = reception(3);
        let item = from_reception(&reception, &MINUTE).unwrap().unwrap();
        assert_eq!(to_reception(item).unwrap(), reception);
    }

    #[test]
    fn parts_survive_the_table_with_different_keys() {
        let whole = reception(5000);
        let parts = crate::parts(&whole);
        assert_eq!(parts.len(), 4);
        let mut keys = Vec::new();
        for part in &parts {
            let item = from_reception(part, &FOR_EVER).unwrap().unwrap();
            assert_eq!(item["pk"].as_s().unwrap(), &format!("user#{:032}", 0));
            assert_eq!(item["v"].as_n().unwrap(), "3");
            keys.push(item["sk"].as_s().unwrap().clone());
            assert_eq!(to_reception(item).unwrap(), *part);
        }
        let first = "2023-11-14T22:13:20.123Z#6b8f0b1e-0000-4000-8000-000000000001";
        let others = [1, 2, 3].map(|n| format!("{first}#000{n}"));
        assert_eq!(keys, [&[first.to_owned()], &others[..]].concat());
    }

    #[test]
    fn keys_and_expiry_depend_only_on_the_reception() {
        let item = from_reception(&reception(1), &MINUTE).unwrap().unwrap();
        let s = |name: &str| item[name].as_s().unwrap().as_str();
        assert_eq!(s("pk"), format!("user#{:032}", 0));
        assert_eq!(
            s("sk"),
            "2023-11-14T22:13:20.123Z#6b8f0b1e-0000-4000-8000-000000000001"
        );
        assert_eq!(item["expires_at"].as_n().unwrap(), "1700000060");
        assert!(!item.contains_key("operation_id"));
        let kept = from_reception(&reception(1), &FOR_EVER).unwrap().unwrap();
        assert!(!kept.contains_key("expires_at"));
    }

    #[test]
    fn the_partition_of_every_subject_is_fixed() {
        let id = |id: &str| UserId::new(id).unwrap();
        let group = || GroupId::new("g").unwrap();
        let message = |conversation| {
            Events::Message(vec![domain::message::Event::MessageNumbered {
                conversation,
                message: domain::message::MessageRef::default(),
            }])
        };
        for (events, partition) in [
            (
                Events::Group(vec![domain::group::Event::MembersJoinIntended {
                    group: group(),
                    members: vec![id("ana")],
                }]),
                "group#g",
            ),
            // Without the length, an id with a `#` in it could be two ids.
            (
                message(Conversation::between(id("é#"), id("b"))),
                "users#1#b#é#",
            ),
            (message(Conversation::Group(group())), "group-messages#15#g"),
            (
                message(Conversation::Channel(id("@TOA#_n"))),
                "user#@TOA#_n",
            ),
            (message(Conversation::Id("c".into())), "conversation#c"),
            (
                Events::Operations(vec![domain::operations::Event::GroupQuotaAlarm {
                    used: Some(72),
                    quota: Some(100),
                    at: None,
                }]),
                "unknown#Sns.CallbackFriendDelete#7",
            ),
        ] {
            let reception = Reception {
                events,
                ..reception(0)
            };
            let item = from_reception(&reception, &FOR_EVER).unwrap().unwrap();
            assert_eq!(item["pk"].as_s().unwrap(), partition);
        }
    }

    #[test]
    fn the_messages_of_a_group_are_spread_evenly() {
        let conversation = Conversation::Group(GroupId::new("g").unwrap());
        let mut counts: HashMap<String, u32> = HashMap::new();
        let mut random: u64 = 1;
        for _ in 0..10_000 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let id = format!("{:08x}-7b61-41e6-9a41-{:012x}", random >> 32, random >> 16);
            *counts
                .entry(conversation_pk(&conversation, &id))
                .or_default() += 1;
        }
        let mut partitions: Vec<&String> = counts.keys().collect();
        partitions.sort();
        assert_eq!(
            partitions,
            conversation_partitions(&conversation)
                .iter()
                .collect::<Vec<_>>()
        );
        let average = 10_000 / GROUP_MESSAGES_PARTITIONS;
        let most = counts.values().max().unwrap();
        assert!(*most < average * 3 / 2, "{most}");
    }

    #[test]
    fn an_unknown_callback_is_filed_under_its_command_with_its_body_and_read_back() {
        let body = "{\"callbackCommand\": \"callbackAfterSomethingCommand\", \"a\": [1.0, null]}\n";
        let mut partitions = std::collections::BTreeSet::new();
        for n in 0..100 {
            let unknown = Reception {
                id: format!("6b8f0b1e-0000-4000-8000-{n:012}"),
                command: "callbackAfterSomethingCommand".into(),
                events: Events::Unknown,
                body: Some(body.to_owned()),
                ..reception(0)
            };
            let item = from_reception(&unknown, &FOR_EVER).unwrap().unwrap();
            let again = from_reception(&unknown, &FOR_EVER).unwrap().unwrap();
            assert_eq!(item, again);
            assert_eq!(item["family"].as_s().unwrap(), "unknown");
            assert_eq!(item["body"].as_s().unwrap(), body);
            assert!(!item.contains_key("events"));
            partitions.insert(item["pk"].as_s().unwrap().clone());
            assert_eq!(to_viewed(item.clone()).unwrap(), None);
            assert_eq!(to_reception(item).unwrap(), unknown);
        }
        assert_eq!(partitions.len(), 8);
        assert!(partitions.contains("unknown#callbackAfterSomethingCommand#0"));
    }

    #[test]
    fn items_of_the_first_version_are_read_and_its_profiles_are_not_relations() {
        let item = |events: serde_json::Value| -> HashMap<String, AttributeValue> {
            serde_dynamo::to_item(serde_json::json!({
                "pk": "user#ana", "sk": "2023-11-14T22:13:20.123Z#r", "v": 1, "family": "relation",
                "id": "r", "received_at": "2023-11-14T22:13:20.123Z", "source": "tencent",
                "command": "x", "events": events,
            }))
            .unwrap()
        };
        let added =
            item(serde_json::json!([{"type": "friend_added", "owner": "ana", "friend": "leo"}]));
        let profile = item(
            serde_json::json!([{"type": "profile_changed", "user": "ana", "fields": ["nickname"]}]),
        );
        assert_eq!(
            to_reception(profile.clone()).unwrap().events.family(),
            Family::User
        );
        assert_eq!(to_viewed(profile).unwrap(), None);
        assert_eq!(
            to_reception(added.clone()).unwrap().events.family(),
            Family::Relation
        );
        assert!(to_viewed(added).unwrap().is_some());
    }

    #[test]
    fn a_reception_without_events_has_no_item() {
        assert!(from_reception(&reception(0), &FOR_EVER).unwrap().is_none());
    }
}
