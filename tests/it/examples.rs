//! Every body that the servers send or the documents show, sent to the running functions.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Reception, Source, Timestamp};
use models::{
    Payload, PersonOutcome, Verdict, openim_proceeds, openim_unasked, payloads, read_as_openim,
    root, tencent_proceeds,
};
use protocol::{openim, tencent};
use serde_json::Value;
use support::{
    Dynamodb, Function, OPEN, Process, Request, SDK_APP_ID, Watch, binary, wait_for_relationships,
};
use tokio::process::Command;

/// Every URL at which a command can arrive.
fn urls(payload: &Payload) -> Vec<String> {
    let command = &payload.command;
    match payload.source {
        Source::Tencent => {
            let documented = format!(
                "SdkAppid={SDK_APP_ID}&CallbackCommand={command}&contenttype=json&ClientIP=203.0.113.7&OptPlatform=iOS"
            );
            let seen = format!(
                "CallbackCommand={command}&ClientIP=203.0.113.7&OptPlatform=Web&RequestId={}&SdkAppid={SDK_APP_ID}&contenttype=json",
                payload.name
            );
            vec![
                format!("/tencent?{documented}"),
                format!("/tencent?{seen}"),
                format!("/?{documented}"),
            ]
        }
        _ => [
            format!("/{command}"),
            format!("/{command}?contenttype=json"),
            format!("/{command}?key=x&command={command}"),
            format!("//{command}"),
            format!("/some/base/path/{command}"),
            format!("/?command={command}&contenttype=json"),
            // If the `url` in OpenIM's configuration has a query, the command becomes a part of it. Then only the body
            // has the command.
            format!("/?token=abc/{command}"),
        ]
        .into_iter()
        .take(if payload.names_its_command() { 7 } else { 6 })
        .collect(),
    }
}

pub(crate) fn request(payload: &Payload, url: &str) -> Request {
    let request = Request::post(url, payload.body.clone());
    match payload.source {
        Source::Tencent => request,
        _ => request.header("operationid", "3f1c9a54-8f0e-4c1b-9b6e-0d5a7f21c0e4"),
    }
}

pub(crate) fn assert_accepted(payload: &Payload, url: &str, answer: &support::Answer) {
    let at = format!("{} at {url}: {answer:?}", payload.name);
    assert_eq!(answer.status, 200, "{at}");
    assert_eq!(answer.content_type, "application/json", "{at}");
    match payload.source {
        Source::Tencent if payload.command == "Chatbot.OnC2CSignalMessage" => assert_eq!(
            answer.body, r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","RspData":""}"#,
            "{at}"
        ),
        Source::Tencent if payload.asks_about().is_empty() => assert_eq!(
            answer.body, r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#,
            "{at}"
        ),
        Source::Tencent => {
            let people = payload.asks_about();
            let people: Vec<&str> = people.iter().map(String::as_str).collect();
            let outcomes = tencent_proceeds(&people, answer.status, &answer.body);
            assert_eq!(answer.json()["ErrorCode"], 0, "{at}");
            for (person, outcome) in outcomes {
                assert_eq!(outcome, PersonOutcome::Allowed, "{person}: {at}");
            }
        }
        Source::OpenIm if protocol::plain_allow_fails(&payload.command) => {
            let body = serde_json::from_slice(&payload.body).unwrap();
            let happens = openim_proceeds(&payload.command, &body, &answer.body);
            assert_eq!(happens, openim_unasked(&payload.command, &body), "{at}");
        }
        Source::OpenIm => {
            assert_eq!(read_as_openim(&answer.body), Verdict::Allowed, "{at}");
            assert_eq!(
                answer.body, r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0}"#,
                "{at}"
            );
        }
    }
}

pub(crate) fn assert_stored(payload: &Payload, url: &str, stored: &Reception) {
    let at = format!("{} at {url}", payload.name);
    assert_eq!(stored.events, payload.events, "{at}");
    assert_eq!(stored.command, payload.command, "{at}");
    assert_eq!(stored.source, payload.source, "{at}");
    assert_eq!(stored.body, None, "{at}");
    let operation_id = match payload.source {
        Source::Tencent => url.contains("RequestId").then_some(payload.name.as_str()),
        _ => Some("3f1c9a54-8f0e-4c1b-9b6e-0d5a7f21c0e4"),
    };
    let operation_id = operation_id.map(ToOwned::to_owned);
    assert_eq!(stored.operation_id, operation_id, "{at}");
}

/// Every command with its own URL. Also one payload of each server and family with every URL.
pub(crate) fn over_http(payloads: &[Payload]) -> Vec<(&Payload, String)> {
    let mut commands = BTreeSet::new();
    let mut families = BTreeSet::new();
    let mut all = Vec::new();
    for payload in payloads {
        let mut urls = urls(payload);
        let is_new = commands.insert((payload.source, payload.command.as_str()));
        // A payload with events, because those are stored.
        let is_example = !payload.events.is_empty()
            && (payload.source == Source::Tencent || payload.names_its_command())
            && families.insert((payload.source, payload.events.family()));
        if !is_example {
            urls.truncate(usize::from(is_new));
        }
        all.extend(urls.into_iter().map(|url| (payload, url)));
    }
    let known = protocol::catalogue().map(|command| (command.source, command.name));
    assert_eq!(commands, known.collect(), "every command has a payload");
    let with_events = payloads.iter().filter(|payload| !payload.events.is_empty());
    let with_events = with_events.map(|payload| (payload.source, payload.events.family()));
    assert_eq!(
        families,
        with_events.collect(),
        "every family of events has an example"
    );
    all
}

#[tokio::test]
async fn every_command_at_every_url_is_answered_stored_and_applied_over_http() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let relationships = dynamodb.relationships_table().await;
    let mut environment = table.environment();
    environment.insert("RELATIONSHIPS_TABLE".to_owned(), relationships.name.clone());
    let watch = Watch::start(environment).await;
    let feed = ["feed", "--url", &watch.base, "--dynamodb", &table.endpoint];
    let _feed = Process::start(
        Command::new(binary("imhook"))
            .args(feed)
            .args(["--table", &table.name]),
    );

    let payloads = payloads();
    let mut sent = over_http(&payloads);
    for (payload, url) in &sent {
        let answer = watch.send(&request(payload, url)).await;
        assert_accepted(payload, url, &answer);
    }
    let count = sent.len();
    // The other callbacks have no events.
    sent.retain(|(payload, _)| !payload.events.is_empty());

    // The ids of cargo lambda have no order, so the order is that of the times.
    let stored = table.receptions().await;
    assert_eq!(stored.len(), sent.len(), "each is stored once");
    for ((payload, url), reception) in sent.iter().zip(&stored) {
        assert_stored(payload, url, reception);
    }
    let rows = wait_for_relationships(&table, &relationships).await;
    println!(
        "{count} callbacks over HTTP, {} are stored, {rows} rows are in the view",
        stored.len()
    );
}

#[tokio::test]
async fn every_payload_of_tencent_chat_is_stored_if_it_is_signed_and_refused_if_not() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let mut environment = table.environment();
    environment.insert("TENCENT_VERIFIER".to_owned(), "token".to_owned());
    environment.insert("TENCENT_TOKEN".to_owned(), "t".to_owned());
    let function = receiver::Function::new(any_command::handlers(), move |name| {
        environment.get(name).cloned()
    });
    let answer = async |payload: &Payload, url: &str, id: &str| {
        let event = request(payload, url).to_rest_api_event(id, 1_795_264_496_789);
        let response = function.answer(&event.to_string(), "invocation").await;
        support::Answer::from_gateway_response(&serde_json::to_value(response).unwrap())
    };
    let mut stored = BTreeSet::new();
    let payloads = payloads();
    for payload in payloads.iter().filter(|it| it.source == Source::Tencent) {
        let unsigned = &urls(payload)[0];
        let refused = answer(payload, unsigned, &format!("unsigned {}", payload.name)).await;
        assert_eq!(refused.status, 401, "{}: {refused:?}", payload.name);
        assert_eq!(refused.json()["ActionStatus"], "FAIL", "{}", payload.name);
        let now = Timestamp::now().unix_seconds();
        let sign = receiver::tencent_sign("t", &now.to_string());
        let signed = format!("{unsigned}&RequestTime={now}&Sign={sign}");
        let accepted = answer(payload, &signed, &payload.name).await;
        assert_accepted(payload, &signed, &accepted);
        if !payload.events.is_empty() {
            stored.insert(payload.name.clone());
        }
    }
    let receptions = table.receptions().await;
    let ids: BTreeSet<_> = receptions.iter().map(|it| it.id.clone()).collect();
    assert_eq!(ids, stored);
}

/// Runs the function in this process, which makes no difference to what is stored and answered.
#[tokio::test]
async fn every_payload_at_every_url_of_a_rest_api_is_answered_and_stored() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let environment = table.environment();
    let get = move |name: &str| environment.get(name).cloned();
    let function = receiver::Function::new(any_command::handlers(), get);

    let payloads = payloads();
    let mut sent = BTreeMap::new();
    let mut count = 0;
    for payload in &payloads {
        for url in urls(payload) {
            let id = format!("the-gateways-id-{count}");
            let time = 1_795_264_496_789 + count;
            let event = request(payload, &url).to_rest_api_event(&id, time);
            let response = function.answer(&event.to_string(), "invocation").await;
            let response = serde_json::to_value(response).unwrap();
            let answer = support::Answer::from_gateway_response(&response);
            assert_accepted(payload, &url, &answer);
            count += 1;
            if !payload.events.is_empty() {
                sent.insert(id, (payload, url, time));
            }
        }
    }
    let stored = table.receptions().await;
    assert_eq!(stored.len(), sent.len(), "each is stored once");
    for reception in &stored {
        let (payload, url, time) = &sent[&reception.id];
        assert_stored(payload, url, reception);
        let time = Timestamp::from_unix_millis(*time).unwrap();
        assert_eq!(reception.received_at, time, "{url}");
    }
    println!("{count} callbacks of a REST API are stored with the gateway's id and time");
}

#[tokio::test]
async fn a_body_of_2000_pairs_is_one_item_with_2000_events() {
    let pairs: Vec<Value> = (0..2000)
        .map(|n| serde_json::json!({"From_Account": format!("{:032}", 0), "To_Account": format!("{n:032}")}))
        .collect();
    let body =
        serde_json::json!({"CallbackCommand": "Sns.CallbackFriendDelete", "PairList": pairs});
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let function = Function::start("tencent", table.environment()).await;
    let url = format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand=Sns.CallbackFriendDelete");
    let answer = function.send(&Request::post(&url, body.to_string())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let stored = table.receptions().await;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].events.len(), 2000);
}

#[tokio::test]
async fn two_receptions_of_a_body_are_two_events_and_one_reception_twice_is_one() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let function = Function::start("after-delete-friend", table.environment()).await;
    let request = Request::post(
        "/callbackAfterDeleteFriendCommand",
        r#"{"ownerUserID":"a","friendUserID":"b"}"#,
    );
    for (id, items) in [("first", 1), ("second", 2), ("second", 2), ("first", 2)] {
        let event = request.to_rest_api_event(id, 1_795_264_496_789);
        let answer = support::Answer::from_gateway_response(&function.invoke(event).await);
        assert_eq!(read_as_openim(&answer.body), Verdict::Allowed);
        assert_eq!(table.items().await.len(), items, "after {id}");
    }
}

#[tokio::test]
async fn without_a_table_a_callback_is_checked_and_answered() {
    let function = Function::start("after-delete-friend", OPEN.iter().copied()).await;
    let path = "/callbackAfterDeleteFriendCommand";
    let good = Request::post(path, r#"{"ownerUserID":"a","friendUserID":"b"}"#);
    let answer = function.send(&good).await;
    assert_eq!(read_as_openim(&answer.body), Verdict::Allowed);
    let answer = function
        .send(&Request::post(path, r#"{"ownerUserID":"a""#))
        .await;
    assert!(matches!(
        read_as_openim(&answer.body),
        Verdict::Refused { .. }
    ));
}

#[tokio::test]
async fn a_request_without_a_command_is_accepted_as_the_consoles_check_of_the_url() {
    let function = Function::start("tencent", OPEN.iter().copied()).await;
    let url = format!("/tencent?SdkAppid={SDK_APP_ID}");
    let answer = function.send(&Request::post(&url, "{}")).await;
    assert_eq!(
        answer.body,
        r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#
    );
}

/// Deviation: `nextCode` is an integer. This project can read the documents' answers, except the one with a
/// placeholder, and gives them the same meaning. The server cannot read any of them.
#[test]
fn nextcode_is_an_integer() {
    let answer = |name: &str| {
        let file = root().join("tests/payloads/answers").join(name);
        std::fs::read_to_string(file).unwrap()
    };
    for name in ["delete-friend", "set-friend-remark", "add-friend"] {
        let text = answer(&format!("{name}.document.json"));
        let read: openim::Answer = serde_json::from_str(&text).unwrap();
        assert_eq!(read, openim::Answer::Allow, "{name}");
        assert_eq!(read_as_openim(&text), Verdict::Unreadable, "{name}");
        let ours = serde_json::to_string(&read).unwrap();
        assert_eq!(read_as_openim(&ours), Verdict::Allowed, "{name}");
    }
    let placeholder = answer("remove-black.document.json");
    assert!(serde_json::from_str::<openim::Answer>(&placeholder).is_err());
    assert_eq!(read_as_openim(&placeholder), Verdict::Unreadable);
    let tencent: Value = serde_json::from_str(&answer("friend-delete.tencent.json")).unwrap();
    assert_eq!(serde_json::to_value(tencent::Answer::Ok).unwrap(), tencent);
}
