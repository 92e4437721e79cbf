//! Stored events as [CloudEvents](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md) 1.0, the form in
//! which they leave the stack: on the event bus, and to the app's own service.
//!
//! ```json
//! {
//!   "specversion": "1.0",
//!   "id": "3f1c9a54-7b61-41e6-9a41-0c4b1f0e6d11-0",
//!   "source": "/imhook/openim",
//!   "type": "relation.friend_deleted",
//!   "subject": "user/4801153207",
//!   "time": "2026-11-21T12:34:56.789Z",
//!   "datacontenttype": "application/json",
//!   "command": "callbackAfterDeleteFriendCommand",
//!   "operationid": "9d0f…",
//!   "sequence": "2026-11-21T12:34:56.789Z#3f1c9a54-7b61-41e6-9a41-0c4b1f0e6d11#0000#000000",
//!   "data": {"owner": "4801153207", "friend": "7720934416"}
//! }
//! ```
//!
//! | Attribute | Meaning |
//! |---|---|
//! | `id` | The reception's id and the event's place in it: `<reception>-<place>`, or `<reception>-<part>-<place>` in a part of a large reception. The same event always has the same id. It has no dot, because [Standard Webhooks](https://www.standardwebhooks.com) uses dots as separators: `.` is `%2E`, and `%` is `%25` |
//! | `source` | The stack and the chat server: `/<stack>/openim` or `/<stack>/tencent`. `/<stack>/reconcile` if `imhook reconcile` found it |
//! | `type` | The family and the type of the event |
//! | `subject` | What it is about: `user/<id>`, `group/<id>`, `users/<length>/<id>/<id>` for two users, with the length of the first id in bytes, or `conversation/<id>`; absent if it names nobody and nothing |
//! | `time` | When the gateway received the callback |
//! | `command` | The callback's command, as the server spells it |
//! | `operationid` | The server's own id of the request, if it sent one |
//! | `sequence` | Sorts as text in the order of reception. Of two events about one subject, the greater one is newer |
//! | `part`, `parts`, `continues` | Only in a part of a large reception: its number from 0, how many there are, and `list` or `text` if the event is a piece of the last event of the part before |
//! | `replayed` | Only if the event was sent again by hand: when |
//! | `data` | The event in the words of `docs/events.md`, without its `type` |
//!
//! An event of more than [`MOST_BYTES`] has its key in the events table in place of its data:
//! `{"truncated":true,"pk":"…","sk":"…"}`. A callback that is kept as it came is one event of the type
//! [`KEPT_AS_IT_CAME`], with that key.

use domain::{Continues, Conversation, Family, Reception, Source, Subject, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

/// The largest event, in bytes of JSON. EventBridge accepts 1,000,000 and SQS 1,048,576, with all that surrounds an event.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
pub const MOST_BYTES: usize = 900_000;

/// The type of a callback that is kept as it came, because no event says what it means.
pub const KEPT_AS_IT_CAME: &str = "unknown.kept_as_it_came";

/// The key of a reception's item in the events table.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// Partition key.
    pub pk: &'a str,
    /// Sort key.
    pub sk: &'a str,
}

/// One event in the form of CloudEvents.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CloudEvent {
    specversion: &'static str,
    /// Tells events apart. A repetition has the same.
    pub id: String,
    /// The stack and the chat server.
    pub source: String,
    /// The family and the type of the event.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When the gateway received the callback.
    pub time: Timestamp,
    datacontenttype: &'static str,
    /// The callback's command.
    pub command: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operationid: Option<String>,
    /// Sorts events by their reception.
    pub sequence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    continues: Option<Continues>,
    /// When it was sent again by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Timestamp>,
    data: Value,
}

impl CloudEvent {
    /// The event as JSON, in at most [`MOST_BYTES`].
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("it has only texts, numbers and JSON")
    }

    /// Events with the same group are delivered in their order. It is the subject, or the type if there is no subject.
    #[must_use]
    pub fn group(&self) -> &str {
        self.subject.as_deref().unwrap_or(&self.kind)
    }

    /// The family of the event.
    #[must_use]
    pub fn family(&self) -> &str {
        self.kind.split('.').next().unwrap_or_default()
    }
}

/// The events of a stored reception, or of one of its parts, in their order. `stack` names the stack in `source`.
///
/// # Panics
///
/// Never: events are always JSON.
#[must_use]
pub fn from_reception(reception: &Reception, stack: &str, key: Key<'_>) -> Vec<CloudEvent> {
    let family = reception.events.family();
    let event = |place: usize, kind: String, subject: Option<String>, data: Value| {
        let mut event = envelope(reception, stack, place);
        (event.kind, event.subject, event.data) = (kind, subject, data);
        if event.to_json().len() > MOST_BYTES {
            event.data = json!({"truncated": true, "pk": key.pk, "sk": key.sk});
        }
        event
    };
    if family == Family::Unknown {
        let data = json!({"pk": key.pk, "sk": key.sk});
        return vec![event(0, KEPT_AS_IT_CAME.to_owned(), None, data)];
    }
    let mut stored = serde_json::to_value(&reception.events).expect("events are JSON");
    let Value::Array(stored) = stored["events"].take() else {
        return Vec::new();
    };
    stored
        .into_iter()
        .zip(reception.events.subjects())
        .enumerate()
        .map(|(place, (mut data, about))| {
            let kind = data.as_object_mut().and_then(|data| data.remove("type"));
            let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
            let kind = format!("{}.{kind}", family.as_str());
            event(place, kind, about.and_then(subject), data)
        })
        .collect()
}

/// The reception's id as the ids of its events have it: without a dot.
#[must_use]
pub fn reception_id(reception: &Reception) -> String {
    reception.id.replace('%', "%25").replace('.', "%2E")
}

/// All but what an event itself says.
fn envelope(reception: &Reception, stack: &str, place: usize) -> CloudEvent {
    let part = reception.part.as_ref();
    let number = part.map_or(0, |part| part.number);
    let place = part.map_or(0, |part| part.first as usize) + place;
    let id = reception_id(reception);
    CloudEvent {
        specversion: "1.0",
        id: match part {
            Some(_) => format!("{id}-{number}-{place}"),
            None => format!("{id}-{place}"),
        },
        source: match reception.source {
            _ if reception.is_reconciled() => format!("/{stack}/reconcile"),
            Source::OpenIm => format!("/{stack}/openim"),
            Source::Tencent => format!("/{stack}/tencent"),
        },
        kind: String::new(),
        subject: None,
        time: reception.received_at,
        datacontenttype: "application/json",
        command: reception.command.clone(),
        operationid: reception.operation_id.clone(),
        sequence: format!(
            "{}#{}#{number:04}#{place:06}",
            reception.received_at, reception.id
        ),
        part: part.map(|part| part.number),
        parts: part.map(|part| part.of),
        // Only the first event of a part can be a piece.
        continues: part
            .filter(|part| part.first as usize == place)
            .and_then(|part| part.continues),
        replayed: None,
        data: Value::Null,
    }
}

/// The attribute `subject`. `None` if the event names nobody.
#[must_use]
pub fn subject(subject: Subject<'_>) -> Option<String> {
    match subject {
        Subject::User(user) | Subject::Conversation(Conversation::Channel(user)) => {
            Some(format!("user/{user}"))
        }
        Subject::Group(group) | Subject::Conversation(Conversation::Group(group)) => {
            Some(format!("group/{group}"))
        }
        // The length tells where the first id ends, because an id can contain any character.
        Subject::Conversation(Conversation::Users([one, other])) => {
            Some(format!("users/{}/{one}/{other}", one.as_str().len()))
        }
        Subject::Conversation(Conversation::Id(id)) => Some(format!("conversation/{id}")),
        Subject::Command => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::{Events, GroupId, UserId, conversation, group, relation};

    use super::*;

    const KEY: Key<'static> = Key {
        pk: "user#ana",
        sk: "2023-11-14T22:13:20.123Z#r.1",
    };

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    fn reception(events: impl Into<Events>) -> Reception {
        Reception {
            id: "r.1%".into(),
            received_at: Timestamp::from_unix_millis(1_700_000_000_123).unwrap(),
            source: Source::Tencent,
            command: "Sns.CallbackFriendDelete".into(),
            operation_id: Some("op".into()),
            events: events.into(),
            body: None,
            target: None,
            part: None,
        }
    }

    fn as_json(reception: &Reception) -> Vec<Value> {
        from_reception(reception, "chat", KEY)
            .iter()
            .map(|event| serde_json::from_str(&event.to_json()).unwrap())
            .collect()
    }

    #[test]
    fn each_event_of_a_reception_is_one_cloud_event() {
        let deleted = |friend: &str| relation::Event::FriendDeleted {
            owner: user("ana"),
            friend: user(friend),
        };
        let events = as_json(&reception(vec![deleted("leo"), deleted("bob")]));
        assert_eq!(
            events[1],
            json!({
                "specversion": "1.0",
                "id": "r%2E1%25-1",
                "source": "/chat/tencent",
                "type": "relation.friend_deleted",
                "subject": "user/ana",
                "time": "2023-11-14T22:13:20.123Z",
                "datacontenttype": "application/json",
                "command": "Sns.CallbackFriendDelete",
                "operationid": "op",
                "sequence": "2023-11-14T22:13:20.123Z#r.1%#0000#000001",
                "data": {"owner": "ana", "friend": "bob"},
            })
        );
        assert_eq!(events.len(), 2);
        assert_ne!(events[0]["id"], events[1]["id"]);
        assert!(events[0]["sequence"].as_str() < events[1]["sequence"].as_str());
    }

    #[test]
    fn what_reconcile_found_has_a_source_of_its_own_and_a_callback_of_that_name_has_not() {
        let blocked = || relation::Event::Blocked {
            owner: user("ana"),
            blocked: user("leo"),
        };
        let source = |command: &str, events: Events| {
            let reception = Reception {
                command: command.into(),
                ..reception(events)
            };
            as_json(&reception)[0]["source"].clone()
        };
        let events = || Events::from(vec![blocked()]);
        assert_eq!(source(domain::RECONCILE, events()), "/chat/reconcile");
        assert_eq!(source("x", events()), "/chat/tencent");
        assert_eq!(source(domain::RECONCILE, Events::Unknown), "/chat/tencent");
    }

    #[test]
    fn every_subject_has_one_form_and_no_two_have_the_same() {
        let created = |conversation| conversation::Event::ConversationCreated {
            owner: None,
            conversation,
        };
        let between = |one: &str, other: &str| Conversation::between(user(one), user(other));
        let group = || GroupId::new("g").unwrap();
        let joined = group::Event::MembersJoinIntended {
            group: group(),
            members: vec![user("ana")],
        };
        let subjects: Vec<Value> = [
            reception(vec![created(between("a", "b"))]),
            reception(vec![created(between("a/b", "c"))]),
            reception(vec![created(between("a", "b/c"))]),
            reception(vec![created(Conversation::Id("c".into()))]),
            reception(vec![created(Conversation::Channel(user("@TOA#_n")))]),
            reception(vec![joined]),
        ]
        .iter()
        .map(|reception| as_json(reception)[0]["subject"].clone())
        .collect();
        assert_eq!(
            subjects,
            [
                "users/1/a/b",
                "users/3/a/b/c",
                "users/1/a/b/c",
                "conversation/c",
                "user/@TOA#_n",
                "group/g"
            ]
        );
    }

    #[test]
    fn a_callback_that_is_kept_as_it_came_is_named_by_its_key() {
        let unknown = Reception {
            body: Some("secret".into()),
            ..reception(Events::Unknown)
        };
        let [event] = as_json(&unknown).try_into().unwrap();
        assert_eq!(event["type"], KEPT_AS_IT_CAME);
        assert_eq!(event["data"], json!({"pk": KEY.pk, "sk": KEY.sk}));
        assert_eq!(event.get("subject"), None);
        assert!(!event.to_string().contains("secret"));
    }

    #[test]
    fn the_parts_of_a_reception_have_different_ids_and_sort_in_their_order() {
        let imported = relation::Event::FriendsImported {
            owner: user("ana"),
            friends: (0..1000).map(|n| user(&format!("{n:032}"))).collect(),
        };
        let whole = reception(vec![imported]);
        let fits = |it: &Reception| serde_json::to_vec(it).unwrap().len() < 10_000;
        let parts = whole.parts(fits);
        assert!(parts.len() > 3);
        let events: Vec<Value> = parts.iter().flat_map(as_json).collect();
        assert_eq!(events.len(), parts.len());
        for (number, event) in events.iter().enumerate() {
            assert_eq!(event["id"], format!("r%2E1%25-{number}-0"));
            assert_eq!(
                (event["part"].as_u64(), event["parts"].as_u64()),
                (Some(number as u64), Some(parts.len() as u64))
            );
            let continues = (number > 0).then_some(json!("list"));
            assert_eq!(event.get("continues"), continues.as_ref());
        }
        let sequence = |event: &Value| event["sequence"].as_str().unwrap().to_owned();
        assert!(events.iter().map(sequence).is_sorted());
    }

    #[test]
    fn an_event_that_is_too_large_has_its_key_in_place_of_its_data() {
        let remark = |bytes: usize| {
            reception(vec![relation::Event::RemarkSet {
                owner: user("ana"),
                friend: user("leo"),
                remark: "x".repeat(bytes),
            }])
        };
        let kept = from_reception(&remark(MOST_BYTES - 1000), "chat", KEY);
        assert_eq!(kept[0].data["owner"], "ana");
        let cut = from_reception(&remark(MOST_BYTES), "chat", KEY);
        assert_eq!(
            cut[0].data,
            json!({"truncated": true, "pk": KEY.pk, "sk": KEY.sk})
        );
        assert!(kept[0].to_json().len() <= MOST_BYTES && cut[0].to_json().len() < 1000);
    }
}
