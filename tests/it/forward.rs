//! After callbacks are kept with their bodies, and handed on to another receiver as they came.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Events, Family, Reception, Source};
use models::payloads;
use receiver::messages::{DELIVERY_DEAD, NOT_DELIVERED, NOT_FORWARDED};
use serde_json::json;
use support::{
    Behaviour, DecisionService, Dynamodb, Fault, FaultProxy, Function, Question, Request,
    SDK_APP_ID, Table, deliver, records,
};

use crate::{
    deliver::{Queues, SECRET, accepts, lines},
    publish::deliver_all,
};

const AUTHORIZATION: &str = "Basic b3RoZXI6aHVudGVyMg==";

/// The functions that receive callbacks, with a table.
struct Receivers {
    table: Table,
    openim: Function,
    tencent: Function,
}

impl Receivers {
    async fn start(dynamodb: &Dynamodb, settings: &[(&str, &str)]) -> Self {
        let table = dynamodb.events_table().await;
        let mut environment = table.environment();
        for (name, value) in [("MESSAGE_SIGNALS", "keep")].iter().chain(settings) {
            environment.insert((*name).to_owned(), (*value).to_owned());
        }
        Self {
            openim: Function::start("any-command", &environment).await,
            tencent: Function::start("tencent", &environment).await,
            table,
        }
    }

    async fn send(&self, request: &Request) {
        let function = match request.path.as_str() {
            "/tencent" => &self.tencent,
            _ => &self.openim,
        };
        let answer = function.send(request).await;
        assert_eq!(answer.status, 200, "{} {}", request.path, answer.body);
    }
}

/// A request, and whether its callback asks first.
fn requests() -> Vec<(Request, bool)> {
    let mut all: Vec<_> = payloads()
        .into_iter()
        .map(|payload| {
            let asks = protocol::asks(payload.source, &payload.command);
            (
                request(payload.source, &payload.command, payload.body),
                asks,
            )
        })
        .collect();
    let members: Vec<String> = (0..20_000).map(|n| format!("user-{n:06}")).collect();
    let import = json!({"callbackCommand": "callbackAfterImportFriendsCommand", "ownerUserID": "ana", "friendUserIDs": members});
    for (command, body) in [
        // Stored in parts.
        ("callbackAfterImportFriendsCommand", import.to_string()),
        // Kept as it came, because no handler knows it.
        (
            "callbackAfterSomethingNewCommand",
            "{ \"callbackCommand\" :\t\"callbackAfterSomethingNewCommand\", \"text\": \"\u{1F642} \\ud83d \\u0000\" }\n".to_owned(),
        ),
        // Kept as it came, because it does not fit.
        (
            "callbackAfterDeleteFriendCommand",
            r#"{"callbackCommand":"callbackAfterDeleteFriendCommand","ownerUserID":{}}"#.to_owned(),
        ),
    ] {
        all.push((request(Source::OpenIm, command, body.into_bytes()), false));
    }
    let keyed = "/base/callbackAfterSendSingleMsgCommand?key=si_ana_leo%20%26x";
    let sent = payloads().into_iter().find(|it| {
        it.command == "callbackAfterSendSingleMsgCommand" && it.source == Source::OpenIm
    });
    let keyed = Request::post(keyed, sent.unwrap().body).header("operationID", "op");
    all.push((keyed, false));
    all
}

fn request(source: Source, command: &str, body: Vec<u8>) -> Request {
    let path = match source {
        Source::Tencent => format!(
            "/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}&contenttype=json&ClientIP=127.0.0.1&OptPlatform=RESTAPI"
        ),
        Source::OpenIm => format!("/{command}"),
    };
    let request = Request::post(&path, body);
    match source {
        Source::OpenIm => request.header("operationID", &format!("op {command}")),
        Source::Tencent => request,
    }
}

/// A request: its path, its query in some order, `operationID`, and body.
type Came = (String, BTreeSet<String>, Option<String>, Vec<u8>);

fn came(target: &str, operation_id: Option<&String>, body: &[u8]) -> Came {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = query.split('&').map(ToOwned::to_owned).collect();
    (path.to_owned(), query, operation_id.cloned(), body.to_vec())
}

/// What another receiver at `/base/?token=t` gets.
fn expected(request: &Request) -> Came {
    let command = match request.path.rsplit('/').next() {
        Some("tencent") | None => "",
        Some(command) => command,
    };
    let more = match request.query.as_str() {
        "" => String::new(),
        query => format!("&{query}"),
    };
    let mut headers = request.headers.iter();
    let id = headers.find(|(name, _)| name == "operationID");
    came(
        &format!("/base/{command}?token=t{more}"),
        id.map(|(_, id)| id),
        &request.body,
    )
}

/// What it got.
fn got(question: &Question) -> Came {
    let target = question.line.split(' ').nth(1).unwrap();
    came(target, question.headers.get("operationid"), &question.body)
}

/// Publishes what is stored to the queue.
async fn publish(table: &Table, queues: &Queues, only: &str) -> Function {
    let mut environment = table.environment();
    for (name, value) in [
        ("AWS_ENDPOINT_URL_SQS", queues.events.endpoint.as_str()),
        ("FORWARD_QUEUE_URL", &queues.events.url),
        ("FORWARD_ONLY", only),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    let function = Function::start("publish", environment).await;
    deliver_all(&function, &records(table).await).await;
    function
}

/// The settings of the function that forwards from there to this URL.
fn environment(table: &Table, queues: &Queues, url: &str) -> BTreeMap<String, String> {
    let mut environment = table.environment();
    environment.extend(queues.environment(url));
    environment.retain(|name, _| name != "DELIVERY_URL" && name != "DELIVERY_SECRET");
    for (name, value) in [
        ("AWS_ENDPOINT_URL_DYNAMODB", table.endpoint.as_str()),
        ("FORWARD_URL", url),
        ("FORWARD_SECRET", SECRET),
        ("FORWARD_AUTHORIZATION", AUTHORIZATION),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment
}

#[tokio::test]
async fn every_after_callback_is_handed_on_as_it_came_and_no_before_callback() {
    let (dynamodb, ministack) = (Dynamodb::dynoxide().await, Dynamodb::ministack().await);
    let receivers = Receivers::start(&dynamodb, &[("KEEP_BODY", "all")]).await;
    let requests = requests();
    for (request, _) in &requests {
        receivers.send(request).await;
    }
    let queues = Queues::create(&ministack, "forward-all").await;
    publish(&receivers.table, &queues, "").await;
    let other = DecisionService::start(Behaviour::Answer(200, String::new())).await;
    let url = format!("{}/base/?token=t", other.url);
    let environment = environment(&receivers.table, &queues, &url);
    let function = Function::start("deliver", environment).await;
    queues.drain(&function).await;

    let after = requests.iter().filter(|(_, asks)| !asks);
    let mut expected: Vec<_> = after.map(|(request, _)| expected(request)).collect();
    let questions = other.questions();
    let mut got: Vec<_> = questions.iter().map(got).collect();
    expected.sort();
    got.sort();
    assert!(expected.len() > 100, "{}", expected.len());
    for (got, expected) in got.iter().zip(&expected) {
        assert_eq!(
            (&got.0, &got.1, &got.2),
            (&expected.0, &expected.1, &expected.2)
        );
        assert!(got.3 == expected.3, "the body of {}", got.0);
    }
    assert_eq!(got.len(), expected.len());
    for question in &questions {
        assert!(accepts(SECRET, question));
        assert_eq!(question.headers["content-type"], "application/json");
        assert_eq!(question.headers["authorization"], AUTHORIZATION);
    }
    let ids: BTreeSet<_> = questions
        .iter()
        .map(|it| &it.headers["webhook-id"])
        .collect();
    assert_eq!(ids.len(), questions.len());
    assert_eq!(queues.dead.count().await, [0, 0]);
    let log = function.log().join("\n");
    assert!(
        !log.contains("hunter2") && !log.contains("b3RoZXI6"),
        "{log}"
    );
}

#[tokio::test]
async fn the_body_beside_the_events_changes_nothing_else_that_is_stored() {
    let dynamodb = Dynamodb::dynoxide().await;
    let [unknown, all] = ["unknown", "all"].map(async |choice| {
        let receivers = Receivers::start(&dynamodb, &[("KEEP_BODY", choice)]).await;
        for (request, _) in requests() {
            receivers.send(&request).await;
        }
        receivers.table.receptions().await
    });
    let (unknown, all) = (unknown.await, all.await);
    let without = |receptions: &[Reception]| {
        let happened = receptions.iter().filter(|it| !is_only_a_body(it));
        let stored =
            happened.map(|it| format!("{} {:?} {:?}", it.command, it.operation_id, it.events));
        let mut stored: Vec<_> = stored.collect();
        stored.sort();
        stored
    };
    assert!(without(&unknown) == without(&all));
    assert!(!unknown.iter().any(is_only_a_body));
    for it in &unknown {
        assert_eq!(it.body.is_some(), it.events == Events::Unknown, "{it:?}");
    }
    // Decisions are not what came. Of several parts, some have events and others have the body.
    for it in all.iter().filter(|it| it.part.is_none()) {
        let is_decision = it.events.family() == Family::Decision;
        assert_eq!(it.body.is_some(), !is_decision, "{it:?}");
    }
}

/// Without all bodies, it is not stored.
fn is_only_a_body(reception: &Reception) -> bool {
    reception.events.is_empty() && reception.events != Events::Unknown
}

/// Which callbacks are forwarded with these settings, and whether the log warns that others are not.
struct Case<'a> {
    settings: &'a [(&'a str, &'a str)],
    only: &'a str,
    is_meant: fn(&Reception) -> bool,
    warns: bool,
}

#[tokio::test]
async fn what_is_not_kept_as_it_came_is_not_forwarded_and_the_log_says_so() {
    let (dynamodb, ministack) = (Dynamodb::dynoxide().await, Dynamodb::ministack().await);
    let no_message = |it: &Reception| {
        let command = protocol::command(it.source, &it.command);
        let family = command.map(|command| command.family);
        !matches!(
            family,
            None | Some(Family::Message | Family::Push | Family::Moderation)
        )
    };
    let all = [("KEEP_BODY", "all"), ("MESSAGE_CONTENT", "drop")];
    let case = |settings, only, is_meant, warns| Case {
        settings,
        only,
        is_meant,
        warns,
    };
    let cases = [
        case(&[][..], "", |_| false, true),
        case(&all, "", no_message, true),
        case(
            &all[..1],
            "family:relation",
            |it| it.events.family() == Family::Relation,
            false,
        ),
        case(&all[..1], "", |_| true, false),
    ];
    for (n, case) in cases.into_iter().enumerate() {
        let Case {
            settings,
            only,
            is_meant,
            warns,
        } = case;
        let receivers = Receivers::start(&dynamodb, settings).await;
        for (request, _) in requests().iter().filter(|(_, asks)| !asks) {
            receivers.send(request).await;
        }
        let queues = Queues::create(&ministack, &format!("forward-some-{n}")).await;
        let function = publish(&receivers.table, &queues, only).await;
        let receptions = receivers.table.receptions().await;
        let is_first = |it: &Reception| it.part.as_ref().is_none_or(|part| part.number == 0);
        let meant = receptions.iter().filter(|it| is_first(it) && is_meant(it));
        let meant = meant.count();
        let [waiting, _] = queues.events.count().await;
        println!(
            "{settings:?} {only}: {waiting} of {} are forwarded",
            receptions.len()
        );
        assert_eq!(waiting as usize, meant, "{settings:?} {only}");
        assert_eq!(
            !lines(&function, NOT_FORWARDED).is_empty(),
            warns,
            "{settings:?} {only}"
        );
    }
}

#[tokio::test]
async fn a_callback_waits_for_another_receiver_that_fails_and_is_not_changed_by_it() {
    let (dynamodb, ministack) = (Dynamodb::dynoxide().await, Dynamodb::ministack().await);
    let receivers = Receivers::start(&dynamodb, &[("KEEP_BODY", "all")]).await;
    let requests: Vec<Request> = requests()
        .into_iter()
        .filter(|(request, asks)| !asks && request.path.contains("Friend"))
        .map(|(request, _)| request)
        .collect();
    for request in &requests {
        receivers.send(request).await;
    }
    let expected: BTreeSet<_> = requests.iter().map(expected).collect();
    for (n, fault) in [
        Fault::Reset,
        Fault::LoseAnswer,
        Fault::Throttle,
        Fault::InternalError,
    ]
    .into_iter()
    .enumerate()
    {
        let queues = Queues::create(&ministack, &format!("forward-faults-{n}")).await;
        publish(&receivers.table, &queues, "").await;
        let other = DecisionService::start(Behaviour::Answer(200, String::new())).await;
        let proxy = FaultProxy::start(&other.url, fault, 30).await;
        let url = format!("{}/base/?token=t", proxy.endpoint);
        let function =
            Function::start("deliver", environment(&receivers.table, &queues, &url)).await;
        queues.drain(&function).await;
        let questions = other.questions();
        let got: BTreeSet<_> = questions.iter().map(got).collect();
        assert!(got == expected, "{fault:?}");
        let ids: BTreeSet<_> = questions
            .iter()
            .map(|it| &it.headers["webhook-id"])
            .collect();
        assert_eq!(ids.len(), requests.len(), "{fault:?}");
        assert!(!lines(&function, NOT_DELIVERED).is_empty(), "{fault:?}");
        assert_eq!(queues.dead.count().await, [0, 0], "{fault:?}");
    }
}

#[tokio::test]
async fn a_callback_that_is_no_longer_stored_is_a_dead_letter() {
    let (dynamodb, ministack) = (Dynamodb::dynoxide().await, Dynamodb::ministack().await);
    let receivers = Receivers::start(&dynamodb, &[("KEEP_BODY", "all")]).await;
    for (request, _) in requests()
        .iter()
        .filter(|(it, _)| it.path == "/callbackAfterDeleteFriendCommand")
    {
        receivers.send(request).await;
    }
    let queues = Queues::create(&ministack, "forward-gone").await;
    publish(&receivers.table, &queues, "").await;
    let [waiting, _] = queues.events.count().await;
    let [first, rest @ ..] = &receivers.table.receptions().await[..] else {
        panic!("nothing is stored");
    };
    receivers.table.events_table().remove(first).await.unwrap();
    let other = DecisionService::start(Behaviour::Answer(200, String::new())).await;
    let function = Function::start(
        "deliver",
        environment(&receivers.table, &queues, &other.url),
    )
    .await;
    queues.drain(&function).await;
    assert_eq!(other.questions().len(), rest.len());
    assert_eq!(waiting as usize, rest.len() + 1);
    assert_eq!(lines(&function, DELIVERY_DEAD).len(), 1);
    let [line] = &lines(&function, NOT_DELIVERED)[..] else {
        panic!("{}", function.log().join("\n"));
    };
    assert_eq!(line["why"], "the callback is no longer stored");
    assert_eq!(queues.dead.count().await, [1, 0]);
    let dead = queues.dead.receive_all().await;
    let body: serde_json::Value = serde_json::from_str(dead[0].body.as_ref().unwrap()).unwrap();
    assert_eq!(body["type"], "callbackAfterDeleteFriendCommand");
    assert!(deliver(&function, &queues.events).await.is_none());
}
