//! The events table, on two independent DynamoDBs. Both must behave the same.

use std::time::Duration;

use domain::{
    Conversation, Events, Family, GroupId, Reception, Source, Timestamp, UserId, call, channel,
    conversation,
    decision::{self, By, Verdict},
    group, message, moderation, operations, presence, push,
    relation::Event,
    user,
};
use store::{ErrorKind, EventsTable, History, HistoryOf, Reading, Recorded, Retention};
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
        target: None,
        part: None,
    }
}

async fn history(events: &EventsTable, of: &str) -> History {
    let of = HistoryOf::User(user(of));
    events.history(&of, &Reading::default()).await.unwrap()
}

/// One event of each family that has events.
fn one_of_each_family() -> impl Iterator<Item = Events> {
    let ana = || user("ana");
    let group = || GroupId::new("g").unwrap();
    let families: [Events; 12] = [
        vec![Event::FriendDeleted {
            owner: ana(),
            friend: user("leo"),
        }]
        .into(),
        vec![user::Event::ProfileChanged {
            user: ana(),
            fields: Vec::new(),
        }]
        .into(),
        vec![group::Event::GroupDissolved {
            group: group(),
            owner: None,
            members: Vec::new(),
        }]
        .into(),
        vec![channel::Event::ChannelFull { channel: ana() }].into(),
        vec![message::Event::MessageNumbered {
            conversation: Conversation::Group(group()),
            message: message::MessageRef::default(),
        }]
        .into(),
        vec![conversation::Event::ConversationCreated {
            owner: Some(ana()),
            conversation: Conversation::Group(group()),
        }]
        .into(),
        vec![presence::Event::WentOffline {
            why: None,
            user: ana(),
            platform: "Web".to_owned(),
            seen_at: None,
            connection: None,
        }]
        .into(),
        vec![push::Event::PushReported {
            to: ana(),
            stage: None,
            code: None,
            at: None,
            channel: None,
            online: false,
            device: None,
            push: None,
            from: None,
            conversation: None,
            message: None,
            task: None,
            app_task: None,
            sent_at: None,
        }]
        .into(),
        vec![call::Event::CallMembersChanged {
            call: None,
            changes: vec![call::CallChange {
                user: ana(),
                what: call::What::HungUp,
            }],
            members: Vec::new(),
            changed_at: None,
        }]
        .into(),
        vec![moderation::Event::ContentJudged {
            from: ana(),
            scene: moderation::Scene::Message,
            conversation: None,
            message: None,
            kind: message::Kind::Text,
            blocked: None,
            suggestion: None,
            label: None,
            sub_label: None,
            request: None,
        }]
        .into(),
        vec![operations::Event::GroupQuotaAlarm {
            used: Some(72),
            quota: Some(100),
            at: None,
        }]
        .into(),
        vec![decided(Some(ana()), None)].into(),
    ];
    families.into_iter()
}

fn decided(actor: Option<UserId>, group: Option<GroupId>) -> decision::Event {
    decision::Event::Decided {
        decision: Verdict::Refused,
        by: By::Policies,
        code: Some(28_004),
        rule: None,
        actor,
        others: Vec::new(),
        group,
        conversation: None,
    }
}

async fn a_reception_is_stored_once_and_may_be_recorded_often(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    let events = table.events_table();
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
            let events = table.events_table();
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

/// A callback of Tencent Chat. Its retry has another id and another time.
fn of_tencent(id: &str, request: Option<&str>, millis: i64) -> Reception {
    Reception {
        source: Source::Tencent,
        command: "Sns.CallbackFriendDelete".to_owned(),
        operation_id: request.map(ToOwned::to_owned),
        ..reception(id, "ana", millis)
    }
}

async fn a_retry_of_tencent_chat_is_stored_once_and_a_new_request_again(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    let events = table.events_table();
    let mut large = of_tencent("large", Some("b"), 0);
    large.events = Events::Relation(vec![Event::FriendsImported {
        owner: user("ana"),
        friends: (0..12_000).map(|n| user(&format!("{n:032}"))).collect(),
    }]);
    let retry_of_large = Reception {
        id: "again".to_owned(),
        received_at: of_tencent("", None, 9).received_at,
        ..large.clone()
    };
    let own_id = |id| Reception {
        source: Source::OpenIm,
        ..of_tencent(id, Some("a"), 0)
    };
    for (reception, expected) in [
        (of_tencent("1", Some("a"), 0), Recorded::New),
        (of_tencent("1", Some("a"), 0), Recorded::Known),
        (of_tencent("2", Some("a"), 5), Recorded::Known),
        (of_tencent("3", Some("b"), 0), Recorded::New),
        (of_tencent("4", None, 0), Recorded::New),
        (of_tencent("5", None, 0), Recorded::New),
        (own_id("6"), Recorded::New),
        (own_id("7"), Recorded::New),
        (large.clone(), Recorded::New),
        (large, Recorded::Known),
        (retry_of_large, Recorded::Known),
    ] {
        let recorded = events.record(&reception).await.unwrap();
        assert_eq!(recorded, expected, "{}", reception.id);
    }
    let stored = history(&events, "ana").await.receptions;
    let mut ids: Vec<_> = stored.iter().map(|stored| stored.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["1", "3", "4", "5", "6", "7", "large"]);
    let page = events.page(None, 1000).await.unwrap();
    assert_eq!(page.unreadable, []);
}

async fn of_twenty_retries_at_once_one_is_stored(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    let writers: Vec<_> = (0..20)
        .map(|n| {
            let events = table.events_table();
            let retry = of_tencent(&format!("r{n}"), Some("a"), n);
            tokio::spawn(async move { events.record(&retry).await })
        })
        .collect();
    let mut new = 0;
    for writer in writers {
        new += usize::from(writer.await.unwrap().unwrap() == Recorded::New);
    }
    assert_eq!(new, 1);
    assert_eq!(table.receptions().await.len(), 1);
}

async fn a_retry_stores_what_the_first_reception_could_not(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    let events = table.events_table();
    let first = of_tencent("first", Some("a"), 0);
    events.record(&first).await.unwrap();
    // As if the function had died between the marker and the item.
    let item = table.reception_items().await.remove(0);
    let key = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone()));
    let delete = table.client.delete_item().table_name(&table.name);
    delete.set_key(Some(key.into())).send().await.unwrap();
    let retry = of_tencent("retry", Some("a"), 5);
    assert_eq!(events.record(&retry).await.unwrap(), Recorded::New);
    assert_eq!(table.receptions().await, std::slice::from_ref(&first));
    // What the first reception left in the queue is then known.
    for again in [&first, &retry] {
        assert_eq!(events.record(again).await.unwrap(), Recorded::Known);
    }
    assert_eq!(table.receptions().await, [first]);
}

async fn a_marker_of_an_older_version_means_that_the_item_exists(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    let events = table.events_table();
    let first = of_tencent("first", Some("a"), 0);
    events.record(&first).await.unwrap();
    let mut items = table.items().await;
    items.retain(|item| item["pk"].as_s().unwrap().starts_with("retry#"));
    let mut marker = items.remove(0);
    marker.remove("received_at").unwrap();
    let put = table.client.put_item().table_name(&table.name);
    put.set_item(Some(marker)).send().await.unwrap();
    let retry = of_tencent("retry", Some("a"), 5);
    assert_eq!(events.record(&retry).await.unwrap(), Recorded::Known);
    assert_eq!(table.receptions().await, [first]);
}

async fn a_users_history_is_one_query_with_the_oldest_first(dynamodb: &Dynamodb) {
    let events = dynamodb.events_table().await.events_table();
    for (id, owner, millis) in [
        ("b", "ana", 1000),
        ("a", "ana", 5),
        ("c", "ana", 999),
        ("d", "bob", 1),
    ] {
        events.record(&reception(id, owner, millis)).await.unwrap();
    }
    let history = history(&events, "ana").await.receptions;
    let ids: Vec<&str> = history
        .iter()
        .map(|reception| reception.id.as_str())
        .collect();
    assert_eq!(ids, ["a", "c", "b"]);
    assert_eq!(history[0], reception("a", "ana", 5));
    assert_eq!(self::history(&events, "nobody").await, History::default());
}

async fn events_expire_after_the_retention_of_their_family_or_never(dynamodb: &Dynamodb) {
    let days = |days: u64| Some(Duration::from_secs(days * 86_400));
    let by_family = Retention {
        events: days(3),
        messages: days(2),
        presence: days(1),
    };
    let mut all = vec![("unknown", 3, Events::Unknown)];
    all.extend(one_of_each_family().map(|events| {
        let days = match events.family() {
            Family::Message | Family::Decision => 2,
            Family::Presence => 1,
            _ => 3,
        };
        (events.family().as_str(), days, events)
    }));
    let table = dynamodb.events_table().await;
    let expiring = EventsTable::new(table.client.clone(), &table.name, by_family);
    for (family, _, events) in &all {
        for (events_table, prefix) in [(&expiring, "once"), (&table.events_table(), "ever")] {
            let reception = Reception {
                events: events.clone(),
                ..reception(&format!("{prefix} {family}"), "ana", 0)
            };
            let recorded = events_table.record(&reception).await.unwrap();
            assert_eq!(recorded, Recorded::New);
        }
    }
    let items = table.items().await;
    assert_eq!(items.len(), 2 * all.len());
    for item in items {
        let expires_at = item.get("expires_at");
        let expires_at = expires_at.map(|value| value.as_n().unwrap().parse().unwrap());
        let expected = match item["id"].as_s().unwrap().split_once(' ').unwrap() {
            ("once", family) => all
                .iter()
                .find(|it| it.0 == family)
                .map(|(_, days, _)| 1_700_000_000 + days * 86_400),
            _ => None,
        };
        assert_eq!(expires_at, expected, "{}", item["id"].as_s().unwrap());
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
    table.events_table().open_connection().await.unwrap();
    assert_eq!(table.items().await.len(), 0);
    let missing = EventsTable::new(dynamodb.client(), "no-such-table", Retention::default());
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
        table.events_table().record(&empty).await.unwrap(),
        Recorded::Nothing
    );
    assert_eq!(table.items().await.len(), 0);
}

async fn the_longest_user_id_and_two_thousand_events_fit(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    let events = table.events_table();
    let longest = reception("r", &"x".repeat(UserId::MAX_BYTES), 0);
    assert_eq!(events.record(&longest).await.unwrap(), Recorded::New);
    let mut many = reception("many", "ana", 0);
    let pairs = (0..2000).map(|n| Event::FriendDeleted {
        owner: user(&format!("{:032}", 0)),
        friend: user(&format!("{n:032}")),
    });
    many.events = Events::Relation(pairs.collect());
    assert_eq!(events.record(&many).await.unwrap(), Recorded::New);
    let history = history(&events, &format!("{:032}", 0)).await.receptions;
    assert_eq!(history, [many]);
}

async fn a_reception_that_does_not_fit_is_an_invalid_request(dynamodb: &Dynamodb) {
    let table = dynamodb.events_table().await;
    // Longer than a sort key may be.
    let large = reception(&"x".repeat(2000), "ana", 0);
    let error = table.events_table().record(&large).await.unwrap_err();
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
        let events = table.events_table();
        for reception in [&small[1], &imported, &named, &unknown, &small[0]] {
            let mut parts = store::parts(reception);
            if one_by_one {
                // In the order in which the queue may deliver them. The last one here is the first part.
                parts.reverse();
                let last = parts.pop().unwrap();
                for part in &parts {
                    assert_eq!(events.record(part).await.unwrap(), Recorded::New);
                }
                let there = history(&events, "ana").await;
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
        let history = history(&events, "ana").await;
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
    a_retry_of_tencent_chat_is_stored_once_and_a_new_request_again
    of_twenty_retries_at_once_one_is_stored
    a_retry_stores_what_the_first_reception_could_not
    a_marker_of_an_older_version_means_that_the_item_exists
    a_users_history_is_one_query_with_the_oldest_first
    events_expire_after_the_retention_of_their_family_or_never
    opening_the_connection_writes_nothing_and_fails_without_a_table
    a_reception_without_events_is_not_stored
    the_longest_user_id_and_two_thousand_events_fit
    a_reception_that_does_not_fit_is_an_invalid_request
    a_large_reception_is_several_items_and_one_entry_of_the_history
}
