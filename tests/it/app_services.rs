//! The services in `examples/`, each in another language, with `imhook run`: they decide, take events, and believe only
//! who has signed. One of them is a bot.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    extract::{Request as HttpRequest, State},
    routing::post,
};
use models::{
    MessageOutcome, PersonOutcome, Verdict, read_as_openim, root, tencent_proceeds, tencent_sends,
};
use outgoing::Signer;
use receiver::messages::SERVICE_UNDECIDED;
use serde_json::{Value, json};
use support::{DecisionService, Process, Request, SDK_APP_ID, binary, free_port};
use tokio::{net::TcpStream, process::Command, time::timeout};

use crate::make_run::{Run, assert_allowed, command, folder};

const OTHER_SECRET: &str = "whsec_bm90IHRoZSBzZWNyZXQgb2YgdGhpcyBzZXJ2aWNlLg==";
const C2C: &str = "C2C.CallbackBeforeSendMsg";

/// A folder of `examples/`.
struct Example {
    language: &'static str,
    source: &'static str,
    /// What `make test` and this test need. Without one of them, the example is left out.
    tools: &'static [&'static str],
    /// The program, and what it is started with: files from the project's root.
    command: &'static [&'static str],
}

const GO: Example = Example {
    language: "go",
    source: "service.go",
    tools: &["go"],
    command: &[".local/examples/go/service"],
};

const JAVA: Example = Example {
    language: "java",
    source: "Service.java",
    tools: &["java", "mvn"],
    command: &[
        "java",
        "-cp",
        ".local/examples/java/target/dependency/*",
        "examples/java/Service.java",
    ],
};

const PYTHON: Example = Example {
    language: "python",
    source: "service.py",
    tools: &["python3"],
    command: &[
        ".local/examples/python/bin/python",
        "examples/python/service.py",
    ],
};

const TYPESCRIPT: Example = Example {
    language: "typescript",
    source: "service.ts",
    tools: &["node", "npm"],
    command: &["node", ".local/examples/typescript/dist/service.js"],
};

const ALL: [Example; 4] = [GO, JAVA, PYTHON, TYPESCRIPT];

impl Example {
    /// Whether this machine has the tools of the language.
    fn can_run(&self) -> bool {
        let path = std::env::var_os("PATH").unwrap();
        let has = |tool: &&&str| std::env::split_paths(&path).any(|it| it.join(tool).is_file());
        let missing = self.tools.iter().find(|tool| !has(tool));
        if let Some(tool) = missing {
            println!(
                "examples/{} is skipped: this machine has no {tool}",
                self.language
            );
        }
        missing.is_none()
    }

    fn code(&self) -> String {
        let path = root()
            .join("examples")
            .join(self.language)
            .join(self.source);
        fs::read_to_string(path).unwrap()
    }
}

/// `imhook run` with an example that decides.
struct App {
    run: Run,
    service: Process,
    url: String,
    /// With the secret that `imhook run` prints.
    signer: Signer,
}

impl App {
    async fn start(example: &Example, test: &str, environment: &[(&str, &str)]) -> Self {
        Self::start_with(example, test, environment, false).await
    }

    /// The same; with `gets_events`, `imhook run` also delivers events to it.
    async fn start_with(
        example: &Example,
        test: &str,
        environment: &[(&str, &str)],
        gets_events: bool,
    ) -> Self {
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let events = format!("{url}/events");
        let folder = folder(&format!("{test}-{}", example.language));
        let decisions = format!("{url}/decide");
        let mut imhook = command(&folder, &binary("imhook"));
        imhook.args(["--decision-url", &decisions]);
        if gets_events {
            imhook.args(["--delivery-url", &events]);
        }
        let mut run = Run::of(&folder, &mut imhook).await;
        let named = format!("decisions: {decisions}, signed with ");
        let printed = |line: &str| Some(line.strip_prefix(&named)?.to_owned());
        let secret: String = run.process.wait_for(printed).await;

        let mut command = Command::new(example.command[0]);
        command
            .args(&example.command[1..])
            .current_dir(root())
            .envs([("DECISION_SECRET", &secret), ("DELIVERY_SECRET", &secret)])
            .env("PORT", port.to_string())
            .envs(environment.iter().copied());
        let service = Process::start(&mut command);
        let mut tries = 0;
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tries += 1;
            assert!(tries < 3000, "no start:\n{}", service.lines().join("\n"));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self {
            run,
            service,
            url,
            signer: Signer::new([secret.as_str()]).unwrap(),
        }
    }

    /// Sends a callback that reports something. Gives its events as the app gets them.
    async fn events_of(&self, command: &str, body: &Value) -> Vec<Value> {
        let request = Request::post(&format!("/{command}"), body.to_string());
        assert_allowed(&self.run.send(&request).await);
        let receptions = self.run.table("events").receptions().await;
        let reception = receptions.last().unwrap();
        let family = reception.events.family().as_str();
        let id = &reception.id;
        let stored = serde_json::to_value(reception).unwrap();
        let events = stored["events"].as_array().unwrap().iter().enumerate();
        let cloud_event = |(index, event): (usize, &Value)| {
            let mut data = event.clone();
            let kind = data.as_object_mut().unwrap().remove("type").unwrap();
            json!({
                "specversion": "1.0",
                "id": format!("{id}-{index}"),
                "source": "/stack/openim",
                "type": format!("{family}.{}", kind.as_str().unwrap()),
                "subject": "user/ana",
                "time": reception.received_at,
                "datacontenttype": "application/json",
                "command": command,
                "data": data,
            })
        };
        events.map(cloud_event).collect()
    }

    /// Posts an event, signed by this signer. Gives the status of the answer.
    async fn post(&self, path: &str, signer: &Signer, event: &Value) -> u16 {
        let id = event["id"].as_str().unwrap();
        let signed = signed(path, signer, id, now(), &event.to_string());
        signed.send(&self.url).await.status
    }

    async fn deliver(&self, event: &Value) -> u16 {
        self.post("/events", &self.signer, event).await
    }

    /// What the service has printed.
    fn printed(&self) -> Vec<(String, String, Value)> {
        let lines = self.service.lines();
        lines.iter().map(|line| printed_line(line)).collect()
    }
}

/// The type, subject and data of a printed event.
fn printed_line(line: &str) -> (String, String, Value) {
    let mut words = line.splitn(3, ' ').map(str::to_owned);
    let mut next = || words.next().unwrap_or_else(|| panic!("{line}"));
    let (kind, subject, data) = (next(), next(), next());
    (kind, subject, serde_json::from_str(&data).unwrap())
}

fn now() -> i64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    i64::try_from(now).unwrap()
}

/// A request with this body and its signature.
fn signed(path: &str, signer: &Signer, id: &str, timestamp: i64, body: &str) -> Request {
    let signature = signer.sign(id, timestamp, body.as_bytes());
    Request::post(path, body)
        .header("content-type", "application/cloudevents+json")
        .header("webhook-id", id)
        .header("webhook-timestamp", &timestamp.to_string())
        .header("webhook-signature", &signature)
}

fn message_of_openim(text: &str) -> Request {
    let body = json!({
        "sendID": "ana", "recvID": "leo", "sessionType": 1, "contentType": 101,
        "serverMsgID": "server-1", "clientMsgID": "client-1",
        "content": json!({"content": text}).to_string(),
    });
    Request::post("/callbackBeforeSendSingleMsgCommand", body.to_string())
}

fn message_of_tencent(text: &str) -> Value {
    json!({
        "From_Account": "ana", "To_Account": "leo",
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}],
    })
}

fn deleted(friend: &str) -> Value {
    json!({"ownerUserID": "ana", "friendUserID": friend})
}

/// What each example does.
async fn decides_and_takes_events(example: &Example, amends: bool) {
    if !example.can_run() {
        return;
    }
    let mut app = App::start(example, "app-service", &[]).await;
    for _ in 0..2 {
        let refused = app.run.send(&message_of_openim("the best Casino")).await;
        refused.assert_refused(20005, 200);
        let Verdict::Refused { message, .. } = read_as_openim(&refused.body) else {
            panic!("{refused:?}");
        };
        assert_eq!(message, "no advertising");
        assert_allowed(&app.run.send(&message_of_openim("hello")).await);
    }
    let asked = message_of_tencent("the best Casino");
    let path = format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={C2C}");
    let answer = app.run.send(&Request::post(&path, asked.to_string())).await;
    let outcome = tencent_sends(C2C, &asked, answer.status, &answer.body);
    match (outcome, amends) {
        (MessageOutcome::Sent { body, .. }, true) => {
            assert_eq!(body[0]["MsgContent"]["Text"], "the best ******");
        }
        (MessageOutcome::Refused { code, info }, false) => {
            assert_eq!((code, info.as_str()), (120_005, "no advertising"));
        }
        (outcome, _) => panic!("{outcome:?}"),
    }
    // Whatever else it is asked about is allowed, also several persons at once.
    let people = ["leo", "kim"].map(|to| json!({"To_Account": to}));
    let friends = json!({"From_Account": "ana", "FriendItem": people});
    let path = path.replace(C2C, "Sns.CallbackPrevFriendAdd");
    let answer = app
        .run
        .send(&Request::post(&path, friends.to_string()))
        .await;
    let outcomes = tencent_proceeds(&["leo", "kim"], answer.status, &answer.body);
    assert!(
        outcomes.iter().all(|it| it.1 == PersonOutcome::Allowed),
        "{answer:?}"
    );
    let lines = app.run.process.lines();
    assert!(
        !lines.iter().any(|line| line.contains(SERVICE_UNDECIDED)),
        "{lines:?}"
    );

    // Without the secret nobody is answered, and nothing is printed.
    let command = "callbackAfterDeleteFriendCommand";
    let [first] = &app.events_of(command, &deleted("leo")).await[..] else {
        panic!("one event");
    };
    let other = Signer::new([OTHER_SECRET]).unwrap();
    for path in ["/decide", "/events"] {
        assert_eq!(app.post(path, &other, first).await, 401, "{path}");
        let (body, signer) = (first.to_string(), &app.signer);
        let mut other_body = signed(path, signer, "1", now(), &body);
        other_body.body.push(b' ');
        let other_id = signed(path, signer, "1", now(), &body).header("webhook-id", "2");
        let old = signed(path, signer, "1", now() - 600, &body);
        for wrong in [other_body, other_id, old] {
            assert_eq!(wrong.send(&app.url).await.status, 401, "{path}: {wrong:?}");
        }
        let unsigned = Request::post(path, first.to_string());
        assert_eq!(unsigned.send(&app.url).await.status, 401, "{path}");
    }
    let [second] = &app.events_of(command, &deleted("Renée")).await[..] else {
        panic!("one event");
    };
    let [last] = &app.events_of(command, &deleted("the last")).await[..] else {
        panic!("one event");
    };
    for event in [first, first, second, first, last] {
        assert_eq!(app.deliver(event).await, 204);
    }
    let printed = |line: &str| line.contains("the last").then_some(());
    app.service.wait_for(printed).await;
    let expected = [first, second, last].map(|event| {
        (
            "relation.friend_deleted".to_owned(),
            "user/ana".to_owned(),
            event["data"].clone(),
        )
    });
    assert_eq!(app.printed(), expected);
}

#[tokio::test]
async fn each_service_prints_the_events_that_make_run_delivers() {
    for example in [&GO, &JAVA, &PYTHON, &TYPESCRIPT] {
        if !example.can_run() {
            continue;
        }
        let app = App::start_with(example, "delivered", &[], true).await;
        let command = "callbackAfterDeleteFriendCommand";
        let mut expected = Vec::new();
        for friend in ["leo", "kim"] {
            let request = Request::post(&format!("/{command}"), deleted(friend).to_string());
            assert_allowed(&app.run.send(&request).await);
            let data = json!({"owner": "ana", "friend": friend});
            expected.push(("relation.friend_deleted".into(), "user/ana".into(), data));
        }
        let mut tries = 0;
        while app.service.lines().len() < expected.len() {
            tries += 1;
            assert!(tries < 600, "{}", app.run.process.lines().join("\n"));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(app.printed(), expected, "{}", example.language);
    }
}

#[tokio::test]
async fn the_service_in_go_decides_and_prints_each_event_once() {
    decides_and_takes_events(&GO, false).await;
}

#[tokio::test]
async fn the_service_in_java_decides_and_prints_each_event_once() {
    decides_and_takes_events(&JAVA, false).await;
}

#[tokio::test]
async fn the_service_in_python_decides_and_prints_each_event_once() {
    decides_and_takes_events(&PYTHON, false).await;
}

#[tokio::test]
async fn the_service_in_typescript_amends_and_prints_each_event_once() {
    decides_and_takes_events(&TYPESCRIPT, true).await;
}

/// OpenIM's REST API, as far as a bot needs it.
#[derive(Clone, Default)]
struct OpenIm {
    sent: Arc<Mutex<Vec<Value>>>,
    /// The `errCode` of the next answers.
    code: Arc<Mutex<i64>>,
}

async fn send_msg(State(openim): State<OpenIm>, request: HttpRequest) -> String {
    let headers = request.headers().clone();
    for (name, value) in [("token", "the-token"), ("content-type", "application/json")] {
        assert_eq!(headers[name], value);
    }
    // OpenIM refuses a request without it.
    assert_ne!(headers["operationid"], "");
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await;
    let body = serde_json::from_slice(&body.unwrap()).unwrap();
    openim.sent.lock().unwrap().push(body);
    let code = *openim.code.lock().unwrap();
    json!({"errCode": code, "errMsg": "", "errDlt": "", "data": {}}).to_string()
}

fn after_send_single(from: &str, to: &str, text: &str) -> Value {
    json!({
        "sendID": from, "recvID": to, "sessionType": 1, "contentType": 101,
        "serverMsgID": "server-1", "clientMsgID": "client-1", "sendTime": 1_795_691_716_638_u64,
        "content": json!({"content": text}).to_string(),
    })
}

#[tokio::test]
async fn the_bot_answers_each_message_once_and_no_bot() {
    if !TYPESCRIPT.can_run() {
        return;
    }
    let openim = OpenIm::default();
    let router = Router::new().route("/msg/send_msg", post(send_msg));
    let (api, _) = support::serve(router.with_state(openim.clone())).await;
    let environment = [
        ("BOT_USER", "helper"),
        ("OPENIM_API", &api),
        ("OPENIM_TOKEN", "the-token"),
    ];
    let app = App::start(&TYPESCRIPT, "bot", &environment).await;
    let command = "callbackAfterSendSingleMsgCommand";
    let message = async |from: &str, to: &str, text: &str| {
        let body = after_send_single(from, to, text);
        let event = app.events_of(command, &body).await.pop().unwrap();
        assert_eq!(event["type"], "message.message_sent");
        event
    };
    let answers = || openim.sent.lock().unwrap().clone();

    let question = message("ana", "helper", "how are you?").await;
    for _ in 0..2 {
        assert_eq!(app.deliver(&question).await, 204);
    }
    let [answer] = &answers()[..] else {
        panic!("{:?}", answers());
    };
    let expected = json!({
        "sendID": "helper", "recvID": "ana", "senderPlatformID": 10, "sessionType": 1,
        "contentType": 101, "content": {"content": "You wrote: how are you?"},
    });
    assert_eq!(answer, &expected);

    // Its own answer, a message between others, another bot's, a group's.
    let mut of_a_bot = message("robot", "helper", "how are you?").await;
    of_a_bot["data"]["bot"] = json!(true);
    let mut in_a_group = message("ana", "helper", "how are you?").await;
    in_a_group["data"]["conversation"] = json!({"group": "helpers"});
    for event in [
        message("helper", "ana", "You wrote: how are you?").await,
        message("ana", "leo", "how are you?").await,
        of_a_bot,
        in_a_group,
    ] {
        assert_eq!(app.deliver(&event).await, 204);
    }
    assert_eq!(answers().len(), 1);

    // What OpenIM did not send is sent when the event comes again.
    let other = message("leo", "helper", "and now?").await;
    *openim.code.lock().unwrap() = 500;
    assert_eq!(app.deliver(&other).await, 503);
    *openim.code.lock().unwrap() = 0;
    assert_eq!(app.deliver(&other).await, 204);
    assert_eq!(app.deliver(&other).await, 204);
    let to_leo = answers().into_iter().filter(|it| it["recvID"] == "leo");
    assert_eq!(to_leo.count(), 2, "one of them was not sent");
}

/// The blocks of docs/examples.md in a language.
fn blocks_of_the_page(language: &str) -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/examples.md")).unwrap();
    let blocks = page.split("```").skip(1).step_by(2);
    let blocks = blocks.filter_map(|block| block.strip_prefix(&format!("{language}\n")));
    blocks.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_page_about_the_services_shows_what_they_do() {
    let mut app = App::start(&PYTHON, "page-about-services", &[]).await;
    let console = blocks_of_the_page("console");
    assert_eq!(console.len(), 2);
    let mut sent = Vec::new();
    for block in &console {
        let (command, expected) = block.trim_end().rsplit_once('\n').unwrap();
        let path = command.split_once(":9000").unwrap().1;
        let (path, body) = path.split_once(" \\\n    -d '").unwrap();
        let body = body.strip_suffix('\'').unwrap();
        let answer = app.run.send(&Request::post(path, body)).await;
        assert_eq!(answer.body, expected, "{command}");
        sent.push((path.to_owned(), serde_json::from_str(body).unwrap()));
    }
    let (path, body) = sent.pop().unwrap();
    let events = app.events_of(path.trim_start_matches('/'), &body).await;
    let mut event = events[0].clone();
    event["subject"] = json!("user/4801153207");
    assert_eq!(app.deliver(&event).await, 204);
    let shown = blocks_of_the_page("text");
    let shown = printed_line(shown[0].trim());
    let printed = |line: &str| (printed_line(line) == shown).then_some(());
    timeout(Duration::from_secs(60), app.service.wait_for(printed))
        .await
        .expect("the line is printed as it is shown");
}

#[tokio::test]
async fn a_service_that_pushes_itself_refuses_the_pushes_of_openim() {
    let [question, answer] = &blocks_of_the_page("json")[..] else {
        panic!("a question and an answer are shown");
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let service = DecisionService::answering(&json(answer)).await;
    let folder = folder("own-push");
    let mut imhook = command(&folder, &binary("imhook"));
    let run = Run::of(&folder, imhook.args(["--decision-url", &service.url])).await;
    let body = json!({"userIDList": ["7720934416"], "sendID": "4801153207", "content": "{}"});
    let request = Request::post("/callbackBeforeOfflinePushCommand", body.to_string());
    let refused = run.send(&request).await;
    let code = json(answer)["code"].as_i64().unwrap();
    refused.assert_refused(code, 200);
    let mut asked = service.questions()[0].json();
    for differs in ["id", "deadline_ms"] {
        asked[differs] = json(question)[differs].clone();
    }
    assert_eq!(asked, json(question));
}

/// Lines that are neither empty nor comments.
fn lines_of_code(code: &str) -> usize {
    let lines = code.lines().map(str::trim);
    let is_comment = |line: &str| ["//", "/*", "#"].iter().any(|mark| line.starts_with(mark));
    lines
        .filter(|line| !line.is_empty() && !is_comment(line))
        .count()
}

#[test]
fn no_example_has_more_than_80_lines_of_code() {
    assert_eq!(lines_of_code("// a\n\n# b\n  /** c */\nd\n  e // f\n"), 2);
    let folders = fs::read_dir(root().join("examples")).unwrap();
    let mut folders: Vec<PathBuf> = folders.map(|it| it.unwrap().path()).collect();
    folders.sort();
    let known = ALL.map(|example| root().join("examples").join(example.language));
    assert_eq!(folders, known);
    for example in ALL {
        let lines = lines_of_code(&example.code());
        assert!(lines <= 80, "{}: {lines} lines", example.source);
        println!("{}: {lines} lines of code", example.source);
    }
}
