//! Commands that this version does not know. After callbacks are kept as they came; before callbacks get the answer
//! that the operator chose.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Events, Source};
use models::{Verdict, read_as_openim};
use serde_json::{Value, json};
use support::{
    Answer, Dynamodb, Function, OPEN, Queue, Request, SDK_APP_ID, Table, Watch, nowhere, redrive,
};

/// After commands: one that OpenIM knows and never sends, and invented ones. All unknown commands of Tencent Chat count as
/// such, because nothing in their names is sure to say that they ask.
const TELL: &[(Source, &str)] = &[
    // OpenIM has a switch for this command, and never sends it.
    (Source::OpenIm, "callbackAfterUserKickOffCommand"),
    (Source::OpenIm, "callbackUserKickOffCommand"),
    (Source::OpenIm, "callbackAfterSomethingNewCommand"),
    (Source::OpenIm, "callbackNonsense"),
    (Source::OpenIm, "callback"),
    // Another command, because the case of a name matters. No path names this command: a path may contain other words,
    // too.
    (Source::OpenIm, "callbackafterdeletefriendcommand"),
    (Source::OpenIm, "callbackAfterDeleteFriendCommand2"),
    (Source::Tencent, "OfficialAccount.CallbackAfterNewThing"),
    (Source::Tencent, "OfficialAccount.CallbackBeforeNewThing"),
    (Source::Tencent, "New.CallbackPrevSomething"),
    (Source::Tencent, "New.OnSomething"),
    (Source::Tencent, "New.CallbackBeforeSomething"),
    (Source::Tencent, "sns.callbackfrienddelete"),
    (Source::Tencent, "x"),
];

/// Before commands.
const ASK: &[(Source, &str)] = &[
    // Up to v3.7.1, with another body than the present command.
    (Source::OpenIm, "callbackBeforeMemberJoinGroupCommand"),
    (Source::OpenIm, "callbackBeforeSomethingNewCommand"),
    (Source::OpenIm, "callbackBeforeaddfriendcommand"),
];

/// Before commands that are never refused, because a refusal would break a chat for good. `any-command` serves them, and
/// `never_refused.rs` tests that; the functions of other commands do not.
const NEVER_REFUSED: &[(Source, &str)] = &[
    (
        Source::OpenIm,
        "callbackBeforeCreateSingleChatConversationsCommand",
    ),
    (
        Source::OpenIm,
        "callbackBeforeCreateGroupChatConversationsCommand",
    ),
];

/// Bodies that would change if JSON were read and written again.
const BODIES: &[&str] = &[
    "{}",
    " \r\n{ \"n\" : 1.0 ,\t\"n\": 1e2, \"z\": 12345678901234567890123, \"a\": \"\\u00e9 é 😀 \\/\" }\n ",
    "{\"callbackCommand\": 1, \"CallbackCommand\": [null]}",
    "[1, null]",
    "no JSON {",
    "<xml/>",
];

const ACCEPTED: &str = r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#;

/// A callback, with everything that must be stored of it.
struct Sent {
    source: Source,
    command: &'static str,
    body: String,
    operation_id: String,
    request: Request,
}

/// Every URL and every body with which a command can arrive.
fn forms(source: Source, command: &'static str) -> Vec<Sent> {
    let mut forms: Vec<(String, String)> = Vec::new();
    let query = format!("SdkAppid={SDK_APP_ID}&CallbackCommand={command}&contenttype=json");
    let mut urls = match source {
        Source::OpenIm => vec![
            format!("/?command={command}"),
            format!("/?command=/{command}"),
            format!("/callbackExample?command={command}"),
        ],
        Source::Tencent => vec![format!("/tencent?{query}"), format!("/?{query}")],
    };
    let in_path = command.strip_prefix("callback");
    if in_path.is_some_and(|rest| rest.starts_with(char::is_uppercase)) {
        urls.extend([
            format!("/{command}"),
            format!("/{command}?contenttype=json"),
            format!("//{command}"),
            format!("/some/base/path/{command}"),
            format!("/{command}?command={command}"),
        ]);
    }
    // Each body with some URL, and each URL with some body.
    for n in 0..urls.len().max(BODIES.len()) {
        let (url, body) = (&urls[n % urls.len()], BODIES[n % BODIES.len()]);
        forms.push((url.clone(), body.to_owned()));
    }
    match source {
        Source::OpenIm => {
            let body =
                format!("{{ \"callbackCommand\" : \"{command}\",  \"n\": 1.0, \"n\": 2 }}\n");
            forms.push(("/".to_owned(), body.clone()));
            forms.push(("/?token=abc/".to_owned(), body.clone()));
            forms.push((urls.pop().unwrap(), body));
        }
        Source::Tencent => {
            let body = format!("{{ \"CallbackCommand\" : \"{command}\" }}\n");
            forms.push((format!("/tencent?SdkAppid={SDK_APP_ID}"), body.clone()));
            forms.push((format!("/tencent?{query}"), body));
        }
    }
    let forms = forms.into_iter().enumerate();
    forms
        .map(|(n, (url, body))| {
            let operation_id = format!("{command}-{n}");
            let request = match source {
                Source::OpenIm => {
                    Request::post(&url, body.clone()).header("operationid", &operation_id)
                }
                Source::Tencent => {
                    Request::post(&format!("{url}&RequestId={operation_id}"), body.clone())
                }
            };
            Sent {
                source,
                command,
                body,
                operation_id,
                request,
            }
        })
        .collect()
}

fn every_form(commands: &[(Source, &'static str)]) -> Vec<Sent> {
    let commands = commands.iter();
    commands
        .flat_map(|(source, command)| forms(*source, command))
        .collect()
}

/// The functions that get unknown commands.
enum Functions {
    OverHttp(Box<Watch>),
    FromRestApi(BTreeMap<&'static str, Function>),
}

impl Functions {
    async fn over_http_and_of_a_rest_api(environment: &BTreeMap<String, String>) -> [Self; 2] {
        let mut functions = BTreeMap::new();
        for name in ["any-command", "tencent"] {
            functions.insert(name, Function::start(name, environment).await);
        }
        [
            Self::OverHttp(Box::new(Watch::start(environment).await)),
            Self::FromRestApi(functions),
        ]
    }

    async fn send(&self, request: &Request) -> Answer {
        match self {
            Self::OverHttp(watch) => watch.send(request).await,
            Self::FromRestApi(functions) => {
                let name = match request.path.as_str() {
                    "/tencent" => "tencent",
                    _ => "any-command",
                };
                functions[name].send(request).await
            }
        }
    }
}

/// Asserts that the caller reads "allowed".
fn assert_allowed(sent: &Sent, answer: &Answer) {
    let at = format!("{} {:?}: {answer:?}", sent.command, sent.request);
    assert_eq!(answer.status, 200, "{at}");
    assert_eq!(answer.content_type, "application/json", "{at}");
    match sent.source {
        Source::OpenIm => assert_eq!(read_as_openim(&answer.body), Verdict::Allowed, "{at}"),
        Source::Tencent => assert_eq!(answer.body, ACCEPTED, "{at}"),
    }
}

async fn assert_kept(sent: &[Sent], table: &Table) {
    let by_id: BTreeMap<&str, &Sent> = sent
        .iter()
        .map(|sent| (sent.operation_id.as_str(), sent))
        .collect();
    assert_eq!(by_id.len(), sent.len());
    let receptions = table.receptions().await;
    assert_eq!(receptions.len(), sent.len(), "each is kept once");
    for reception in receptions {
        let sent = by_id[reception.operation_id.as_deref().unwrap()];
        assert_eq!(reception.events, Events::Unknown);
        assert_eq!(reception.source, sent.source);
        assert_eq!(reception.command, sent.command);
        let body = reception.body.unwrap();
        assert_eq!(body, sent.body, "{}", sent.operation_id);
    }
    for item in table.reception_items().await {
        let text = |name: &str| item[name].as_s().unwrap().as_str();
        assert_eq!(text("family"), "unknown");
        let partition = format!("unknown#{}#", text("command"));
        assert!(text("pk").starts_with(&partition), "{item:?}");
        assert!(!item.contains_key("events"));
    }
}

#[test]
fn the_lists_have_at_least_fifteen_different_commands_that_are_not_served() {
    let all = [TELL, ASK].concat();
    assert!(all.len() >= 15);
    let names: BTreeSet<_> = all.iter().collect();
    assert_eq!(names.len(), all.len());
    for (source, command) in all {
        assert_eq!(
            protocol::command(source, command),
            None,
            "the catalogue has this command now"
        );
    }
}

#[tokio::test]
async fn an_unknown_after_command_is_kept_as_it_came_and_an_unknown_before_command_allowed() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let functions = Functions::over_http_and_of_a_rest_api(&table.environment()).await;
    let before = every_form(ASK);
    let mut after = Vec::new();
    for (functions, way) in functions.iter().zip(["http", "rest"]) {
        for sent in &before {
            assert_allowed(sent, &functions.send(&sent.request).await);
        }
        for mut sent in every_form(TELL) {
            let operation_id = format!("{}-{way}", sent.operation_id);
            sent.request = match sent.source {
                Source::OpenIm => sent.request.header("operationid", &operation_id),
                Source::Tencent => Request {
                    query: format!("{}-{way}", sent.request.query),
                    ..sent.request
                },
            };
            sent.operation_id = operation_id;
            assert_allowed(&sent, &functions.send(&sent.request).await);
            after.push(sent);
        }
    }
    assert_kept(&after, &table).await;
    println!(
        "{} unknown callbacks kept, {} allowed",
        after.len(),
        2 * before.len()
    );
}

#[tokio::test]
async fn an_unknown_before_command_is_refused_if_the_operator_chose_so() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let mut environment = table.environment();
    environment.insert("UNKNOWN_COMMAND".to_owned(), "refuse".to_owned());
    environment.insert("RECORD_DECISIONS".to_owned(), "none".to_owned());
    // This setting is about failures. An unknown command is not a failure.
    environment.insert("ON_FAILURE".to_owned(), "allow".to_owned());
    for functions in Functions::over_http_and_of_a_rest_api(&environment).await {
        for sent in every_form(ASK) {
            let answer = functions.send(&sent.request).await;
            answer.assert_refused(29016, 404);
        }
    }
    assert_eq!(
        table.items().await.len(),
        0,
        "nothing of a before callback is kept"
    );
    // After callbacks are never refused.
    let function = Function::start("any-command", environment).await;
    for sent in every_form(TELL) {
        assert_allowed(&sent, &function.send(&sent.request).await);
    }
    assert_kept(&every_form(TELL), &table).await;
}

#[tokio::test]
async fn an_unknown_command_needs_credentials() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let mut environment = table.environment();
    for (name, value) in [
        ("OPENIM_VERIFIER", "basic"),
        ("OPENIM_BASIC_USER", "openim"),
        ("OPENIM_BASIC_PASSWORD", "right"),
        ("TENCENT_VERIFIER", "token"),
        ("TENCENT_TOKEN", "right"),
        ("ON_FAILURE", "allow"),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    let authorization = |password: &str| {
        let credentials = BASE64_STANDARD.encode(format!("openim:{password}"));
        format!("Basic {credentials}")
    };
    for choice in ["allow", "refuse"] {
        environment.insert("UNKNOWN_COMMAND".to_owned(), choice.to_owned());
        let [over_http, from_a_rest_api] =
            Functions::over_http_and_of_a_rest_api(&environment).await;
        for sent in every_form(&[TELL, ASK].concat()) {
            for functions in [&over_http, &from_a_rest_api] {
                match sent.source {
                    Source::OpenIm => {
                        let nobody = functions.send(&sent.request).await;
                        nobody.assert_refused(29001, 401);
                        let wrong = authorization("wrong");
                        let wrong = sent.request.clone().header("authorization", &wrong);
                        assert_eq!(functions.send(&wrong).await, nobody);
                    }
                    Source::Tencent => {
                        let answer = functions.send(&sent.request).await;
                        assert_eq!(answer.status, 401, "{answer:?}");
                        assert_eq!(answer.json()["ActionStatus"], "FAIL");
                    }
                }
            }
        }
        assert_eq!(
            table.items().await.len(),
            0,
            "nothing of a refused callback is kept"
        );
    }
    let function = Function::start("any-command", environment).await;
    let right = Request::post("/callbackNonsense", "{}");
    let right = right.header("authorization", &authorization("right"));
    assert_eq!(function.send(&right).await.status, 200);
    assert_eq!(table.items().await.len(), 1);
}

/// The log lines about unknown commands: level, command, decision, and who decided.
fn lines(function: &Function) -> Vec<(String, String, Value, Value)> {
    let lines = function.log();
    let lines = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    lines
        .filter(|line| !line["unknownCommand"].is_null())
        .map(|line| {
            assert_eq!(line["command"], line["unknownCommand"], "{line}");
            assert!(line["requestId"].is_string(), "{line}");
            let (level, command) = (text(&line["level"]), text(&line["unknownCommand"]));
            let (decision, by) = (line["decision"].clone(), line["decidedBy"].clone());
            (level, command, decision, by)
        })
        .collect()
}

#[tokio::test]
async fn a_process_warns_of_an_unknown_command_once() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let both = [
        (Source::OpenIm, "callbackAfterSomethingNewCommand"),
        (Source::OpenIm, "callbackBeforeSomethingNewCommand"),
        (Source::OpenIm, "callbackNonsense"),
        (Source::Tencent, "OfficialAccount.CallbackAfterNewThing"),
        (Source::Tencent, "OfficialAccount.CallbackBeforeNewThing"),
    ];
    for (name, choice, word) in [
        ("any-command", "allow", "allowed"),
        ("any-command", "refuse", "refused"),
        ("tencent", "allow", "allowed"),
    ] {
        let mut environment = table.environment();
        environment.insert("UNKNOWN_COMMAND".to_owned(), choice.to_owned());
        environment.insert("LOG_LEVEL".to_owned(), "debug".to_owned());
        // Twice, because a new process warns again.
        for _ in 0..2 {
            let function = Function::start(name, environment.clone()).await;
            let mut expected = Vec::new();
            for (source, command) in both {
                if name == "tencent" && source == Source::OpenIm {
                    continue;
                }
                let (decision, by) = match protocol::asks(source, command) {
                    true => (json!(word), json!("failure")),
                    false => (Value::Null, Value::Null),
                };
                let url = match source {
                    Source::OpenIm => format!("/{command}"),
                    Source::Tencent => {
                        format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}")
                    }
                };
                for level in ["WARN", "INFO", "INFO"] {
                    function
                        .send(&Request::post(&url, "{\"text\": \"hunter2\""))
                        .await;
                    let (level, command) = (level.to_owned(), command.to_owned());
                    expected.push((level, command, decision.clone(), by.clone()));
                }
            }
            assert_eq!(lines(&function), expected, "{name} {choice}");
            let log = function.log().join("\n");
            assert!(!log.contains("hunter2"), "{log}");
        }
    }
}

#[tokio::test]
async fn a_function_of_one_command_keeps_and_answers_unknown_commands_too() {
    let dynamodb = Dynamodb::dynoxide().await;
    let table = dynamodb.events_table().await;
    let mut environment = table.environment();
    environment.insert("UNKNOWN_COMMAND".to_owned(), "refuse".to_owned());
    environment.insert("RECORD_DECISIONS".to_owned(), "none".to_owned());
    // The function reads another word in the path as a base path.
    let openim = |commands: &[(Source, &'static str)]| {
        let commands = commands.iter().copied();
        let commands: Vec<_> = commands
            .filter(|(source, name)| *source == Source::OpenIm && name.ends_with("Command"))
            .collect();
        every_form(&commands)
    };
    let mut after = Vec::new();
    for name in ["after-delete-friend", "before-add-friend"] {
        let function = Function::start(name, environment.clone()).await;
        for mut sent in openim(TELL) {
            sent.operation_id = format!("{}-{name}", sent.operation_id);
            sent.request = sent.request.header("operationid", &sent.operation_id);
            assert_allowed(&sent, &function.send(&sent.request).await);
            after.push(sent);
        }
        for sent in openim(ASK) {
            let answer = function.send(&sent.request).await;
            answer.assert_refused(29016, 404);
        }
        for sent in openim(NEVER_REFUSED) {
            assert_allowed(&sent, &function.send(&sent.request).await);
        }
        // A known command of another function is not an unknown command.
        let known = Request::post("/callbackAfterRemoveBlackCommand", "{}");
        function.send(&known).await.assert_refused(29009, 400);
    }
    assert_kept(&after, &table).await;
    let function = Function::start("after-delete-friend", table.environment()).await;
    let its_own = r#"{"ownerUserID":"a","friendUserID":"b"}"#;
    let its_own = Request::post("/callbackExample", its_own);
    assert_eq!(function.send(&its_own).await.status, 200);
    let receptions = table.receptions().await;
    let known = receptions.iter().find(|it| it.events != Events::Unknown);
    assert_eq!(known.unwrap().command, "callbackAfterDeleteFriendCommand");
}

#[tokio::test]
async fn an_unknown_callback_is_queued_as_it_came_when_the_table_fails() {
    let dynamodb = Dynamodb::dynoxide().await;
    let aws = Dynamodb::ministack().await;
    let table = dynamodb.events_table().await;
    let queue = Queue::create(&aws, "unknown").await;
    let mut environment = table.environment();
    let nowhere = format!("http://{}", nowhere());
    for (name, value) in [
        ("AWS_ENDPOINT_URL_DYNAMODB", nowhere.as_str()),
        ("AWS_ENDPOINT_URL_SQS", &queue.endpoint),
        ("EVENTS_QUEUE_URL", &queue.url),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    let function = Function::start("any-command", environment).await;
    let sent = forms(Source::OpenIm, "callbackAfterSomethingNewCommand");
    for sent in &sent {
        assert_allowed(sent, &function.send(&sent.request).await);
    }
    let messages = queue.receive_all().await;
    let redriving = Function::start("redrive", table.environment()).await;
    // Twice, because a queue may deliver a message twice.
    for _ in 0..2 {
        assert_eq!(redrive(&redriving, &messages).await, [] as [String; 0]);
    }
    assert_kept(&sent, &table).await;
}

#[tokio::test]
async fn without_a_table_an_unknown_callback_is_accepted() {
    let function = Function::start("any-command", OPEN.iter().copied()).await;
    for sent in every_form(&[TELL, ASK].concat()) {
        assert_allowed(&sent, &function.send(&sent.request).await);
    }
}
