//! `imhook run`, which `make run` starts: its gateway, its Lambda, its stream.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use models::{Verdict, payloads, read_as_openim};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use store::Settings;
use support::{
    Answer, Behaviour, ChatServer, DecisionService, Dynamodb, EventBus, Fault, FaultProxy, Process,
    Refusal, Request, SDK_APP_ID, StoredMessage, Table, binary, free_port, wait_for_relationships,
};
use tokio::process::Command;

use crate::deliver::accepts;
use crate::examples::{assert_accepted, assert_stored, over_http, request};

/// `imhook run` with ports and a folder that only this test uses.
pub(crate) struct Run {
    pub(crate) process: Process,
    folder: PathBuf,
    url: String,
    dynamodb: String,
}

impl Run {
    /// Starts it with nothing stored and no policies.
    async fn new(test: &str) -> Self {
        Self::start(&folder(test), &binary("imhook")).await
    }

    /// Starts it with the data in the folder, and the functions next to the program.
    async fn start(folder: &Path, program: &Path) -> Self {
        Self::of(folder, &mut command(folder, program)).await
    }

    pub(crate) async fn of(folder: &Path, command: &mut Command) -> Self {
        let mut process = Process::start(command);
        let named = |name: &'static str| move |line: &str| Some(line.strip_prefix(name)?.into());
        Self {
            url: process.wait_for(named("url: ")).await,
            dynamodb: process.wait_for(named("dynamodb: ")).await,
            folder: folder.to_owned(),
            process,
        }
        .ready()
        .await
    }

    async fn ready(mut self) -> Self {
        let ready = |line: &str| line.starts_with("ready: ").then_some(());
        self.process.wait_for(ready).await;
        self
    }

    pub(crate) async fn send(&self, request: &Request) -> Answer {
        request.send(&self.url).await
    }

    /// Sends a callback: a friend was deleted.
    async fn delete(&self, owner: &str, friend: &str) -> Answer {
        let body = json!({"ownerUserID": owner, "friendUserID": friend});
        let path = "/callbackAfterDeleteFriendCommand";
        self.send(&Request::post(path, body.to_string())).await
    }

    /// Sends a callback that asks whether a user may ask for friendship.
    async fn before_add_friend(&self, from: &str) -> Answer {
        self.send(&before_add_friend(from)).await
    }

    pub(crate) fn table(&self, name: &str) -> Table {
        let settings = Settings::local(&self.dynamodb);
        Table {
            client: store::dynamodb(&settings, Duration::from_secs(10)),
            endpoint: self.dynamodb.clone(),
            name: name.to_owned(),
        }
    }

    /// The processes of all functions.
    fn functions(&self) -> Vec<(Pid, String)> {
        below(self.process.id())
    }

    /// The only process of this function.
    fn process_of(&self, function: &str) -> Pid {
        let mut functions = self.functions();
        functions.retain(|(_, name)| name == function);
        assert_eq!(functions.len(), 1, "{function}: {functions:?}");
        functions[0].0
    }

    fn lines_with(&self, text: &str) -> usize {
        let lines = self.process.lines();
        lines.iter().filter(|line| line.contains(text)).count()
    }

    async fn wait_for_line(&mut self, text: &str) {
        let found = |line: &str| line.contains(text).then_some(());
        self.process.wait_for(found).await;
    }

    /// Ends it with the signal of Ctrl-C or of scripts. Checks that no process remains.
    async fn stop(mut self, signal: Signal) -> Duration {
        let (id, functions) = (self.process.id(), self.functions());
        let asked = Instant::now();
        kill(pid(id), signal).unwrap();
        let status = self.process.ended().await;
        let took = asked.elapsed();
        assert!(status.success(), "{status}");
        self.wait_for_line("stopped").await;
        wait_until_ended(&functions).await;
        assert_eq!(self.lines_with("panicked"), 0);
        took
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("imhook run wrote:\n{}", self.process.lines().join("\n"));
        }
    }
}

fn before_add_friend(from: &str) -> Request {
    let body = json!({"fromUserID": from, "toUserID": "bob", "reqMsg": ""});
    Request::post("/callbackBeforeAddFriendCommand", body.to_string())
}

/// An empty folder with policies that switch nothing on.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("make-run-{test}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("policies.json"), "{}").unwrap();
    folder
}

/// `imhook run` with its data in the folder, and without its page.
pub(crate) fn command(folder: &Path, program: &Path) -> Command {
    with_page(folder, program, 0)
}

/// The same with its page on this port. Without the option, it would take a port that another test may be about to use.
pub(crate) fn with_page(folder: &Path, program: &Path, port: u16) -> Command {
    let mut command = Command::new(program);
    command
        .args(["run", "--port", &free_port().to_string()])
        .args(["--dynamodb-port", &free_port().to_string()])
        .args(["--inspect-port", &port.to_string()])
        .arg("--folder")
        .arg(folder)
        .arg("--policies")
        .arg(folder.join("policies.json"))
        // These tests are not about the speed of the machine.
        .env("DEADLINE_MS", "2500")
        .env("BEFORE_DEADLINE_MS", "2500");
    command
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).unwrap())
}

/// The running child processes of a process, with the names of their programs.
fn below(parent: u32) -> Vec<(Pid, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap() {
        let path = entry.unwrap().path();
        let read = |file: &str| fs::read_to_string(path.join(file));
        let (Ok(stat), Ok(line)) = (read("stat"), read("cmdline")) else {
            continue;
        };
        // "<id> (<name>) <state> <parent> …"
        let after_name = stat.rsplit_once(") ").unwrap().1;
        let is_child = after_name.split(' ').nth(1) == Some(&parent.to_string());
        let program = line.split('\0').next().unwrap();
        if is_child && !program.is_empty() {
            let id = path.file_name().unwrap().to_str().unwrap();
            let name = program.rsplit('/').next().unwrap();
            found.push((pid(id.parse().unwrap()), name.to_owned()));
        }
    }
    found
}

async fn wait_until_ended(processes: &[(Pid, String)]) {
    for _ in 0..600 {
        let left = processes.iter().filter(|(id, name)| {
            fs::read_to_string(format!("/proc/{id}/cmdline")).is_ok_and(|line| line.contains(name))
        });
        if left.count() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("these processes still run: {processes:?}");
}

/// Asserts that a function has allowed it.
pub(crate) fn assert_allowed(answer: &Answer) {
    let allowed = r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0}"#;
    assert_eq!((answer.status, answer.body.as_str()), (200, allowed));
}

/// Asserts that the gateway itself has refused it, as the stack's gateway does.
fn assert_refused_by_the_gateway(answer: &Answer) {
    answer.assert_refused(29020, 502);
    assert_eq!(answer.json()["errDlt"], "DEFAULT_5XX");
    assert_eq!(answer.content_type, "application/json");
}

#[tokio::test]
async fn every_command_at_every_url_is_answered_stored_and_applied() {
    let run = Run::new("everything").await;
    let payloads = payloads();
    let mut sent = over_http(&payloads);
    for (payload, url) in &sent {
        let answer = run.send(&request(payload, url)).await;
        assert_accepted(payload, url, &answer);
    }
    sent.retain(|(payload, _)| !payload.events.is_empty());
    let table = run.table("events");
    let stored = table.receptions().await;
    assert_eq!(stored.len(), sent.len(), "each is stored once");
    for ((payload, url), reception) in sent.iter().zip(&stored) {
        assert_stored(payload, url, reception);
    }
    wait_for_relationships(&table, &run.table("relationships")).await;
    run.stop(Signal::SIGTERM).await;
}

#[tokio::test]
async fn a_function_starts_with_its_first_request() {
    let run = Run::new("at-rest").await;
    for line in [
        format!("data: {}", run.folder.join("dynamodb.sqlite").display()),
        format!("checkpoint: {}", run.folder.join("stream.json").display()),
        format!("policies: {}", run.folder.join("policies.json").display()),
        "table: events".to_owned(),
        "relationships: relationships".to_owned(),
        format!("SdkAppid: {SDK_APP_ID}"),
    ] {
        assert_eq!(run.lines_with(&line), 1, "{line}");
    }
    // In this time, the stream has been read.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(run.functions(), []);

    let body = r#"{"userID": "a", "nickname": "Anna"}"#;
    let profile = Request::post("/callbackAfterUpdateUserInfoCommand", body);
    assert_allowed(&run.send(&profile).await);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let names = |run: &Run| {
        let mut names: Vec<String> = run.functions().into_iter().map(|it| it.1).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(
        names(&run),
        ["after-update-user-info"],
        "a profile changes no relationship"
    );
    for _ in 0..3 {
        assert_allowed(&run.delete("a", "b").await);
    }
    wait_for_relationships(&run.table("events"), &run.table("relationships")).await;
    let started = [
        "after-delete-friend",
        "after-update-user-info",
        "project-views",
    ];
    assert_eq!(names(&run), started, "one process for all requests");
    run.stop(Signal::SIGINT).await;
}

/// OpenIM reads every JSON as "allowed", except its own form of a refusal. So an answer must not come from another
/// program.
#[tokio::test]
async fn any_bytes_get_an_answer_of_the_receiver() {
    let run = Run::new("bytes").await;
    let client = reqwest::Client::new();
    let tencent = |command: &str| {
        format!("/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand={command}&contenttype=json")
    };
    let paths = [
        "/callbackBeforeAddFriendCommand".to_owned(),
        "/callbackAfterDeleteFriendCommand".to_owned(),
        "/callbackNobodyKnowsCommand".to_owned(),
        tencent("Sns.CallbackPrevFriendAdd"),
        tencent("Sns.CallbackFriendDelete"),
    ];
    let plain = br#"{"fromUserID":"a","toUserID":"b","ownerUserID":"a","friendUserID":"b"}"#;
    let not_utf8 = br#"{"fromUserID":"a","toUserID":"b","ownerUserID":"a","friendUserID":"b","reqMsg":"Ren\xe9"}"#;
    let not_utf8 = [&not_utf8[..], b"\xe9"].concat();
    let gzip = [
        &b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"[..],
        &[0xab; 40],
    ]
    .concat();
    let bom = [&b"\xef\xbb\xbf"[..], plain].concat();
    for path in &paths {
        let post = |body: &[u8]| {
            let post = client
                .post(format!("{}{path}", run.url))
                .body(body.to_vec());
            post.header("content-type", "application/json")
        };
        let latin1 = HeaderValue::from_bytes(b"Ren\xe9").unwrap();
        for (what, sent) in [
            ("latin-1 header", post(plain).header("x-user", latin1)),
            ("not UTF-8", post(&not_utf8)),
            ("gzip", post(&gzip).header("content-encoding", "gzip")),
            ("byte order mark", post(&bom)),
            ("empty", post(b"")),
        ] {
            let at = format!("{what} at {path}");
            let answer = sent.send().await.unwrap();
            let status = answer.status().as_u16();
            let body = answer.text().await.unwrap();
            assert!(status < 500, "{at}: {status} {body}");
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_ne!(body["errCode"], 29020, "{at}: a function answers");
            let own: &[&str] = match path.starts_with("/tencent") {
                true => &["ActionStatus", "ErrorCode", "ErrorInfo"],
                false => &["actionCode", "errCode", "errMsg", "errDlt", "nextCode"],
            };
            for name in own {
                assert!(!body[name].is_null(), "{at}: {body}");
            }
        }
    }
    assert_eq!(run.lines_with("the gateway answered"), 0);
}

#[tokio::test]
async fn the_gateway_refuses_a_body_that_is_too_large_for_lambda() {
    let run = Run::new("too-large").await;
    let path = "/callbackBeforeAddFriendCommand";
    for bytes in [5 << 20, 7 << 20, 20 << 20] {
        let answer = run.send(&Request::post(path, vec![b'"'; bytes])).await;
        answer.assert_refused(29020, 413);
        assert_eq!(answer.json()["errDlt"], "REQUEST_TOO_LARGE", "{bytes}");
    }
    assert_eq!(run.functions(), []);
}

#[tokio::test]
async fn a_killed_process_is_started_again() {
    let run = Run::new("killed").await;
    assert_allowed(&run.before_add_friend("a").await);
    for times in 1..4 {
        let process = run.process_of("before-add-friend");
        kill(process, Signal::SIGKILL).unwrap();
        while run.lines_with("its process ended (signal: 9") < times {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_allowed(&run.before_add_friend("a").await);
        assert_ne!(run.process_of("before-add-friend"), process);
    }
    // A request directly after the kill may still reach the process while it ends.
    kill(run.process_of("before-add-friend"), Signal::SIGKILL).unwrap();
    match read_as_openim(&run.before_add_friend("a").await.body) {
        Verdict::Allowed | Verdict::Refused { code: 29020, .. } => {}
        verdict => panic!("{verdict:?}"),
    }
    assert_allowed(&run.before_add_friend("a").await);
}

#[tokio::test]
async fn a_request_whose_process_dies_is_answered_at_once_as_by_the_stack() {
    let mut run = Run::new("dies").await;
    assert_allowed(&run.before_add_friend("a").await);
    let process = run.process_of("before-add-friend");
    // So that it has asked for its next request. If it is stopped before that, another process gets the request.
    tokio::time::sleep(Duration::from_millis(500)).await;
    kill(process, Signal::SIGSTOP).unwrap();
    let (url, asked) = (run.url.clone(), Instant::now());
    let answer = tokio::spawn(async move { before_add_friend("a").send(&url).await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(
        !answer.is_finished(),
        "the request waits for the stopped process"
    );
    kill(process, Signal::SIGKILL).unwrap();
    assert_refused_by_the_gateway(&answer.await.unwrap());
    assert!(
        asked.elapsed() < Duration::from_secs(3),
        "the answer comes before the function's Timeout"
    );
    run.wait_for_line("its process ended before it had answered; the gateway answered for it")
        .await;
    assert_allowed(&run.before_add_friend("a").await);
}

#[tokio::test]
async fn a_process_that_does_not_answer_is_killed_and_its_request_answered() {
    let mut run = Run::new("hangs").await;
    assert_allowed(&run.before_add_friend("a").await);
    let process = run.process_of("before-add-friend");
    kill(process, Signal::SIGSTOP).unwrap();
    let asked = Instant::now();
    assert_refused_by_the_gateway(&run.before_add_friend("a").await);
    let took = asked.elapsed();
    let timeout = Duration::from_secs(3);
    assert!(timeout <= took && took < 2 * timeout, "{took:?}");
    // It was stopped while it handled the request, or before it asked for it.
    run.wait_for_line("its process is ended: ").await;
    wait_until_ended(&[(process, "before-add-friend".to_owned())]).await;
    assert_allowed(&run.before_add_friend("a").await);
    // The log does not report the end, because it was intended.
    assert_eq!(run.lines_with("its process ended"), 0);
}

#[tokio::test]
async fn more_requests_than_processes_wait_their_turn() {
    let run = Run::new("turns").await;
    let send = |n| {
        let url = run.url.clone();
        tokio::spawn(async move { before_add_friend(&format!("a{n}")).send(&url).await })
    };
    for answer in (0..40).map(send).collect::<Vec<_>>() {
        assert_allowed(&answer.await.unwrap());
    }
    let processes = run.functions().len();
    assert!((1..=4).contains(&processes), "{processes}");
}

#[tokio::test]
async fn a_new_build_and_a_new_policies_file_apply_to_the_next_request() {
    let folder = folder("built");
    let binaries = folder.join("bin");
    fs::create_dir(&binaries).unwrap();
    let program = binaries.join("imhook");
    fs::hard_link(binary("imhook"), &program).unwrap();
    let function = binaries.join("before-add-friend");
    let mut run = Run::start(&folder, &program).await;

    // The function is not built yet. Then it is built, but cannot start.
    assert_refused_by_the_gateway(&run.before_add_friend("mallory").await);
    run.wait_for_line("its process did not start: ").await;
    fs::write(&function, "#!/bin/sh\necho not today\nexit 3\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&function, executable).unwrap();
    assert_refused_by_the_gateway(&run.before_add_friend("mallory").await);
    run.wait_for_line("before-add-friend: not today").await;
    run.wait_for_line("its process ended (exit status: 3)")
        .await;

    let build = || {
        let new = folder.join("new");
        fs::copy(binary("before-add-friend"), &new).unwrap();
        fs::rename(new, &function).unwrap();
    };
    build();
    assert_allowed(&run.before_add_friend("mallory").await);
    let first = run.process_of("before-add-friend");
    assert_allowed(&run.before_add_friend("mallory").await);
    assert_eq!(run.process_of("before-add-friend"), first);
    build();
    assert_allowed(&run.before_add_friend("mallory").await);
    wait_until_ended(&[(first, "before-add-friend".to_owned())]).await;
    let second = run.process_of("before-add-friend");
    // While the function is built again, the old process answers.
    fs::remove_file(&function).unwrap();
    assert_allowed(&run.before_add_friend("mallory").await);
    assert_eq!(run.process_of("before-add-friend"), second);
    build();

    let policies = r#"{"callbackBeforeAddFriendCommand": {"actingUser": {"deny": ["mallory"]}}}"#;
    fs::write(folder.join("policies.json"), policies).unwrap();
    match read_as_openim(&run.before_add_friend("mallory").await.body) {
        Verdict::Refused { code, .. } => assert_eq!(code, 28001),
        verdict => panic!("{verdict:?}"),
    }
    assert_allowed(&run.before_add_friend("a").await);
}

#[tokio::test]
async fn the_invoke_api_passes_any_json_to_a_function_and_returns_its_answer() {
    let run = Run::new("invoke").await;
    let client = reqwest::Client::new();
    let invoke = |function: &str, event: &str| {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        client
            .post(format!("{}{path}", run.url))
            .body(event.to_owned())
            .send()
    };
    let request = Request::post(
        "/callbackAfterDeleteFriendCommand",
        r#"{"ownerUserID":"a","friendUserID":"b"}"#,
    );
    let event = request.to_rest_api_event("the-id", 1_795_264_496_789);
    let answer = invoke("after-delete-friend", &event.to_string())
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_allowed(&Answer::from_gateway_response(&answer));
    assert_eq!(run.table("events").receptions().await[0].id, "the-id");

    // An event that no gateway sends, with half an emoji and a number that is too large for a float.
    let odd = r#"{"body": "\ud83d", "n": 1e400}"#;
    let answer = invoke("after-delete-friend", odd).await.unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(answer["statusCode"], 400, "{answer}");
    // A function that returns an error.
    let answer = invoke("project-views", "[]").await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-amz-function-error"], "Unhandled");
    assert!(answer.text().await.unwrap().contains("errorMessage"));
    for (function, event, status) in [
        ("nobody", "{}", 404),
        ("imhook", "{}", 404),
        ("after-delete-friend", "{", 400),
        ("after-delete-friend", "", 400),
    ] {
        let answer = invoke(function, event).await.unwrap();
        assert_eq!(answer.status(), status, "{function} {event}");
    }
}

#[tokio::test]
async fn a_new_start_continues_in_the_stream_where_the_last_one_stopped() {
    const UPDATED: &str = "relationships updated";
    let folder = folder("restart");
    let program = binary("imhook");
    let mut run = Run::start(&folder, &program).await;
    for n in 0..5 {
        assert_allowed(&run.delete("a", &format!("b{n}")).await);
    }
    let (events, relationships) = (run.table("events"), run.table("relationships"));
    wait_for_relationships(&events, &relationships).await;
    // The function logs a line after it has written the rows.
    run.wait_for_line(UPDATED).await;
    // The checkpoint is written a little after the rows.
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.stop(Signal::SIGTERM).await;

    let mut run = Run::start(&folder, &program).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(run.functions(), [], "no event is left to apply");
    assert_allowed(&run.delete("a", "c").await);
    let (events, relationships) = (run.table("events"), run.table("relationships"));
    wait_for_relationships(&events, &relationships).await;
    run.wait_for_line(UPDATED).await;
    let updates = run.process.lines();
    let updates: Vec<&String> = updates.iter().filter(|it| it.contains(UPDATED)).collect();
    assert_eq!(updates.len(), 1, "{updates:?}");
    assert!(updates[0].contains("events=1 "), "{updates:?}");
    run.stop(Signal::SIGTERM).await;

    // New data with the old checkpoint.
    fs::remove_file(folder.join("dynamodb.sqlite")).unwrap();
    let run = Run::start(&folder, &program).await;
    assert_allowed(&run.delete("a", "d").await);
    let (events, relationships) = (run.table("events"), run.table("relationships"));
    assert_eq!(events.items().await.len(), 1);
    wait_for_relationships(&events, &relationships).await;
}

#[tokio::test]
async fn a_service_on_this_machine_decides_with_a_secret_that_is_printed() {
    let refuse = json!({"decision": "refuse", "code": 20005, "message": "no"});
    let service = DecisionService::answering(&refuse).await;
    let folder = folder("decisions");
    let mut command = command(&folder, &binary("imhook"));
    let mut run = Run::of(&folder, command.args(["--decision-url", &service.url])).await;
    run.before_add_friend("ana")
        .await
        .assert_refused(20005, 200);
    let [question] = &service.questions()[..] else {
        panic!("one question");
    };
    let named = format!("decisions: {}, signed with ", service.url);
    let printed = |line: &str| Some(line.strip_prefix(&named)?.to_owned());
    let secret: String = run.process.wait_for(printed).await;
    let mut headers = http::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, question.headers[name].parse().unwrap());
    }
    let webhook = standardwebhooks::Webhook::new(&secret).unwrap();
    webhook.verify(&question.body, &headers).unwrap();
}

#[tokio::test]
async fn a_service_on_this_machine_gets_every_event_also_after_it_was_away() {
    let service = DecisionService::start(Behaviour::Answer(202, String::new())).await;
    let other = DecisionService::start(Behaviour::Answer(200, String::new())).await;
    let folder = folder("deliveries");
    let start = async || {
        let mut command = command(&folder, &binary("imhook"));
        let command = command.args(["--delivery-url", &service.url]);
        let old = format!("{}/old", other.url);
        let command = command.args(["--forward-url", &old]);
        Run::of(&folder, command.env("DELIVERY_ONLY", "family:relation")).await
    };
    let mut run = start().await;
    let named = format!("deliveries: {}, signed with ", service.url);
    let printed = |line: &str| Some(line.strip_prefix(&named)?.to_owned());
    let secret: String = run.process.wait_for(printed).await;
    let arrived = async |events: usize| {
        for _ in 0..600 {
            let friends = service
                .questions()
                .into_iter()
                .filter(|it| accepts(&secret, it));
            let friends =
                friends.map(|it| it.json()["data"]["friend"].as_str().unwrap().to_owned());
            let mut seen = BTreeSet::new();
            let friends: Vec<String> = friends.filter(|it| seen.insert(it.clone())).collect();
            if friends.len() == events {
                return friends;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("only {} requests came", service.questions().len());
    };
    assert_allowed(&run.delete("ana", "b").await);
    assert_eq!(arrived(1).await, ["b"]);
    let request = service.questions().remove(0);
    assert_eq!(request.json()["type"], "relation.friend_deleted");
    assert_eq!(request.json()["subject"], "user/ana");
    // Another family.
    let online =
        r#"{"userID":"ana","platformID":5,"platform":"Web","connID":"1","isAppBackground":false}"#;
    let online = Request::post("/callbackAfterUserOnlineCommand", online);
    assert_eq!(run.send(&online).await.status, 200);
    // Another receiver gets both callbacks as they came.
    let mut handed_on = BTreeSet::new();
    while handed_on.len() < 2 {
        for request in other.questions() {
            handed_on.insert((request.line, request.body));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (line, body) = handed_on.last().unwrap();
    assert_eq!(line, "POST /old/callbackAfterUserOnlineCommand HTTP/1.1");
    assert_eq!(*body, online.body);

    service.set(Behaviour::Answer(500, String::new()));
    for friend in ["c", "d", "e"] {
        assert_allowed(&run.delete("ana", friend).await);
    }
    while service.questions().len() < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Also what was not taken when it stopped.
    run.stop(Signal::SIGTERM).await;
    service.set(Behaviour::Answer(202, String::new()));
    let run = start().await;
    assert_allowed(&run.delete("ana", "f").await);
    assert_eq!(arrived(5).await, ["b", "c", "d", "e", "f"]);
}

#[tokio::test]
async fn a_picture_is_sent_at_once_and_withdrawn_when_a_service_on_this_machine_refuses_it() {
    let refuse = json!({"decision": "refuse", "code": 20005, "message": "no"});
    let service = DecisionService::answering(&refuse).await;
    let chat = ChatServer::start().await;
    let folder = folder("moderation");
    let mut command = command(&folder, &binary("imhook"));
    let api = format!("{}/api", chat.url);
    let command = command
        .args(["--decision-url", &service.url])
        .args(["--moderate-later", "picture"])
        .args(["--openim-api-url", &api])
        .env("OPENIM_ADMIN_SECRET", ChatServer::OPENIM_SECRET);
    let run = Run::of(&folder, command).await;
    let content = r#"{"sourcePicture":{"url":"https://files.example.com/p.png"}}"#;
    let mut picture = json!({
        "sendID": "ana", "recvID": "leo", "serverMsgID": "s1", "contentType": 102, "sendTime": 1_795_264_496_789_i64,
        "content": content,
    });
    let before = Request::post("/callbackBeforeSendSingleMsgCommand", picture.to_string());
    assert_allowed(&run.send(&before).await);
    assert!(service.questions().is_empty());
    chat.store(StoredMessage {
        conversation: "si_ana_leo".to_owned(),
        seq: 7,
        id: "s1".to_owned(),
        from: "ana".to_owned(),
        to: "leo".to_owned(),
        time: 1_795_264_496_789,
        cleared_by: Vec::new(),
        revoked: false,
    });
    // The server fails at first.
    chat.refuse("/api/msg/revoke_msg", Refusal::Status(500));
    picture["seq"] = 0.into();
    let after = Request::post("/callbackAfterSendSingleMsgCommand", picture.to_string());
    assert_allowed(&run.send(&after).await);
    for _ in 0..600 {
        if !chat.revoked().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(chat.revoked(), [7]);
    let table = run.table("events");
    let refused = async || {
        let receptions = table.receptions().await.into_iter();
        let mut refused = receptions.filter(|it| it.id.ends_with("-moderation"));
        refused.next()
    };
    for _ in 0..600 {
        if refused().await.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(refused().await.is_some());
    let questions = service.questions();
    assert!(
        questions
            .iter()
            .all(|it| it.json()["type"] == "message.sent")
    );
    run.stop(Signal::SIGTERM).await;
}

#[tokio::test]
async fn a_mistake_in_policies_json_is_named_and_nothing_starts() {
    let folder = folder("mistake");
    let file = folder.join("policies.json");
    let run = || async {
        let output = command(&folder, &binary("imhook")).output().await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        String::from_utf8(output.stderr).unwrap()
    };
    fs::write(&file, r#"{"callbackBeforeNothing": {}, "x": 1}"#).unwrap();
    let error = run().await;
    for named in [file.to_str().unwrap(), "$.callbackBeforeNothing", "$.x"] {
        assert!(error.contains(named), "{named}: {error}");
    }
    fs::write(&file, "{").unwrap();
    assert!(run().await.contains(file.to_str().unwrap()));
    fs::remove_file(&file).unwrap();
    assert!(run().await.contains("cannot be read"));
    assert!(!folder.join("dynamodb.sqlite").exists());
}

#[tokio::test]
async fn a_verifier_can_be_set_in_the_environment() {
    let folder = folder("verifier");
    let mut command = command(&folder, &binary("imhook"));
    command.env("OPENIM_VERIFIER", "basic");
    command.env("OPENIM_BASIC_PASSWORD", "secret");
    let mut process = Process::start(&mut command);
    let url = |line: &str| Some(line.strip_prefix("url: ")?.to_owned());
    let url = process.wait_for(url).await;
    let request = before_add_friend("a");
    request.send(&url).await.assert_refused(29001, 401);
    // "openim:secret": the user is that of the stack.
    let request = request.header("authorization", "Basic b3BlbmltOnNlY3JldA==");
    assert_allowed(&request.send(&url).await);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let folder = folder("port");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (option, who) in [
        ("--port", "the gateway"),
        ("--dynamodb-port", "DynamoDB"),
        ("--inspect-port", "the page"),
    ] {
        let mut command = Command::new(binary("imhook"));
        command.args(["run", option, &port]);
        let others = ["--port", "--dynamodb-port", "--inspect-port"];
        for other in others.into_iter().filter(|it| *it != option) {
            command.args([other, &free_port().to_string()]);
        }
        command.arg("--folder").arg(&folder);
        command.arg("--policies").arg(folder.join("policies.json"));
        let output = command.output().await.unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        let named = format!("{who} cannot use 127.0.0.1:{port}");
        assert!(error.contains(&named), "{error}");
    }
}

#[tokio::test]
async fn no_part_of_a_request_controls_the_terminal() {
    let mut run = Run::new("terminal").await;
    let url = format!(
        "/tencent?SdkAppid={SDK_APP_ID}&CallbackCommand=Sns.CallbackFriendDelete&RequestId=%1b%5b2Jfirst%0a12:00:00%20INFO%20%20forged:%20x%e2%80%ae"
    );
    let body = r#"{"PairList":[{"From_Account":"a","To_Account":"b"}]}"#;
    let answer = run.send(&Request::post(&url, body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    run.wait_for_line("12:00:00 INFO  forged: x").await;
    for line in run.process.lines() {
        assert!(!line.starts_with("12:00:00 INFO  forged"), "{line:?}");
        assert!(!line.contains(['\u{1b}', '\u{202e}']), "{line:?}");
    }
}

#[tokio::test]
async fn no_process_remains_after_its_end() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let run = Run::new(&format!("ends-{signal}")).await;
        assert_allowed(&run.before_add_friend("a").await);
        assert_allowed(&run.delete("a", "b").await);
        // A process that is busy for longer than `imhook run` waits.
        kill(run.process_of("before-add-friend"), Signal::SIGSTOP).unwrap();
        let url = run.url.clone();
        let _asked = tokio::spawn(async move { before_add_friend("a").send(&url).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let took = run.stop(signal).await;
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
    // After SIGKILL, `imhook run` cannot end the functions itself.
    let mut run = Run::new("ends-at-once").await;
    assert_allowed(&run.before_add_friend("a").await);
    let functions = run.functions();
    kill(pid(run.process.id()), Signal::SIGKILL).unwrap();
    run.process.ended().await;
    wait_until_ended(&functions).await;
}

/// With times in whole seconds, a part of these would be wrong: which came first, the import or the deletion?
#[tokio::test]
async fn a_callback_that_follows_at_once_is_newer() {
    const PAIRS: usize = 200;
    const AT_ONCE: usize = 8;
    let run = Run::new("pairs").await;
    let started = Instant::now();
    let mut expected = BTreeMap::new();
    let mut pairs = Vec::new();
    // The generator of Numerical Recipes. Its upper bits are random enough.
    let mut state = 1_u32;
    for n in 0..PAIRS {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let random = (state >> 16) as usize;
        let (owner, count) = (format!("owner-{n}"), 1 + random % 3);
        let friends: Vec<String> = (0..count).map(|friend| format!("f{n}-{friend}")).collect();
        let deleted = friends[random / 4 % count].clone();
        let import_is_last = (random / 16).is_multiple_of(2);
        for friend in &friends {
            let is_friend = import_is_last || *friend != deleted;
            expected.insert((owner.clone(), friend.clone()), is_friend);
        }
        let import = Request::post(
            "/callbackAfterImportFriendsCommand",
            json!({"ownerUserID": owner, "friendUserIDs": friends}).to_string(),
        );
        let delete = Request::post(
            "/callbackAfterDeleteFriendCommand",
            json!({"ownerUserID": owner, "friendUserID": deleted}).to_string(),
        );
        pairs.push(match import_is_last {
            true => [delete, import],
            false => [import, delete],
        });
    }
    let send = |pairs: &[[Request; 2]]| {
        let (pairs, url) = (pairs.to_vec(), run.url.clone());
        tokio::spawn(async move {
            for request in pairs.iter().flatten() {
                assert_allowed(&request.send(&url).await);
            }
        })
    };
    let parts = pairs.chunks(PAIRS.div_ceil(AT_ONCE)).map(send);
    for part in parts.collect::<Vec<_>>() {
        part.await.unwrap();
    }
    let sent = started.elapsed();
    let (events, relationships) = (run.table("events"), run.table("relationships"));
    wait_for_relationships(&events, &relationships).await;
    let mut found = BTreeMap::new();
    for row in relationships.items().await {
        let text = |name: &str| row[name].as_s().unwrap().clone();
        if text("aspect") == "friend" {
            let is_friend = *row["present"].as_bool().unwrap();
            found.insert((text("owner"), text("other")), is_friend);
        }
    }
    let wrong: Vec<_> = expected
        .iter()
        .filter(|(pair, is_friend)| found.get(*pair) != Some(is_friend))
        .collect();
    assert!(wrong.is_empty(), "{} of {PAIRS}: {wrong:?}", wrong.len());
    println!(
        "{PAIRS} pairs of requests in {sent:?}, applied after {:?}: 0 wrong of {} rows",
        started.elapsed(),
        expected.len()
    );
}

#[tokio::test]
async fn an_eventbridge_on_this_machine_gets_every_event_also_after_it_was_away() {
    let aws = Dynamodb::ministack().await;
    let bus = EventBus::create(&aws, "laptop").await;
    let proxy = FaultProxy::start(&aws.endpoint, Fault::Throttle, 30).await;
    let folder = folder("bus");
    let mut command = command(&folder, &binary("imhook"));
    let command = command.args(["--eventbridge", &proxy.endpoint]);
    let run = Run::of(&folder, command.args(["--event-bus", &bus.name])).await;
    for n in 0..20 {
        assert_allowed(&run.delete("ana", &format!("f{n}")).await);
    }
    let mut friends = BTreeSet::new();
    while friends.len() < 20 {
        for entry in bus.take().await {
            assert_eq!(entry["detail-type"], "relation.friend_deleted");
            friends.insert(entry["detail"]["data"]["friend"].to_string());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
