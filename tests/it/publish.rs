//! From the stream to the bus and to the queue of deliveries: every event at least once, always with the same id, and none
//! changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use cloudevents::{Key, MOST_BYTES};
use domain::{Events, Reception, relation::Event};
use futures_util::future::join_all;
use models::payloads;
use serde_json::{Value, json};
use support::{
    Dynamodb, EventBus, Fault, FaultProxy, Function, Queue, Request, SDK_APP_ID, Table, binary,
    nowhere, records, serve,
};
use tokio::process::Command;

use crate::{
    dead_letters::{remark, user},
    relationships::{checkpoint, deliver},
    relationships_table::reception,
};

/// The function with this EventBridge.
async fn publish_to(events: &Table, eventbridge: &str) -> Function {
    let bus = [
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", eventbridge),
        ("EVENT_BUS", "chat"),
    ];
    publish(events, &bus).await
}

async fn publish(events: &Table, more: &[(&str, &str)]) -> Function {
    let mut environment = events.environment();
    environment.insert("STACK_NAME".into(), "chat".into());
    for &(name, value) in more {
        environment.insert(name.into(), value.into());
    }
    Function::start("publish", environment).await
}

/// The events of the table, by their ids, as the crate `cloudevents` makes them.
pub(crate) async fn expected(table: &Table, stack: &str) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for item in table.reception_items().await {
        let key = |name: &str| item[name].as_s().unwrap().clone();
        let (pk, sk) = (key("pk"), key("sk"));
        let reception = store::item::to_reception(item).unwrap();
        for event in cloudevents::from_reception(&reception, stack, Key { pk: &pk, sk: &sk }) {
            let json = serde_json::from_str(&event.to_json()).unwrap();
            assert!(all.insert(event.id.clone(), json).is_none(), "{}", event.id);
        }
    }
    all
}

/// Delivers records as Lambda does: again and again from the record on that failed. Gives the number of invocations.
pub(crate) async fn deliver_all(function: &Function, mut records: &[Value]) -> usize {
    let mut invocations = 0;
    while !records.is_empty() {
        let batch = &records[..records.len().min(100)];
        let failed = deliver(function, batch).await;
        let place = failed.first().map(|first| {
            let is = |record: &Value| record["dynamodb"]["SequenceNumber"] == first.as_str();
            batch.iter().position(is).unwrap()
        });
        records = &records[place.unwrap_or(batch.len())..];
        invocations += 1;
        assert!(invocations < 200, "{}", function.log().join("\n"));
    }
    invocations
}

#[tokio::test]
async fn every_event_of_every_callback_is_on_the_bus_and_in_the_queue_once() {
    let (dynamodb, ministack) = (Dynamodb::dynoxide().await, Dynamodb::ministack().await);
    let bus = EventBus::create(&ministack, "chat").await;
    let deliveries = fifo(&ministack, "deliveries").await;
    let table = dynamodb.events_table().await;
    let receiver = Function::start("any-command", table.environment()).await;
    let tencent = Function::start("tencent", table.environment()).await;
    for payload in payloads() {
        let (function, path) = match payload.source {
            domain::Source::Tencent => {
                let query = format!("SdkAppid={SDK_APP_ID}&CallbackCommand={}", payload.command);
                (&tencent, format!("/tencent?{query}"))
            }
            domain::Source::OpenIm => (&receiver, format!("/{}", payload.command)),
        };
        function.send(&Request::post(&path, payload.body)).await;
    }
    let expected = expected(&table, "chat").await;
    let types: BTreeSet<&str> = expected
        .values()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    assert!(types.len() > 50, "{types:?}");

    let function = publish(
        &table,
        &[
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", &ministack.endpoint),
            ("EVENT_BUS", &bus.name),
            ("AWS_ENDPOINT_URL_SQS", &ministack.endpoint),
            ("DELIVERIES_QUEUE_URL", &deliveries.url),
            ("DELIVERY_ONLY", "family:relation,family:group"),
        ],
    )
    .await;
    let records = records(&table).await;
    assert_eq!(
        deliver_all(&function, &records).await,
        records.len().div_ceil(100)
    );

    let mut on_bus = BTreeMap::new();
    for entry in bus.take().await {
        let detail = entry["detail"].clone();
        assert_eq!(entry["detail-type"], detail["type"]);
        let server = detail["source"]
            .as_str()
            .unwrap()
            .rsplit_once('/')
            .unwrap()
            .1;
        assert_eq!(entry["source"], server);
        let id = detail["id"].as_str().unwrap().to_owned();
        assert!(on_bus.insert(id, detail).is_none(), "twice");
    }
    assert_eq!(on_bus, expected);

    let mut queued = BTreeMap::new();
    let mut groups: BTreeMap<String, String> = BTreeMap::new();
    loop {
        // A message of a FIFO queue is not given again, as long as one of its group is hidden. So it is deleted.
        let receive = deliveries
            .client
            .receive_message()
            .queue_url(&deliveries.url);
        let receive = receive
            .max_number_of_messages(10)
            .message_system_attribute_names(MessageSystemAttributeName::All);
        let messages = receive.send().await.unwrap().messages.unwrap_or_default();
        if messages.is_empty() {
            break;
        }
        for message in messages {
            let event: Value = serde_json::from_str(message.body.as_ref().unwrap()).unwrap();
            let subject = event["subject"].to_string();
            let group = &message.attributes.unwrap()[&MessageSystemAttributeName::MessageGroupId];
            assert_eq!(
                groups.entry(subject).or_insert_with(|| group.clone()),
                group
            );
            queued.insert(event["id"].as_str().unwrap().to_owned(), event);
            let delete = deliveries
                .client
                .delete_message()
                .queue_url(&deliveries.url);
            let delete = delete.receipt_handle(message.receipt_handle.unwrap());
            delete.send().await.unwrap();
        }
    }
    let meant = expected.iter().filter(|(_, event)| {
        let kind = event["type"].as_str().unwrap();
        kind.starts_with("relation.") || kind.starts_with("group.")
    });
    assert!(queued.iter().eq(meant));
    let distinct: BTreeSet<&String> = groups.values().collect();
    assert_eq!(
        distinct.len(),
        groups.len(),
        "each subject has its own group"
    );
    let log = function.log().join("\n");
    println!("{} events of {} types", expected.len(), types.len());
    assert!(!log.contains("\"level\":\"ERROR\""), "{log}");
}

async fn fifo(ministack: &Dynamodb, name: &str) -> Queue {
    let client = Queue::client(&ministack.endpoint);
    let created = client
        .create_queue()
        .queue_name(format!("{name}.fifo"))
        .attributes(QueueAttributeName::FifoQueue, "true")
        .send();
    Queue {
        url: created.await.unwrap().queue_url.unwrap(),
        endpoint: ministack.endpoint.clone(),
        client,
    }
}

/// An EventBridge of this test. It checks what AWS checks and MiniStack does not, and refuses single entries.
#[derive(Clone, Default)]
struct Bridge(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    /// The events that were taken, by their ids, with how often.
    events: BTreeMap<String, (Value, usize)>,
    calls: usize,
    entries: usize,
    refused: usize,
    /// Every n-th entry is refused for a moment.
    busy: Option<usize>,
    /// The events whose data has this text are refused for ever.
    malformed: Option<&'static str>,
}

impl Bridge {
    async fn start(&self) -> String {
        let router = Router::new()
            .route("/", post(put_events))
            .with_state(self.clone());
        serve(router).await.0
    }
}

async fn put_events(State(bridge): State<Bridge>, headers: HeaderMap, body: Bytes) -> Json<Value> {
    assert_eq!(headers["x-amz-target"], "AWSEvents.PutEvents");
    let request: Value = serde_json::from_slice(&body).unwrap();
    let mut taken = bridge.0.lock().unwrap();
    let taken = &mut *taken;
    taken.calls += 1;
    let entries = request["Entries"].as_array().unwrap();
    assert!((1..=10).contains(&entries.len()));
    let texts = |entry: &Value| {
        let texts =
            ["Source", "DetailType", "Detail"].map(|name| entry[name].as_str().unwrap().len());
        14 + texts.into_iter().sum::<usize>()
    };
    let bytes: usize = entries.iter().map(texts).sum();
    assert!(bytes < 1_000_000, "{bytes} bytes");
    let mut failed = 0;
    let results: Vec<Value> = entries
        .iter()
        .map(|entry| {
            taken.entries += 1;
            assert_eq!(entry["EventBusName"], "chat");
            let detail = entry["Detail"].as_str().unwrap();
            let error = if taken.malformed.is_some_and(|text| detail.contains(text)) {
                Some("MalformedDetail")
            } else if taken.busy.is_some_and(|n| taken.entries.is_multiple_of(n)) {
                Some(["ThrottlingException", "InternalFailure"][taken.entries % 2])
            } else {
                None
            };
            if let Some(error) = error {
                failed += 1;
                taken.refused += 1;
                return json!({"ErrorCode": error, "ErrorMessage": "x"});
            }
            let event: Value = serde_json::from_str(detail).unwrap();
            let id = event["id"].as_str().unwrap().to_owned();
            let (known, times) = taken.events.entry(id).or_insert((event.clone(), 0));
            assert_eq!(
                *known, event,
                "a repetition has the same id and the same content"
            );
            *times += 1;
            json!({"EventId": taken.entries.to_string()})
        })
        .collect();
    Json(json!({"FailedEntryCount": failed, "Entries": results}))
}

/// Receptions of one to three events.
fn receptions(fault: usize, count: usize) -> Vec<Reception> {
    (0..count)
        .map(|n| {
            let event = |k: usize| Event::FriendDeleted {
                owner: user(&format!("u{}", n % 17)),
                friend: user(&format!("f{k}")),
            };
            reception(
                &format!("r{fault}.{n}"),
                i64::try_from(n).unwrap(),
                (0..=n % 3).map(event).collect::<Vec<_>>(),
            )
        })
        .collect()
}

async fn stored(dynamodb: &Dynamodb, receptions: &[Reception]) -> Table {
    let table = dynamodb.events_table().await;
    let events = table.events_table();
    for reception in receptions {
        events.record(reception).await.unwrap();
    }
    table
}

#[tokio::test]
async fn whatever_fails_on_the_way_to_the_bus_every_event_arrives_and_none_is_changed() {
    let dynamodb = Dynamodb::dynoxide().await;
    let summaries = join_all(Fault::ALL.iter().enumerate().map(async |(n, &fault)| {
        let table = stored(&dynamodb, &receptions(n, 200)).await;
        let bridge = Bridge::default();
        bridge.0.lock().unwrap().busy = Some(13);
        let proxy = FaultProxy::start(&bridge.start().await, fault, 10).await;
        let records = records(&table).await;
        // It is killed in the middle of its work, and another one goes on.
        let killed = publish_to(&table, &proxy.endpoint).await;
        let _ = tokio::time::timeout(Duration::from_millis(150), deliver(&killed, &records)).await;
        drop(killed);
        let function = publish_to(&table, &proxy.endpoint).await;
        let invocations = deliver_all(&function, &records).await;
        let expected = expected(&table, "chat").await;
        let taken = bridge.0.lock().unwrap();
        let arrived = taken.events.iter().map(|(id, (event, _))| (id, event));
        assert!(arrived.eq(&expected), "{fault:?}");
        let again: usize = taken.events.values().map(|(_, times)| times - 1).sum();
        format!(
            "{fault:?}: {} events, {} calls, {} entries refused, {invocations} invocations, {again} repetitions",
            expected.len(), taken.calls, taken.refused
        )
    }))
    .await;
    println!("{}", summaries.join("\n"));
}

#[tokio::test]
async fn only_entries_that_the_bus_refused_are_put_again() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = stored(&dynamodb, &receptions(0, 100)).await;
    let bridge = Bridge::default();
    bridge.0.lock().unwrap().busy = Some(7);
    let endpoint = bridge.start().await;
    let function = publish_to(&table, &endpoint).await;
    let records = records(&table).await;
    assert_eq!(
        deliver_all(&function, &records).await,
        1,
        "nothing comes again"
    );
    let taken = bridge.0.lock().unwrap();
    assert!(taken.refused > 20);
    assert!(
        taken.events.values().all(|(_, times)| *times == 1),
        "no entry was put twice"
    );
    assert_eq!(taken.entries, taken.events.len() + taken.refused);
}

#[tokio::test]
async fn an_event_that_the_bus_never_takes_is_put_aside_and_sent_by_a_redrive() {
    let (dynamodb, ministack) = (Dynamodb::dynoxide().await, Dynamodb::ministack().await);
    let failures = Queue::create(&ministack, "publish-failures").await;
    let history = [
        remark("r0", "bob", "B"),
        remark("r1", "leo", "hunter2"),
        remark("r2", "zoé", "Z"),
    ];
    let table = stored(&dynamodb, &history).await;
    let bridge = Bridge::default();
    bridge.0.lock().unwrap().malformed = Some("hunter2");
    let endpoint = bridge.start().await;
    let more = [
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", &*endpoint),
        ("EVENT_BUS", "chat"),
        ("AWS_ENDPOINT_URL_SQS", &failures.endpoint),
        ("PUBLISH_FAILURES_QUEUE_URL", &failures.url),
    ];
    let function = publish(&table, &more).await;
    let records = records(&table).await;
    assert_eq!(
        deliver_all(&function, &records).await,
        1,
        "it holds up no other"
    );
    assert_eq!(bridge.0.lock().unwrap().events.len(), 2);
    assert_eq!(failures.count().await, [1, 0]);
    assert!(!function.log().join("\n").contains("hunter2"));

    let redrive = async || {
        let mut command = Command::new(binary("imhook"));
        command
            .args([
                "dead-letters",
                "redrive",
                "--publish-failures",
                &failures.url,
            ])
            .args([
                "--sqs",
                &failures.endpoint,
                "--event-bus",
                "chat",
                "--eventbridge",
                &endpoint,
            ])
            .args([
                "--stack",
                "chat",
                "--dynamodb",
                &dynamodb.endpoint,
                "--events-table",
                &table.name,
            ]);
        let output = command.output().await.unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.success(), text)
    };
    let (done, says) = redrive().await;
    assert!(
        !done && says.contains("stays: MalformedDetail: x"),
        "{says}"
    );
    assert_eq!(failures.count().await, [1, 0], "it is still there");
    bridge.0.lock().unwrap().malformed = None;
    let (done, says) = redrive().await;
    assert!(done && says.contains("1 records published"), "{says}");
    assert_eq!(failures.count().await, [0, 0]);
    let expected = expected(&table, "chat").await;
    let taken = bridge.0.lock().unwrap();
    let arrived = taken.events.iter().map(|(id, (event, _))| (id, event));
    assert!(arrived.eq(&expected));
}

#[tokio::test]
async fn a_bus_that_refuses_the_function_makes_the_records_come_again() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = stored(&dynamodb, &receptions(0, 30)).await;
    let bridge = Bridge::default();
    let upstream = bridge.start().await;
    let denied = FaultProxy::start(&upstream, Fault::Deny, 100).await;
    let function = publish_to(&table, &denied.endpoint).await;
    let records = records(&table).await;
    let failed = deliver(&function, &records).await;
    assert_eq!(
        failed,
        [records[0]["dynamodb"]["SequenceNumber"].as_str().unwrap()]
    );
    assert!(bridge.0.lock().unwrap().events.is_empty());
    let warning = function
        .log()
        .into_iter()
        .find(|line| line.contains("come again"));
    assert!(warning.unwrap().contains("AccessDenied"));
}

#[tokio::test]
async fn events_that_are_too_large_for_a_request_go_alone_or_as_a_reference() {
    let dynamodb = Dynamodb::dynoxide().await;
    let many = |n: usize, count: usize| {
        let friends = (0..count).map(|k| user(&format!("{k:0200}"))).collect();
        let imported = Event::FriendsImported {
            owner: user(&format!("u{n}")),
            friends,
        };
        reception(&format!("r{n}"), 0, vec![imported])
    };
    // 12 events of 200 KB. None is larger than an item, so all of them have their data.
    let history: Vec<Reception> = (0..12).map(|n| many(n, 1000)).collect();
    let table = stored(&dynamodb, &history).await;
    let bridge = Bridge::default();
    let endpoint = bridge.start().await;
    let function = publish_to(&table, &endpoint).await;
    // Control characters need six bytes each in JSON, so an item of 390 KB is an event of 2 MB.
    let mut records = records(&table).await;
    let mut huge = records[0].clone();
    let image = &mut huge["dynamodb"]["NewImage"];
    image["id"] = json!({"S": "huge"});
    image["events"] = json!({"L": [{"M": {
        "type": {"S": "remark_set"}, "owner": {"S": "ana"}, "friend": {"S": "leo"},
        "remark": {"S": "\u{1}".repeat(350_000)},
    }}]});
    huge["dynamodb"]["SequenceNumber"] = json!("99999");
    records.push(huge);
    assert_eq!(deliver_all(&function, &records).await, 1);
    let taken = bridge.0.lock().unwrap();
    assert_eq!(taken.events.len(), 13);
    assert_eq!(taken.calls, 3, "four events of 200 KB fit into a request");
    let (reference, _) = &taken.events["huge-0"];
    assert_eq!(reference["data"]["truncated"], true);
    assert_eq!(reference["data"]["pk"], "user#u0");
    for (event, _) in taken.events.values() {
        assert!(event.to_string().len() <= MOST_BYTES);
    }
}

#[tokio::test]
async fn a_function_without_a_destination_does_not_start_and_says_why() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    for (more, says) in [
        (
            &[][..],
            "none of EVENT_BUS, DELIVERIES_QUEUE_URL, FORWARD_QUEUE_URL and MODERATION_QUEUE_URL is set",
        ),
        (
            &[("EVENT_BUS", "chat"), ("DELIVERY_ONLY", "friends")],
            "DELIVERY_ONLY has friends without a kind",
        ),
    ] {
        let mut command = Command::new(binary("publish"));
        command
            .env_clear()
            .envs(table.environment())
            .envs(more.iter().copied());
        let output = command
            .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
            .output()
            .await
            .unwrap();
        assert!(!output.status.success());
        let log = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(log.contains(says), "{log}");
    }
}

fn replay(dynamodb: &Dynamodb, table: &Table, checkpoint: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(binary("imhook"));
    command
        .args(["replay", "--dynamodb", &dynamodb.endpoint])
        .args(["--events-table", &table.name])
        .args(["--stack", "chat", "--rate", "1000", "--checkpoint"])
        .arg(checkpoint)
        .args(more);
    command
}

async fn says(command: &mut Command) -> (bool, String) {
    let output = command.output().await.unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), text)
}

#[tokio::test]
async fn a_replay_sends_the_events_of_a_time_again_with_their_ids_and_goes_on_after_an_interruption()
 {
    let dynamodb = Dynamodb::dynoxide().await;
    let mut history = receptions(0, 300);
    let deleted = |n: usize, millis: i64| {
        let changed = domain::user::Event::ProfileChanged {
            user: user("ana"),
            fields: Vec::new(),
        };
        reception(&format!("other{n}"), millis, vec![changed])
    };
    history.extend([deleted(0, 100), deleted(1, 150)]);
    let table = stored(&dynamodb, &history).await;
    let file = checkpoint("replay-bus.json");
    let bridge = Bridge::default();
    let endpoint = bridge.start().await;
    let at = |millis: i64| {
        reception("", millis, Vec::<Event>::new())
            .received_at
            .to_string()
    };
    let (from, to) = (at(50), at(250));
    let options = [
        "--from",
        &from,
        "--to",
        &to,
        "--family",
        "relation",
        "--to-bus",
        "--event-bus",
        "chat",
        "--eventbridge",
        &endpoint,
    ];
    let (done, said) = says(replay(&dynamodb, &table, &file, &options).arg("--dry-run")).await;
    assert!(done && said.contains("400 events would be sent"), "{said}");
    assert!(bridge.0.lock().unwrap().events.is_empty());

    // The bus refuses everything for a while, so the run ends early.
    let denied = FaultProxy::start(&endpoint, Fault::Deny, 30).await;
    let mut interrupted = options;
    interrupted[10] = &denied.endpoint;
    let mut runs = 0;
    loop {
        runs += 1;
        let (done, said) = says(&mut replay(&dynamodb, &table, &file, &interrupted)).await;
        assert!(runs == 1 || said.contains("resuming after"), "{said}");
        if done {
            break;
        }
        assert!(
            said.contains("the same command continues from there"),
            "{said}"
        );
    }
    assert!(runs > 2, "it was interrupted {runs} times");
    let mut meant = expected(&table, "chat").await;
    let taken = bridge.0.lock().unwrap();
    let mut marks = BTreeSet::new();
    let mut sent = BTreeMap::new();
    for (id, (event, _)) in &taken.events {
        let mut event = event.clone();
        marks.insert(
            event
                .as_object_mut()
                .unwrap()
                .remove("replayed")
                .unwrap()
                .to_string(),
        );
        sent.insert(id.clone(), event);
    }
    assert_eq!(marks.len(), 1, "an interrupted run keeps its mark");
    meant.retain(|_, event| {
        let time = event["time"].as_str().unwrap();
        event["type"] == "relation.friend_deleted" && *from <= *time && *time < *to
    });
    assert_eq!(meant.len(), 400);
    assert_eq!(sent, meant);
}

#[tokio::test]
async fn an_interrupted_replay_is_only_continued_by_the_same_command() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = stored(&dynamodb, &receptions(0, 3)).await;
    let file = checkpoint("replay-other.json");
    let endpoint = format!("http://{}", nowhere());
    let bus = ["--event-bus", "chat", "--eventbridge", &endpoint];
    let run = async |way: &str, to: &str| {
        let options = [&["--from", "2020-01-01", "--to", to, way][..], &bus].concat();
        says(&mut replay(&dynamodb, &table, &file, &options)).await
    };
    let to = "2030-01-01";
    let (done, said) = run("--to-bus", to).await;
    assert!(!done && said.contains("continues from there"), "{said}");
    for (way, to) in [("--to-bus", "2030-01-02"), ("--through-handlers", to)] {
        let (done, said) = run(way, to).await;
        let another = "belongs to another interrupted replay";
        assert!(!done && said.contains(another), "{way} {to}: {said}");
    }
    let (_, said) = run("--to-bus", to).await;
    assert!(said.contains("resuming after 0 events"), "{said}");
}

#[tokio::test]
async fn a_replay_to_a_service_signs_every_event() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = stored(&dynamodb, &receptions(0, 20)).await;
    const SECRET: &str = "whsec_Zm9yIHRyeWluZyBvbmx5LCBvbiBhIGxhcHRvcC4u";
    let got: Arc<Mutex<Vec<Value>>> = Arc::default();
    let (events, calls) = (got.clone(), Arc::new(AtomicU32::new(0)));
    let router = Router::new().route(
        "/events",
        post(async move |headers: HeaderMap, body: Bytes| {
            // Every fifth is not taken at first.
            if calls.fetch_add(1, Ordering::Relaxed) % 5 == 4 {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            let verifier = standardwebhooks::Webhook::new(SECRET).unwrap();
            verifier.verify(&body, &headers).unwrap();
            let event: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(headers["webhook-id"], event["id"].as_str().unwrap());
            events.lock().unwrap().push(event);
            StatusCode::NO_CONTENT
        }),
    );
    let (url, _serving) = serve(router).await;
    let url = format!("{url}/events");
    let file = checkpoint("replay-url.json");
    let options = ["--from", "2020-01-01", "--to-url", &url];
    let mut command = replay(&dynamodb, &table, &file, &options);
    let (done, said) = says(command.env("DELIVERY_SECRET", SECRET)).await;
    assert!(done && said.contains("39 events sent"), "{said}");
    let expected = expected(&table, "chat").await;
    let got = got.lock().unwrap().clone();
    let ids: BTreeSet<&str> = got
        .iter()
        .map(|event| event["id"].as_str().unwrap())
        .collect();
    assert!(ids.into_iter().eq(expected.keys().map(String::as_str)));
    assert!(got.iter().all(|event| event["replayed"].is_string()));
    let (done, said) = says(&mut replay(&dynamodb, &table, &file, &options)).await;
    assert!(
        !done && said.contains("DELIVERY_SECRET is not set"),
        "{said}"
    );
}

#[tokio::test]
async fn a_callback_that_was_kept_as_it_came_is_handled_by_a_later_version() {
    let dynamodb = Dynamodb::dynoxide().await;
    let kept = |id: &str, command: &str, body: &str| Reception {
        command: command.to_owned(),
        events: Events::Unknown,
        body: Some(body.to_owned()),
        ..reception(id, 7, Vec::<Event>::new())
    };
    let body = r#"{"callbackCommand":"callbackAfterDeleteFriendCommand","ownerUserID":"ana","friendUserID":"leo"}"#;
    let history = [
        kept("now-known", "callbackAfterDeleteFriendCommand", body),
        kept("still-unknown", "callbackAfterSomethingCommand", "{}"),
        Reception {
            source: domain::Source::Tencent,
            ..kept(
                "tencent",
                "Sns.CallbackFriendDelete",
                r#"{"CallbackCommand":"Sns.CallbackFriendDelete","PairList":[{"From_Account":"ana","To_Account":"bob"}]}"#,
            )
        },
    ];
    let table = stored(&dynamodb, &history).await;
    let file = checkpoint("replay-handlers.json");
    let options = ["--from", "2020-01-01", "--through-handlers"];
    for _ in 0..2 {
        let (done, said) = says(&mut replay(&dynamodb, &table, &file, &options)).await;
        assert!(
            done && said.contains("3 events given to their handlers"),
            "{said}"
        );
        let receptions = table.receptions().await;
        assert_eq!(receptions.len(), 5, "once more, and it changes nothing");
        for (id, friend) in [("now-known", "leo"), ("tencent", "bob")] {
            let is =
                |it: &&Reception| it.id == id && it.events.family() == domain::Family::Relation;
            let found = receptions.iter().find(is).unwrap();
            assert_eq!(found.received_at, history[0].received_at);
            let deleted = Event::FriendDeleted {
                owner: user("ana"),
                friend: user(friend),
            };
            assert_eq!(found.events, vec![deleted].into());
        }
    }
}

#[test]
fn events_of_one_reception_about_different_people_have_their_own_subjects() {
    let deleted = |owner: &str| Event::FriendDeleted {
        owner: user(owner),
        friend: user("leo"),
    };
    let both = reception("r", 0, vec![deleted("ana"), deleted("bob")]);
    let events = cloudevents::from_reception(&both, "chat", Key { pk: "", sk: "" });
    let subjects: Vec<&str> = events
        .iter()
        .map(|event| event.subject.as_deref().unwrap())
        .collect();
    assert_eq!(subjects, ["user/ana", "user/bob"]);
}
