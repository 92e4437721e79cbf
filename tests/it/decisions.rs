//! Which decisions are stored, and that storing them never changes or delays an answer.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use domain::{
    Events, Reception, UserId,
    decision::{By, Event, Verdict},
    relation,
};
use models::{Outcome, openim_proceeds};
use receiver::messages::ONLY_IN_LOG;
use serde_json::{Value, json};
use support::{
    Answer, Dynamodb, Fault, FaultProxy, Function, Queue, Request, SDK_APP_ID, Table, binary,
    nowhere, redrive,
};
use tokio::process::Command;

/// A function whose handlers decide by the user's name: see `tests/examples/decides.rs`.
const DECIDES: &str = "examples/decides";
const ADD_FRIEND: &str = "callbackBeforeAddFriendCommand";
const ADD_BLACK: &str = "callbackBeforeAddBlackCommand";
const IMPORT: &str = "callbackBeforeImportFriendsCommand";
const FRIEND_ADD: &str = "Sns.CallbackPrevFriendAdd";

/// A text that must not be stored.
const TEXT: &str = "hunter2";

fn add_friend(from: &str) -> Value {
    json!({"fromUserID": from, "toUserID": "leo", "reqMsg": TEXT})
}

fn openim(command: &str, body: &Value) -> Request {
    Request::post(&format!("/{command}"), body.to_string())
}

/// The table's environment with these policies and settings.
fn environment(table: &Table, more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let document = json!({
        ADD_FRIEND: {"actingUser": {"deny": ["mallory"], "code": 20011}},
        FRIEND_ADD: {"otherUser": {"deny": ["support"], "code": 38012}},
    });
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policies-decisions.json");
    // Replaced at once, because several tests write the same.
    let new = file.with_extension(format!("{:?}", std::thread::current().id()));
    std::fs::write(&new, document.to_string()).unwrap();
    std::fs::rename(&new, &file).unwrap();
    let mut environment = table.environment();
    let settings = [
        ("POLICIES_FILE", file.to_str().unwrap()),
        // This machine may be slow, and decisions have to reach the table.
        ("BEFORE_DEADLINE_MS", "2500"),
    ];
    for (name, value) in settings.iter().chain(more) {
        environment.insert((*name).to_owned(), (*value).to_owned());
    }
    environment
}

/// The stored decisions: who acted, the verdict, who decided, the rule, the code.
type Decided = (Option<String>, Verdict, By, Option<String>, Option<i32>);

fn decided(
    actor: &str,
    verdict: Verdict,
    by: By,
    rule: Option<&str>,
    code: Option<i32>,
) -> Decided {
    let actor = (!actor.is_empty()).then(|| actor.to_owned());
    (actor, verdict, by, rule.map(ToOwned::to_owned), code)
}

fn events_of(reception: &Reception) -> Vec<(Decided, Vec<UserId>)> {
    let Events::Decision(events) = &reception.events else {
        panic!("{reception:?}");
    };
    let events = events.iter().map(|event| match event {
        Event::Decided {
            decision,
            by,
            code,
            rule,
            actor,
            others,
            ..
        } => {
            let actor = actor.as_ref().map(ToString::to_string);
            ((actor, *decision, *by, rule.clone(), *code), others.clone())
        }
        other => panic!("{other:?}"),
    });
    events.collect()
}

/// The receptions with decisions, oldest first.
async fn decisions(table: &Table) -> Vec<Reception> {
    let mut receptions = table.receptions().await;
    receptions.retain(|reception| matches!(reception.events, Events::Decision(_)));
    for reception in &receptions {
        assert!(reception.id.ends_with(".decision"), "{}", reception.id);
        let stored = serde_json::to_string(reception).unwrap();
        assert!(!stored.contains(TEXT), "{stored}");
    }
    receptions
}

#[tokio::test]
async fn refusals_are_stored_or_all_decisions_or_none() {
    let by_rule = || {
        decided(
            "mallory",
            Verdict::Refused,
            By::Policies,
            Some("actingUser"),
            Some(20011),
        )
    };
    let by_handler = || decided("refused", Verdict::Refused, By::Handler, None, Some(20001));
    let by_failure = || decided("panics", Verdict::Refused, By::Failure, None, Some(29013));
    let allowed = || decided("ana", Verdict::Allowed, By::Handler, None, None);
    let amended = || decided("amended", Verdict::Amended, By::Handler, None, None);
    let dynamodb = Dynamodb::dynoxide().await;
    for (setting, expected) in [
        (None, vec![by_rule(), by_handler(), by_failure()]),
        (Some("refused"), vec![by_rule(), by_handler(), by_failure()]),
        (
            Some("all"),
            vec![by_rule(), by_handler(), by_failure(), allowed(), amended()],
        ),
        (Some("none"), Vec::new()),
    ] {
        let table = dynamodb.events_table().await;
        let setting = setting.map(|setting| ("RECORD_DECISIONS", setting));
        let settings: Vec<(&str, &str)> = setting.into_iter().collect();
        let function = Function::start(DECIDES, environment(&table, &settings)).await;
        for (from, refused) in [
            ("mallory", Some(20011)),
            ("refused", Some(20001)),
            ("panics", Some(29013)),
            ("ana", None),
        ] {
            let asked = add_friend(from);
            let answer = function.send(&openim(ADD_FRIEND, &asked)).await;
            let code = match openim_proceeds(ADD_FRIEND, &asked, &answer.body) {
                Outcome::Stops { code, .. } => Some(code),
                other => {
                    assert_eq!(other, Outcome::Proceeds(asked));
                    None
                }
            };
            assert_eq!(code, refused, "{from}");
        }
        let import = json!({"ownerUserID": "amended", "friendUserIDs": ["leo", "bob"]});
        function.send(&openim(IMPORT, &import)).await;
        let stored = decisions(&table).await;
        let events: Vec<_> = stored.iter().flat_map(events_of).collect();
        let found: Vec<Decided> = events.iter().map(|it| it.0.clone()).collect();
        assert_eq!(found, expected, "{setting:?}");
        for (reception, (decided, others)) in stored.iter().zip(events) {
            let is_import = decided.0.as_deref() == Some("amended");
            let (command, about) = match is_import {
                true => (IMPORT, vec!["leo", "bob"]),
                false => (ADD_FRIEND, vec!["leo"]),
            };
            assert_eq!(reception.command, command);
            assert_eq!(others.iter().map(UserId::as_str).collect::<Vec<_>>(), about);
        }
    }
}

#[tokio::test]
async fn a_decision_is_stored_next_to_the_callbacks_own_events() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let all = [("RECORD_DECISIONS", "all")];
    let function = Function::start("before-add-black", environment(&table, &all)).await;
    let asked = json!({"ownerUserID": "ana", "blackUserID": "leo"});
    let answer = function.send(&openim(ADD_BLACK, &asked)).await;
    assert_eq!(
        openim_proceeds(ADD_BLACK, &asked, &answer.body),
        Outcome::Proceeds(asked)
    );
    let stored = table.receptions().await;
    let own = stored
        .iter()
        .find(|it| !it.id.ends_with(".decision"))
        .unwrap();
    assert!(matches!(
        &own.events,
        Events::Relation(events) if matches!(events[..], [relation::Event::BlockIntended { .. }])
    ));
    let [decision] = &decisions(&table).await[..] else {
        panic!("{stored:?}");
    };
    assert_eq!(decision.id, format!("{}.decision", own.id));
    assert_eq!(decision.received_at, own.received_at);
}

#[tokio::test]
async fn each_person_whom_tencent_chat_asks_about_has_an_event_if_refused() {
    let dynamodb = Dynamodb::dynoxide().await;
    for (setting, expected) in [
        ("refused", vec!["support", "refused", "support"]),
        ("all", vec!["leo", "support", "refused", "support"]),
    ] {
        let table = dynamodb.events_table().await;
        let function = Function::start(
            DECIDES,
            environment(&table, &[("RECORD_DECISIONS", setting)]),
        )
        .await;
        let items: Vec<Value> = ["leo", "support", "refused", "support"]
            .map(|to| json!({"To_Account": to, "AddWording": TEXT}))
            .into();
        let url = format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={FRIEND_ADD}");
        let body = json!({"From_Account": "ana", "FriendItem": items});
        let answer = function.send(&Request::post(&url, body.to_string())).await;
        assert_eq!(answer.status, 200);
        let [stored] = &decisions(&table).await[..] else {
            panic!("one reception");
        };
        let mut people = Vec::new();
        for (decided, others) in events_of(stored) {
            let [person] = &others[..] else {
                panic!("{others:?}");
            };
            let expected = match person.as_str() {
                "support" => {
                    let rule = Some("otherUser");
                    self::decided("ana", Verdict::Refused, By::Policies, rule, Some(38012))
                }
                "refused" => self::decided("ana", Verdict::Refused, By::Handler, None, Some(38001)),
                _ => self::decided("ana", Verdict::Allowed, By::Handler, None, None),
            };
            assert_eq!(decided, expected, "{person}");
            people.push(person.to_string());
        }
        assert_eq!(people, expected);
    }
}

#[tokio::test]
async fn what_nobody_could_decide_is_stored_and_a_stranger_stores_nothing() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let refuse = [("UNKNOWN_COMMAND", "refuse")];
    let function = Function::start("any-command", environment(&table, &refuse)).await;
    for request in [
        openim(ADD_FRIEND, &json!({"fromUserID": 7})),
        Request::post(&format!("/{ADD_FRIEND}"), TEXT),
        openim("callbackBeforeSomethingNewCommand", &json!({"text": TEXT})),
        // Not a callback.
        openim(ADD_FRIEND, &add_friend("ana")).method("GET"),
    ] {
        function.send(&request).await;
    }
    let stored = decisions(&table).await;
    let found: Vec<_> = stored.iter().flat_map(events_of).map(|it| it.0).collect();
    let expected = [29007, 29006, 29016]
        .map(|code| decided("", Verdict::Refused, By::Failure, None, Some(code)));
    assert_eq!(found, expected);
    let partition = |n: usize| stored[n].command.as_str();
    assert_eq!(partition(0), ADD_FRIEND);
    assert_eq!(partition(2), "callbackBeforeSomethingNewCommand");

    let table = dynamodb.events_table().await;
    let basic = [
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_USER", "openim"),
        ("OPENIM_BASIC_PASSWORD", "p"),
        ("RECORD_DECISIONS", "all"),
    ];
    let function = Function::start("before-add-friend", environment(&table, &basic)).await;
    for body in [add_friend("mallory"), add_friend("ana"), json!(7)] {
        let answer = function.send(&openim(ADD_FRIEND, &body)).await;
        answer.assert_refused(29001, 401);
    }
    assert_eq!(table.items().await.len(), 0);
}

const DEADLINE: Duration = Duration::from_millis(2500);

/// Sends a request, which must be answered within the function's deadline.
async fn in_time(function: &Function, request: &Request) -> Answer {
    // A GET first, because the time of the start is not a part of the deadline.
    function.send(&request.clone().method("GET")).await;
    let start = Instant::now();
    let answer = function.send(request).await;
    let took = start.elapsed();
    assert!(took < DEADLINE, "{took:?}: {answer:?}");
    answer
}

/// The event in the line about an event that is only in the log.
fn only_in_log(function: &Function) -> Option<Reception> {
    let lines = function.log();
    let lines = lines.iter().filter(|line| line.contains(ONLY_IN_LOG));
    let lines: Vec<&String> = lines.collect();
    assert!(lines.len() < 2, "{lines:?}");
    let line: Value = serde_json::from_str(lines.first()?).unwrap();
    Some(serde_json::from_str(line["event"].as_str().unwrap()).unwrap())
}

#[tokio::test]
async fn an_answer_is_the_same_and_in_time_when_its_decision_cannot_be_stored() {
    let dynamodb = Dynamodb::dynoxide().await;
    let aws = Dynamodb::ministack().await;
    let table = dynamodb.events_table().await;
    let queue = Queue::create(&aws, "decisions").await;
    let hanging = FaultProxy::start(&dynamodb.endpoint, Fault::Hang, 100).await;
    let denying = FaultProxy::start(&dynamodb.endpoint, Fault::Deny, 100).await;
    let hanging_queue = FaultProxy::start(&aws.endpoint, Fault::Hang, 100).await;
    let nowhere = format!("http://{}", nowhere());
    let asked = add_friend("mallory");
    let request = openim(ADD_FRIEND, &asked);
    let function = Function::start("before-add-friend", environment(&table, &[])).await;
    let expected = function.send(&request).await;
    assert_eq!(decisions(&table).await.len(), 1);
    let url = ("EVENTS_QUEUE_URL", queue.url.as_str());
    let mut queued = 0;
    for endpoint in [&hanging.endpoint, &denying.endpoint, &nowhere] {
        for sqs in [None, Some(&hanging_queue.endpoint), Some(&queue.endpoint)] {
            let mut settings = vec![("AWS_ENDPOINT_URL_DYNAMODB", endpoint.as_str())];
            settings.extend(sqs.map(|sqs| ("AWS_ENDPOINT_URL_SQS", sqs.as_str())));
            settings.extend(sqs.map(|_| url));
            let function =
                Function::start("before-add-friend", environment(&table, &settings)).await;
            let answer = in_time(&function, &request).await;
            assert_eq!(
                (answer.status, &answer.body),
                (expected.status, &expected.body)
            );
            let logged = only_in_log(&function);
            if sqs == Some(&queue.endpoint) {
                queued += 1;
                assert_eq!(logged, None);
            } else {
                let logged = logged.unwrap();
                assert_eq!(events_of(&logged).len(), 1);
                let log = function.log().join("\n");
                assert!(!log.contains(TEXT), "{log}");
            }
        }
    }
    let messages = queue.receive_all().await;
    assert_eq!(messages.len(), queued);
    let function = Function::start("redrive", table.environment()).await;
    assert!(redrive(&function, &messages).await.is_empty());
    assert_eq!(decisions(&table).await.len(), 1 + queued);
}

#[tokio::test]
async fn a_decision_is_only_logged_when_the_callbacks_own_event_was_not_stored() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let nowhere = format!("http://{}", nowhere());
    let settings = [("AWS_ENDPOINT_URL_DYNAMODB", nowhere.as_str())];
    let function = Function::start("before-add-black", environment(&table, &settings)).await;
    let asked = json!({"ownerUserID": "ana", "blackUserID": "leo"});
    let answer = in_time(&function, &openim(ADD_BLACK, &asked)).await;
    let happens = openim_proceeds(ADD_BLACK, &asked, &answer.body);
    assert!(
        matches!(happens, Outcome::Stops { code: 29011, .. }),
        "{happens:?}"
    );
    let logged = only_in_log(&function).unwrap();
    let (found, others) = events_of(&logged).remove(0);
    assert_eq!(
        found,
        decided("ana", Verdict::Refused, By::Failure, None, Some(29011))
    );
    assert_eq!(others, [UserId::new("leo").unwrap()]);
}

#[tokio::test]
async fn imhook_history_shows_a_refusal_in_plain_words() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let function = Function::start("before-add-friend", environment(&table, &[])).await;
    function
        .send(&openim(ADD_FRIEND, &add_friend("mallory")))
        .await;
    let output = Command::new(binary("imhook"))
        .args(["history", "--user", "mallory"])
        .args(["--dynamodb", &table.endpoint, "--events-table", &table.name])
        .output()
        .await
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let sentence = "refused by rule actingUser, code 20011: mallory → leo\n";
    assert!(printed.ends_with(sentence), "{printed}");
}
