//! What policies and handlers decide in answer to before callbacks, and what the servers then do.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use domain::{Events, Source, relation::Event};
use models::{Outcome, PersonOutcome, openim_proceeds, payloads, tencent_proceeds};
use protocol::Rules;
use serde_json::{Value, json};
use support::{
    Answer, Dynamodb, Fault, FaultProxy, Function, OPEN, Queue, Request, SDK_APP_ID, Secret, Table,
    function_at, nowhere,
};

use crate::{before_group, never_refused::NEVER_REFUSED};

/// A function whose handlers decide by the name of the user, or of the group: see `tests/examples/decides.rs`.
pub(crate) const DECIDES: &str = "examples/decides";
const FRIEND_ADD: &str = "Sns.CallbackPrevFriendAdd";
const FRIEND_RESPONSE: &str = "Sns.CallbackPrevFriendResponse";
const ADD_FRIEND: &str = "callbackBeforeAddFriendCommand";
const ADD_BLACK: &str = "callbackBeforeAddBlackCommand";
const IMPORT: &str = "callbackBeforeImportFriendsCommand";
const SET_REMARK: &str = "callbackBeforeSetFriendRemarkCommand";
const REGISTER: &str = "callbackBeforeUserRegisterCommand";
const UPDATE: &str = "callbackBeforeUpdateUserInfoCommand";
const UPDATE_EX: &str = "callbackBeforeUpdateUserInfoExCommand";
const OFFLINE_PUSH: &str = "callbackBeforeOfflinePushCommand";
const MODIFY: &str = "callbackBeforeMsgModifyCommand";
const GROUP_PUSH: &str = "callbackBeforeGroupOnlinePushCommand";

/// OpenIM's before commands about users that can be refused. Each has the places of the acting user and of the other user;
/// empty if the body has none.
const ASKS: &[(&str, &str, &str)] = &[
    (ADD_FRIEND, "/fromUserID", "/toUserID"),
    (
        "callbackBeforeAddFriendAgreeCommand",
        "/blackUserID",
        "/fromUserID",
    ),
    (IMPORT, "/ownerUserID", "/friendUserIDs"),
    (SET_REMARK, "/ownerUserID", "/friendUserID"),
    (ADD_BLACK, "/ownerUserID", "/blackUserID"),
    (REGISTER, "", "/users/0/userID"),
    (UPDATE, "/userID", ""),
    (UPDATE_EX, "/userID", ""),
    (OFFLINE_PUSH, "/sendID", "/userIDList"),
    ("callbackBeforeOnlinePushCommand", "/sendID", "/userIDList"),
    (GROUP_PUSH, "/sendID", ""),
    ("callbackBeforeSendSingleMsgCommand", "/sendID", "/recvID"),
    ("callbackBeforeSendGroupMsgCommand", "/sendID", ""),
    (MODIFY, "/sendID", ""),
];

/// The rules about users that policies can have for a command, each with the user's place.
fn judged(
    (command, acting, other): &(&str, &'static str, &'static str),
) -> [(&'static str, Option<&'static str>); 2] {
    let command = protocol::command(Source::OpenIm, command).unwrap();
    let rules = command.rules().copied().unwrap_or(Rules::NONE);
    [
        ("actingUser", rules.acting_user.then_some(*acting)),
        ("otherUser", rules.other_user.then_some(*other)),
    ]
}

#[test]
fn these_tests_cover_every_before_command_of_openim() {
    let commands = protocol::catalogue()
        .filter(|command| command.source == Source::OpenIm && command.is_before());
    let mut commands: Vec<&str> = commands.map(|command| command.name).collect();
    let here = ASKS.iter().map(|(command, ..)| command);
    let here = here.chain(before_group::COMMANDS).chain(&NEVER_REFUSED);
    let mut here: Vec<&str> = here.copied().collect();
    commands.sort_unstable();
    here.sort_unstable();
    assert_eq!(here, commands);
}

/// The server's body of a command, with this user at that place.
fn body(command: &str, place: &str, user: &str) -> Value {
    let payload = payloads()
        .into_iter()
        .find(|payload| payload.name == format!("{command}.server"))
        .unwrap();
    assert_eq!(payload.source, Source::OpenIm);
    let mut body: Value = serde_json::from_slice(&payload.body).unwrap();
    let place = body.pointer_mut(place).unwrap();
    *place = match place {
        Value::Array(_) => json!(["leo", user]),
        Value::String(_) => json!(user),
        other => panic!("{command}: {other}"),
    };
    body
}

/// The server's body of a command, with this user as the one by whom the handler decides: the acting user, or the other
/// one if no user acts.
fn body_by(command: &str, user: &str) -> Value {
    let (_, acting, other) = ASKS.iter().find(|(asks, ..)| *asks == command).unwrap();
    let place = if acting.is_empty() { other } else { acting };
    body(command, place, user)
}

fn openim(command: &str, body: &Value) -> Request {
    Request::post(&format!("/{command}"), body.to_string())
}

fn friend_add(people: &[&str]) -> Request {
    let items: Vec<Value> = people.iter().map(|to| json!({"To_Account": to})).collect();
    tencent(
        FRIEND_ADD,
        &json!({"From_Account": "ana", "FriendItem": items}),
    )
}

fn tencent(command: &str, body: &Value) -> Request {
    let url = format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}");
    Request::post(&url, body.to_string())
}

/// What Tencent Chat does about each of these people: 0 for allowed, or the code of the refusal.
fn codes(people: &[&str], answer: &Answer) -> Vec<i64> {
    tencent_proceeds(people, answer.status, &answer.body)
        .into_iter()
        .map(|(person, outcome)| match outcome {
            PersonOutcome::Allowed => 0,
            PersonOutcome::Refused { code, .. } => code,
            PersonOutcome::Unknown => panic!("the answer does not name {person}: {answer:?}"),
        })
        .collect()
}

pub(crate) fn open(more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let all = OPEN.iter().chain(more);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Writes a policies file with this document.
fn policies(name: &str, document: &Value) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("policies-{name}.json"));
    std::fs::write(&file, document.to_string()).unwrap();
    file
}

/// The environment of a function with these policies.
pub(crate) fn with_policies(name: &str, document: &Value) -> BTreeMap<String, String> {
    open(&[("POLICIES_FILE", policies(name, document).to_str().unwrap())])
}

/// The log lines about decisions: the decision, who decided, the code.
pub(crate) fn decisions(function: &Function) -> Vec<(String, String, Value)> {
    let lines = function.log();
    let lines = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    lines
        .filter(|line| !line["decidedBy"].is_null())
        .map(|line| {
            let (decision, by) = (text(&line["decision"]), text(&line["decidedBy"]));
            (decision, by, line["code"].clone())
        })
        .collect()
}

pub(crate) fn decided(decision: &str, by: &str, code: impl Into<Value>) -> (String, String, Value) {
    (decision.to_owned(), by.to_owned(), code.into())
}

/// The body with the text at that place in capitals.
fn in_capitals(mut body: Value, place: &str) -> Value {
    let text = body.pointer_mut(place).unwrap();
    let capitals = text.as_str().unwrap().to_uppercase();
    assert_ne!(*text, capitals);
    *text = json!(capitals);
    body
}

pub(crate) fn stops(code: i64, message: &str, detail: &str) -> Outcome {
    Outcome::Stops {
        code,
        message: message.to_owned(),
        detail: detail.to_owned(),
    }
}

#[tokio::test]
async fn openim_does_what_a_handler_decides() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let mut environment = table.environment();
    environment.insert("RECORD_DECISIONS".to_owned(), "none".to_owned());
    let function = Function::start(DECIDES, environment).await;
    let mut log = Vec::new();
    for (command, ..) in ASKS {
        for who in ["anybody", "refused", "refused-shortly", "amended"] {
            let asked = body_by(command, who);
            let mut changed = asked.clone();
            let outcome = match (who, *command) {
                ("refused", _) => stops(20001, "not allowed", "because \"so\""),
                ("refused-shortly", _) => stops(29999, "no", "no"),
                ("amended", IMPORT) => {
                    let list = asked["friendUserIDs"].as_array().unwrap();
                    assert!(list.len() > 1);
                    changed["friendUserIDs"] = json!([list.last().unwrap()]);
                    Outcome::Proceeds(changed)
                }
                ("amended", SET_REMARK) => Outcome::Proceeds(in_capitals(asked.clone(), "/remark")),
                ("amended", REGISTER) => {
                    Outcome::Proceeds(in_capitals(asked.clone(), "/users/0/nickname"))
                }
                ("amended", UPDATE | UPDATE_EX) => {
                    Outcome::Proceeds(in_capitals(asked.clone(), "/nickName"))
                }
                ("amended", OFFLINE_PUSH) => {
                    Outcome::Proceeds(in_capitals(asked.clone(), "/title"))
                }
                ("amended", GROUP_PUSH) => {
                    changed["userIDList"] = json!([who]);
                    Outcome::Proceeds(changed)
                }
                ("amended", MODIFY) => {
                    changed["ex"] = json!("checked");
                    Outcome::Proceeds(changed)
                }
                _ => Outcome::Proceeds(changed),
            };
            let answer = function.send(&openim(command, &asked)).await;
            assert_eq!(answer.status, 200, "{command} {who}");
            let happens = openim_proceeds(command, &asked, &answer.body);
            assert_eq!(happens, outcome, "{command} {who}: {answer:?}");
            log.push(match &outcome {
                Outcome::Stops { code, .. } => decided("refused", "handler", *code),
                Outcome::Proceeds(after) if *after != asked => {
                    decided("amended", "handler", Value::Null)
                }
                _ => decided("allowed", "handler", Value::Null),
            });
        }
    }
    assert_eq!(decisions(&function), log);
    // Only this command stores something, and only if it is not refused.
    let mut intended: Vec<String> = table
        .receptions()
        .await
        .into_iter()
        .map(|reception| {
            assert_eq!(reception.command, ADD_BLACK);
            match reception.events {
                Events::Relation(events) => match &events[..] {
                    [Event::BlockIntended { owner, .. }] => owner.to_string(),
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            }
        })
        .collect();
    intended.sort();
    assert_eq!(intended, ["amended", "anybody"]);
}

#[tokio::test]
async fn tencent_chat_does_about_each_person_what_a_handler_decides() {
    let function = Function::start(DECIDES, open(&[])).await;
    let people = ["leo", "refused", "bob", "refused"];
    let responses: Vec<Value> = people
        .iter()
        .map(|to| json!({"To_Account": to, "ResponseAction": "Response_Action_Agree"}))
        .collect();
    let response = json!({"From_Account": "ana", "ResponseFriendItem": responses});
    for request in [friend_add(&people), tencent(FRIEND_RESPONSE, &response)] {
        let answer = function.send(&request).await;
        assert_eq!(codes(&people, &answer), [0, 38001, 0, 38001]);
        let items = answer.json()["ResultItem"].as_array().unwrap().len();
        assert_eq!(
            items,
            people.len(),
            "the answer has every person: {answer:?}"
        );
    }
    let answer = function.send(&friend_add(&["leo"])).await;
    assert_eq!(codes(&["leo"], &answer), [0]);
    assert_eq!(
        decisions(&function),
        [
            decided("refused", "handler", 38001),
            decided("refused", "handler", 38001),
            decided("allowed", "handler", Value::Null),
        ]
    );
}

/// For every command, deny lists with one acting user and one other user.
pub(crate) fn deny_lists() -> Value {
    let rules = json!({
        "actingUser": {"deny": ["mallory"], "code": 20011, "message": "not you", "detail": "ask us"},
        "otherUser": {"deny": ["support"], "code": 20012, "message": "not with them"},
    });
    let tencent = json!({
        "actingUser": {"deny": ["mallory"], "code": 38011, "message": "not you"},
        "otherUser": {"deny": ["support"], "code": 38012, "message": "not with them"},
    });
    let mut document = json!({FRIEND_ADD: tencent, FRIEND_RESPONSE: tencent});
    for asks in ASKS {
        for (rule, place) in judged(asks) {
            if place.is_some() {
                document[asks.0][rule] = rules[rule].clone();
            }
        }
    }
    document
}

#[tokio::test]
async fn every_function_refuses_what_policies_refuse() {
    let environment = with_policies("deny-lists", &deny_lists());
    for asks in ASKS {
        let (command, ..) = asks;
        let [(_, actor), (_, other)] = judged(asks);
        for path in [format!("/{command}"), format!("/?command={command}")] {
            let function = Function::start(function_at(&path), environment.clone()).await;
            let good = body_by(command, "ana");
            let mut cases = vec![(good.clone(), Outcome::Proceeds(good))];
            let mut expected = vec![decided("allowed", "handler", Value::Null)];
            if let Some(actor) = actor {
                let outcome = stops(20011, "not you", "ask us");
                cases.push((body(command, actor, "mallory"), outcome));
                expected.push(decided("refused", "policies", 20011));
            }
            if let Some(other) = other {
                let outcome = stops(20012, "not with them", "not with them");
                cases.push((body(command, other, "support"), outcome));
                expected.push(decided("refused", "policies", 20012));
            }
            for (asked, outcome) in cases {
                let answer = function
                    .send(&Request::post(&path, asked.to_string()))
                    .await;
                assert_eq!(answer.status, 200, "{path}");
                let happens = openim_proceeds(command, &asked, &answer.body);
                assert_eq!(happens, outcome, "{path}");
            }
            assert_eq!(decisions(&function), expected, "{path}");
        }
    }
    let function = Function::start("tencent", environment).await;
    let people = ["leo", "support"];
    for from in ["ana", "mallory"] {
        let items: Vec<Value> = people
            .iter()
            .map(|to| json!({"To_Account": to, "ResponseAction": "Response_Action_Agree"}))
            .collect();
        for (command, list) in [
            (FRIEND_ADD, "FriendItem"),
            (FRIEND_RESPONSE, "ResponseFriendItem"),
        ] {
            let asked = json!({"From_Account": from, list: items});
            let answer = function.send(&tencent(command, &asked)).await;
            let expected = match from {
                "ana" => [0, 38012],
                _ => [38011, 38011],
            };
            assert_eq!(codes(&people, &answer), expected, "{command} {from}");
        }
    }
}

/// A field with a text, the text after the policies, and the text after the handler.
fn text_cases(field: &str) -> (&str, Value, Value, Value) {
    let (text, capitals) = (json!("axxb-lenny"), json!("AXXB-LENNY"));
    (field, text, json!("aéb-"), capitals)
}

#[tokio::test]
async fn policies_amend_what_an_answer_can_change_and_a_handler_may_amend_it_again() {
    let text = json!({
        "maxChars": {"limit": 5, "cut": true},
        "forbidden": [{"pattern": "x+", "replaceWith": "é"}],
    });
    let document = json!({
        SET_REMARK: {"remark": text},
        IMPORT: {"friendUserIDs": {"maxItems": {"limit": 2, "cut": true}}},
        UPDATE: {"nickName": text},
        UPDATE_EX: {"nickName": text},
    });
    let mut environment = with_policies("amend", &document);
    environment.insert("ON_FAILURE".to_owned(), "allow".to_owned());
    for (command, own_function) in [
        (SET_REMARK, "before-set-friend-remark"),
        (IMPORT, "before-import-friends"),
        (UPDATE, "before-update-user-info"),
        (UPDATE_EX, "before-update-user-info-ex"),
    ] {
        for (function, who, by) in [
            (own_function, "ana", "policies"),
            (DECIDES, "ana", "policies"),
            (DECIDES, "amended", "handler"),
            // The policies' change stays.
            (DECIDES, "panics", "failure"),
        ] {
            let mut asked = body_by(command, who);
            let (field, before, by_policies, by_handler) = match command {
                SET_REMARK => text_cases("remark"),
                IMPORT => (
                    "friendUserIDs",
                    json!(["c", "b", "a"]),
                    json!(["c", "b"]),
                    json!(["a"]),
                ),
                _ => text_cases("nickName"),
            };
            asked[field] = before;
            let mut changed = asked.clone();
            changed[field] = match by {
                "handler" => by_handler,
                _ => by_policies,
            };
            let function = Function::start(function, environment.clone()).await;
            let answer = function.send(&openim(command, &asked)).await;
            let happens = openim_proceeds(command, &asked, &answer.body);
            assert_eq!(happens, Outcome::Proceeds(changed), "{command}: {answer:?}");
            assert_eq!(decisions(&function), [decided("amended", by, Value::Null)]);
            let log = function.log().join("\n");
            assert!(!log.contains("lenny"), "{log}");
        }
    }
}

#[tokio::test]
async fn a_handler_is_not_called_when_policies_refuse() {
    let deny = |code| json!({"actingUser": {"deny": ["panics"], "code": code}});
    let mut document = json!({ADD_FRIEND: deny(20011), ADD_BLACK: deny(20011)});
    document[FRIEND_ADD] = json!({"otherUser": {"deny": ["panics"], "code": 38011}});
    let environment = with_policies("panics", &document);
    let function = Function::start(DECIDES, environment).await;
    for command in [ADD_FRIEND, ADD_BLACK] {
        let asked = body_by(command, "panics");
        let answer = function.send(&openim(command, &asked)).await;
        let happens = openim_proceeds(command, &asked, &answer.body);
        assert_eq!(
            happens,
            stops(20011, "you may not do this", "you may not do this")
        );
    }
    let answer = function.send(&friend_add(&["panics"])).await;
    assert_eq!(codes(&["panics"], &answer), [38011]);
    // The handler is called because of leo. It gets both people, and panics.
    let answer = function.send(&friend_add(&["panics", "leo"])).await;
    assert_eq!(codes(&["panics", "leo"], &answer), [38011, 39000]);
}

/// The environment of a function that counts in this table, at this endpoint.
fn limited(
    name: &str,
    table: &Table,
    endpoint: &str,
    document: &Value,
) -> BTreeMap<String, String> {
    let mut environment = with_policies(name, document);
    for (name, value) in [
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("LIMITS_TABLE", &table.name),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment
}

/// A window that is too long to end during a test: a window of 31 days begins only a few times a year.
const LONG: u64 = 2_678_400;

#[tokio::test]
async fn concurrent_requests_are_allowed_exactly_up_to_the_limit() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.limits_table().await;
    let limit = json!({"limit": 20, "windowSeconds": LONG, "whenUnknown": "refuse"});
    let document = json!({
        ADD_FRIEND: {"requestLimit": limit, "otherUser": {"deny": ["support"]}},
        FRIEND_ADD: {"requestLimit": limit},
    });
    let mut environment = limited("limit", &table, &table.endpoint, &document);
    // This test is not about the speed of the machine.
    environment.insert("BEFORE_DEADLINE_MS".to_owned(), "2500".to_owned());
    let mut workers = Vec::new();
    for _ in 0..4 {
        let function = Function::start("before-add-friend", environment.clone()).await;
        workers.push(tokio::spawn(async move {
            let mut allowed = 0;
            for _ in 0..10 {
                // Another rule refuses this request, so it does not count.
                let asked = json!({"fromUserID": "ana", "toUserID": "support", "reqMsg": ""});
                function.send(&openim(ADD_FRIEND, &asked)).await;
                let asked = json!({"fromUserID": "ana", "toUserID": "leo", "reqMsg": ""});
                let answer = function.send(&openim(ADD_FRIEND, &asked)).await;
                match openim_proceeds(ADD_FRIEND, &asked, &answer.body) {
                    Outcome::Proceeds(_) => allowed += 1,
                    Outcome::Stops { code, .. } => assert_eq!(code, 28003),
                    Outcome::Fails | Outcome::Objects | Outcome::Crashes => panic!("{answer:?}"),
                }
            }
            let of_another = json!({"fromUserID": "bob", "toUserID": "leo", "reqMsg": ""});
            let answer = function.send(&openim(ADD_FRIEND, &of_another)).await;
            let happens = openim_proceeds(ADD_FRIEND, &of_another, &answer.body);
            assert_eq!(happens, Outcome::Proceeds(of_another), "{answer:?}");
            allowed
        }));
    }
    let mut allowed = 0;
    for worker in workers {
        allowed += worker.await.unwrap();
    }
    assert_eq!(allowed, 20);

    // With several people in a callback, the first ones are allowed, and each counts.
    let function = Function::start("tencent", environment).await;
    let people: Vec<String> = (0..15).map(|n| format!("p{n}")).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    for refused in [0, 10, 15] {
        let answer = function.send(&friend_add(&people)).await;
        let mut expected = vec![0; 15 - refused];
        expected.resize(15, 38903);
        assert_eq!(codes(&people, &answer), expected);
    }
    let counts: BTreeMap<String, String> = table
        .items()
        .await
        .iter()
        .map(|item| {
            let expires_at: u64 = item["expires_at"].as_n().unwrap().parse().unwrap();
            assert_eq!(expires_at % LONG, 0, "the count expires with its window");
            let key = item["pk"].as_s().unwrap().clone();
            (key, item["count"].as_n().unwrap().clone())
        })
        .collect();
    let mut counts: Vec<&str> = counts.values().map(String::as_str).collect();
    counts.sort_unstable();
    assert_eq!(counts, ["4", "40", "45"]);
}

#[tokio::test]
async fn the_policies_choose_what_happens_when_requests_cannot_be_counted_in_time() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.limits_table().await;
    let hanging = FaultProxy::start(&dynamodb.endpoint, Fault::Hang, 100).await;
    let denying = FaultProxy::start(&dynamodb.endpoint, Fault::Deny, 100).await;
    let nowhere = format!("http://{}", nowhere());
    for endpoint in [&hanging.endpoint, &denying.endpoint, &nowhere] {
        for choice in ["allow", "refuse"] {
            let limit = json!({"limit": 20, "windowSeconds": 60, "whenUnknown": choice});
            let denied = json!({"deny": ["support"], "code": 38012});
            let document = json!({
                ADD_FRIEND: {"requestLimit": limit},
                FRIEND_ADD: {"requestLimit": limit, "otherUser": denied},
            });
            let mut environment = limited("unknown", &table, endpoint, &document);
            environment.insert(
                "BEFORE_DEADLINE_MS".to_owned(),
                DEADLINE.as_millis().to_string(),
            );
            // The policies decide here, not this setting.
            let other = if choice == "allow" { "refuse" } else { "allow" };
            environment.insert("ON_FAILURE".to_owned(), other.to_owned());
            for name in ["before-add-friend", "any-command"] {
                let function = Function::start(name, environment.clone()).await;
                let asked = body_by(ADD_FRIEND, "ana");
                let answer = in_time(&function, &openim(ADD_FRIEND, &asked)).await;
                let happens = openim_proceeds(ADD_FRIEND, &asked, &answer.body);
                let too_many = "too many friend requests, try again later";
                let (outcome, log) = match choice {
                    "allow" => (
                        Outcome::Proceeds(asked),
                        decided("allowed", "failure", Value::Null),
                    ),
                    _ => (
                        stops(28003, too_many, too_many),
                        decided("refused", "failure", 28003),
                    ),
                };
                assert_eq!(happens, outcome, "{answer:?}");
                assert_eq!(decisions(&function), [log]);
            }
            let function = Function::start("tencent", environment).await;
            let answer = in_time(&function, &friend_add(&["leo", "bob"])).await;
            let code = if choice == "allow" { 0 } else { 38903 };
            assert_eq!(codes(&["leo", "bob"], &answer), [code, code]);
            // A rule refuses another person, but nobody could decide about leo.
            let answer = in_time(&function, &friend_add(&["support", "leo"])).await;
            assert_eq!(codes(&["support", "leo"], &answer), [38012, code]);
            let by: Vec<String> = decisions(&function).into_iter().map(|one| one.1).collect();
            assert_eq!(by, ["failure", "failure"]);
        }
    }
}

#[tokio::test]
async fn a_lost_answer_of_the_limits_table_counts_nobody_twice() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.limits_table().await;
    let losing = FaultProxy::start(&dynamodb.endpoint, Fault::LoseAnswer, 100).await;
    let limit = json!({"limit": 15, "windowSeconds": LONG, "whenUnknown": "allow"});
    let document = json!({FRIEND_ADD: {"requestLimit": limit}});
    let mut environment = limited("lost", &table, &losing.endpoint, &document);
    let deadline = DEADLINE.as_millis().to_string();
    environment.insert("BEFORE_DEADLINE_MS".to_owned(), deadline);
    let function = Function::start("tencent", environment).await;
    let people: Vec<String> = (0..15).map(|n| format!("p{n}")).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let answer = function.send(&friend_add(&people)).await;
    assert_eq!(codes(&people, &answer), [0; 15], "everybody is allowed");
    let items = table.items().await;
    let counts: Vec<&String> = items
        .iter()
        .map(|item| item["count"].as_n().unwrap())
        .collect();
    assert_eq!(counts, ["15"]);
}

#[tokio::test]
async fn on_failure_decides_when_policies_take_too_long() {
    // The slowest kind of pattern that is accepted.
    let patterns: Vec<Value> = (0..10)
        .map(|n| json!({"pattern": format!("(?:{}a)+x{n}", "a|".repeat(300))}))
        .collect();
    let rule = json!({"maxChars": {"limit": 100}, "forbidden": patterns});
    let document = json!({FRIEND_ADD: {"AddWording": rule}});
    let text = "a".repeat(100);
    let people: Vec<String> = (0..600).map(|n| format!("p{n}")).collect();
    let items: Vec<Value> = people
        .iter()
        .map(|to| json!({"To_Account": to, "AddWording": text}))
        .collect();
    let request = tencent(
        FRIEND_ADD,
        &json!({"From_Account": "ana", "FriendItem": items}),
    );
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    for (choice, code) in [("allow", 0), ("refuse", 39000)] {
        let mut environment = with_policies("slow", &document);
        environment.insert("ON_FAILURE".to_owned(), choice.to_owned());
        environment.insert("BEFORE_DEADLINE_MS".to_owned(), "100".to_owned());
        let function = Function::start("tencent", environment).await;
        let answer = function.send(&request).await;
        assert!(
            codes(&people, &answer).iter().all(|one| *one == code),
            "{choice}"
        );
        assert_eq!(decisions(&function)[0].1, "failure");
    }
}

/// Longer than the default, so a busy machine does not look like a slow function. The shares of the deadline grow with
/// it.
const DEADLINE: Duration = Duration::from_millis(2500);

/// Sends a request, which must be answered within the function's deadline.
pub(crate) async fn in_time(function: &Function, request: &Request) -> Answer {
    // A GET first, because the time of the start is not a part of the deadline.
    function.send(&request.clone().method("GET")).await;
    let start = Instant::now();
    let answer = function.send(request).await;
    let took = start.elapsed();
    assert!(took < DEADLINE, "{took:?}: {answer:?}");
    answer
}

#[tokio::test]
async fn on_failure_decides_when_an_intention_cannot_be_kept_in_time() {
    let dynamodb = Dynamodb::dynoxide().await;
    let aws = Dynamodb::ministack().await;
    let table = dynamodb.events_table().await;
    let queue = Queue::create(&aws, "intentions").await;
    let hanging = FaultProxy::start(&dynamodb.endpoint, Fault::Hang, 100).await;
    let hanging_queue = FaultProxy::start(&aws.endpoint, Fault::Hang, 100).await;
    let asked = body_by(ADD_BLACK, "ana");
    let request = openim(ADD_BLACK, &asked);
    for name in ["before-add-black", "any-command"] {
        for choice in ["allow", "refuse"] {
            let environment = |queue: Option<&str>, url: &str| {
                let mut environment = table.environment();
                let deadline = DEADLINE.as_millis().to_string();
                for (name, value) in [
                    ("AWS_ENDPOINT_URL_DYNAMODB", hanging.endpoint.as_str()),
                    ("BEFORE_DEADLINE_MS", &deadline),
                    // The deadline of an after callback, which must not apply here.
                    ("DEADLINE_MS", "2500"),
                    ("ON_FAILURE", choice),
                ] {
                    environment.insert(name.to_owned(), value.to_owned());
                }
                if let Some(queue) = queue {
                    environment.insert("AWS_ENDPOINT_URL_SQS".to_owned(), queue.to_owned());
                    environment.insert("EVENTS_QUEUE_URL".to_owned(), url.to_owned());
                }
                environment
            };
            for queue_endpoint in [None, Some(hanging_queue.endpoint.as_str())] {
                let environment = environment(queue_endpoint, &queue.url);
                let function = Function::start(name, environment).await;
                let answer = in_time(&function, &request).await;
                let happens = openim_proceeds(ADD_BLACK, &asked, &answer.body);
                let log = match choice {
                    "allow" => {
                        assert_eq!(happens, Outcome::Proceeds(asked.clone()), "{answer:?}");
                        decided("allowed", "failure", 29011)
                    }
                    _ => {
                        assert!(
                            matches!(happens, Outcome::Stops { code: 29011, .. }),
                            "{answer:?}"
                        );
                        decided("refused", "failure", 29011)
                    }
                };
                assert_eq!(decisions(&function), [log], "{name}");
                let kept = function
                    .log()
                    .iter()
                    .any(|line| line.contains("block_intended"));
                assert_eq!(
                    kept,
                    choice == "allow",
                    "a refused block leaves no intention"
                );
            }
            // If the queue works, the intention is kept there.
            let environment = environment(Some(&queue.endpoint), &queue.url);
            let function = Function::start(name, environment).await;
            let answer = in_time(&function, &request).await;
            let happens = openim_proceeds(ADD_BLACK, &asked, &answer.body);
            assert_eq!(happens, Outcome::Proceeds(asked.clone()), "{answer:?}");
            let log = decided("allowed", "handler", Value::Null);
            assert_eq!(decisions(&function), [log], "{name}");
        }
    }
    assert_eq!(queue.receive_all().await.len(), 4);
}

#[tokio::test]
async fn on_failure_decides_when_a_caller_cannot_be_checked_in_time() {
    let dynamodb = Dynamodb::dynoxide().await;
    let aws = Dynamodb::ministack().await;
    let nonces = dynamodb.nonces_table().await;
    let secret = Secret::create(&aws, "asked", &json!({"OPENIM_BASIC_PASSWORD": "p"})).await;
    let hanging = FaultProxy::start(&dynamodb.endpoint, Fault::Hang, 100).await;
    let hanging_secrets = FaultProxy::start(&aws.endpoint, Fault::Hang, 100).await;
    let deadline = DEADLINE.as_millis().to_string();
    let nonce = "n-1";
    let signed = receiver::openim_sign(
        receiver::SignatureAlgorithm::HmacSha256,
        receiver::SignatureEncoding::Hex,
        "key",
        nonce,
    )
    .unwrap();
    let unreadable_nonces: Vec<(&str, &str)> = vec![
        ("AWS_ENDPOINT_URL_DYNAMODB", &hanging.endpoint),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("OPENIM_VERIFIER", "signature"),
        ("OPENIM_SIGNATURE_ALGORITHM", "HMAC-SHA256"),
        ("OPENIM_SIGNATURE_HEADER", "x-signature"),
        ("OPENIM_NONCE_HEADER", "x-nonce"),
        ("OPENIM_SIGNATURE_ENCODING", "hex"),
        ("OPENIM_SIGNATURE_KEY", "key"),
        ("NONCES_TABLE", &nonces.name),
    ];
    let unreadable_secret: Vec<(&str, &str)> = vec![
        (
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            &hanging_secrets.endpoint,
        ),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_USER", "openim"),
        ("OPENIM_SECRET_ID", &secret.id),
    ];
    let asked = body_by(ADD_FRIEND, "ana");
    let request = openim(ADD_FRIEND, &asked)
        .header("x-nonce", nonce)
        .header("x-signature", &signed);
    // A function that cannot start answers the GET before it as a callback, too. The GET uses no nonce.
    for (mut environment, failures) in [(unreadable_nonces, 1), (unreadable_secret, 2)] {
        environment.push(("BEFORE_DEADLINE_MS", &deadline));
        for choice in ["allow", "refuse"] {
            let mut environment = environment.clone();
            environment.push(("ON_FAILURE", choice));
            for name in ["before-add-friend", "any-command"] {
                let function = Function::start(name, environment.clone()).await;
                let answer = in_time(&function, &request).await;
                let happens = openim_proceeds(ADD_FRIEND, &asked, &answer.body);
                match choice {
                    "allow" => assert_eq!(happens, Outcome::Proceeds(asked.clone()), "{answer:?}"),
                    _ => assert!(
                        matches!(happens, Outcome::Stops { code: 29015, .. }),
                        "{answer:?}"
                    ),
                }
                let by: Vec<String> = decisions(&function).into_iter().map(|it| it.1).collect();
                assert!(by.iter().all(|by| by == "failure"), "{name}: {by:?}");
                assert_eq!(by.len(), failures, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn on_failure_decides_when_a_handler_panics_for_each_person_of_tencent_chat() {
    for (choice, code, word) in [("refuse", 39000, "refused"), ("allow", 0, "allowed")] {
        let function = Function::start(DECIDES, open(&[("ON_FAILURE", choice)])).await;
        for (command, ..) in ASKS {
            let asked = body_by(command, "panics");
            let answer = function.send(&openim(command, &asked)).await;
            let happens = openim_proceeds(command, &asked, &answer.body);
            match choice {
                "allow" => assert_eq!(happens, Outcome::Proceeds(asked), "{answer:?}"),
                _ => assert!(
                    matches!(happens, Outcome::Stops { code: 29013, .. }),
                    "{answer:?}"
                ),
            }
        }
        let people = ["leo", "panics"];
        let answer = function.send(&friend_add(&people)).await;
        assert_eq!(codes(&people, &answer), [code, code], "{answer:?}");
        let logged = decisions(&function);
        assert_eq!(logged.len(), ASKS.len() + 1);
        for (decision, by, _) in logged {
            assert_eq!((decision.as_str(), by.as_str()), (word, "failure"));
        }
        // A body that cannot be read names nobody who could be refused.
        let unreadable = tencent(FRIEND_ADD, &json!({"From_Account": "ana"}));
        let answer = function.send(&unreadable).await;
        assert_eq!(
            (answer.status, &answer.json()["ErrorCode"]),
            (400, &json!(1))
        );
    }
}

#[tokio::test]
async fn every_mistake_in_policies_is_named_and_the_rest_decides_nothing() {
    let document = json!({
        ADD_FRIEND: {"reqMsg": {"maxChars": {"limit": 0}}, "otherUser": {"deny": [""]}},
        "callbackBeforeNothing": {},
    });
    let mut environment = with_policies("mistakes", &document);
    environment.insert("MAX_BODY_BYTES".to_owned(), "many".to_owned());
    let asked = body_by(ADD_FRIEND, "ana");
    let function = Function::start("before-add-friend", environment.clone()).await;
    let answer = function.send(&openim(ADD_FRIEND, &asked)).await;
    let happens = openim_proceeds(ADD_FRIEND, &asked, &answer.body);
    assert!(
        matches!(happens, Outcome::Stops { code: 29012, .. }),
        "{answer:?}"
    );
    let logged = decisions(&function);
    assert_eq!(logged, [decided("refused", "failure", 29012)]);
    let log = function.log().join("\n");
    for mistake in [
        "MAX_BODY_BYTES is not a number",
        "$.callbackBeforeAddFriendCommand.reqMsg.maxChars.limit: ",
        "$.callbackBeforeAddFriendCommand.otherUser.deny[0]: ",
        "$.callbackBeforeNothing: ",
    ] {
        assert!(log.contains(mistake), "{mistake} is not in\n{log}");
    }
    // A function of an after command does not read the policies.
    environment.remove("MAX_BODY_BYTES");
    let function = Function::start("after-delete-friend", environment).await;
    let after = Request::post(
        "/callbackAfterDeleteFriendCommand",
        r#"{"ownerUserID":"a","friendUserID":"b"}"#,
    );
    assert_eq!(function.send(&after).await.status, 200);

    let limit = json!({ADD_FRIEND: {"requestLimit": {"limit": 1, "windowSeconds": 60}}});
    for (environment, mistake) in [
        (
            with_policies("no-table", &limit),
            "limits requests, but LIMITS_TABLE is not set",
        ),
        (
            open(&[("POLICIES_FILE", "/no/such/file")]),
            "/no/such/file cannot be read",
        ),
    ] {
        let function = Function::start("before-add-friend", environment).await;
        let answer = function.send(&openim(ADD_FRIEND, &asked)).await;
        let happens = openim_proceeds(ADD_FRIEND, &asked, &answer.body);
        assert!(
            matches!(happens, Outcome::Stops { code: 29012, .. }),
            "{answer:?}"
        );
        let log = function.log().join("\n");
        assert!(log.contains(mistake), "{mistake} is not in\n{log}");
    }
}

#[tokio::test]
async fn the_policies_file_is_next_to_the_binary_and_without_it_no_policy_is_on() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("beside");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("policies.json");
    let asked = body_by(ADD_FRIEND, "mallory");
    for (document, outcome) in [
        (None, Outcome::Proceeds(asked.clone())),
        (Some(deny_lists()), stops(20011, "not you", "ask us")),
    ] {
        let _ = std::fs::remove_file(&file);
        if let Some(document) = document {
            std::fs::write(&file, document.to_string()).unwrap();
        }
        let environment = open(&[("LAMBDA_TASK_ROOT", folder.to_str().unwrap())]);
        let function = Function::start("before-add-friend", environment).await;
        let answer = function.send(&openim(ADD_FRIEND, &asked)).await;
        let happens = openim_proceeds(ADD_FRIEND, &asked, &answer.body);
        assert_eq!(happens, outcome);
    }
}

#[tokio::test]
async fn the_log_of_a_decision_has_no_text_of_a_user() {
    let document = json!({
        ADD_FRIEND: {"reqMsg": {"maxChars": {"limit": 10}, "forbidden": [{"pattern": "hunter2"}]}},
        FRIEND_ADD: {"AddWording": {"maxChars": {"limit": 10}, "forbidden": [{"pattern": "hunter2"}]}},
    });
    let mut environment = with_policies("log", &document);
    environment.insert("LOG_LEVEL".to_owned(), "debug".to_owned());
    let function = Function::start("any-command", environment).await;
    for text in ["hunter2", "hunter2 and more than that"] {
        let asked = json!({"fromUserID": "ana", "toUserID": "leo", "reqMsg": text});
        function.send(&openim(ADD_FRIEND, &asked)).await;
        let item = json!({"To_Account": "leo", "AddWording": text});
        let asked = json!({"From_Account": "ana", "FriendItem": [item]});
        function.send(&tencent(FRIEND_ADD, &asked)).await;
    }
    let log = function.log().join("\n");
    assert!(!log.contains("hunter2"), "{log}");
    for rule in ["reqMsg.forbidden[0]", "AddWording.maxChars"] {
        assert!(log.contains(rule), "{rule} is not in\n{log}");
    }
    assert_eq!(decisions(&function).len(), 4);
}
