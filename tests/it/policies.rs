//! What rules by subject do about messages, through the functions.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use domain::{
    Events, Reception, Source, Timestamp, UserId,
    message::Event as MessageEvent,
    relation::Event::{self, BlockIntended, FriendAdded, FriendDeleted},
};
use models::{Outcome, openim_proceeds, payloads};
use serde_json::{Value, json};
use support::{Dynamodb, Fault, FaultProxy, Function, OPEN, Request, Table, nowhere};

const SINGLE: &str = "callbackBeforeSendSingleMsgCommand";
const GROUP: &str = "callbackBeforeSendGroupMsgCommand";
const MODIFY: &str = "callbackBeforeMsgModifyCommand";
const SENT: &str = "callbackAfterSendSingleMsgCommand";

/// The server's body of a command about a text message, from this user and with this text.
fn body(command: &str, from: &str, text: &str) -> Value {
    let payload = payloads()
        .into_iter()
        .find(|payload| payload.name == format!("{command}.server"))
        .unwrap();
    let mut body: Value = serde_json::from_slice(&payload.body).unwrap();
    body["sendID"] = from.into();
    body["contentType"] = 101.into();
    body["content"] = json!({ "content": text }).to_string().into();
    body
}

fn to(recipient: &str, mut body: Value) -> Value {
    body["recvID"] = recipient.into();
    body
}

/// What the server does after a function's answer: nothing, a change, or a stop with this code.
async fn happens(function: &Function, command: &str, asked: &Value) -> Result<Value, i64> {
    let request = Request::post(&format!("/{command}"), asked.to_string());
    let answer = function.send(&request).await;
    match openim_proceeds(command, asked, &answer.body) {
        Outcome::Proceeds(body) => Ok(body),
        Outcome::Stops { code, .. } => Err(code),
        other => panic!("{other:?}: {answer:?}"),
    }
}

/// Writes a policies file into a folder of its own.
fn policies(name: &str, document: &Value) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("subjects-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("policies.json");
    std::fs::write(&file, document.to_string()).unwrap();
    file
}

/// The environment of a function with these policies and tables, at this endpoint.
fn environment(
    policies: &Path,
    endpoint: &str,
    tables: &[(&str, &Table)],
) -> BTreeMap<String, String> {
    let settings = [
        ("POLICIES_FILE", policies.to_str().unwrap()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        // These tests are not about the speed of the machine.
        ("BEFORE_DEADLINE_MS", "2500"),
    ];
    let tables = tables.iter().map(|(name, table)| (*name, &*table.name));
    let all = settings.into_iter().chain(tables);
    all.chain(OPEN.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Applies what happened between users to the view.
async fn apply(relationships: &Table, events: Vec<Event>) {
    let reception = Reception {
        id: "r".to_owned(),
        received_at: Timestamp::now(),
        source: Source::OpenIm,
        command: "x".to_owned(),
        operation_id: None,
        events: Events::Relation(events),
        body: None,
        target: None,
        part: None,
    };
    let applied = relationships
        .relationships_table()
        .apply(&[reception])
        .await;
    assert!(applied.iter().all(Result::is_ok));
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

#[tokio::test]
async fn friends_and_blocks_are_read_with_one_request() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.relationships_table().await;
    let on_list = |owner: &str, friend: &str| FriendAdded {
        owner: user(owner),
        friend: user(friend),
    };
    apply(
        &table,
        vec![
            on_list("leo", "ana"),
            on_list("leo", "bob"),
            BlockIntended {
                owner: user("leo"),
                blocked: user("bob"),
            },
            // Only the recipient's list counts.
            on_list("eva", "leo"),
            FriendDeleted {
                owner: user("leo"),
                friend: user("max"),
            },
        ],
    )
    .await;
    let rules = json!({"friendsOnly": {"withoutRecord": "refuse"}, "notWhenBlocked": {}});
    let file = policies("friends", &json!({ "messages": rules }));
    let counting = FaultProxy::start(&dynamodb.endpoint, Fault::Reset, 0).await;
    let environment = environment(
        &file,
        &counting.endpoint,
        &[("RELATIONSHIPS_TABLE", &table)],
    );
    let function = Function::start("before-send-single-msg", environment).await;
    // The first request waits for the start, which reads once to open the connection.
    for (from, expected) in [
        ("ana", None),
        ("bob", Some(28014)),
        ("eva", Some(28015)),
        ("max", Some(28015)),
        ("ana", None),
    ] {
        let before = counting.seen.load(Ordering::Relaxed);
        let asked = to("leo", body(SINGLE, from, "hello"));
        let outcome = happens(&function, SINGLE, &asked).await;
        assert_eq!(outcome.err(), expected.map(i64::from), "{from}");
        let requests = counting.seen.load(Ordering::Relaxed) - before;
        assert!(
            requests == 1 || before == 0 && requests == 2,
            "{from}: {requests}"
        );
    }
    assert_eq!(counting.seen.load(Ordering::Relaxed), 6);
}

#[tokio::test]
async fn the_policies_choose_what_happens_if_the_view_cannot_be_read() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.relationships_table().await;
    let hanging = FaultProxy::start(&dynamodb.endpoint, Fault::Hang, 100).await;
    let denying = FaultProxy::start(&dynamodb.endpoint, Fault::Deny, 100).await;
    let nowhere = format!("http://{}", nowhere());
    for endpoint in [&hanging.endpoint, &denying.endpoint, &nowhere] {
        for (choice, expected) in [("allow", None), ("refuse", Some(28015))] {
            let rules = json!({"friendsOnly": {"whenUnknown": choice}});
            let file = policies(&format!("unread-{choice}"), &json!({ "messages": rules }));
            let mut environment = environment(&file, endpoint, &[("RELATIONSHIPS_TABLE", &table)]);
            // The policies decide here, not this setting.
            let other = if choice == "allow" { "refuse" } else { "allow" };
            environment.insert("ON_FAILURE".to_owned(), other.to_owned());
            for name in ["before-send-single-msg", "any-command"] {
                let function = Function::start(name, environment.clone()).await;
                let asked = to("leo", body(SINGLE, "ana", "hello"));
                let outcome = happens(&function, SINGLE, &asked).await;
                assert_eq!(outcome.err(), expected.map(i64::from), "{name} {endpoint}");
                let by_failure = r#""decidedBy":"failure""#;
                assert!(function.log().iter().any(|line| line.contains(by_failure)));
            }
        }
    }
}

#[tokio::test]
async fn a_function_that_lacks_a_table_for_its_policies_says_so() {
    let rules = json!({"friendsOnly": {}, "limit": {"limit": 1, "windowSeconds": 60}});
    let file = policies("tables", &json!({ "messages": rules }));
    let environment = environment(&file, "http://127.0.0.1:9", &[]);
    let function = Function::start("before-send-single-msg", environment).await;
    let asked = body(SINGLE, "ana", "hello");
    let request = Request::post(&format!("/{SINGLE}"), asked.to_string());
    let answer = function.send(&request).await;
    answer.assert_refused(29012, 500);
    let log = function.log().join("\n");
    for table in ["LIMITS_TABLE", "RELATIONSHIPS_TABLE"] {
        assert!(log.contains(&format!("{table} is not set")), "{log}");
    }
}

#[tokio::test]
async fn a_word_passes_the_first_question_and_is_replaced_by_the_second() {
    let words = json!([{"file": "policies.words.txt", "replaceWith": "***"}]);
    let file = policies("words", &json!({"messages": {"text": {"words": words}}}));
    std::fs::write(file.with_file_name("policies.words.txt"), "spam\nhäm\n").unwrap();
    let environment = environment(&file, "http://127.0.0.1:9", &[]);
    let single = Function::start("before-send-single-msg", environment.clone()).await;
    let modify = Function::start("before-msg-modify", environment.clone()).await;
    let any = Function::start("any-command", environment).await;
    for (text, sent) in [
        ("hello", "hello"),
        ("no ＳＰＡＭ \"here\"", "no *** \"here\""),
        ("HA\u{308}M & s\u{200B}pam", "*** & ***"),
    ] {
        for (function, command) in [(&single, SINGLE), (&any, SINGLE)] {
            let asked = to("leo", body(command, "ana", text));
            assert_eq!(happens(function, command, &asked).await, Ok(asked));
        }
        for function in [&modify, &any] {
            let asked = body(MODIFY, "ana", text);
            let expected = body(MODIFY, "ana", sent);
            assert_eq!(
                happens(function, MODIFY, &asked).await,
                Ok(expected),
                "{text}"
            );
        }
    }
    // No answer can change the text of a quote on all versions of the server, so it is refused at once.
    let mut quote = to("leo", body(SINGLE, "ana", ""));
    quote["contentType"] = 114.into();
    quote["content"] = json!({"text": "spam", "quoteMessage": null})
        .to_string()
        .into();
    assert_eq!(happens(&single, SINGLE, &quote).await, Err(28007));
}

#[tokio::test]
async fn messages_to_users_and_in_groups_are_counted_together() {
    let dynamodb = Dynamodb::dynoxide().await;
    let limits = dynamodb.limits_table().await;
    // A window of 31 days, which does not end during a test.
    let limit = json!({"limit": 3, "windowSeconds": 2_678_400, "whenUnknown": "refuse"});
    let rules = json!({"limit": limit, "contentTypes": {"deny": ["custom"]}});
    let file = policies("limit", &json!({ "messages": rules }));
    let environment = environment(&file, &dynamodb.endpoint, &[("LIMITS_TABLE", &limits)]);
    let single = Function::start("before-send-single-msg", environment.clone()).await;
    let group = Function::start("before-send-group-msg", environment).await;
    // What another rule refuses is not counted.
    let mut custom = body(SINGLE, "ana", "");
    custom["contentType"] = 110.into();
    assert_eq!(happens(&single, SINGLE, &custom).await, Err(28012));
    for (function, command, expected) in [
        (&single, SINGLE, None),
        (&group, GROUP, None),
        (&single, SINGLE, None),
        (&group, GROUP, Some(28016)),
        (&single, SINGLE, Some(28016)),
    ] {
        let outcome = happens(function, command, &body(command, "ana", "hello")).await;
        assert_eq!(outcome.err(), expected, "{command}");
    }
    let of_bob = happens(&group, GROUP, &body(GROUP, "bob", "hello")).await;
    assert!(of_bob.is_ok());
}

#[tokio::test]
async fn messages_of_bots_are_not_asked_about_and_are_marked() {
    let dynamodb = Dynamodb::dynoxide().await;
    let events = dynamodb.events_table().await;
    let rules = json!({"bots": ["helper"], "text": {"words": [{"list": ["spam"]}]}});
    let file = policies("bots", &json!({ "messages": rules }));
    let environment = environment(&file, &dynamodb.endpoint, &[("EVENTS_TABLE", &events)]);
    let single = Function::start("before-send-single-msg", environment.clone()).await;
    let sent = Function::start("after-send-single-msg", environment).await;
    for (from, expected) in [("helper", None), ("ana", Some(28007))] {
        let outcome = happens(&single, SINGLE, &body(SINGLE, from, "spam")).await;
        assert_eq!(outcome.err(), expected, "{from}");
        let request = Request::post(&format!("/{SENT}"), body(SENT, from, "spam").to_string());
        sent.send(&request).await;
    }
    let mut marks = BTreeMap::new();
    for reception in events.receptions().await {
        if let Events::Message(events) = reception.events {
            for event in events {
                if let MessageEvent::MessageSent { from, bot, .. } = event {
                    marks.insert(from.to_string(), bot);
                }
            }
        }
    }
    let expected = [("ana", false), ("helper", true)];
    assert_eq!(
        marks,
        expected.map(|(from, bot)| (from.to_owned(), bot)).into()
    );
}
