//! Large callbacks are answered, stored once, and read back as one: from the table, the queue and the log.

use std::collections::BTreeSet;

use domain::{Events, Reception, UserId, relation::Event};
use receiver::messages;
use serde_json::{Value, json};
use store::{HistoryOf, Reading};
use support::{
    Dynamodb, Fault, FaultProxy, Function, Queue, Request, SDK_APP_ID, Table, binary, nowhere,
    redrive,
};

const IMPORT: &str = "/callbackAfterImportFriendsCommand";

fn id(n: usize) -> String {
    format!("{n:032}")
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

fn import(friends: usize) -> String {
    let friends: Vec<String> = (0..friends).map(id).collect();
    json!({
        "callbackCommand": "callbackAfterImportFriendsCommand",
        "ownerUserID": "ana", "friendUserIDs": friends,
    })
    .to_string()
}

/// 2,000 new friends of Tencent Chat: a user with a thousand others, in both directions, with the longest ids.
fn new_friends() -> Request {
    let pairs: Vec<Value> = (0..1000)
        .flat_map(|n| [(id(5000), id(n)), (id(n), id(5000))])
        .map(|(from, to)| {
            json!({"From_Account": from, "To_Account": to, "Initiator_Account": id(5000)})
        })
        .collect();
    let body = json!({
        "CallbackCommand": "Sns.CallbackFriendAdd", "PairList": pairs, "ClientCmd": "friend_add",
        "Admin_Account": "administrator", "ForceFlag": 1,
    })
    .to_string();
    assert!(body.len() > 262_144);
    let command = "CallbackCommand=Sns.CallbackFriendAdd";
    Request::post(&format!("/tencent?SdkAppid={SDK_APP_ID}&{command}"), body)
}

/// A remark of a megabyte. JSON escapes two thirds of its characters.
fn long_remark() -> Request {
    let body = json!({
        "callbackCommand": "callbackAfterSetFriendRemarkCommand",
        "ownerUserID": "ana", "friendUserID": "leo", "remark": "\"x\\".repeat(180_000),
    });
    Request::post("/callbackAfterSetFriendRemarkCommand", body.to_string())
}

/// A function that has answered a request already. These tests are not about the time of its start.
async fn started(name: &str, table: &Table, path: &str) -> Function {
    let function = Function::start(name, table.environment()).await;
    let first = json!({
        "ownerUserID": "first", "friendUserID": "leo", "friendUserIDs": ["leo"], "remark": "",
    });
    let answer = function.send(&Request::post(path, first.to_string())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    function
}

async fn history(table: &Table, of: &str) -> Vec<Reception> {
    let of = HistoryOf::User(user(of));
    let (events, all) = (table.events_table(), Reading::default());
    events.history(&of, &all).await.unwrap().receptions
}

/// The friends of an import, in the order of the callback.
fn imported(reception: &Reception) -> Vec<String> {
    let Events::Relation(events) = &reception.events else {
        panic!("{reception:?}");
    };
    let [Event::FriendsImported { owner, friends }] = &events[..] else {
        panic!("{} events", events.len());
    };
    assert_eq!(owner.as_str(), "ana");
    friends.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn an_import_of_twenty_thousand_is_answered_and_stored_once() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let function = started("after-import-friends", &table, IMPORT).await;
    let body = import(20_000);
    assert!(body.len() > 690_000);
    let answer = function.send(&Request::post(IMPORT, body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(table.items().await.len(), 1 + 4);
    let history = history(&table, "ana").await;
    assert_eq!(history.len(), 1);
    assert_eq!(
        imported(&history[0]),
        (0..20_000).map(id).collect::<Vec<_>>()
    );

    // The import is recognised by each of its parts.
    let events = table.events_table();
    for part in store::parts(&history[0]).iter().chain(&history) {
        assert_eq!(
            events.record(part).await.unwrap(),
            store::Recorded::Known,
            "{:?}",
            part.part
        );
    }
    assert_eq!(table.items().await.len(), 1 + 4);
}

#[tokio::test]
async fn two_thousand_new_friends_and_bodies_of_a_megabyte_are_stored_and_longer_bodies_refused() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let function = started("any-command", &table, IMPORT).await;
    let unknown = |length: usize| {
        let start = r#"{"callbackCommand":"callbackAfterSomethingCommand","text":""#;
        let text = "é\\\"".repeat((length - start.len() - 2) / 4);
        let body = format!(r#"{start}{text}"}}"#);
        let body = format!("{body}{}", " ".repeat(length - body.len()));
        Request::post("/callbackAfterSomethingCommand", body)
    };
    for request in [new_friends(), long_remark(), unknown(1_000_000)] {
        let answer = function.send(&request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let stored = history(&table, &id(5000)).await;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].events.len(), 2000);
    let stored = history(&table, "ana").await;
    assert_eq!(stored.len(), 1);
    let Events::Relation(events) = &stored[0].events else {
        panic!("{stored:?}");
    };
    let remark = "\"x\\".repeat(180_000);
    assert!(matches!(&events[..], [Event::RemarkSet { remark: stored, .. }] if *stored == remark));
    let unknown_parts: Vec<Reception> = table
        .receptions()
        .await
        .into_iter()
        .filter(|reception| reception.events == Events::Unknown)
        .collect();
    assert!(unknown_parts.len() > 1);
    let whole = Reception::whole(unknown_parts).unwrap();
    assert_eq!(whole.body.as_deref().map(str::len), Some(1_000_000));

    let before = table.items().await.len();
    let answer = function.send(&unknown(1_000_001)).await;
    answer.assert_refused(29003, 413);
    assert!(
        answer.body.contains("1000001 bytes, 1000000 are read"),
        "{answer:?}"
    );
    assert_eq!(table.items().await.len(), before);
}

#[tokio::test]
async fn a_large_event_comes_through_the_queue_in_parts_and_is_one_again() {
    let dynamodb = Dynamodb::dynoxide().await;
    let aws = Dynamodb::ministack().await;
    let table = dynamodb.events_table().await;
    let queue = Queue::create(&aws, "large").await;
    let nowhere = format!("http://{}", nowhere());
    let hanging = FaultProxy::start(&dynamodb.endpoint, Fault::Hang, 100).await;
    for table_endpoint in [&nowhere, &hanging.endpoint] {
        let mut environment = table.environment();
        environment.insert("AWS_ENDPOINT_URL_DYNAMODB".into(), table_endpoint.clone());
        environment.insert("AWS_ENDPOINT_URL_SQS".into(), queue.endpoint.clone());
        environment.insert("EVENTS_QUEUE_URL".into(), queue.url.clone());
        let function = Function::start("after-import-friends", environment).await;
        let answer = function.send(&Request::post(IMPORT, import(20_000))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    // SQS does not accept these two characters.
    let odd = json!({"ownerUserID": "ana", "friendUserID": "leo", "remark": "\u{fffe}\u{ffff}"});
    let mut environment = table.environment();
    environment.insert("AWS_ENDPOINT_URL_DYNAMODB".into(), nowhere);
    environment.insert("AWS_ENDPOINT_URL_SQS".into(), queue.endpoint.clone());
    environment.insert("EVENTS_QUEUE_URL".into(), queue.url.clone());
    let function = Function::start("after-set-friend-remark", environment).await;
    let remark = Request::post("/callbackAfterSetFriendRemarkCommand", odd.to_string());
    assert_eq!(function.send(&remark).await.status, 200);

    let messages = queue.receive_all().await;
    assert_eq!(messages.len(), 9);
    let redriving = Function::start("redrive", table.environment()).await;
    for _ in 0..2 {
        assert_eq!(redrive(&redriving, &messages).await, Vec::<String>::new());
        assert_eq!(table.items().await.len(), 9);
        let history = history(&table, "ana").await;
        assert_eq!(history.len(), 3);
        for import in &history[..2] {
            assert_eq!(imported(import), (0..20_000).map(id).collect::<Vec<_>>());
        }
        assert!(matches!(&history[2].events, Events::Relation(events)
                if matches!(&events[..], [Event::RemarkSet { remark, .. }] if remark == "\u{fffe}\u{ffff}")));
    }
}

#[tokio::test]
async fn a_large_event_is_in_short_log_lines_and_resubmitted_from_them() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let mut environment = table.environment();
    let nowhere = format!("http://{}", nowhere());
    environment.insert("AWS_ENDPOINT_URL_DYNAMODB".into(), nowhere);
    let function = Function::start("any-command", environment).await;
    for request in [new_friends(), long_remark()] {
        assert_eq!(function.send(&request).await.status, 503);
    }
    let mut lines: Vec<String> = function
        .log()
        .into_iter()
        .filter(|line| line.contains(r#""event":"#))
        .collect();
    assert!(lines.len() > 30, "{}", lines.len());
    let mut ids = BTreeSet::new();
    for line in &lines {
        assert!(line.len() < 40_000, "{}", line.len());
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["message"], messages::PART_ONLY_IN_LOG);
        assert!(
            line["part"].as_u64() >= Some(1) && line["part"].as_u64() <= line["parts"].as_u64()
        );
        ids.insert(line["eventId"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 2);

    // The lines of a log can arrive in any order.
    let middle = lines.len() / 3;
    lines.rotate_left(middle);
    lines.reverse();
    let lost = lines.pop().unwrap();
    let (succeeded, output, errors) = resubmit(&lines, &table).await;
    assert!(!succeeded);
    assert_eq!(output.trim(), "1 events recorded, 0 were there already");
    assert!(
        errors.contains("parts are there") && errors.contains("is left out"),
        "{errors}"
    );
    lines.insert(0, lost);
    for expected in [
        "1 events recorded, 1 were there already",
        "0 events recorded, 2 were there already",
    ] {
        let (succeeded, output, errors) = resubmit(&lines, &table).await;
        assert!(succeeded, "{errors}");
        assert_eq!(output.trim(), expected);
    }
    assert_eq!(history(&table, "ana").await.len(), 1);
    let stored = history(&table, &id(5000)).await;
    assert_eq!(stored[0].events.len(), 2000);
}

/// Whether the program succeeded, its output, and its error messages.
async fn resubmit(lines: &[String], table: &Table) -> (bool, String, String) {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("large-log.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let output = tokio::process::Command::new(binary("imhook"))
        .args(["resubmit", "--dynamodb", &table.endpoint])
        .args(["--events-table", &table.name])
        .stdin(std::fs::File::open(file).unwrap())
        .output()
        .await
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}
