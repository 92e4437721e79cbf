//! Recognizes a callback that the server sends again.
//!
//! Tencent Chat can be told to send an after callback again if no answer came in time. The query then has the same
//! `RequestId`. So the first reception leaves a marker, and a second one finds it.
//!
//! The marker is written before the item, and says whose item it is. A retry that finds the marker writes the item of the
//! first reception. If that item exists, the condition of the write is false, and nothing changes. If it does not exist,
//! because the first reception failed between marker and item, the retry writes it. So the item is neither lost nor written
//! twice. A transaction of marker and item would be as safe, at twice the write units.
//!
//! The documents of Tencent Chat do not name the `RequestId`; those of its customer service do, for this purpose
//! (<https://cloud.tencent.com/document/product/269/111212>). So the marker's key has the command and the events, too. A
//! `RequestId` that comes with anything else is a new callback.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Family, Reception, Source, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::{
    ErrorKind, StoreError,
    item::{EXPIRES_AT, FAMILY, PK, SK},
    rows::foreign,
};

/// How long a retry is recognized, in seconds. The documents do not say how late one can come.
const REMEMBERED: i64 = 24 * 60 * 60;

/// The `family` of a marker, which is no event's.
pub(crate) const MARKER: &str = "retry";

/// When the first reception was received.
const RECEIVED_AT: &str = "received_at";

/// The marker of a reception. `None` if its server sends no callback twice, or gives no id that would tell.
pub(crate) fn marker(
    reception: &Reception,
) -> Result<Option<HashMap<String, AttributeValue>>, StoreError> {
    let (Source::Tencent, Some(request)) = (reception.source, &reception.operation_id) else {
        return Ok(None);
    };
    // Before callbacks are never sent again.
    if reception.events.family() == Family::Decision {
        return Ok(None);
    }
    // Without the reception's own id and time: these are new in a retry.
    let same = (
        &reception.command,
        request,
        &reception.events,
        &reception.body,
        &reception.part,
    );
    let same = serde_json::to_vec(&same)
        .map_err(|error| StoreError::new(ErrorKind::Invalid, error.to_string()))?;
    let digest = base16ct::lower::encode_string(&Sha256::digest(same));
    let until = reception
        .received_at
        .unix_seconds()
        .saturating_add(REMEMBERED);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    Ok(Some(HashMap::from([
        (PK.to_owned(), text(&format!("retry#{digest}"))),
        (SK.to_owned(), text("retry")),
        // No view and no history reads this family.
        (FAMILY.to_owned(), text(MARKER)),
        ("id".to_owned(), text(&reception.id)),
        (
            RECEIVED_AT.to_owned(),
            text(&reception.received_at.to_string()),
        ),
        (EXPIRES_AT.to_owned(), AttributeValue::N(until.to_string())),
    ])))
}

/// The first reception of what is received again, from its marker. `None` if the item surely exists: versions up to
/// 0.2.0 wrote the item and its marker in one transaction, and the marker has no time.
pub(crate) fn first(
    again: &Reception,
    marker: &HashMap<String, AttributeValue>,
) -> Result<Option<Reception>, StoreError> {
    let text = |name: &str| marker.get(name).and_then(|value| value.as_s().ok());
    let (Some(id), Some(received_at)) = (text("id"), text(RECEIVED_AT)) else {
        return Ok(None);
    };
    Ok(Some(Reception {
        id: id.clone(),
        received_at: Timestamp::try_from(received_at.clone()).map_err(foreign)?,
        ..again.clone()
    }))
}

#[cfg(test)]
mod tests {
    use domain::{
        Events, Part, UserId,
        decision::{self, By, Verdict},
        relation::Event,
    };

    use super::*;

    fn pairs(owners: &[&str]) -> Events {
        let user = |id: &str| UserId::new(id).unwrap();
        let deleted = owners.iter().map(|owner| Event::FriendDeleted {
            owner: user(owner),
            friend: user("leo"),
        });
        deleted.collect::<Vec<_>>().into()
    }

    fn reception() -> Reception {
        Reception {
            source: Source::Tencent,
            command: "Sns.CallbackFriendDelete".to_owned(),
            operation_id: Some("5f0c7a52-1111-4222-8333-0123456789ab".to_owned()),
            ..crate::rows::tests::reception(pairs(&["ana"]))
        }
    }

    fn key(reception: &Reception) -> Option<AttributeValue> {
        marker(reception).unwrap().map(|item| item[PK].clone())
    }

    #[test]
    fn a_retry_has_the_marker_of_the_first_reception_whatever_its_own_id_and_time() {
        let first = reception();
        let retry = Reception {
            id: "r#2".to_owned(),
            received_at: domain::Timestamp::from_unix_millis(1_800_000_000_000).unwrap(),
            ..first.clone()
        };
        assert!(key(&first).is_some());
        assert_eq!(key(&first), key(&retry));
    }

    #[test]
    fn a_marker_gives_the_first_reception_back() {
        let first = reception();
        let retry = Reception {
            id: "r#2".to_owned(),
            received_at: Timestamp::from_unix_millis(1_800_000_000_000).unwrap(),
            ..first.clone()
        };
        let mut marker = marker(&first).unwrap().unwrap();
        let found = super::first(&retry, &marker).unwrap();
        assert_eq!(found, Some(first));
        marker.remove(RECEIVED_AT);
        let of_an_old_version = super::first(&retry, &marker).unwrap();
        assert_eq!(of_an_old_version, None);
    }

    #[test]
    fn another_request_command_event_body_or_part_has_another_marker() {
        let first = reception();
        let part = |number| {
            Some(Part {
                number,
                of: 2,
                first: 0,
                continues: None,
                subject: None,
            })
        };
        let others = [
            Reception {
                operation_id: Some("another".to_owned()),
                ..first.clone()
            },
            Reception {
                command: "Sns.CallbackFriendAdd".to_owned(),
                ..first.clone()
            },
            Reception {
                events: pairs(&["ana", "bob"]),
                ..first.clone()
            },
            Reception {
                events: Events::Unknown,
                body: Some("{}".to_owned()),
                ..first.clone()
            },
            Reception {
                part: part(0),
                ..first.clone()
            },
            Reception {
                part: part(1),
                ..first.clone()
            },
        ];
        let keys: Vec<_> = std::iter::once(&first).chain(&others).map(key).collect();
        for (n, one) in keys.iter().enumerate() {
            assert!(one.is_some());
            assert!(!keys[..n].contains(one), "{n}");
        }
    }

    #[test]
    fn nothing_else_has_a_marker() {
        let decided = decision::Event::Decided {
            decision: Verdict::Allowed,
            by: By::Handler,
            code: None,
            rule: None,
            actor: None,
            others: Vec::new(),
            group: None,
            conversation: None,
        };
        for reception in [
            Reception {
                operation_id: None,
                ..reception()
            },
            Reception {
                source: Source::OpenIm,
                ..reception()
            },
            Reception {
                events: vec![decided].into(),
                ..reception()
            },
        ] {
            assert_eq!(marker(&reception).unwrap(), None);
        }
    }
}
