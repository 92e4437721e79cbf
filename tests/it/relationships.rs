//! Who is friends with whom and who is in which group, from callbacks and stored events to the views: through the
//! function and through the rebuild.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode},
};
use domain::{
    Events, Family, GroupId, Reception, Source, Timestamp, UserId,
    group::{self, rows::Membership},
    relation::{
        Event,
        rows::{Aspect, Fact},
    },
};
use models::{
    Verdict,
    memberships::{self, Seat},
    read_as_openim,
    relations::{self, USERS},
    servers::{self, Callback, Pair},
    views::{self, Views},
};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use serde_json::{Value, json};
use store::{item, memberships::Member};
use support::{
    Dynamodb, Fault, FaultProxy, Function, Process, Queue, Request, SDK_APP_ID, Table, binary,
    nowhere, records, wait_for_relationships,
};
use tokio::process::Command;

use crate::{
    relationships_table::reception,
    template::{self, Template},
};

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

async fn projection(relationships: &Table) -> Function {
    Function::start("project-views", relationships.environment()).await
}

/// The same, with a queue for what cannot be applied.
pub(crate) async fn projection_with(relationships: &Table, failures: &Queue) -> Function {
    let mut environment = relationships.environment();
    environment.insert("AWS_ENDPOINT_URL_SQS".into(), failures.endpoint.clone());
    environment.insert("VIEW_FAILURES_QUEUE_URL".into(), failures.url.clone());
    Function::start("project-views", environment).await
}

/// Passes records to the function as Lambda does. Returns the sequence numbers of those that have to come again.
pub(crate) async fn deliver(function: &Function, records: &[Value]) -> Vec<String> {
    let answer = function.invoke(json!({ "Records": records })).await;
    let failures = answer["batchItemFailures"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}: {}", function.log().join("\n")));
    failures
        .iter()
        .map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned())
        .collect()
}

async fn store(events: &Table, history: &[Reception]) {
    let table = events.events_table();
    for reception in history {
        table.record(reception).await.unwrap();
    }
}

/// The state of all users in the table, read by every query that the table offers.
async fn state(relationships: &Table) -> Views {
    Views {
        relations: friends_in(relationships).await,
        memberships: members_in(relationships).await,
    }
}

async fn friends_in(relationships: &Table) -> relations::Model {
    let table = relationships.relationships_table();
    let mut state = relations::Model::default();
    let mut listed = std::collections::BTreeSet::new();
    for name in USERS {
        let name = user(name);
        for friend in table.friends_of(&name).await.unwrap() {
            let pair = (name.clone(), friend.friend);
            if !friend.remark.is_empty() {
                state.remarks.insert(pair.clone(), friend.remark);
            }
            let [forth, _] = table.friendship(&pair.0, &pair.1).await.unwrap();
            assert_eq!(forth.listed, Some(true));
            state.friends.insert(pair);
        }
        for entry in table.listed_by(&name).await.unwrap() {
            listed.insert((entry.owner, entry.other));
        }
        for entry in table.blocked_by(&name).await.unwrap() {
            let blocks = if entry.intended {
                &mut state.intended_blocks
            } else {
                &mut state.blocks
            };
            blocks.insert((entry.owner, entry.other));
        }
        for row in table.rows(&name, Aspect::Request).await.unwrap() {
            if let Fact::Request(Some(message)) = row.fact {
                state.requests.insert((row.owner, row.other), message);
            }
        }
    }
    assert_eq!(listed, state.friends, "the index has the same friends");
    state
}

async fn members_in(relationships: &Table) -> memberships::Model {
    let table = relationships.relationships_table();
    let mut seats = BTreeMap::new();
    for (group, user) in memberships::pairs() {
        let member = table.membership(&group, &user).await.unwrap();
        let seat = match member.member {
            Membership::NotKnown => Seat::NotKnown,
            Membership::No => Seat::Empty,
            Membership::Intended => Seat::Intended,
            Membership::Yes => Seat::Taken {
                since: member.since,
                role: member.role,
            },
        };
        seats.insert((group, user), (seat, member));
    }
    // The lists have the same members.
    let is_one = |seat: &Seat| matches!(seat, Seat::Intended | Seat::Taken { .. });
    let members_of = |is_listed: &dyn Fn(&Member) -> bool| {
        let members = seats.values().filter(|(seat, _)| is_one(seat));
        let members = members.map(|(_, member)| member);
        Vec::from_iter(members.filter(|member| is_listed(member)).cloned())
    };
    for group in memberships::GROUPS {
        let listed = members_of(&|member| member.group.as_str() == group);
        let group = GroupId::new(group).unwrap();
        let mut found = Vec::new();
        loop {
            let after = found.last().map(|member: &Member| member.user.clone());
            let page = table.members_of(&group, after.as_ref(), 2).await.unwrap();
            assert!(page.members.len() == 2 || !page.more);
            found.extend(page.members);
            if !page.more {
                break;
            }
        }
        assert_eq!(found, listed);
    }
    for name in USERS {
        let listed = members_of(&|member| member.user.as_str() == name);
        assert_eq!(table.groups_of(&user(name)).await.unwrap(), listed);
    }
    let seats = seats.into_iter().map(|(pair, (seat, _))| (pair, seat));
    memberships::Model(seats.collect())
}

/// A random history and its deliveries. They are the same in every run.
fn sample(runner: &mut TestRunner, receptions: usize) -> (Vec<Reception>, Vec<Reception>) {
    let deliveries = views::deliveries(views::events(), receptions);
    loop {
        let (history, deliveries) = deliveries.new_tree(runner).unwrap().current();
        if history.len() * 2 > receptions {
            return (history, deliveries);
        }
    }
}

#[tokio::test]
async fn deliveries_in_any_order_and_number_give_the_state_of_the_history() {
    let dynamodb = Dynamodb::dynoxide().await;
    let mut runner = TestRunner::deterministic();
    let (mut stored, mut delivered) = (0, 0);
    for round in 0..4 {
        let (history, deliveries) = sample(&mut runner, 100);
        let events = dynamodb.events_table().await;
        store(&events, &history).await;
        let stream = records(&events).await;
        assert_eq!(stream.len(), history.len());
        let record_of = |reception: &Reception| {
            let id = |record: &&Value| {
                record["dynamodb"]["NewImage"]["id"]["S"] == reception.id.as_str()
            };
            stream.iter().find(id).unwrap().clone()
        };
        let deliveries: Vec<Value> = deliveries.iter().map(record_of).collect();
        let relationships = dynamodb.relationships_table().await;
        // Two processes at once, as Lambda reads several shards. Neither knows of the other.
        let functions = [
            projection(&relationships).await,
            projection(&relationships).await,
        ];
        let (one, two) = deliveries.split_at(deliveries.len() / 2);
        let halves = [(&functions[0], one), (&functions[1], two)];
        let deliver_all = halves.map(|(function, half)| async move {
            for batch in half.chunks(7 + round) {
                assert_eq!(deliver(function, batch).await, [] as [String; 0]);
            }
        });
        let [one, two] = deliver_all;
        tokio::join!(one, two);
        assert_eq!(state(&relationships).await, Views::of(&history));
        stored += history.len();
        delivered += deliveries.len();
    }
    println!("{stored} stored events in {delivered} deliveries in any order give the same state");
}

/// The server's request for this callback.
fn request(callback: &Callback) -> Request {
    match callback {
        Callback::AfterAddFriend {
            pair: (from, to),
            message,
        } => openim(
            "callbackAfterAddFriendCommand",
            json!({"fromUserID": from, "toUserID": to, "reqMsg": message}),
        ),
        Callback::AfterAddFriendAgree((from, to)) => openim(
            "callbackAfterAddFriendAgreeCommand",
            json!({"fromUserID": from, "blackUserID": to, "HandleResult": 1, "HandleMsg": ""}),
        ),
        Callback::AfterImportFriends { owner, friends } => openim(
            "callbackAfterImportFriendsCommand",
            json!({"ownerUserID": owner, "friendUserIDs": friends}),
        ),
        Callback::AfterDeleteFriend((owner, friend)) => openim(
            "callbackAfterDeleteFriendCommand",
            json!({"ownerUserID": owner, "friendUserID": friend}),
        ),
        Callback::AfterSetFriendRemark {
            pair: (owner, friend),
            remark,
        } => openim(
            "callbackAfterSetFriendRemarkCommand",
            json!({"ownerUserID": owner, "friendUserID": friend, "remark": remark}),
        ),
        Callback::BeforeAddBlack {
            pair: (owner, blocked),
            ..
        } => openim(
            "callbackBeforeAddBlackCommand",
            json!({"ownerUserID": owner, "blackUserID": blocked}),
        ),
        Callback::AfterRemoveBlack((owner, blocked)) => openim(
            "callbackAfterRemoveBlackCommand",
            json!({"ownerUserID": owner, "blackUserID": blocked}),
        ),
        Callback::FriendAdd(pairs) => tencent("Sns.CallbackFriendAdd", pairs),
        Callback::FriendDelete(pairs) => tencent("Sns.CallbackFriendDelete", pairs),
        Callback::BlackListAdd(pairs) => tencent("Sns.CallbackBlackListAdd", pairs),
        Callback::BlackListDelete(pairs) => tencent("Sns.CallbackBlackListDelete", pairs),
    }
}

fn openim(command: &str, mut body: Value) -> Request {
    body["callbackCommand"] = json!(command);
    Request::post(&format!("/{command}"), format!("{body}\n"))
}

fn tencent(command: &str, pairs: &[Pair]) -> Request {
    let pairs: Vec<Value> = pairs
        .iter()
        .map(|(from, to)| json!({"From_Account": from, "To_Account": to}))
        .collect();
    let url = format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}&contenttype=json");
    let body = json!({"CallbackCommand": command, "PairList": pairs});
    Request::post(&url, body.to_string())
}

#[tokio::test]
async fn callbacks_of_random_histories_give_the_view_of_the_servers_tables() {
    let dynamodb = Dynamodb::dynoxide().await;
    let no_blocks = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policies-no-blocks.json");
    let document = json!({"callbackBeforeAddBlackCommand": {"otherUser": {"deny": USERS}}});
    std::fs::write(&no_blocks, document.to_string()).unwrap();
    let mut runner = TestRunner::deterministic();
    for source in [Source::OpenIm, Source::Tencent] {
        let (mut sent, mut stored) = (0, 0);
        while sent < 300 {
            let history = servers::history(source, 120).new_tree(&mut runner);
            let (truth, callbacks) = history.unwrap().current();
            let events = dynamodb.events_table().await;
            let environment = events.environment();
            let receiver = Function::start("any-command", environment.clone()).await;
            let mut refusing = environment;
            refusing.insert("POLICIES_FILE".into(), no_blocks.to_str().unwrap().into());
            let refusing = Function::start("any-command", refusing).await;
            for callback in &callbacks {
                let refused = matches!(callback, Callback::BeforeAddBlack { refused: true, .. });
                let function = if refused { &refusing } else { &receiver };
                let answer = function.send(&request(callback)).await;
                let done = match source {
                    Source::Tencent => answer.json()["ActionStatus"] == "OK",
                    _ => (read_as_openim(&answer.body) == Verdict::Allowed) != refused,
                };
                assert!(answer.status == 200 && done, "{callback:?}: {answer:?}");
            }
            let relationships = dynamodb.relationships_table().await;
            let projection = projection(&relationships).await;
            let stream = records(&events).await;
            for batch in stream.chunks(50) {
                assert_eq!(deliver(&projection, batch).await, [] as [String; 0]);
            }
            let view = friends_in(&relationships).await;
            assert_eq!(truth.contradiction(&view), None, "{callbacks:?}");
            sent += callbacks.len();
            stored += stream.len();
        }
        println!(
            "{source:?}: {sent} callbacks, {stored} stored, and the view agrees with the server"
        );
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_applied_is_put_aside_and_holds_up_no_other() {
    let dynamodb = Dynamodb::dynoxide().await;
    let ministack = Dynamodb::ministack().await;
    for family in item::VIEWED {
        let failures = Queue::create(&ministack, family.as_str()).await;
        a_poisoned_record_is_put_aside(&dynamodb, &failures, *family).await;
    }
}

/// Writes an item that no version of this project wrote.
pub(crate) async fn put_poison(events: &Table, family: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    events
        .client
        .put_item()
        .table_name(&events.name)
        .item("pk", text("user#ana"))
        .item("sk", text("2026-11-21T12:34:56.789Z#poison"))
        .item("id", text("poison"))
        .item("family", text(family))
        .item("events", text("hunter2"))
        .send()
        .await
        .unwrap();
}

async fn a_poisoned_record_is_put_aside(dynamodb: &Dynamodb, failures: &Queue, family: Family) {
    let events = dynamodb.events_table().await;
    let remark = |id: &str, friend: &str, remark: String| {
        let events = vec![Event::RemarkSet {
            owner: user("ana"),
            friend: user(friend),
            remark,
        }];
        reception(id, 0, events)
    };
    let climbers = GroupId::new("climbers").unwrap();
    store(&events, &[remark("r1", "bob", "B".to_owned())]).await;
    put_poison(&events, family.as_str()).await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    // This reception fits into an item of the events table, but not into a row, which has the id twice.
    let named = [
        ("type", "remark_set"),
        ("owner", "ana"),
        ("friend", "leo"),
        ("remark", "xxxx"),
    ];
    let named = named.map(|(name, value)| (name.to_owned(), text(value)));
    let named = AttributeValue::L(vec![AttributeValue::M(named.into())]);
    events
        .client
        .put_item()
        .table_name(&events.name)
        .item("pk", text("user#ana"))
        .item("sk", text("2026-11-21T12:34:56.789Z#long"))
        .item("id", text(&"r".repeat(210_000)))
        .item("received_at", text("2026-11-21T12:34:56.789Z"))
        .item("source", text("openim"))
        .item("command", text("x"))
        .item("family", text("relation"))
        .item("events", named)
        .send()
        .await
        .unwrap();
    let intended = vec![group::Event::MembersJoinIntended {
        group: climbers.clone(),
        members: vec![user("ana")],
    }];
    let others = [
        remark("r3", "zoé", "Z".to_owned()),
        reception("r4", 0, intended),
    ];
    store(&events, &others).await;

    let relationships = dynamodb.relationships_table().await;
    let function = projection_with(&relationships, failures).await;
    let records = records(&events).await;
    let sequence_number = |n: usize| {
        let number = &records[n]["dynamodb"]["SequenceNumber"];
        number.as_str().unwrap().to_owned()
    };
    let again = deliver(&function, &records).await;
    assert_eq!(again, [] as [String; 0], "nothing comes again");
    let view = relationships.relationships_table();
    let friends = view.friends_of(&user("ana")).await.unwrap();
    let friends = friends.iter().filter(|friend| !friend.remark.is_empty());
    let friends: Vec<&str> = friends.map(|friend| friend.friend.as_str()).collect();
    assert_eq!(friends, ["bob", "zoé"], "all other records are applied");
    let members = view.members_of(&climbers, None, 9).await.unwrap();
    assert_eq!(members.members.len(), 1);

    let aside = failures.receive_all().await;
    let aside: Vec<Value> = aside
        .iter()
        .map(|message| serde_json::from_str(message.body.as_ref().unwrap()).unwrap())
        .collect();
    assert_eq!(aside.len(), 2);
    for (message, n) in aside.iter().zip([1, 2]) {
        assert_eq!(message["v"], 1);
        assert_eq!(message["record"], records[n], "the record as it came");
        assert_eq!(message["sequenceNumber"], sequence_number(n).as_str());
        assert!(message["reason"].is_string());
    }
    assert_eq!(aside[0]["requestId"], "poison");

    let lines = function.log();
    let log = lines.join("\n");
    assert!(!log.contains("hunter2") && !log.contains("xxxx"), "{log}");
    let lines = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let errors: Vec<Value> = lines.filter(|line| line["level"] == "ERROR").collect();
    assert_eq!(errors.len(), 2, "one line for each");
    for (error, message) in errors.iter().zip(&aside) {
        for key in ["sequenceNumber", "requestId", "reason"] {
            assert_eq!(error[key], message[key]);
        }
        assert_eq!(error["function"], "project-views");
    }

    // Without the queue, or with a queue that does not take it, the record comes again. All others are applied.
    let refusing = FaultProxy::start(&failures.endpoint, Fault::Deny, 100).await;
    let mut refused = dynamodb.relationships_table().await.environment();
    let without = Function::start("project-views", refused.clone()).await;
    refused.insert("AWS_ENDPOINT_URL_SQS".into(), refusing.endpoint.clone());
    refused.insert("VIEW_FAILURES_QUEUE_URL".into(), failures.url.clone());
    for function in [without, Function::start("project-views", refused).await] {
        for (from, failed) in [(0, 1), (1, 1), (2, 2)] {
            let named = deliver(&function, &records[from..]).await;
            assert_eq!(named, [sequence_number(failed)], "from {from}");
        }
        assert_eq!(deliver(&function, &records[3..]).await, [] as [String; 0]);
        assert!(!function.log().join("\n").contains("was put aside"));
    }
    assert_eq!(failures.count().await, [0, 2], "no other message was sent");

    // A rebuild leaves out the same two items, and applies all others.
    let rebuilt = dynamodb.relationships_table().await;
    let output = rebuild(
        &events,
        &rebuilt,
        &checkpoint(&format!("poison-{}.json", family.as_str())),
        1,
    )
    .output();
    let output = output.await.unwrap();
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("2 items of the events table were left out"),
        "{errors}"
    );
    assert_eq!(
        rebuilt.items().await.len(),
        relationships.items().await.len()
    );
}

/// Delivers a batch as Lambda does with the settings of template.yaml: again and again from the record on that failed, but
/// not more often than `MaximumRetryAttempts` says. Calls `after` with the number of failed invocations.
async fn deliver_with_retries(
    function: &Function,
    mut records: &[Value],
    mut after: impl AsyncFnMut(i64),
) {
    let views = &Template::with(&[]).functions()["project-views"];
    let (_, source) = template::events(views).next().unwrap();
    let retries = source["MaximumRetryAttempts"].as_i64().unwrap();
    let mut failed = 0;
    while let Some(first) = deliver(function, records).await.first() {
        failed += 1;
        assert!(
            retries < 0 || failed <= retries,
            "Lambda gives up after {retries} retries"
        );
        let place = |record: &Value| record["dynamodb"]["SequenceNumber"] == first.as_str();
        records = &records[records.iter().position(place).unwrap()..];
        after(failed).await;
    }
}

#[tokio::test]
async fn a_table_that_was_away_for_25_tries_has_every_row_afterwards() {
    let dynamodb = Dynamodb::dynoxide().await;
    let ministack = Dynamodb::ministack().await;
    let failures = Queue::create(&ministack, "failures").await;
    let events = dynamodb.events_table().await;
    let (history, _) = sample(&mut TestRunner::deterministic(), 60);
    let (before, after) = history.split_at(30);
    store(&events, before).await;
    put_poison(&events, "relation").await;
    store(&events, after).await;
    let records = records(&events).await;

    let mut away = dynamodb.relationships_table().await;
    away.endpoint = format!("http://{}", nowhere());
    let function = projection_with(&away, &failures).await;
    let first = records[0]["dynamodb"]["SequenceNumber"].as_str().unwrap();
    assert_eq!(deliver(&function, &records).await, [first]);

    away.endpoint = dynamodb.endpoint.clone();
    away.name = "later".to_owned();
    let function = projection_with(&away, &failures).await;
    deliver_with_retries(&function, &records, async |failed| {
        assert_eq!(
            failures.count().await,
            [0, 0],
            "what comes again is not put aside each time"
        );
        if failed == 25 {
            create_relationships(&away).await;
        }
    })
    .await;
    assert_eq!(state(&away).await, Views::of(&history));
    assert_eq!(failures.count().await, [1, 0], "the poisoned record, once");
}

#[tokio::test]
async fn an_invalid_record_is_a_failure_and_not_a_panic() {
    let dynamodb = Dynamodb::dynoxide().await;
    let relationships = dynamodb.relationships_table().await;
    let function = projection(&relationships).await;
    for bad in [
        json!(null),
        json!(1),
        json!({}),
        json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": 1}}),
        json!({"eventName": "INSERT", "dynamodb": {"NewImage": {"pk": "x"}}}),
    ] {
        assert_eq!(
            deliver(&function, &[bad]).await,
            [""],
            "the whole batch comes again"
        );
    }
    for bad in [json!({}), json!([]), json!({"Records": 1}), json!("x")] {
        let answer = function.invoke(bad).await;
        assert!(answer["invocationError"].is_string(), "{answer}");
    }
    assert_eq!(deliver(&function, &[]).await, [] as [String; 0]);
    assert!(!function.log().join("\n").contains("panicked"));
}

#[tokio::test]
async fn without_a_table_the_first_record_and_all_after_it_fail() {
    let dynamodb = Dynamodb::dynoxide().await;
    let events = dynamodb.events_table().await;
    let (history, _) = sample(&mut TestRunner::deterministic(), 20);
    store(&events, &history).await;
    let records = records(&events).await;
    let mut missing = dynamodb.relationships_table().await;
    missing.name = "later".to_owned();
    let function = projection(&missing).await;
    let first = records[0]["dynamodb"]["SequenceNumber"].as_str().unwrap();
    assert_eq!(deliver(&function, &records).await, [first]);
    create_relationships(&missing).await;
    assert_eq!(deliver(&function, &records).await, [] as [String; 0]);
    assert_eq!(state(&missing).await, Views::of(&history));
}

/// Creates a relationships table with this name.
async fn create_relationships(table: &Table) {
    let created = Command::new(binary("imhook"))
        .args(["create-table", "--resource", "RelationshipsTable"])
        .args(["--dynamodb", &table.endpoint, "--table", &table.name])
        .status()
        .await
        .unwrap();
    assert!(created.success());
}

/// An events table with one callback of 2,000 pairs.
async fn two_thousand_pairs(dynamodb: &Dynamodb) -> Table {
    let events = dynamodb.events_table().await;
    let receiver = Function::start("tencent", events.environment()).await;
    let id = |n: usize| format!("{n:032}");
    let pairs: Vec<Value> = (1..=1000)
        .flat_map(|n| {
            [
                json!({"From_Account": id(0), "To_Account": id(n)}),
                json!({"From_Account": id(n), "To_Account": id(0)}),
            ]
        })
        .collect();
    let body = json!({"CallbackCommand": "Sns.CallbackFriendDelete", "PairList": pairs});
    let url = format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand=Sns.CallbackFriendDelete");
    let answer = receiver.send(&Request::post(&url, body.to_string())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    events
}

#[tokio::test]
async fn a_callback_of_2000_pairs_changes_the_rows_of_2000_pairs() {
    let dynamodb = Dynamodb::dynoxide().await;
    let relationships = dynamodb.relationships_table().await;
    let function = projection(&relationships).await;
    let records = records(&two_thousand_pairs(&dynamodb).await).await;
    assert_eq!(records.len(), 1);
    let started = Instant::now();
    assert_eq!(deliver(&function, &records).await, [] as [String; 0]);
    let took = started.elapsed();
    let items = relationships.items().await;
    assert_eq!(items.len(), 2000);
    for item in items {
        assert_eq!(item["present"], AttributeValue::Bool(false));
        let remark = &item["friend_remark"].as_m().unwrap()["remark"];
        assert_eq!(remark, &AttributeValue::S(String::new()));
    }
    println!("2,000 pairs: 2,000 rows in {took:?}");
}

#[tokio::test]
async fn a_new_group_of_5000_members_has_5000_rows_and_ends_with_one() {
    const MEMBERS: usize = 5000;
    let dynamodb = Dynamodb::dynoxide().await;
    let events = dynamodb.events_table().await;
    let relationships = dynamodb.relationships_table().await;
    let function = projection(&relationships).await;
    let climbers = GroupId::new("climbers").unwrap();
    let member = |n: usize| group::Member {
        user: user(&format!("{n:032}")),
        role: Some(group::Role::Member),
    };
    let created = group::Event::GroupCreated {
        group: climbers.clone(),
        name: String::new(),
        owner: None,
        creator: None,
        members: (0..MEMBERS).map(member).collect(),
    };
    store(&events, &[reception("r1", 0, vec![created])]).await;
    let parts = records(&events).await;
    assert!(parts.len() > 1);
    let started = Instant::now();
    assert_eq!(deliver(&function, &parts).await, [] as [String; 0]);
    let took = started.elapsed();
    let view = relationships.relationships_table();
    let members = async || view.members_of(&climbers, None, usize::MAX).await.unwrap();
    assert_eq!(members().await.members.len(), MEMBERS);

    let dissolved = group::Event::GroupDissolved {
        group: climbers.clone(),
        owner: None,
        members: Vec::new(),
    };
    store(&events, &[reception("r2", 1, vec![dissolved])]).await;
    let all = records(&events).await;
    let last = &all[parts.len()..];
    assert_eq!(deliver(&function, last).await, [] as [String; 0]);
    assert_eq!(members().await.members.len(), 0);
    assert_eq!(relationships.items().await.len(), MEMBERS + 1);
    println!("{MEMBERS} members: as many rows in {took:?}");
}

#[tokio::test]
async fn the_next_delivery_completes_the_work_of_a_killed_function() {
    let dynamodb = Dynamodb::dynoxide().await;
    let relationships = dynamodb.relationships_table().await;
    let events = two_thousand_pairs(&dynamodb).await;
    let records = records(&events).await;
    let killed = projection(&relationships).await;
    let half_way = async { while relationships.items().await.is_empty() {} };
    tokio::select! {
        failed = deliver(&killed, &records) => panic!("the function ended before it was killed: {failed:?}"),
        () = half_way => drop(killed),
    }
    let function = projection(&relationships).await;
    assert_eq!(deliver(&function, &records).await, [] as [String; 0]);
    assert_eq!(wait_for_relationships(&events, &relationships).await, 4000);
}

/// A proxy before a DynamoDB. It throttles every third request. Of the others, it carries out every seventh and then
/// answers with an error. Returns its URL.
async fn flaky(endpoint: &str) -> String {
    let upstream = endpoint.to_owned();
    let count = Arc::new(AtomicU32::new(0));
    let http = reqwest::Client::new();
    let forward = move |headers: HeaderMap, body: Bytes| {
        let (upstream, http) = (upstream.clone(), http.clone());
        let n = count.fetch_add(1, Ordering::Relaxed);
        async move {
            let json = [("content-type", "application/x-amz-json-1.0")];
            if n.is_multiple_of(3) {
                let throttled = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#;
                return (StatusCode::BAD_REQUEST, json, Bytes::from(throttled));
            }
            let request = http.post(&upstream).headers(headers).body(body);
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let body = answer.bytes().await.unwrap();
            if n.is_multiple_of(7) {
                let lost = r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"lost"}"#;
                return (StatusCode::INTERNAL_SERVER_ERROR, json, Bytes::from(lost));
            }
            (status, json, body)
        }
    };
    support::serve(axum::Router::new().fallback(forward))
        .await
        .0
}

#[tokio::test]
async fn a_table_that_throttles_and_loses_answers_only_delays_the_view() {
    let dynamodb = Dynamodb::dynoxide().await;
    let events = dynamodb.events_table().await;
    let (history, _) = sample(&mut TestRunner::deterministic(), 200);
    store(&events, &history).await;
    let stream = records(&events).await;
    let relationships = dynamodb.relationships_table().await;
    let mut through_flaky = relationships.clone();
    through_flaky.endpoint = flaky(&dynamodb.endpoint).await;
    let function = projection(&through_flaky).await;
    let started = Instant::now();
    for batch in stream.chunks(100) {
        assert_eq!(deliver(&function, batch).await, [] as [String; 0]);
    }
    assert_eq!(state(&relationships).await, Views::of(&history));
    let (events, took) = (history.len(), started.elapsed());
    println!("{events} events applied despite throttling and lost answers in {took:?}");
}

fn rebuild(events: &Table, relationships: &Table, checkpoint: &Path, step: usize) -> Command {
    let mut rebuild = Command::new(binary("imhook"));
    rebuild
        .args(["rebuild-relationships", "--dynamodb", &events.endpoint])
        .args(["--events-table", &events.name])
        .args(["--relationships-table", &relationships.name])
        .args(["--step", &step.to_string()])
        .arg("--checkpoint")
        .arg(checkpoint);
    rebuild
}

pub(crate) fn checkpoint(name: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&file);
    file
}

#[tokio::test]
async fn a_rebuild_gives_the_same_rows_as_the_stream_even_after_an_interruption() {
    let dynamodb = Dynamodb::dynoxide().await;
    let events = dynamodb.events_table().await;
    let (history, _) = sample(&mut TestRunner::deterministic(), 300);
    store(&events, &history).await;
    let streamed = dynamodb.relationships_table().await;
    let function = projection(&streamed).await;
    for batch in records(&events).await.chunks(100) {
        assert_eq!(deliver(&function, batch).await, [] as [String; 0]);
    }
    let expected = Views::of(&history);
    assert_eq!(state(&streamed).await, expected);

    let rebuilt = dynamodb.relationships_table().await;
    let checkpoint = checkpoint("interrupted.json");
    let mut interrupted = Process::start(&mut rebuild(&events, &rebuilt, &checkpoint, 1));
    let third = |line: &str| line.starts_with("3 events of about").then_some(());
    interrupted.wait_for(third).await;
    drop(interrupted);
    // The killed process may still have a request under way.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(checkpoint.exists(), "the rebuild was not finished");
    let other = rebuild(&events, &streamed, &checkpoint, 50).output();
    let other = other.await.unwrap();
    let refused = String::from_utf8_lossy(&other.stderr);
    assert!(!other.status.success() && refused.contains("an interrupted rebuild of"));
    let resumed = rebuild(&events, &rebuilt, &checkpoint, 50)
        .output()
        .await
        .unwrap();
    let output = String::from_utf8(resumed.stdout).unwrap();
    assert!(resumed.status.success(), "{output}");
    assert!(output.starts_with("resuming after "), "{output}");
    let viewed = history
        .iter()
        .filter(|reception| item::VIEWED.contains(&reception.events.family()));
    assert!(
        output.contains(&format!("{} events of about", viewed.count())),
        "{output}"
    );
    assert!(!checkpoint.exists(), "nothing is left to resume");
    assert_eq!(state(&rebuilt).await, expected);
    let items = |mut items: Vec<_>| {
        items.sort_by_key(|item: &std::collections::HashMap<String, AttributeValue>| {
            (
                item["pk"].as_s().unwrap().clone(),
                item["sk"].as_s().unwrap().clone(),
            )
        });
        items
    };
    assert_eq!(
        items(rebuilt.items().await),
        items(streamed.items().await),
        "all attributes are the same"
    );

    // Another rebuild changes nothing.
    let again = rebuild(&events, &rebuilt, &checkpoint, 500)
        .output()
        .await
        .unwrap();
    let output = String::from_utf8(again.stdout).unwrap();
    assert!(output.contains(", 0 rows changed"), "{output}");
    println!("{} events rebuilt with an interruption", history.len());
}

#[tokio::test]
async fn a_rebuild_while_callbacks_arrive_loses_nothing_and_reverts_nothing() {
    let dynamodb = Dynamodb::dynoxide().await;
    let events = dynamodb.events_table().await;
    let relationships = dynamodb.relationships_table().await;
    let (history, _) = sample(&mut TestRunner::deterministic(), 300);
    let (before, during) = history.split_at(history.len() / 2);
    store(&events, before).await;
    let function = projection(&relationships).await;
    let checkpoint = checkpoint("concurrent.json");
    let mut rebuilding = Process::start(&mut rebuild(&events, &relationships, &checkpoint, 1));
    let started = |line: &str| line.contains("events of about").then_some(());
    rebuilding.wait_for(started).await;
    for reception in during {
        store(&events, std::slice::from_ref(reception)).await;
        // The stream is read from its beginning each time, so everything is applied several times.
        if reception.id.ends_with('0') {
            let all = records(&events).await;
            assert_eq!(deliver(&function, &all).await, [] as [String; 0]);
        }
    }
    rebuilding
        .wait_for(|line| line.starts_with("done").then_some(()))
        .await;
    let all = records(&events).await;
    assert_eq!(deliver(&function, &all).await, [] as [String; 0]);
    assert_eq!(state(&relationships).await, Views::of(&history));
}

#[tokio::test]
async fn the_commands_print_tables_and_json() {
    let dynamodb = Dynamodb::dynoxide().await;
    let events = dynamodb.events_table().await;
    let relationships = dynamodb.relationships_table().await;
    let reception = Reception {
        id: "r1".to_owned(),
        received_at: Timestamp::from_unix_millis(1_795_264_496_789).unwrap(),
        source: Source::OpenIm,
        command: "callbackAfterSetFriendRemarkCommand".to_owned(),
        operation_id: None,
        events: Events::Relation(vec![Event::RemarkSet {
            owner: user("ana"),
            friend: user("leo"),
            remark: "Lenny".to_owned(),
        }]),
        body: None,
        target: None,
        part: None,
    };
    let created = vec![
        group::Event::GroupCreated {
            group: GroupId::new("climbers").unwrap(),
            name: "Climbers".to_owned(),
            owner: Some(user("ana")),
            creator: None,
            members: Vec::new(),
        },
        group::Event::MembersJoinIntended {
            group: GroupId::new("climbers").unwrap(),
            members: vec![user("leo"), user("zoé")],
        },
    ];
    let created = Reception {
        id: "r2".to_owned(),
        command: "x".to_owned(),
        events: Events::Group(created),
        ..reception.clone()
    };
    store(&events, &[reception, created]).await;
    let function = projection(&relationships).await;
    deliver(&function, &records(&events).await).await;
    let ask = async |arguments: &[&str]| {
        let output = Command::new(binary("imhook"))
            .args(arguments)
            .args(["--dynamodb", &dynamodb.endpoint])
            .args(["--events-table", &events.name])
            .args(["--relationships-table", &relationships.name])
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let as_of = "2026-11-21T12:34:56.789Z";
    assert_eq!(
        ask(&["friends-of", "ana"]).await,
        format!("FRIEND  REMARK  AS OF\nleo     Lenny   {as_of}\n")
    );
    assert_eq!(
        ask(&["friends-of", "ana", "--json"]).await,
        format!("{{\"friend\":\"leo\",\"remark\":\"Lenny\",\"received_at\":\"{as_of}\"}}\n")
    );
    assert_eq!(
        ask(&["are-friends", "ana", "leo"]).await,
        format!(
            "LIST OF  WHO  LISTED     AS OF\nana      leo  yes        {as_of}\nleo      ana  not known\n"
        )
    );
    assert_eq!(
        ask(&["listed-by", "leo", "--json"]).await,
        format!("{{\"owner\":\"ana\",\"other\":\"leo\",\"received_at\":\"{as_of}\"}}\n")
    );
    assert_eq!(ask(&["blocked-by", "ana"]).await, "WHO  BLOCKED  AS OF\n");
    let first = format!(
        "USER  MEMBER    ROLE   SINCE                     AS OF\n\
         ana   yes       owner  {as_of}  {as_of}\n\
         leo   intended                                   {as_of}\n"
    );
    assert_eq!(
        ask(&["members-of", "climbers"]).await,
        format!("{first}zoé   intended                                   {as_of}\n")
    );
    assert_eq!(
        ask(&["members-of", "climbers", "--limit", "2"]).await,
        format!("{first}There are more: --after with the last user continues.\n")
    );
    assert_eq!(
        ask(&[
            "members-of",
            "climbers",
            "--limit",
            "2",
            "--after",
            "leo",
            "--json"
        ])
        .await,
        format!(
            "{{\"group\":\"climbers\",\"user\":\"zoé\",\"member\":\"intended\",\"role\":null,\"since\":null,\"received_at\":\"{as_of}\"}}\n"
        )
    );
    assert_eq!(
        ask(&["groups-of", "ana"]).await,
        format!(
            "GROUP     MEMBER  ROLE   SINCE                     AS OF\n\
             climbers  yes     owner  {as_of}  {as_of}\n"
        )
    );
    assert_eq!(
        ask(&["is-member", "climbers", "bob"]).await,
        "GROUP     USER  MEMBER     ROLE  SINCE  AS OF\nclimbers  bob   not known\n"
    );
    assert_eq!(
        ask(&["history", "ana"]).await,
        format!(
            "RECEIVED                  COMMAND                              EVENT\n\
             {as_of}  callbackAfterSetFriendRemarkCommand  ana named leo \"Lenny\"\n"
        )
    );
    let history: Value = serde_json::from_str(&ask(&["history", "ana", "--json"]).await).unwrap();
    assert_eq!(history["id"], "r1");
}
