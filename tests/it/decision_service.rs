//! The app's own service decides about before callbacks: each of its answers takes effect, no failure of it costs more
//! than its share of the time, and only it gets what users wrote.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use models::{
    MessageOutcome, Outcome, PersonOutcome, openim_proceeds, tencent_proceeds, tencent_sends,
};
use outgoing::Circuit;
use receiver::messages::{SERVICE_ASKED_AGAIN, SERVICE_NOT_ASKED, SERVICE_UNDECIDED};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use support::{
    Answer, Authority, Behaviour, DecisionService, Dynamodb, Function, OPEN, Process, Request,
    SDK_APP_ID, Secret, TlsFront, free_port, nowhere,
};

use crate::before::in_time;

const ADD_FRIEND: &str = "callbackBeforeAddFriendCommand";
const SET_REMARK: &str = "callbackBeforeSetFriendRemarkCommand";
const SEND: &str = "callbackBeforeSendSingleMsgCommand";
const NEW_CHAT: &str = "callbackBeforeCreateSingleChatConversationsCommand";
const C2C: &str = "C2C.CallbackBeforeSendMsg";
const FRIEND_ADD: &str = "Sns.CallbackPrevFriendAdd";

const SECRET: &str = "whsec_bmV3IHNlY3JldCBuZXcgc2VjcmV0IG5ldyBzZWNyZXQ=";
const PREVIOUS: &str = "whsec_b2xkIHNlY3JldCBvbGQgc2VjcmV0IG9sZCBzZWNyZXQ=";

/// A text that only the service may get.
const TEXT: &str = "hunter2 writes";

/// The settings of a function that asks this service.
fn asking(url: &str, more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let settings = [
        ("DECISION_URL", url),
        ("DECISION_SECRET", SECRET),
        ("ALLOW_PRIVATE_ADDRESSES", "yes"),
        // This machine may be slow.
        ("BEFORE_DEADLINE_MS", "2500"),
    ];
    let all = OPEN.iter().chain(&settings).chain(more);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A callback of a function, and what is asked.
struct Asks {
    function: &'static str,
    command: &'static str,
    body: Value,
}

fn add_friend() -> Asks {
    Asks {
        function: "before-add-friend",
        command: ADD_FRIEND,
        body: json!({"fromUserID": "ana", "toUserID": "leo", "reqMsg": TEXT}),
    }
}

fn set_remark() -> Asks {
    Asks {
        function: "before-set-friend-remark",
        command: SET_REMARK,
        body: json!({"ownerUserID": "ana", "friendUserID": "leo", "remark": TEXT}),
    }
}

fn c2c() -> Asks {
    Asks {
        function: "tencent",
        command: C2C,
        body: json!({
            "From_Account": "ana", "To_Account": "leo",
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": TEXT}}],
        }),
    }
}

/// What the server does: `None` for as asked, or the changed text, or the code of the refusal.
#[derive(Debug, PartialEq)]
enum Effect {
    AsAsked,
    Text(String),
    Refused(i64),
}

impl Asks {
    fn request(&self) -> Request {
        let path = match self.function {
            "tencent" => format!(
                "/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={}",
                self.command
            ),
            _ => format!("/{}", self.command),
        };
        Request::post(&path, self.body.to_string())
    }

    fn effect(&self, answer: &Answer) -> Effect {
        let text = match self.function {
            "tencent" => match tencent_sends(self.command, &self.body, answer.status, &answer.body)
            {
                MessageOutcome::Refused { code, .. } => return Effect::Refused(code),
                MessageOutcome::Sent { body, .. } => {
                    body.pointer("/0/MsgContent/Text").unwrap().clone()
                }
                other => panic!("{other:?}: {answer:?}"),
            },
            _ => match openim_proceeds(self.command, &self.body, &answer.body) {
                Outcome::Stops { code, .. } => return Effect::Refused(code),
                Outcome::Proceeds(request) => match request.get("remark") {
                    Some(remark) => remark.clone(),
                    None => {
                        assert_eq!(request, self.body);
                        return Effect::AsAsked;
                    }
                },
                other => panic!("{other:?}: {answer:?}"),
            },
        };
        match text.as_str().unwrap() {
            TEXT => Effect::AsAsked,
            other => Effect::Text(other.to_owned()),
        }
    }

    /// A code that its app may use, and the code of the receiver's own failures.
    fn codes(&self) -> (i64, i64) {
        match self.function {
            "tencent" => (120_005, 130_000),
            _ => (20005, 29017),
        }
    }
}

fn lines(function: &Function, message: &str) -> Vec<Value> {
    let lines = function.log().into_iter();
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    lines.filter(|line| line["message"] == message).collect()
}

/// Who decided, for each callback.
fn deciders(function: &Function) -> Vec<String> {
    let lines = function.log().into_iter();
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    lines
        .filter_map(|line| Some(line["decidedBy"].as_str()?.to_owned()))
        .collect()
}

#[tokio::test]
async fn every_answer_takes_effect_and_every_failure_is_decided_in_time_by_on_failure() {
    let answer = |value: Value| Behaviour::Answer(200, value.to_string());
    for asks in [add_friend(), set_remark(), c2c()] {
        let (code, failure) = asks.codes();
        let field = match asks.command {
            ADD_FRIEND => None,
            SET_REMARK => Some("name"),
            _ => Some("text"),
        };
        let refuse = |code: i64| json!({"decision": "refuse", "code": code, "message": "no"});
        let amend =
            |field: &str, value: Value| json!({"decision": "amend", "data": {field: value}});
        let mut all: Vec<(&str, Behaviour, Option<Effect>)> = vec![
            (
                "allow",
                answer(json!({"decision": "allow"})),
                Some(Effect::AsAsked),
            ),
            ("refuse", answer(refuse(code)), Some(Effect::Refused(code))),
            ("a code of another server", answer(refuse(38005)), None),
            ("a code of this project", answer(refuse(29017)), None),
            ("no code", answer(json!({"decision": "refuse"})), None),
            (
                "no message",
                answer(json!({"decision": "refuse", "code": code, "message": " "})),
                None,
            ),
            (
                "a field that cannot change",
                answer(amend("notice", json!("x"))),
                None,
            ),
            (
                "an unknown field",
                answer(amend("toUserID", json!("x"))),
                None,
            ),
            (
                "an unknown decision",
                answer(json!({"decision": "maybe"})),
                None,
            ),
            (
                "a list without a list of questions",
                answer(json!({"each": [{"decision": "allow"}]})),
                None,
            ),
            (
                "not JSON",
                Behaviour::Answer(200, "<html></html>".to_owned()),
                None,
            ),
            ("nothing", Behaviour::Answer(204, String::new()), None),
            (
                "a huge answer",
                answer(json!({"decision": "allow", "x": "x".repeat(100_000)})),
                None,
            ),
            (
                "a huge answer that is right",
                Behaviour::Answer(
                    200,
                    format!("{}{{\"decision\":\"allow\"}}", " ".repeat(70_000)),
                ),
                None,
            ),
            (
                "an error",
                Behaviour::Answer(500, json!({"decision": "allow"}).to_string()),
                None,
            ),
            (
                "slow",
                Behaviour::Slow(
                    Duration::from_secs(10),
                    json!({"decision": "allow"}).to_string(),
                ),
                None,
            ),
            ("hang", Behaviour::Hang, None),
            ("reset", Behaviour::Reset, None),
            ("redirect", Behaviour::Redirect, None),
        ];
        match field {
            Some(field) => {
                let effect = Some(Effect::Text("better".to_owned()));
                all.push(("amend", answer(amend(field, json!("better"))), effect));
                all.push(("an empty text", answer(amend(field, json!(""))), None));
            }
            None => all.push((
                "an amendment where none is possible",
                answer(amend("text", json!("x"))),
                None,
            )),
        }
        for (name, behaviour, effect) in all {
            let service = DecisionService::start(behaviour).await;
            for on_failure in ["refuse", "allow"] {
                if effect.is_some() && on_failure == "allow" {
                    continue;
                }
                let url = format!("{}/decide?app=1", service.url);
                let environment = asking(&url, &[("ON_FAILURE", on_failure)]);
                let function = Function::start(asks.function, environment).await;
                let answer = in_time(&function, &asks.request()).await;
                let got = asks.effect(&answer);
                let log = function.log().join("\n");
                let at = format!("{}, {name}, {on_failure}: {log}", asks.command);
                let expected = match (&effect, on_failure) {
                    (Some(Effect::Text(text)), _) => Effect::Text(text.clone()),
                    (Some(Effect::Refused(code)), _) => Effect::Refused(*code),
                    (Some(Effect::AsAsked), _) | (None, "allow") => Effect::AsAsked,
                    (None, _) => Effect::Refused(failure),
                };
                assert_eq!(got, expected, "{at}");
                let decides = deciders(&function);
                let by = if effect.is_some() {
                    "service"
                } else {
                    "failure"
                };
                assert_eq!(decides.last().unwrap(), by, "{at}");
                let undecided = lines(&function, SERVICE_UNDECIDED);
                assert_eq!(undecided.len(), usize::from(effect.is_none()), "{at}");
                assert!(!log.contains("hunter2"), "{at}");
            }
            let questions = service.questions();
            assert!(!questions.is_empty(), "{name}");
            for question in questions {
                assert_eq!(question.line, "POST /decide?app=1 HTTP/1.1", "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_or_trusted_is_decided_in_time_by_on_failure() {
    let allow = DecisionService::answering(&json!({"decision": "allow"})).await;
    let (ours, other) = (Authority::generate(), Authority::generate());
    let right = TlsFront::start(&ours, "localhost", &allow.url).await;
    let wrong_name = TlsFront::start(&ours, "example.com", &allow.url).await;
    let wrong_issuer = TlsFront::start(&other, "localhost", &allow.url).await;
    let at = |front: &TlsFront| format!("https://localhost:{}/decide", front.address.port());
    let roots = std::env::temp_dir().join(format!("decisions-{}.pem", std::process::id()));
    std::fs::write(&roots, &ours.certificate).unwrap();
    let roots = roots.to_str().unwrap();
    let asks = add_friend();
    for (name, url, private, expected) in [
        ("a trusted one", at(&right), "yes", Effect::AsAsked),
        (
            "another name",
            at(&wrong_name),
            "yes",
            Effect::Refused(29017),
        ),
        (
            "another issuer",
            at(&wrong_issuer),
            "yes",
            Effect::Refused(29017),
        ),
        (
            "nobody listens",
            format!("http://{}", nowhere()),
            "yes",
            Effect::Refused(29017),
        ),
        (
            "no such name",
            "https://nowhere.invalid/decide".to_owned(),
            "yes",
            Effect::Refused(29017),
        ),
        (
            "a name for this machine",
            at(&right),
            "no",
            Effect::Refused(29017),
        ),
    ] {
        let before = allow.questions().len();
        let more = [
            ("SSL_CERT_FILE", roots),
            ("ALLOW_PRIVATE_ADDRESSES", private),
        ];
        let function = Function::start(asks.function, asking(&url, &more)).await;
        let answer = in_time(&function, &asks.request()).await;
        let log = function.log().join("\n");
        assert_eq!(asks.effect(&answer), expected, "{name}: {log}");
        let asked = allow.questions().len() - before;
        assert_eq!(asked, usize::from(expected == Effect::AsAsked), "{name}");
    }
    // Settings that can never work are named at the start.
    for (url, private, wrong) in [
        (
            "https://127.0.0.1/",
            "no",
            "names an address that is not allowed",
        ),
        (
            "https://169.254.169.254/",
            "yes",
            "names an address that is not allowed",
        ),
        (
            "http://app.example.com/",
            "no",
            "does not begin with https://",
        ),
        ("app.example.com", "no", "is not a URL"),
    ] {
        let more = [("ALLOW_PRIVATE_ADDRESSES", private)];
        let function = Function::start(asks.function, asking(url, &more)).await;
        function
            .send(&asks.request())
            .await
            .assert_refused(29012, 500);
        let log = function.log().join("\n");
        assert!(log.contains(&format!("DECISION_URL {wrong}")), "{log}");
    }
    let unknown = [(
        "DECISION_COMMANDS",
        "relation.request_friend,relation.dance",
    )];
    let function = Function::start(asks.function, asking(&allow.url, &unknown)).await;
    function
        .send(&asks.request())
        .await
        .assert_refused(29012, 500);
    let log = function.log().join("\n");
    assert!(
        log.contains("no command that asks is called relation.dance"),
        "{log}"
    );
}

#[tokio::test]
async fn a_question_is_signed_with_both_secrets_of_a_rotation_and_says_what_is_asked() {
    let service = DecisionService::answering(&json!({"decision": "allow"})).await;
    let aws = Dynamodb::ministack().await;
    let both = json!({"DECISION_SECRET": SECRET, "DECISION_SECRET_PREVIOUS": PREVIOUS});
    let secret = Secret::create(&aws, "decisions", &both).await;
    let mut environment = asking(&service.url, &[]);
    environment.remove("DECISION_SECRET");
    environment.extend(secret.environment("DECISION_SECRET_ID"));
    for asks in [add_friend(), set_remark(), c2c()] {
        let before = service.questions().len();
        let function = Function::start(asks.function, environment.clone()).await;
        // The secret may not be there in time for the first callback.
        for _ in 0..50 {
            function.send(&asks.request()).await;
            if service.questions().len() > before {
                break;
            }
        }
        let question = service.questions().pop().unwrap();
        let mut headers = http::HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers.insert(name, question.headers[name].parse().unwrap());
        }
        for secret in [SECRET, PREVIOUS] {
            let verified = Webhook::new(secret)
                .unwrap()
                .verify(&question.body, &headers);
            verified.unwrap_or_else(|error| panic!("{error}: {headers:?}"));
        }
        let stranger = Webhook::new("whsec_c3RyYW5nZXIgc3RyYW5nZXIgc3RyYW5nZXIg").unwrap();
        assert!(stranger.verify(&question.body, &headers).is_err());

        let mut asked = question.json();
        assert_eq!(asked["id"], question.headers["webhook-id"].as_str());
        assert!(!question.headers["webhook-id"].contains('.'));
        assert_eq!(question.headers["content-type"], "application/json");
        let left = asked["deadline_ms"].take().as_u64().unwrap();
        assert!((1..=1250).contains(&left), "{left}");
        asked.as_object_mut().unwrap().remove("id");
        let (kind, server, data) = match asks.command {
            ADD_FRIEND => (
                "relation.request_friend",
                "openim",
                json!({"actor": "ana", "others": ["leo"], "texts": [TEXT], "amendable": []}),
            ),
            SET_REMARK => (
                "relation.set_remark",
                "openim",
                json!({"actor": "ana", "others": ["leo"], "name": TEXT, "amendable": ["name"]}),
            ),
            _ => (
                "message.send",
                "tencent",
                json!({
                    "actor": "ana", "others": ["leo"], "kind": "text", "texts": [TEXT],
                    "amendable": ["text"],
                }),
            ),
        };
        let expected = json!({
            "type": kind, "server": server, "command": asks.command, "subject": "user/ana",
            "data": data, "deadline_ms": null,
        });
        assert_eq!(asked, expected);
    }
}

#[tokio::test]
async fn each_person_of_a_list_gets_a_decision_of_its_own() {
    let people = ["leo", "bob", "zoe"];
    let items: Vec<Value> = people.iter().map(|to| json!({"To_Account": to})).collect();
    let body = json!({"From_Account": "ana", "FriendItem": items});
    let asks = Asks {
        function: "tencent",
        command: FRIEND_ADD,
        body,
    };
    let refuse = |code: i64| json!({"decision": "refuse", "code": code, "message": "no"});
    let allow = || json!({"decision": "allow"});
    for (answer, expected) in [
        (
            json!({"each": [allow(), refuse(38005), allow()]}),
            [0, 38005, 0],
        ),
        (allow(), [0, 0, 0]),
        (refuse(38006), [38006, 38006, 38006]),
        // One too few.
        (
            json!({"each": [allow(), refuse(38005)]}),
            [39000, 39000, 39000],
        ),
    ] {
        let service = DecisionService::answering(&answer).await;
        let function = Function::start(asks.function, asking(&service.url, &[])).await;
        let reply = in_time(&function, &asks.request()).await;
        let outcomes = tencent_proceeds(&people, reply.status, &reply.body);
        let codes: Vec<i64> = outcomes
            .into_iter()
            .map(|(_, outcome)| match outcome {
                PersonOutcome::Refused { code, .. } => code,
                _ => 0,
            })
            .collect();
        assert_eq!(codes, expected, "{answer}");
        let [question] = &service.questions()[..] else {
            panic!("one question");
        };
        let each = &question.json()["data"]["each"];
        let one = |to: &str| json!({"actor": "ana", "others": [to], "amendable": []});
        assert_eq!(*each, json!(people.map(one)));
    }
    // Who is refused by the policies is not asked about.
    let policies = json!({FRIEND_ADD: {"otherUser": {"deny": ["bob"], "code": 38012}}});
    let file = std::env::temp_dir().join(format!("decisions-{}.json", std::process::id()));
    std::fs::write(&file, policies.to_string()).unwrap();
    let service = DecisionService::answering(&json!({"each": [allow(), refuse(38005)]})).await;
    let more = [("POLICIES_FILE", file.to_str().unwrap())];
    let function = Function::start(asks.function, asking(&service.url, &more)).await;
    let reply = in_time(&function, &asks.request()).await;
    let outcomes = tencent_proceeds(&people, reply.status, &reply.body);
    let refused: Vec<_> = outcomes
        .iter()
        .filter_map(|(person, outcome)| match outcome {
            PersonOutcome::Refused { code, .. } => Some((person.to_string(), *code)),
            _ => None,
        })
        .collect();
    assert_eq!(
        refused,
        [("bob".to_owned(), 38012), ("zoe".to_owned(), 38005)]
    );
}

#[tokio::test]
async fn a_command_that_must_never_be_refused_is_not_asked_about() {
    let asks = Asks {
        function: "before-create-single-chat-conversations",
        command: NEW_CHAT,
        body: models::payloads()
            .into_iter()
            .find(|payload| payload.name == format!("{NEW_CHAT}.server"))
            .map(|payload| serde_json::from_slice(&payload.body).unwrap())
            .unwrap(),
    };
    let refuse = json!({"decision": "refuse", "code": 20005, "message": "no"});
    let service = DecisionService::answering(&refuse).await;
    let function = Function::start(asks.function, asking(&service.url, &[])).await;
    let answer = in_time(&function, &asks.request()).await;
    let outcome = openim_proceeds(NEW_CHAT, &asks.body, &answer.body);
    assert!(matches!(outcome, Outcome::Proceeds(_)), "{outcome:?}");
    assert_eq!((service.connections(), service.questions().len()), (0, 0));
    assert_eq!(deciders(&function), ["handler"]);
}

#[tokio::test]
async fn questions_share_one_connection_which_is_opened_before_the_first() {
    let service = DecisionService::answering(&json!({"decision": "allow"})).await;
    let asks = add_friend();
    let function = Function::start(asks.function, asking(&service.url, &[])).await;
    // A GET, so that the start is over.
    function.send(&asks.request().method("GET")).await;
    assert_eq!((service.connections(), service.questions().len()), (1, 0));
    for n in 1..=20 {
        function.send(&asks.request()).await;
        assert_eq!((service.connections(), service.questions().len()), (1, n));
    }
    // A connection that the service closes after an answer is replaced without a failure.
    let allow = r#"{"decision":"allow"}"#;
    service.set(Behaviour::Slow(Duration::ZERO, allow.to_owned()));
    service.close_connections();
    let answer = function.send(&asks.request()).await;
    assert_eq!(asks.effect(&answer), Effect::AsAsked);
    assert_eq!(service.connections(), 2);
    assert!(deciders(&function).iter().all(|by| by == "service"));
}

#[tokio::test]
async fn a_service_that_fails_in_a_row_is_left_alone_until_it_works_again() {
    let allow = || Behaviour::Answer(200, json!({"decision": "allow"}).to_string());
    let service = DecisionService::start(allow()).await;
    let asks = add_friend();
    let function = Function::start(asks.function, asking(&service.url, &[])).await;
    let asked = || service.questions().len();
    function.send(&asks.request()).await;
    // A decision that does not fit the command is no failure of the service.
    let unfit = json!({"decision": "amend", "data": {"text": "x"}});
    service.set(Behaviour::Answer(200, unfit.to_string()));
    for _ in 0..2 * Circuit::FAILURES {
        function.send(&asks.request()).await;
    }
    let before = asked();
    service.set(Behaviour::Answer(500, String::new()));
    for _ in 0..Circuit::FAILURES {
        function.send(&asks.request()).await;
    }
    assert_eq!(asked() - before, Circuit::FAILURES as usize);
    assert_eq!(lines(&function, SERVICE_NOT_ASKED).len(), 1);
    // Open: hundreds of callbacks, and a probe in five seconds.
    let start = Instant::now();
    let mut answers = 0;
    while answers < 300 {
        let answer = function.send(&asks.request()).await;
        assert_eq!(asks.effect(&answer), Effect::Refused(29017));
        answers += 1;
    }
    let probes = asked() - before - Circuit::FAILURES as usize;
    let most = start.elapsed().as_secs() / Circuit::PAUSE.as_secs() + 1;
    assert!(u64::try_from(probes).unwrap() <= most, "{probes} probes");
    // It works again: the next probe closes the circuit, and then each callback is asked about.
    service.set(allow());
    let mut answer = function.send(&asks.request()).await;
    while asks.effect(&answer) != Effect::AsAsked {
        assert!(start.elapsed() < Duration::from_secs(60), "never closed");
        tokio::time::sleep(Duration::from_millis(100)).await;
        answer = function.send(&asks.request()).await;
    }
    assert_eq!(lines(&function, SERVICE_ASKED_AGAIN).len(), 1);
    let before = asked();
    for _ in 0..10 {
        let answer = function.send(&asks.request()).await;
        assert_eq!(asks.effect(&answer), Effect::AsAsked);
    }
    assert_eq!(asked() - before, 10);
    assert_eq!(lines(&function, SERVICE_NOT_ASKED).len(), 1);
}

#[tokio::test]
async fn only_the_commands_of_the_list_are_asked_about_and_without_a_url_nobody_is() {
    let refuse = json!({"decision": "refuse", "code": 20005, "message": "no"});
    let service = DecisionService::answering(&refuse).await;
    let all = [add_friend(), set_remark()];
    for (list, asked) in [
        ("", [true, true]),
        ("*", [true, true]),
        ("relation.request_friend", [true, false]),
        (SET_REMARK, [false, true]),
        ("relation.set_remark, message.send", [false, true]),
        (C2C, [false, false]),
    ] {
        for (asks, is_asked) in all.iter().zip(asked) {
            let more = [("DECISION_COMMANDS", list)];
            // One function for both commands, and one of its own.
            for name in ["any-command", asks.function] {
                let before = service.questions().len();
                let function = Function::start(name, asking(&service.url, &more)).await;
                let answer = function.send(&asks.request()).await;
                let expected = match is_asked {
                    true => Effect::Refused(20005),
                    false => Effect::AsAsked,
                };
                assert_eq!(asks.effect(&answer), expected, "{list}, {name}");
                let questions = service.questions().len() - before;
                assert_eq!(questions, usize::from(is_asked), "{list}, {name}");
            }
        }
    }
    let connections = service.connections();
    for asks in &all {
        let mut environment = asking("", &[]);
        environment.insert("DECISION_SECRET_ID".to_owned(), "decisions".to_owned());
        let function = Function::start(asks.function, environment).await;
        let answer = function.send(&asks.request()).await;
        assert_eq!(asks.effect(&answer), Effect::AsAsked);
        assert_eq!(deciders(&function), ["handler"]);
    }
    // A function that reports asks nobody, so it opens no connection and needs no secret.
    let mut environment = asking(&service.url, &[]);
    environment.remove("DECISION_SECRET");
    let function = Function::start("after-delete-friend", environment).await;
    let deleted = json!({"ownerUserID": "ana", "friendUserID": "leo"}).to_string();
    let request = Request::post("/callbackAfterDeleteFriendCommand", deleted);
    assert_eq!(function.send(&request).await.status, 200);
    assert_eq!(service.connections(), connections);
}

#[tokio::test]
async fn the_service_reads_a_message_that_is_neither_stored_nor_logged() {
    let dynamodb = Dynamodb::dynoxide().await;
    let refuse = json!({"decision": "refuse", "code": 20005, "message": "no"});
    let service = DecisionService::answering(&refuse).await;
    let body = models::payloads()
        .into_iter()
        .find(|payload| payload.name == format!("{SEND}.server"))
        .unwrap();
    let mut body: Value = serde_json::from_slice(&body.body).unwrap();
    body["contentType"] = json!(101);
    body["content"] = json!(json!({"content": TEXT}).to_string());
    let table = dynamodb.events_table().await;
    let mut environment = table.environment();
    let more = [
        ("MESSAGE_CONTENT", "drop"),
        ("RECORD_DECISIONS", "all"),
        ("LOG_LEVEL", "trace"),
    ];
    environment.extend(asking(&service.url, &more));
    let function = Function::start("before-send-single-msg", environment).await;
    let request = Request::post(&format!("/{SEND}"), body.to_string());
    function.send(&request).await.assert_refused(20005, 200);
    let [question] = &service.questions()[..] else {
        panic!("one question");
    };
    assert_eq!(question.json()["data"]["texts"], json!([TEXT]));
    assert_eq!(question.json()["type"], "message.send");
    let stored = table.receptions().await;
    assert_eq!(stored.len(), 1);
    let stored = serde_json::to_string(&stored).unwrap();
    assert!(stored.contains(r#""by":"service""#), "{stored}");
    for kept in [stored, function.log().join("\n")] {
        assert!(!kept.contains("hunter2"), "{kept}");
        assert!(
            !kept.contains(SECRET.strip_prefix("whsec_").unwrap()),
            "{kept}"
        );
    }
}

#[tokio::test]
async fn each_command_that_asks_says_which_fields_can_change() {
    let service = DecisionService::answering(&json!({"decision": "allow"})).await;
    let function = Function::start("any-command", asking(&service.url, &[])).await;
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for payload in models::payloads() {
        let command = protocol::command(payload.source, &payload.command);
        if !command.is_some_and(protocol::Command::is_before) {
            continue;
        }
        let body: Value = serde_json::from_slice(&payload.body).unwrap();
        let asks = Asks {
            function: match payload.source {
                domain::Source::Tencent => "tencent",
                domain::Source::OpenIm => "openim",
            },
            command: command.unwrap().name,
            body,
        };
        let before = service.questions().len();
        function.send(&asks.request()).await;
        for question in &service.questions()[before..] {
            let question = question.json();
            let server = question["server"].as_str().unwrap();
            let command = question["command"].as_str().unwrap();
            let fields = match question["data"]["each"].as_array() {
                Some(each) => each.iter().map(|one| &one["amendable"]).collect(),
                None => vec![&question["data"]["amendable"]],
            };
            let fields = fields.into_iter().flat_map(|it| it.as_array().unwrap());
            let of_command = found.entry(format!("{server} {command}")).or_default();
            of_command.extend(fields.map(|field| field.as_str().unwrap().to_owned()));
        }
    }
    let said = protocol::catalogue().filter(|command| command.asks().is_some());
    let said: BTreeMap<_, _> = said
        .map(|command| {
            let server = serde_json::to_value(command.source).unwrap();
            let name = format!("{} {}", server.as_str().unwrap(), command.name);
            let amends = command.amends().iter().map(ToString::to_string);
            (name, amends.collect::<BTreeSet<_>>())
        })
        .collect();
    assert_eq!(found, said);
}

#[tokio::test]
async fn the_service_in_the_documentation_decides() {
    let page = models::root().join("docs/decisions-in-your-language.md");
    let page = std::fs::read_to_string(page).unwrap();
    let code = page.split("```python\n").nth(1).unwrap();
    let code = code.split("```").next().unwrap();
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let mut command = tokio::process::Command::new("python3");
    command
        .args(["-c", code])
        .env("PORT", port.to_string())
        .env("DECISION_SECRET", SECRET);
    let _service = Process::start(&mut command);
    while tokio::net::TcpStream::connect(&address).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let url = format!("http://{address}/decide");
    let asks = c2c();
    let casino = asks.body.to_string().replace(TEXT, "the best Casino");
    let casino = Asks {
        body: serde_json::from_str(&casino).unwrap(),
        ..c2c()
    };
    let function = Function::start(asks.function, asking(&url, &[])).await;
    for _ in 0..3 {
        let answer = function.send(&asks.request()).await;
        assert_eq!(asks.effect(&answer), Effect::AsAsked);
        let refused = function.send(&casino.request()).await;
        let outcome = tencent_sends(C2C, &casino.body, refused.status, &refused.body);
        let expected = MessageOutcome::Refused {
            code: 120_005,
            info: "no advertising".to_owned(),
        };
        assert_eq!(outcome, expected);
    }
    assert!(deciders(&function).iter().all(|by| by == "service"));
    let other = asking(&url, &[("DECISION_SECRET", PREVIOUS)]);
    let function = Function::start(asks.function, other).await;
    function.send(&asks.request()).await;
    let [undecided] = &lines(&function, SERVICE_UNDECIDED)[..] else {
        panic!("{}", function.log().join("\n"));
    };
    assert_eq!(undecided["error"], "its status is 401");
}
