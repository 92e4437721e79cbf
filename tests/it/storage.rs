//! The events table, on two independent DynamoDBs. Both must behave the same.

use std::time::Duration;

use domain::{Events, Reception, Source, Timestamp, UserId, relation::Event};
use store::{ErrorKind, EventsTable, History, Recorded};
use support::Dynamodb;

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn reception(id: &str, owner: &str, millis: i64) -> Reception {
    Reception {
        id: id.to_owned(),
        received_at: Timestamp::from_unix_millis(1_700_000_000_000 + millis).unwrap(),
        source: Source::OpenIm,
        command: "callbackAfterSetFriendRemarkCommand".to_owned(),
        operation_id: Some("op".to_owned()),
        events: Events::Relation(vec![Event::RemarkSet {
            owner: user(owner),
            friend: user("leo"),
            // DynamoDB did not accept empty texts in the past.
            remark: String::new(),
        }]),
        body: None,
        part: None,
    }
}

async fn a_reception_is_stored_once_and_may_be_recorded_often(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    let events = table.events_table(None);
    let first = reception("r1", "ana", 0);
    assert_eq!(events.record(&first).await.unwrap(), Recorded::New);
    for _ in 0..3 {
        assert_eq!(events.record(&first).await.unwrap(), Recorded::Known);
    }
    let twin = reception("r2", "ana", 0);
    assert_eq!(events.record(&twin).await.unwrap(), Recorded::New);
    assert_eq!(table.receptions().await.len(), 2);
}

async fn twenty_concurrent_writers_store_a_reception_once(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    let writers: Vec<_> = (0..20)
        .map(|_| {
            let events = table.events_table(None);
            tokio::spawn(async move { events.record(&reception("r", "ana", 0)).await.unwrap() })
        })
        .collect();
    let mut new = 0;
    for writer in writers {
        new += usize::from(writer.await.unwrap() == Recorded::New);
    }
    assert_eq!(new, 1);
    assert_eq!(table.items().await.len(), 1);
}

async fn a_users_history_is_one_query_with_the_oldest_first(dynamodb: &Dynamodb) {
    let events = dynamodb.events_table().await.events_table(None);
    for (id, owner, millis) in [
        ("b", "ana", 1000),
        ("a", "ana", 5),
        ("c", "ana", 999),
        ("d", "bob", 1),
    ] {
        events.record(&reception(id, owner, millis)).await.unwrap();
    }
    let history = events.history(&user("ana")).await.unwrap().receptions;
    let ids: Vec<&str> = history
        .iter()
        .map(|reception| reception.id.as_str())
        .collect();
    assert_eq!(ids, ["a", "c", "b"]);
    assert_eq!(history[0], reception("a", "ana", 5));
    assert_eq!(
        events.history(&user("nobody")).await.unwrap(),
        History::default()
    );
}

async fn events_expire_after_their_retention_or_never(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    let day = Some(Duration::from_secs(86_400));
    table
        .events_table(day)
        .record(&reception("day", "ana", 0))
        .await
        .unwrap();
    table
        .events_table(None)
        .record(&reception("ever", "bob", 0))
        .await
        .unwrap();
    for item in table.items().await {
        let expires_at = item
            .get("expires_at")
            .map(|value| value.as_n().unwrap().as_str());
        match item["id"].as_s().unwrap().as_str() {
            "day" => assert_eq!(expires_at, Some("1700086400")),
            _ => assert_eq!(expires_at, None),
        }
    }
    let described = table
        .client
        .describe_time_to_live()
        .table_name(&table.name)
        .send()
        .await
        .unwrap();
    let ttl = described.time_to_live_description.unwrap();
    assert_eq!(ttl.attribute_name.as_deref(), Some("expires_at"));
}

async fn opening_the_connection_writes_nothing_and_fails_without_a_table(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    table.events_table(None).open_connection().await.unwrap();
    assert_eq!(table.items().await.len(), 0);
    let missing = EventsTable::new(dynamodb.client(), "no-such-table", None);
    let error = missing.open_connection().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = missing.record(&reception("r", "ana", 0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

async fn a_reception_without_events_is_not_stored(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    let mut empty = reception("r", "ana", 0);
    empty.events = Events::Relation(Vec::new());
    assert_eq!(
        table.events_table(None).record(&empty).await.unwrap(),
        Recorded::Nothing
    );
    assert_eq!(table.items().await.len(), 0);
}

async fn the_longest_user_id_and_two_thousand_events_fit(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    let events = table.events_table(None);
    let longest = reception("r", &"x".repeat(UserId::MAX_BYTES), 0);
    assert_eq!(events.record(&longest).await.unwrap(), Recorded::New);
    let mut many = reception("many", "ana", 0);
    let pairs = (0..2000).map(|n| Event::FriendDeleted {
        owner: user(&format!("{:032}", 0)),
        friend: user(&format!("{n:032}")),
    });
    many.events = Events::Relation(pairs.collect());
    assert_eq!(events.record(&many).await.unwrap(), Recorded::New);
    let history = events
        .history(&user(&format!("{:032}", 0)))
        .await
        .unwrap()
        .receptions;
    assert_eq!(history, [many]);
}

async fn a_reception_that_does_not_fit_is_an_invalid_request(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    // Longer than a sort key may be.
    let large = reception(&"x".repeat(2000), "ana", 0);
    let error = table.events_table(None).record(&large).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

async fn a_large_reception_is_several_items_and_one_entry_of_the_history(dynamodb: &Dynamodb) {
    let mut imported = reception("import", "ana", 1);
    imported.events = Events::Relation(vec![Event::FriendsImported {
        owner: user("ana"),
        friends: (0..12_000).map(|n| user(&format!("{n:032}"))).collect(),
    }]);
    let mut named = reception("remark", "ana", 2);
    named.events = Events::Relation(vec![Event::RemarkSet {
        owner: user("ana"),
        friend: user("leo"),
        remark: "x".repeat(410_000),
    }]);
    let unknown = Reception {
        events: Events::Unknown,
        body: Some("é".repeat(400_000)),
        ..reception("unknown", "ana", 3)
    };
    let small = ["a", "b"].map(|id| reception(id, "ana", if id == "a" { 0 } else { 4 }));
    for one_by_one in [false, true] {
        let table = dynamodb.events_table().await;
        let events = table.events_table(None);
        for reception in [&small[1], &imported, &named, &unknown, &small[0]] {
            let mut parts = store::parts(reception);
            if one_by_one {
                // In the order in which the queue may deliver them. The last one here is the first part.
                parts.reverse();
                let last = parts.pop().unwrap();
                for part in &parts {
                    assert_eq!(events.record(part).await.unwrap(), Recorded::New);
                }
                let there = events.history(&user("ana")).await.unwrap();
                let there = there
                    .receptions
                    .iter()
                    .filter(|there| there.id == reception.id);
                let of_user = reception.events != Events::Unknown;
                assert_eq!(there.count(), if of_user { parts.len() } else { 0 });
                assert_eq!(events.record(&last).await.unwrap(), Recorded::New);
            } else {
                assert_eq!(events.record(reception).await.unwrap(), Recorded::New);
            }
            for again in store::parts(reception).iter().chain([reception]) {
                assert_eq!(events.record(again).await.unwrap(), Recorded::Known);
            }
        }
        assert_eq!(table.items().await.len(), 2 + 2 + 2 + 4);
        let history = events.history(&user("ana")).await.unwrap();
        assert!(history.receptions == [&small[0], &imported, &named, &small[1]].map(Clone::clone));
        let parts: Vec<Reception> = table.receptions().await;
        let parts = parts.into_iter().filter(|part| part.id == "unknown");
        assert!(Reception::whole(parts.collect()) == Ok(unknown.clone()));
    }
}

macro_rules! on_both {
    ($($test:ident)+) => {
        mod dynoxide {
            $(#[tokio::test] async fn $test() {
                super::$test(&super::Dynamodb::dynoxide().await).await;
            })+
        }

        /// One test for all, because MiniStack takes a second to start.
        mod ministack {
            #[tokio::test]
            async fn behaves_the_same() {
                let dynamodb = super::Dynamodb::ministack().await;
                $(
                    println!("{}", stringify!($test));
                    super::$test(&dynamodb).await;
                )+
            }
        }
    };
}

pub(crate) use on_both;

on_both! {
    a_reception_is_stored_once_and_may_be_recorded_often
    twenty_concurrent_writers_store_a_reception_once
    a_users_history_is_one_query_with_the_oldest_first
    events_expire_after_their_retention_or_never
    opening_the_connection_writes_nothing_and_fails_without_a_table
    a_reception_without_events_is_not_stored
    the_longest_user_id_and_two_thousand_events_fit
    a_reception_that_does_not_fit_is_an_invalid_request
    a_large_reception_is_several_items_and_one_entry_of_the_history
}
