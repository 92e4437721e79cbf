//! An accepted callback is never lost: its event is in the table or in the queue, and after the redrive it is in the
//! table once, whatever happens to the table.

use std::{
    collections::BTreeSet,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use models::{Verdict, read_as_openim};
use serde_json::{Value, json};
use support::{
    Dynamodb, Fault, FaultProxy, Function, Queue, Request, SDK_APP_ID, Table, binary, free_port,
    nowhere, redrive,
};

const DELETE: &str = "/callbackAfterDeleteFriendCommand";
const FUNCTIONS: usize = 8;
/// Longer than the default, so a busy machine does not look like a slow function. The shares of the table and of the
/// queue grow with it.
const DEADLINE: Duration = Duration::from_millis(2500);

/// How many callbacks each load sends: a multiple of [`FUNCTIONS`]. CONTRIBUTING.md has a longer run.
fn callbacks() -> usize {
    std::env::var("CALLBACKS").map_or(640, |it| it.parse().unwrap())
}

/// Asserts that the sets are the same. A message with all ids would be too long to read.
#[track_caller]
fn assert_same(one: &BTreeSet<String>, other: &BTreeSet<String>, fact: &str) {
    let differing: Vec<_> = one.symmetric_difference(other).collect();
    let first = &differing[..differing.len().min(10)];
    assert!(
        differing.is_empty(),
        "{fact}: {} differ: {first:?}",
        differing.len()
    );
}

fn request(number: usize) -> Request {
    let body = format!(
        r#"{{"ownerUserID":"u{}","friendUserID":"f{number}"}}"#,
        number % 50
    );
    Request::post(DELETE, body).header("operationid", &format!("op-{number}"))
}

/// A function that uses this table at another endpoint, and may have a queue.
async fn function(
    name: &str,
    table: &Table,
    table_endpoint: &str,
    queue: Option<&Queue>,
) -> Function {
    let mut environment = table.environment();
    environment.insert(
        "AWS_ENDPOINT_URL_DYNAMODB".into(),
        table_endpoint.to_owned(),
    );
    environment.insert("DEADLINE_MS".into(), DEADLINE.as_millis().to_string());
    if let Some(queue) = queue {
        environment.insert("AWS_ENDPOINT_URL_SQS".into(), queue.endpoint.clone());
        environment.insert("EVENTS_QUEUE_URL".into(), queue.url.clone());
    }
    Function::start(name, environment).await
}

/// Enough functions for a load.
async fn several(table: &Table, table_endpoint: &str, queue: &Queue) -> Vec<Function> {
    let mut functions = Vec::new();
    for _ in 0..FUNCTIONS {
        functions.push(function("after-delete-friend", table, table_endpoint, Some(queue)).await);
    }
    functions
}

/// How many of a hundred requests meet the fault. The slow faults are rarer, because otherwise the test would take too
/// long.
fn percent(fault: Fault) -> u32 {
    match fault {
        Fault::Hang | Fault::Trickle => 30,
        _ => 60,
    }
}

/// The result of a load.
struct Load {
    /// The `operationID`s of the accepted callbacks.
    accepted: BTreeSet<String>,
    refused: BTreeSet<String>,
    slowest: Duration,
    log: Vec<String>,
}

/// Sends all callbacks, through all functions at the same time.
async fn load(functions: Vec<Function>, callbacks: usize) -> Load {
    let share = callbacks / functions.len();
    let workers: Vec<_> = functions
        .into_iter()
        .enumerate()
        .map(|(worker, function)| {
            tokio::spawn(async move {
                let mut answers = Vec::new();
                for number in worker * share..(worker + 1) * share {
                    let start = Instant::now();
                    let answer = function.send(&request(number)).await;
                    let accepted = read_as_openim(&answer.body) == Verdict::Allowed;
                    answers.push((format!("op-{number}"), accepted, start.elapsed()));
                }
                (answers, function.log())
            })
        })
        .collect();
    let mut load = Load {
        accepted: BTreeSet::new(),
        refused: BTreeSet::new(),
        slowest: Duration::ZERO,
        log: Vec::new(),
    };
    for worker in workers {
        let (answers, log) = worker.await.unwrap();
        for (id, accepted, took) in answers {
            if accepted {
                &mut load.accepted
            } else {
                &mut load.refused
            }
            .insert(id);
            load.slowest = load.slowest.max(took);
        }
        load.log.extend(log);
    }
    load
}

/// The `operationID`s in the table. Panics if one exists twice.
async fn stored(table: &Table) -> BTreeSet<String> {
    let receptions = table.receptions().await;
    let ids: BTreeSet<String> = receptions
        .iter()
        .map(|reception| reception.operation_id.clone().unwrap())
        .collect();
    assert_eq!(ids.len(), receptions.len(), "something is stored twice");
    ids
}

#[tokio::test]
async fn no_accepted_callback_is_lost_under_ten_kinds_of_faults() {
    let callbacks = callbacks();
    let dynamodb = Dynamodb::dynoxide().await;
    let aws = Dynamodb::ministack().await;
    println!("fault              sent accepted stored queued both spoiled slowest  after redrive");
    for &fault in Fault::ALL {
        let table = dynamodb.events_table().await;
        let queue = Queue::create(&aws, &format!("{fault:?}")).await;
        let proxy = FaultProxy::start(&dynamodb.endpoint, fault, percent(fault)).await;
        let functions = several(&table, &proxy.endpoint, &queue).await;
        let load = load(functions, callbacks).await;

        let stored_at_first = stored(&table).await;
        let messages = queue.receive_all().await;
        let queued = operation_ids(&messages);
        let kept: BTreeSet<String> = stored_at_first.union(&queued).cloned().collect();
        assert_eq!(
            load.refused.len(),
            0,
            "{fault:?}: the queue takes every event"
        );
        assert_eq!(load.accepted.len(), callbacks, "{fault:?}");
        assert_same(
            &load.accepted,
            &kept,
            &format!("{fault:?}: accepted = stored + queued"),
        );
        assert!(!queued.is_empty(), "{fault:?}: the fault has happened");

        let function = function("redrive", &table, &dynamodb.endpoint, None).await;
        for _ in 0..2 {
            assert_eq!(
                redrive(&function, &messages).await,
                Vec::<String>::new(),
                "{fault:?}"
            );
            assert_same(
                &stored(&table).await,
                &load.accepted,
                &format!("{fault:?}: after the redrive"),
            );
        }
        assert!(load.slowest < DEADLINE, "{fault:?}: {:?}", load.slowest);
        println!(
            "{:18} {callbacks:4} {:8} {:6} {:6} {:4} {:7} {:5} ms {:6}",
            format!("{fault:?}"),
            load.accepted.len(),
            stored_at_first.len(),
            queued.len(),
            stored_at_first.intersection(&queued).count(),
            proxy.spoiled.load(Ordering::Relaxed),
            load.slowest.as_millis(),
            stored(&table).await.len(),
        );
    }
}

#[tokio::test]
async fn no_accepted_callback_is_lost_while_the_database_is_killed_and_restarted() {
    let port = free_port();
    let folder = tempfolder("kill-and-restart");
    let file = folder.join("dynamodb.sqlite");
    let dynamodb = Dynamodb::dynoxide_on(port, &file).await;
    let aws = Dynamodb::ministack().await;
    let table = dynamodb.events_table().await;
    let queue = Queue::create(&aws, "killed").await;
    let functions = several(&table, &dynamodb.endpoint, &queue).await;
    let loading = tokio::spawn(load(functions, callbacks()));
    let mut database = Some(dynamodb);
    let mut kills = 0;
    while !loading.is_finished() {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(database.take());
        kills += 1;
        tokio::time::sleep(Duration::from_millis(300)).await;
        database = Some(Dynamodb::dynoxide_on(port, &file).await);
    }
    let load = loading.await.unwrap();

    let messages = queue.receive_all().await;
    let queued = operation_ids(&messages);
    assert!(
        !queued.is_empty(),
        "the database was down for some callbacks"
    );
    let kept: BTreeSet<String> = stored(&table).await.union(&queued).cloned().collect();
    assert_same(&load.accepted, &kept, "accepted = stored + queued");
    assert!(load.slowest < DEADLINE, "{:?}", load.slowest);
    let redriving = function("redrive", &table, &table.endpoint, None).await;
    assert_eq!(redrive(&redriving, &messages).await, Vec::<String>::new());
    assert_eq!(load.accepted.len(), callbacks());
    assert_same(&stored(&table).await, &load.accepted, "after the redrive");
    println!(
        "killed {kills} times: {} accepted, {} of them through the queue, slowest {} ms",
        load.accepted.len(),
        messages.len(),
        load.slowest.as_millis()
    );
}

/// The `operationID`s in these messages.
fn operation_ids(messages: &[aws_sdk_sqs::types::Message]) -> BTreeSet<String> {
    let receptions = messages
        .iter()
        .map(|message| store::from_message(message.body.as_deref().unwrap()).unwrap());
    receptions
        .map(|reception| reception.operation_id.unwrap())
        .collect()
}

/// The `operationID`s of the events that are complete in the log.
fn logged(log: &[String]) -> BTreeSet<String> {
    log.iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["event"].is_string())
        .map(|line| line["operationID"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_event_is_queued_or_logged_when_the_table_is_down_and_the_queue_has_faults() {
    const EACH: usize = 480;
    let dynamodb = Dynamodb::dynoxide().await;
    let aws = Dynamodb::ministack().await;
    let nowhere = format!("http://{}", nowhere());
    println!("fault              sent accepted queued refused slowest");
    for &fault in Fault::ALL {
        let table = dynamodb.events_table().await;
        let direct = Queue::create(&aws, &format!("{fault:?}")).await;
        let proxy = FaultProxy::start(&aws.endpoint, fault, percent(fault)).await;
        let faulty = Queue {
            client: Queue::client(&proxy.endpoint),
            endpoint: proxy.endpoint.clone(),
            url: direct.url.clone(),
        };
        let functions = several(&table, &nowhere, &faulty).await;
        let load = load(functions, EACH).await;
        let messages = direct.receive_all().await;
        let queued = operation_ids(&messages);
        assert_eq!(load.accepted.len() + load.refused.len(), EACH, "{fault:?}");
        assert!(
            load.accepted.is_subset(&queued),
            "{fault:?}: every accepted event is queued"
        );
        let fact = format!("{fault:?}: every refused event is in the log");
        assert_same(&load.refused, &logged(&load.log), &fact);
        assert!(load.slowest < DEADLINE, "{fault:?}: {:?}", load.slowest);

        // After a lost answer, an event is both in the queue and in the log, or twice in the queue.
        let redriving = function("redrive", &table, &dynamodb.endpoint, None).await;
        assert_eq!(
            redrive(&redriving, &messages).await,
            Vec::<String>::new(),
            "{fault:?}"
        );
        resubmit(&load.log.join("\n"), &table).await;
        assert_eq!(
            stored(&table).await.len(),
            EACH,
            "{fault:?}: each is stored once"
        );
        println!(
            "{:18} {EACH:4} {:8} {:6} {:7} {:5} ms",
            format!("{fault:?}"),
            load.accepted.len(),
            messages.len(),
            load.refused.len(),
            load.slowest.as_millis()
        );
    }
}

#[tokio::test]
async fn every_event_is_queued_when_the_table_refuses_connections() {
    let dynamodb = Dynamodb::dynoxide().await;
    let aws = Dynamodb::ministack().await;
    let table = dynamodb.events_table().await;
    let queue = Queue::create(&aws, "refused").await;
    let nowhere = format!("http://{}", nowhere());
    let functions = several(&table, &nowhere, &queue).await;
    let load = load(functions, callbacks()).await;
    assert_eq!(load.accepted.len(), callbacks());
    assert_same(
        &operation_ids(&queue.receive_all().await),
        &load.accepted,
        "queued",
    );
    assert!(load.slowest < DEADLINE, "{:?}", load.slowest);
    println!(
        "{} accepted, all queued, slowest {} ms",
        callbacks(),
        load.slowest.as_millis()
    );
}

#[tokio::test]
async fn two_thousand_pairs_are_accepted_within_the_deadline_while_the_table_hangs() {
    let dynamodb = Dynamodb::dynoxide().await;
    let aws = Dynamodb::ministack().await;
    let table = dynamodb.events_table().await;
    let queue = Queue::create(&aws, "pairs").await;
    let hanging = FaultProxy::start(&dynamodb.endpoint, Fault::Hang, 100).await;
    let receiving = function("tencent", &table, &hanging.endpoint, Some(&queue)).await;
    let pairs: Vec<Value> = (0..2000)
        .map(|n| json!({"From_Account": format!("{:032}", 0), "To_Account": format!("{n:032}")}))
        .collect();
    let url = format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand=Sns.CallbackFriendDelete");
    let request = Request::post(&url, json!({ "PairList": pairs }).to_string());
    for _ in 0..2 {
        let start = Instant::now();
        let answer = receiving.send(&request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(start.elapsed() < DEADLINE, "{:?}", start.elapsed());
    }
    let redriving = function("redrive", &table, &dynamodb.endpoint, None).await;
    let messages = queue.receive_all().await;
    assert_eq!(redrive(&redriving, &messages).await, Vec::<String>::new());
    let stored = table.receptions().await;
    assert_eq!(stored.len(), 2);
    assert!(
        stored
            .iter()
            .all(|reception| reception.events.len() == 2000)
    );
}

#[tokio::test]
async fn without_table_and_queue_every_callback_fails_and_its_event_is_resubmitted_from_the_log() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let nowhere = format!("http://{}", nowhere());
    let queue = Queue {
        client: Queue::client(&nowhere),
        endpoint: nowhere.clone(),
        url: format!("{nowhere}/queue/events"),
    };
    let functions = several(&table, &nowhere, &queue).await;
    let load = load(functions, callbacks()).await;
    assert_eq!(
        load.accepted.len(),
        0,
        "no caller gets ok, because nothing is kept"
    );
    assert_eq!(load.refused.len(), callbacks());
    assert_eq!(stored(&table).await.len(), 0);

    let log = load.log.join("\n");
    let callbacks = callbacks();
    for expected in [
        format!("{callbacks} events recorded, 0 were there already"),
        format!("0 events recorded, {callbacks} were there already"),
    ] {
        assert_eq!(resubmit(&log, &table).await.trim(), expected);
        assert_same(&stored(&table).await, &load.refused, "resubmitted");
    }
    assert!(load.slowest < DEADLINE, "{:?}", load.slowest);
    println!("{callbacks} refused, all resubmitted from the log");
}

async fn resubmit(log: &str, table: &Table) -> String {
    let file = tempfolder("resubmit").join("log.jsonl");
    std::fs::write(&file, log).unwrap();
    let output = tokio::process::Command::new(binary("imhook"))
        .args([
            "resubmit",
            "--dynamodb",
            &table.endpoint,
            "--events-table",
            &table.name,
        ])
        .stdin(std::fs::File::open(file).unwrap())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_retry_of_tencent_chat_is_stored_once_also_from_the_queue() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let aws = Dynamodb::ministack().await;
    let queue = Queue::create(&aws, "retries").await;
    let nowhere = format!("http://{}", nowhere());
    let working = function("tencent", &table, &dynamodb.endpoint, Some(&queue)).await;
    let without_table = function("tencent", &table, &nowhere, Some(&queue)).await;
    let redriving = function("redrive", &table, &dynamodb.endpoint, None).await;
    let url = format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand=Sns.CallbackFriendDelete");
    let bodies = [
        r#"{"CallbackCommand":"Sns.CallbackFriendDelete","PairList":[{"From_Account":"ana","To_Account":"leo"}]}"#,
        r#"{"PairList":[{"To_Account":"leo","From_Account":"ana"}],"CallbackCommand":"Sns.CallbackFriendDelete"}"#,
        r#"{"CallbackCommand":"Sns.CallbackFriendDelete","PairList":[{"From_Account":"ana","To_Account":"bob"}]}"#,
    ];
    let send = async |function: &Function, query: &str, body: &str| {
        let request = Request::post(&format!("{url}{query}"), body);
        let answer = function.send(&request).await;
        assert_eq!(
            answer.body,
            r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#
        );
    };
    // The first one waits in the queue while its retries arrive. One of them has its fields in another order.
    send(&without_table, "&RequestId=a", bodies[0]).await;
    for (function, body) in [(&working, 0), (&working, 1), (&without_table, 1)] {
        send(function, "&RequestID=a", bodies[body]).await;
    }
    // The same id with another event, another id, and no id.
    send(&working, "&RequestId=a", bodies[2]).await;
    send(&working, "&RequestId=b", bodies[0]).await;
    for _ in 0..2 {
        send(&working, "", bodies[0]).await;
    }
    let messages = queue.receive_all().await;
    assert_eq!(messages.len(), 2);
    assert_eq!(redrive(&redriving, &messages).await, [""; 0]);
    let mut ids: Vec<_> = table.receptions().await;
    ids.sort_by_key(|stored| stored.operation_id.clone());
    let ids: Vec<_> = ids.iter().map(|it| it.operation_id.as_deref()).collect();
    assert_eq!(ids, [None, None, Some("a"), Some("a"), Some("b")]);
}

#[tokio::test]
async fn only_failed_messages_come_again() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let aws = Dynamodb::ministack().await;
    let queue = Queue::create(&aws, "mixed").await;
    let nowhere = format!("http://{}", nowhere());
    let refused_by_table = function("after-delete-friend", &table, &nowhere, Some(&queue)).await;
    for number in 0..3 {
        let answer = refused_by_table.send(&request(number)).await;
        assert_eq!(read_as_openim(&answer.body), Verdict::Allowed);
    }
    for body in ["not ours", r#"{"v":3,"reception":{}}"#] {
        queue
            .client
            .send_message()
            .queue_url(&queue.url)
            .message_body(body)
            .send()
            .await
            .unwrap();
    }
    let messages = queue.receive_all().await;
    assert_eq!(messages.len(), 5);
    let foreign: BTreeSet<&str> = messages
        .iter()
        .filter(|message| store::from_message(message.body.as_deref().unwrap()).is_err())
        .map(|message| message.message_id.as_deref().unwrap())
        .collect();

    let redriving = function("redrive", &table, &dynamodb.endpoint, None).await;
    let again = redrive(&redriving, &messages).await;
    assert_eq!(
        again.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        foreign
    );
    assert_eq!(stored(&table).await.len(), 3);

    let without_table = function("redrive", &table, &nowhere, None).await;
    assert_eq!(
        redrive(&without_table, &messages).await.len(),
        5,
        "all messages come again"
    );
}

fn tempfolder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
