//! What operators can choose about messages: whether contents are stored, and whether signs for clients are.

use std::collections::BTreeMap;

use domain::{Events, Family, Source, message::Event};
use models::{Payload, Verdict, payloads, read_as_openim};
use receiver::messages::{ONLY_IN_LOG, SIGNAL};
use serde_json::{Value, json};
use support::{Dynamodb, Function, Queue, Request, SDK_APP_ID, function_at, nowhere};

/// What people wrote, in every field that can have it.
const SECRET: &str = "hunter2";

/// A callback about messages, with what people wrote replaced.
struct Secret {
    name: String,
    request: Request,
}

/// The same JSON with this text for every text in it.
fn with_secrets(value: &Value) -> Value {
    match value {
        Value::String(_) => json!(SECRET),
        Value::Array(values) => values.iter().map(with_secrets).collect(),
        Value::Object(members) => {
            let members = members.iter();
            members
                .map(|(key, value)| (key.clone(), with_secrets(value)))
                .collect()
        }
        other => other.clone(),
    }
}

fn of_family(family: Family) -> impl Iterator<Item = Payload> {
    payloads().into_iter().filter(move |payload| {
        let command = protocol::command(payload.source, &payload.command);
        command.is_some_and(|it| it.family == family)
    })
}

fn path(source: Source, command: &str) -> String {
    match source {
        Source::Tencent => format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}"),
        _ => format!("/{command}"),
    }
}

/// Every callback about messages, as it comes, with fields that do not fit, and with names that are not known.
fn secrets() -> Vec<Secret> {
    let mut all = Vec::new();
    for payload in of_family(Family::Message) {
        let mut body: Value = serde_json::from_slice(&payload.body).unwrap();
        if let Some(content) = body["content"].as_str() {
            let content = match serde_json::from_str::<Value>(content) {
                Ok(json) if json != Value::Null => with_secrets(&json).to_string(),
                _ => SECRET.to_owned(),
            };
            body["content"] = json!(content);
            body["ex"] = json!(SECRET);
        }
        for key in ["CloudCustomData", "Data"] {
            if body[key].is_string() {
                body[key] = json!(SECRET);
            }
        }
        for (key, elements) in [
            (
                "MsgBody",
                json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": SECRET}}]),
            ),
            ("ExtensionList", json!([{"Key": SECRET, "Value": SECRET}])),
        ] {
            if body[key].is_array() {
                body[key] = elements;
            }
        }
        let mut unfit = body.clone();
        for id in [
            "sendID",
            "userID",
            "From_Account",
            "GroupId",
            "Report_Account",
        ] {
            if unfit[id].is_string() {
                unfit[id] = json!({ "odd": SECRET });
            }
        }
        let mut no_text = body.clone();
        no_text["content"] = json!({ "content": SECRET });
        let command = &payload.command;
        let unknown = command.replace("callback", "callbackNew");
        let unknown = unknown.replace('.', ".New");
        for (how, command, body) in [
            ("as it comes", command, &body),
            ("unfit", command, &unfit),
            ("without a text", command, &no_text),
            ("unknown", &unknown, &body),
        ] {
            let mut body = body.clone();
            let key = match payload.source {
                Source::Tencent => "CallbackCommand",
                _ => "callbackCommand",
            };
            body[key] = json!(command);
            all.push(Secret {
                name: format!("{} {how}", payload.name),
                request: Request::post(&path(payload.source, command), body.to_string()),
            });
        }
    }
    let pushed = json!({"title": SECRET, "desc": SECRET, "content": SECRET, "offlinePushInfo": {"title": SECRET}});
    let tencent = json!({
        "From_Account": "ana", "To_Account": "leo", "CloudCustomData": SECRET,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": SECRET}}],
    });
    for (path, body) in [
        (
            "/callbackAfterNewPushCommand".to_owned(),
            pushed.to_string(),
        ),
        ("/callbackAfterNewPushCommand".to_owned(), SECRET.to_owned()),
        (
            format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand=C2C.CallbackAfterSendMsg"),
            tencent.to_string(),
        ),
        // It does not say to which group, so it is kept as it came.
        (
            format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand=Group.CallbackAfterSendMsg"),
            tencent.to_string(),
        ),
    ] {
        all.push(Secret {
            name: path.clone(),
            request: Request::post(&path, body),
        });
    }
    all
}

/// Functions that start when they are needed.
struct Functions {
    environment: BTreeMap<String, String>,
    started: BTreeMap<&'static str, Function>,
}

impl Functions {
    fn of(mut environment: BTreeMap<String, String>, more: &[(&str, &str)]) -> Self {
        let more = more
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        environment.extend(more);
        environment.insert("LOG_LEVEL".to_owned(), "debug".to_owned());
        Self {
            environment,
            started: BTreeMap::new(),
        }
    }

    async fn send(&mut self, request: &Request) -> support::Answer {
        let name = function_at(&request.path);
        if !self.started.contains_key(name) {
            let started = Function::start(name, &self.environment).await;
            self.started.insert(name, started);
        }
        self.started[name].send(request).await
    }

    fn log(&self) -> String {
        let lines = self.started.values().flat_map(Function::log);
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[tokio::test]
async fn without_contents_nothing_that_people_wrote_reaches_the_table_or_the_log() {
    let dynamodb = Dynamodb::dynoxide().await;
    for (choice, is_shown) in [("drop", false), ("keep", true)] {
        let table = dynamodb.events_table().await;
        let settings = [("MESSAGE_CONTENT", choice), ("MESSAGE_SIGNALS", "keep")];
        let mut functions = Functions::of(table.environment(), &settings);
        let mut sent = 0;
        for secret in secrets() {
            functions.send(&secret.request).await;
            sent += 1;
            let items = format!("{:?}", table.items().await);
            assert!(
                is_shown || !items.contains(SECRET),
                "{}: {items}",
                secret.name
            );
        }
        let items = table.items().await;
        println!("{choice}: {sent} callbacks, {} items", items.len());
        assert!(items.len() > sent / 2, "after callbacks are stored");
        assert_eq!(format!("{items:?}").contains(SECRET), is_shown, "{choice}");
        let log = functions.log();
        assert!(!log.contains(SECRET), "{log}");
    }
}

#[tokio::test]
async fn without_contents_an_event_still_says_who_wrote_where_and_when() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let mut functions = Functions::of(table.environment(), &[("MESSAGE_CONTENT", "drop")]);
    let mut expected = Vec::new();
    for payload in of_family(Family::Message) {
        let path = path(payload.source, &payload.command);
        functions
            .send(&Request::post(&path, payload.body.clone()))
            .await;
        let mut events = payload.events;
        events.remove_contents();
        if !events.is_empty() {
            expected.push(format!("{events:?}"));
        }
    }
    let receptions = table.receptions().await;
    let mut stored: Vec<String> = receptions
        .iter()
        .map(|it| format!("{:?}", it.events))
        .collect();
    expected.sort();
    stored.sort();
    assert_eq!(stored, expected);
    let with_content = receptions.iter().any(|it| match &it.events {
        Events::Message(events) => events.iter().any(|event| {
            matches!(event, Event::MessageSent { content, app_text, .. } if content.is_some() || !app_text.is_empty())
        }),
        _ => false,
    });
    assert!(!with_content);
}

#[tokio::test]
async fn without_contents_nothing_that_people_wrote_reaches_the_queue_or_the_last_resort() {
    let ministack = Dynamodb::ministack().await;
    let table = ministack.events_table().await;
    let down = format!("http://{}", nowhere());
    let queue = Queue::create(&ministack, "messages").await;
    let settings = |choice| {
        [
            ("MESSAGE_CONTENT", choice),
            ("AWS_ENDPOINT_URL_DYNAMODB", down.as_str()),
        ]
    };
    let queued = [
        ("AWS_ENDPOINT_URL_SQS", queue.endpoint.as_str()),
        ("EVENTS_QUEUE_URL", queue.url.as_str()),
    ];
    let sent: Vec<Secret> = secrets()
        .into_iter()
        .filter(|secret| {
            secret.name.contains("AfterSendSingleMsgCommand.server") || secret.name.starts_with('/')
        })
        .collect();
    for (choice, is_shown) in [("drop", false), ("keep", true)] {
        let to_queue = [&settings(choice)[..], &queued].concat();
        let mut functions = Functions::of(table.environment(), &to_queue);
        for secret in &sent {
            functions.send(&secret.request).await;
        }
        let messages = queue.receive_all().await;
        assert_eq!(messages.len(), sent.len(), "everything is queued");
        assert_eq!(
            format!("{messages:?}").contains(SECRET),
            is_shown,
            "{choice}"
        );
        let log = functions.log();
        assert!(!log.contains(SECRET), "{log}");

        let mut functions = Functions::of(table.environment(), &settings(choice));
        for secret in &sent {
            functions.send(&secret.request).await;
        }
        let log = functions.log();
        assert_eq!(log.matches(ONLY_IN_LOG).count(), sent.len(), "{log}");
        assert_eq!(log.contains(SECRET), is_shown, "{choice}: {log}");
    }
}

#[tokio::test]
async fn signs_for_clients_are_answered_at_once_and_stored_only_if_the_operator_wants_them() {
    let dynamodb = Dynamodb::dynoxide().await;
    let signals: Vec<Payload> = of_family(Family::Message)
        .filter(|payload| matches!(payload.case.as_str(), "typing" | "receipt"))
        .collect();
    let before = |payload: &Payload| protocol::asks(payload.source, &payload.command);
    assert_eq!(signals.iter().filter(|payload| before(payload)).count(), 2);
    for (choice, stored) in [("drop", 0), ("keep", 2), ("", 0)] {
        let table = dynamodb.events_table().await;
        let mut functions = Functions::of(table.environment(), &[("MESSAGE_SIGNALS", choice)]);
        for payload in &signals {
            let path = format!("/{}", payload.command);
            let answer = functions
                .send(&Request::post(&path, payload.body.clone()))
                .await;
            assert_eq!(answer.status, 200);
            assert_eq!(read_as_openim(&answer.body), Verdict::Allowed);
        }
        assert_eq!(table.items().await.len(), stored, "{choice}");
        let log = functions.log();
        let (all, decided) = (
            log.matches(SIGNAL).count(),
            log.matches(r#""decidedBy":"settings""#).count(),
        );
        let expected = if stored == 0 { (4, 2) } else { (0, 0) };
        assert_eq!((all, decided), expected, "{log}");
    }
}
