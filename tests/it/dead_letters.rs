//! What nothing could process comes home: `imhook dead-letters` and `imhook requeue`, with the queues of MiniStack.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Output,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode, Uri},
};
use domain::{Reception, UserId, relation::Event};
use serde_json::{Value, json};
use store::{from_message, to_message};
use support::{
    self as deliveries, Behaviour, DecisionService, Dynamodb, Function, Process, Queue, Table,
    binary, nowhere, records, redrive,
};
use tokio::process::Command;

use crate::{
    deliver::{Queues, event},
    moderate::sent_picture,
    relationships::{deliver, projection_with},
    relationships_table::reception,
};

const MESSAGES: usize = 250;

pub(crate) fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

pub(crate) fn remark(id: &str, friend: &str, remark: &str) -> Reception {
    let event = Event::RemarkSet {
        owner: user("ana"),
        friend: user(friend),
        remark: remark.to_owned(),
    };
    reception(id, 0, vec![event])
}

fn imhook(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary("imhook"));
    command.args(arguments);
    command
}

/// The output of a command that ends well.
async fn done(command: &mut Command) -> String {
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The output of a command that ends with an error.
async fn failed(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().await.unwrap();
    assert_eq!(status.code(), Some(1));
    String::from_utf8([stdout, stderr].concat()).unwrap()
}

/// The receptions of all messages, by their ids. Panics if one is there twice.
async fn receptions(queue: &Queue) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for message in queue.receive_all().await {
        let reception = from_message(&message.body.unwrap()).unwrap();
        assert!(ids.insert(reception.id.clone()), "{} twice", reception.id);
    }
    ids
}

/// Both queues of events. The dead-letter queue has [`MESSAGES`].
struct Letters {
    dead: Queue,
    events: Queue,
    ids: BTreeSet<String>,
}

impl Letters {
    async fn of(ministack: &Dynamodb, name: &str) -> Self {
        let dead = Queue::create(ministack, &format!("{name}-dead")).await;
        let events = Queue::create(ministack, name).await;
        let mut ids = BTreeSet::new();
        for n in 0..MESSAGES {
            let id = format!("r{n}");
            let reception = remark(&id, &format!("f{n}"), "hunter2");
            dead.send(to_message(&reception)).await;
            ids.insert(id);
        }
        Self { dead, events, ids }
    }

    fn command(&self, action: &[&str], sqs: &str) -> Command {
        let mut command = imhook(&["dead-letters"]);
        command
            .args(action)
            .args(["--sqs", sqs])
            .args(["--events-dead-letter-queue", &self.dead.url])
            .args(["--events-queue", &self.events.url]);
        command
    }

    async fn run(&self, action: &[&str]) -> String {
        done(&mut self.command(action, &self.dead.endpoint)).await
    }
}

#[tokio::test]
async fn dead_letters_are_listed_and_shown_without_contents_and_sent_back_once() {
    let ministack = Dynamodb::ministack().await;
    let letters = Letters::of(&ministack, "events").await;
    letters.dead.send("{\"hunter2\":1}").await;
    let all = u32::try_from(MESSAGES).unwrap() + 1;

    let list = letters.run(&["list"]).await;
    assert!(!list.contains("hunter2"), "{list}");
    assert!(list.contains("\n251 messages, the oldest "), "{list}");
    assert!(list.contains("\n     250  x\n"), "{list}");
    let unreadable = "cannot be read: the message contains no reception";
    assert!(
        list.contains(&format!("\n       1  {unreadable}\n")),
        "{list}"
    );
    let ids: BTreeSet<&str> = list
        .lines()
        .filter_map(|line| line.split_once("  20").map(|(id, _)| id))
        .collect();
    assert_eq!(ids.len(), MESSAGES + 1, "one line for each message");
    assert_eq!(
        letters.dead.count().await,
        [all, 0],
        "all are visible again"
    );

    let json = letters.run(&["list", "--json"]).await;
    let lines = json
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let (messages, others): (Vec<_>, Vec<_>) = lines.partition(|it| it["what"] == "message");
    let of_json: BTreeSet<_> = messages
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert_eq!(of_json, ids);
    assert_eq!(others[1]["kinds"], json!({"x": 250, unreadable: 1}));
    assert!(!json.contains("hunter2"), "{json}");

    let one = list.lines().find(|line| line.ends_with("  x")).unwrap();
    let one = one.split(' ').next().unwrap();
    let shown = letters.run(&["show", one]).await;
    assert!(
        shown.contains("command: x\n") && !shown.contains("hunter2"),
        "{shown}"
    );
    let shown = letters.run(&["show", one, "--contents"]).await;
    assert!(shown.contains("\"remark\": \"hunter2\""), "{shown}");
    let shown = letters.run(&["show", one, "--json"]).await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        (&shown["facts"]["command"], &shown["body"]),
        (&json!("x"), &Value::Null)
    );
    assert_eq!(letters.dead.count().await, [all, 0]);

    let left = "1 messages stay in their queue";
    let mut command = letters.command(&["redrive", "--dry-run"], &letters.dead.endpoint);
    let dry = failed(&mut command).await;
    assert!(
        dry.contains("250 events would be sent to the events queue"),
        "{dry}"
    );
    assert!(dry.contains(left), "{dry}");
    assert_eq!(letters.dead.count().await, [all, 0]);
    assert_eq!(letters.events.count().await, [0, 0]);

    let sent = letters.run(&["redrive", "--id", one]).await;
    assert_eq!(sent, "1 events sent to the events queue\n");
    assert_eq!(letters.dead.count().await, [all - 1, 0]);
    let mut again = letters.command(&["redrive", "--id", one], &letters.dead.endpoint);
    let missing = failed(&mut again).await;
    assert!(missing.contains(&format!("not found: {one}")), "{missing}");

    let mut command = letters.command(&["redrive"], &letters.dead.endpoint);
    let sent = failed(&mut command).await;
    assert!(
        sent.contains("\n249 events sent to the events queue\n"),
        "{sent}"
    );
    assert!(
        sent.contains(&format!("stays: {}", "the message contains no reception")),
        "{sent}"
    );
    assert!(sent.contains(left), "{sent}");
    assert_eq!(
        letters.dead.count().await,
        [1, 0],
        "the unreadable one stays"
    );

    let messages = letters.events.receive_all().await;
    assert_eq!(messages.len(), MESSAGES);
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let function = Function::start("redrive", table.environment()).await;
    assert_eq!(redrive(&function, &messages).await, [] as [String; 0]);
    let stored = table.receptions().await;
    let stored: BTreeSet<String> = stored.into_iter().map(|it| it.id).collect();
    assert_eq!(stored, letters.ids, "none is lost and none is doubled");
}

#[tokio::test]
async fn dead_deliveries_are_listed_without_contents_and_sent_back_in_order() {
    const SUBJECTS: usize = 3;
    const EVENTS: usize = 25;
    let ministack = Dynamodb::ministack().await;
    let queues = Queues::create(&ministack, "deliveries").await;
    let mut sent: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for number in 0..EVENTS {
        for subject in 0..SUBJECTS {
            let (group, id) = (format!("s{subject}"), format!("s{subject}-{number}"));
            let body = event(subject, &id).to_string();
            queues.dead.send_in(&group, &id, &body).await;
            sent.entry(group).or_default().push(body);
        }
    }
    let unreadable = "hunter2";
    queues.dead.send_in("s9", "unreadable", unreadable).await;
    let command = |action: &[&str]| {
        let mut command = imhook(&["dead-letters"]);
        command
            .args(action)
            .args(["--sqs", &ministack.endpoint])
            .args(["--deliveries-dead-letter-queue", &queues.dead.url])
            .args(["--deliveries-queue", &queues.events.url]);
        command
    };
    let all = u32::try_from(SUBJECTS * EVENTS + 1).unwrap();
    let list = done(&mut command(&["list"])).await;
    assert!(!list.contains("hunter2"), "{list}");
    let ids = list
        .lines()
        .filter(|line| line.contains("  relation.remark_set  s"));
    let ids: Vec<&str> = ids.map(|line| line.split("  ").next().unwrap()).collect();
    assert!(!ids.is_empty(), "{list}");
    assert!(
        list.contains("\n       1  cannot be read: the message contains no event\n"),
        "{list}"
    );
    assert_eq!(queues.dead.count().await, [all, 0], "all are visible again");
    let shown = done(&mut command(&["show", ids[0]])).await;
    let facts = "type: relation.remark_set\ntime: 2026-11-21T12:34:56.789Z\n";
    assert!(
        shown.contains(facts) && !shown.contains("hunter2"),
        "{shown}"
    );
    let dry = failed(&mut command(&["redrive", "--dry-run"])).await;
    assert!(
        dry.contains("events would be sent to the deliveries queue"),
        "{dry}"
    );
    assert_eq!(queues.dead.count().await, [all, 0]);
    assert_eq!(queues.events.count().await, [0, 0]);

    let again = failed(&mut command(&["redrive"])).await;
    assert!(
        again.contains("\n75 events sent to the deliveries queue\n"),
        "{again}"
    );
    assert!(
        again.contains("stays: the message contains no event"),
        "{again}"
    );
    assert_eq!(queues.dead.count().await, [1, 0]);
    let service = DecisionService::start(Behaviour::Answer(200, String::new())).await;
    let function = Function::start("deliver", queues.environment(&service.url)).await;
    while deliveries::deliver(&function, &queues.events)
        .await
        .is_some()
    {}
    let mut arrived: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for request in service.questions() {
        let subject = request.json()["subject"]
            .as_str()
            .unwrap()
            .replace("user/", "");
        let body = String::from_utf8(request.body).unwrap();
        arrived.entry(subject).or_default().push(body);
    }
    assert_eq!(arrived, sent);
}

#[tokio::test]
async fn messages_that_were_not_judged_are_listed_without_contents_and_sent_back() {
    let ministack = Dynamodb::ministack().await;
    let queue = Queue::create(&ministack, "moderation").await;
    let dead = Queue::create(&ministack, "moderation-dead").await;
    for _ in 0..12 {
        dead.send(sent_picture()).await;
    }
    dead.send("hunter2").await;
    let command = |action: &[&str]| {
        let mut command = imhook(&["dead-letters"]);
        command
            .args(action)
            .args(["--sqs", &ministack.endpoint])
            .args(["--moderation-dead-letter-queue", &dead.url]);
        command
    };
    let list = done(&mut command(&["list"])).await;
    let kinds = "\n       1  cannot be read: the message contains no event\n      12  message.message_sent\n";
    assert!(list.contains(kinds), "{list}");
    assert!(!list.contains("hunter2"), "{list}");
    let nowhere = failed(&mut command(&["redrive"])).await;
    assert!(nowhere.contains("--moderation-queue"), "{nowhere}");
    let same = failed(command(&["redrive"]).args(["--moderation-queue", &dead.url])).await;
    assert!(same.contains("are the same"), "{same}");
    let again = failed(command(&["redrive"]).args(["--moderation-queue", &queue.url])).await;
    assert!(
        again.contains("\n12 events sent to the moderation queue\n"),
        "{again}"
    );
    assert_eq!([dead.count().await, queue.count().await], [[1, 0], [12, 0]]);
}

#[tokio::test]
async fn of_many_dead_deliveries_of_a_subject_the_first_are_listed_and_the_rest_counted() {
    let ministack = Dynamodb::ministack().await;
    let queues = Queues::create(&ministack, "behind").await;
    for number in 0..14 {
        let id = format!("s0-{number}");
        let body = event(0, &id).to_string();
        queues.dead.send_in("s0", &id, body).await;
    }
    let mut list = imhook(&["dead-letters", "list", "--sqs", &ministack.endpoint]);
    list.args(["--deliveries-dead-letter-queue", &queues.dead.url]);
    let list = done(&mut list).await;
    let behind =
        "about 4 more wait behind these: SQS shows only the first messages of each subject";
    assert!(list.contains(behind), "{list}");
    assert!(list.contains("\n10 messages, the oldest "), "{list}");
}

/// A proxy before an SQS that takes only so many messages. Returns its URL.
async fn full_after(sqs: &str, messages: u32) -> String {
    let upstream = sqs.to_owned();
    let sent = Arc::new(AtomicU32::new(0));
    let http = reqwest::Client::new();
    let forward = move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let url = format!("{upstream}{}", uri.path());
        let target = headers.get("x-amz-target").map(|it| it.to_str().unwrap());
        let is_full = target == Some("AmazonSQS.SendMessage")
            && sent.fetch_add(1, Ordering::Relaxed) >= messages;
        let request = http.post(url).headers(headers).body(body);
        async move {
            if is_full {
                return (StatusCode::INTERNAL_SERVER_ERROR, Bytes::from("{}"));
            }
            let answer = request.send().await.unwrap();
            (answer.status(), answer.bytes().await.unwrap())
        }
    };
    support::serve(axum::Router::new().fallback(forward))
        .await
        .0
}

#[tokio::test]
async fn an_interrupted_redrive_loses_no_event() {
    let ministack = Dynamodb::ministack().await;

    // The queue takes no more messages.
    let letters = Letters::of(&ministack, "full").await;
    let sqs = full_after(&ministack.endpoint, 115).await;
    let stopped = failed(&mut letters.command(&["redrive"], &sqs)).await;
    assert!(stopped.contains("stopped after 115 messages"), "{stopped}");
    assert!(
        stopped.contains("the same command continues from there"),
        "{stopped}"
    );
    let [visible, hidden] = letters.dead.count().await;
    assert_eq!(
        [visible, hidden],
        [135, 0],
        "what was not sent is visible again"
    );
    assert_eq!(
        letters.run(&["redrive"]).await,
        "100 events sent\n135 events sent to the events queue\n"
    );
    assert_eq!(receptions(&letters.events).await, letters.ids);
    assert_eq!(letters.dead.count().await, [0, 0]);

    // The command is killed. What it had received is hidden for some minutes, so this counts it.
    let letters = Letters::of(&ministack, "killed").await;
    let mut killed = Process::start(&mut letters.command(&["redrive"], &ministack.endpoint));
    let some = |line: &str| (line == "100 events sent").then_some(());
    killed.wait_for(some).await;
    drop(killed);
    // The killed process may still have a request under way.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let sent = receptions(&letters.events).await.len();
    let [visible, hidden] = letters.dead.count().await;
    let kept = usize::try_from(visible + hidden).unwrap();
    assert!(sent >= 100 && kept < MESSAGES, "{sent} sent, {kept} kept");
    assert!(
        (MESSAGES..=MESSAGES + 10).contains(&(sent + kept)),
        "{sent} sent, {kept} kept: a message is deleted only after it was sent"
    );
}

/// The failure queue of the views, and the tables.
struct Views {
    failures: Queue,
    events: Table,
    relationships: Table,
}

impl Views {
    async fn new(dynamodb: &Dynamodb, ministack: &Dynamodb, name: &str) -> Self {
        Self {
            failures: Queue::create(ministack, name).await,
            events: dynamodb.events_table().await,
            relationships: dynamodb.relationships_table().await,
        }
    }

    fn requeue(&self, options: &[&str]) -> Command {
        self.on(&self.relationships, &["requeue"], options)
    }

    fn on(&self, relationships: &Table, command: &[&str], options: &[&str]) -> Command {
        let mut command = imhook(command);
        command
            .args(options)
            .args(["--sqs", &self.failures.endpoint])
            .args(["--relationships-failures", &self.failures.url])
            .args(["--dynamodb", &relationships.endpoint])
            .args(["--events-table", &self.events.name])
            .args(["--relationships-table", &relationships.name]);
        command
    }

    /// Ana's friends who have a remark.
    async fn remarks(&self) -> Vec<(String, String)> {
        let table = self.relationships.relationships_table();
        let friends = table.friends_of(&user("ana")).await.unwrap();
        let friends = friends.into_iter().filter(|it| !it.remark.is_empty());
        friends
            .map(|it| (it.friend.to_string(), it.remark))
            .collect()
    }

    /// Applies the whole stream to a table. Nothing comes again.
    async fn project(&self, relationships: &Table) {
        let function = projection_with(relationships, &self.failures).await;
        let records = records(&self.events).await;
        assert_eq!(deliver(&function, &records).await, [] as [String; 0]);
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(one, other): &(&str, &str)| ((*one).to_owned(), (*other).to_owned());
    pairs.iter().map(owned).collect()
}

#[tokio::test]
async fn requeue_applies_records_after_the_table_takes_them() {
    let dynamodb = Dynamodb::dynoxide().await;
    let ministack = Dynamodb::ministack().await;
    let views = Views::new(&dynamodb, &ministack, "failures").await;
    let table = views.events.events_table();
    for (id, friend) in [("r1", "bob"), ("r2", "leo")] {
        table.record(&remark(id, friend, "hunter2")).await.unwrap();
    }
    // A table with another key accepts no row.
    let wrong = dynamodb.limits_table().await;
    views.project(&wrong).await;
    assert_eq!(views.failures.count().await, [2, 0]);

    let list = done(&mut views.on(&wrong, &["dead-letters", "list"], &[])).await;
    assert!(list.contains("\n       2  record of x\n"), "{list}");
    assert!(!list.contains("hunter2"), "{list}");
    let stays = failed(&mut views.on(&wrong, &["requeue"], &[])).await;
    assert!(stays.contains("0 records applied"), "{stays}");
    assert!(stays.contains(" stays: not accepted: "), "{stays}");
    let mut away = views.relationships.clone();
    away.endpoint = format!("http://{}", nowhere());
    let stopped = failed(&mut views.on(&away, &["requeue"], &[])).await;
    assert!(
        stopped.contains("stopped after 0 messages: unavailable"),
        "{stopped}"
    );
    assert_eq!(
        views.failures.count().await,
        [2, 0],
        "they stay and are visible"
    );

    let dry = done(&mut views.requeue(&["--dry-run"])).await;
    assert_eq!(dry, "2 records can be applied\n");
    assert_eq!(views.failures.count().await, [2, 0]);
    assert_eq!(views.remarks().await, []);

    assert_eq!(done(&mut views.requeue(&[])).await, "2 records applied\n");
    let expected = pairs(&[("bob", "hunter2"), ("leo", "hunter2")]);
    assert_eq!(views.remarks().await, expected);
    assert_eq!(views.failures.count().await, [0, 0]);
}

#[tokio::test]
async fn requeue_applies_a_record_whose_item_was_repaired_also_a_large_one() {
    let dynamodb = Dynamodb::dynoxide().await;
    let ministack = Dynamodb::ministack().await;
    let views = Views::new(&dynamodb, &ministack, "failures").await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let damaged = |sk: &str, damage: &str| {
        let put = views.events.client.put_item();
        put.table_name(&views.events.name)
            .item("pk", text("user#ana"))
            .item("sk", text(sk))
            .item("family", text("relation"))
            .item("events", text(damage))
    };
    damaged("small", "hunter2").send().await.unwrap();
    // Each of these characters needs six bytes of JSON. So the record does not fit into a message.
    let large = "\u{1}".repeat(200_000);
    damaged("large", &large).send().await.unwrap();
    views.project(&views.relationships).await;

    let mut kinds = Vec::new();
    for message in views.failures.receive_all().await {
        let body: Value = serde_json::from_str(&message.body.unwrap()).unwrap();
        kinds.push((body["record"].is_object(), body["item"]["sk"].clone()));
        let release = views.failures.client.change_message_visibility();
        let release = release.queue_url(&views.failures.url).visibility_timeout(0);
        let release = release.receipt_handle(message.receipt_handle.unwrap());
        release.send().await.unwrap();
    }
    assert_eq!(kinds, [(true, json!(null)), (false, json!("large"))]);

    let stays = failed(&mut views.requeue(&[])).await;
    assert!(stays.contains("2 messages stay in their queue"), "{stays}");
    assert!(!stays.contains("hunter2"), "{stays}");
    assert_eq!(views.failures.count().await, [2, 0]);

    for (sk, friend) in [("small", "bob"), ("large", "leo")] {
        let named = [
            ("type", "remark_set"),
            ("owner", "ana"),
            ("friend", friend),
            ("remark", "R"),
        ];
        let named = named.map(|(name, value)| (name.to_owned(), text(value)));
        let put = views.events.client.put_item();
        put.table_name(&views.events.name)
            .item("pk", text("user#ana"))
            .item("sk", text(sk))
            .item("id", text(sk))
            .item("received_at", text("2026-11-21T12:34:56.789Z"))
            .item("source", text("openim"))
            .item("command", text("x"))
            .item("family", text("relation"))
            .item(
                "events",
                AttributeValue::L(vec![AttributeValue::M(named.into())]),
            )
            .send()
            .await
            .unwrap();
    }
    assert_eq!(done(&mut views.requeue(&[])).await, "2 records applied\n");
    assert_eq!(views.remarks().await, pairs(&[("bob", "R"), ("leo", "R")]));
    assert_eq!(views.failures.count().await, [0, 0]);
}

#[tokio::test]
async fn the_names_of_a_batch_stay_until_they_are_discarded() {
    let dynamodb = Dynamodb::dynoxide().await;
    let ministack = Dynamodb::ministack().await;
    let views = Views::new(&dynamodb, &ministack, "failures").await;
    // As in <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>.
    let document = json!({
        "requestContext": {
            "requestId": "316aa6d0-8154-4b7f-9af7-85d5f4a6bc81",
            "functionArn": "arn:aws:lambda:us-east-2:123456789012:function:f",
            "condition": "RecordAgeExceeded",
            "approximateInvokeCount": 400,
        },
        "version": "1.0",
        "timestamp": "2026-11-14T00:13:49.717Z",
        "DDBStreamBatchInfo": {
            "shardId": "shardId-00000001573689847184-864758bb",
            "startSequenceNumber": "800000000003126276362",
            "endSequenceNumber": "800000000003126276400",
            "approximateArrivalOfFirstRecord": "2026-11-14T00:13:19Z",
            "approximateArrivalOfLastRecord": "2026-11-14T00:13:19Z",
            "batchSize": 3,
            "streamArn": "arn:aws:dynamodb:us-east-2:123456789012:table/t/stream/2026-11-14T00:04:06.388",
        },
    });
    views.failures.send(document.to_string()).await;
    views.failures.send(r#"{"v":2}"#).await;
    let stays = failed(&mut views.requeue(&[])).await;
    assert!(
        stays.contains(
            "stays: it names 3 records that Lambda gave up: run `imhook rebuild-relationships`"
        ),
        "{stays}"
    );
    assert!(stays.contains("stays: a newer version wrote it"), "{stays}");
    assert_eq!(views.failures.count().await, [2, 0]);

    let list = done(&mut views.on(&views.relationships, &["dead-letters", "list"], &[])).await;
    assert!(
        list.contains("batch that Lambda gave up: 3 records\n"),
        "{list}"
    );
    let options = ["--discard-batches", "--dry-run"];
    failed(&mut views.requeue(&options)).await;
    assert_eq!(views.failures.count().await, [2, 0]);
    let stays = failed(&mut views.requeue(&options[..1])).await;
    assert!(stays.contains("1 messages stay"), "{stays}");
    assert_eq!(views.failures.count().await, [1, 0]);
}

#[tokio::test]
async fn a_command_without_a_queue_says_which_option_is_missing() {
    for (arguments, option) in [
        (&["requeue"][..], "--relationships-failures"),
        (&["dead-letters", "list"], "--events-dead-letter-queue"),
        (
            &[
                "dead-letters",
                "redrive",
                "--sqs",
                "http://127.0.0.1:1",
                "--events-dead-letter-queue",
                "q",
            ],
            "--events-queue",
        ),
        (&["requeue", "--relationships-failures", "q"], "--sqs"),
    ] {
        let error = failed(&mut imhook(arguments)).await;
        assert!(
            error.starts_with("error: ") && error.contains(option),
            "{error}"
        );
    }
}

#[tokio::test]
async fn dead_callbacks_for_another_receiver_are_listed_and_sent_back_to_their_own_queue() {
    let ministack = Dynamodb::ministack().await;
    let queues = Queues::create(&ministack, "callbacks").await;
    for n in 0..3 {
        let (id, key) = (format!("r{n}"), format!("2026-11-21T12:34:56.789Z#r{n}"));
        let body = json!({"id": id, "type": "callbackAfterDeleteFriendCommand", "pk": "user#ana", "sk": key});
        queues.dead.send_in("ana", &id, body.to_string()).await;
    }
    let command = |action: &str| {
        let mut command = imhook(&["dead-letters", action]);
        command
            .args(["--sqs", &ministack.endpoint])
            .args(["--forward-dead-letter-queue", &queues.dead.url])
            .args(["--forward-queue", &queues.events.url]);
        command
    };
    let list = done(&mut command("list")).await;
    assert!(
        list.starts_with("dead-letter queue of callbacks: about 3 messages\n"),
        "{list}"
    );
    assert!(
        list.contains("  callbackAfterDeleteFriendCommand  r0\n"),
        "{list}"
    );
    let again = done(&mut command("redrive")).await;
    assert!(
        again.contains("3 callbacks sent to the forward queue"),
        "{again}"
    );
    assert_eq!(queues.dead.count().await, [0, 0]);
    assert_eq!(queues.events.count().await, [3, 0]);
}
