//! Cases that users of these servers and of similar receivers have met, with the right answers. Every case is sent to
//! `imhook run`, and as a gateway's event to the functions alone.

mod case;
mod http;
mod judge;

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use models::{CATCH_ALL, HttpRequest, root};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use receiver::{SignatureAlgorithm, SignatureEncoding, openim_sign};
use serde_json::{Value, json};
use support::{Dynamodb, Function, Process, Table, binary, free_port, function_at, records};
use tokio::process::Command;

use case::{Case, Need, Request, Tool, cases, fill};
use judge::{Answer, Printed, Seen, faults};

/// The cases that cannot be sent as an event to a function alone, with the reason.
const NOT_AS_EVENTS: &[(&str, &str)] = &[
    (
        "90-killed-function-before",
        "only `imhook run`, or Lambda, starts a function again",
    ),
    ("98-remark-policy-check", "it runs only the tool"),
];

#[tokio::test(flavor = "multi_thread")]
async fn imhook_run_answers_every_case_right() {
    let run = Run::start().await;
    // `imhook run` does not verify signatures, so these cases go to functions that do.
    let dynamodb = Dynamodb::dynoxide().await;
    let mut signed = Functions::start(&dynamodb, true).await;
    let cases = cases();
    let mut played = Vec::new();
    for case in &cases {
        played.push(match case.needs.contains(&Need::Signature) {
            true => signed.play(case).await,
            false => run.play(case).await,
        });
    }

    let mut items = http::items(&run.dynamodb, "events").await;
    items.extend(signed.items().await);
    wait_for_output().await;
    assert_all_right(cases.iter().zip(&played), &items, &run.process.lines());
    assert_eq!(played.len(), 98);
    run.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_functions_alone_answer_every_case_right() {
    let dynamodb = Dynamodb::dynoxide().await;
    let mut open = Functions::start(&dynamodb, false).await;
    let mut signed = Functions::start(&dynamodb, true).await;
    let (other, cases): (Vec<Case>, Vec<Case>) = cases()
        .into_iter()
        .partition(|case| case.request.is_none() || case.kill.is_some());
    let other: Vec<&str> = other.iter().map(|case| case.file.as_str()).collect();
    let expected = NOT_AS_EVENTS.iter().rev().map(|(file, _)| *file);
    assert_eq!(other, expected.collect::<Vec<_>>());

    let mut played = Vec::new();
    for case in &cases {
        played.push(match case.needs.contains(&Need::Signature) {
            true => signed.play(case).await,
            false => open.play(case).await,
        });
    }

    let mut items = open.items().await;
    items.extend(signed.items().await);
    wait_for_output().await;
    assert_all_right(cases.iter().zip(&played), &items, &open.log());
    assert_eq!(played.len(), 96);
}

/// The output of a process arrives a little later.
async fn wait_for_output() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

fn assert_all_right<'a>(
    played: impl Iterator<Item = (&'a Case, &'a Seen)>,
    items: &[String],
    log: &[String],
) {
    let failing: Vec<String> = played
        .map(|(case, seen)| (case, faults(case, seen, items, log)))
        .filter(|(_, faults)| !faults.is_empty())
        .map(|(case, faults)| format!("{}: {}", case.file, faults.join("; ")))
        .collect();
    let count = failing.len();
    assert!(count == 0, "{count} cases fail:\n{}", failing.join("\n"));
}

/// An id that is used nowhere else.
fn new_id() -> String {
    let nanos = case::since_1970().as_nanos();
    format!("c{nanos:x}x{}", free_port())
}

// --- `imhook run` ---

struct Run {
    process: Process,
    /// The host and port for callbacks.
    host: String,
    /// The endpoint of the DynamoDB of `imhook run`.
    dynamodb: String,
}

impl Run {
    async fn start() -> Self {
        let (port, dynamodb_port) = (free_port().to_string(), free_port().to_string());
        let folder = scratch(&format!("cases-{port}"));
        let mut process = Process::start(
            Command::new(binary("imhook"))
                .current_dir(root())
                .args(["run", "--port", &port, "--dynamodb-port", &dynamodb_port])
                .args(["--inspect-port", "0"])
                .args(["--policies", "tests/cases/policies.json", "--folder"])
                .arg(folder),
        );
        process
            .wait_for(|line| line.starts_with("ready:").then_some(()))
            .await;
        Self {
            process,
            host: format!("127.0.0.1:{port}"),
            dynamodb: format!("http://127.0.0.1:{dynamodb_port}"),
        }
    }

    async fn play(&self, case: &Case) -> Seen {
        let id = new_id();
        let killed = case
            .kill
            .as_ref()
            .map(|name| end_below(self.process.id(), name));
        if killed.is_some() {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        for request in &case.before {
            http::send(&self.host, request, &id, &[]).await;
        }
        let mut answer = None;
        if let Some(request) = &case.request {
            answer = Some(http::send(&self.host, request, &id, &[]).await);
        }
        let mut printed = None;
        if let Some(tool) = &case.then {
            let given = Instant::now() + Duration::from_secs(tool.wait);
            loop {
                let now = run(tool, &id, &["--dynamodb", &self.dynamodb]).await;
                let mut wanted = case.right.stdout_has.iter();
                let done = wanted.all(|text| now.stdout.contains(text));
                printed = Some(now);
                if done || Instant::now() >= given {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        Seen {
            id,
            killed,
            answer,
            printed,
        }
    }

    /// Ends it with SIGTERM, so it ends its functions, too.
    async fn stop(self) {
        self.process.terminate().await;
    }
}

/// Kills the function's processes that another process has started. Returns whether there was one.
fn end_below(ancestor: u32, function: &str) -> bool {
    let number = |text: &str| text.parse::<u32>().ok();
    let processes: HashMap<u32, (u32, String)> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let id = number(entry.file_name().to_str()?)?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let parent = number(stat.rsplit_once(") ")?.1.split(' ').nth(1)?)?;
            let line = fs::read(entry.path().join("cmdline")).ok()?;
            let program = String::from_utf8_lossy(line.split(|byte| *byte == 0).next()?);
            let name = Path::new(&*program).file_name()?.to_str()?.to_owned();
            Some((id, (parent, name)))
        })
        .collect();
    let is_below = |id: &u32| {
        let parent = |id: &u32| processes.get(id).map(|(parent, _)| *parent);
        std::iter::successors(parent(id), parent).any(|above| above == ancestor)
    };
    let ended = processes
        .iter()
        .filter(|(id, (_, name))| name == function && is_below(id));
    ended
        .map(|(id, _)| kill(Pid::from_raw(i32::try_from(*id).unwrap()), Signal::SIGKILL))
        .filter(Result::is_ok)
        .count()
        > 0
}

// --- The functions alone ---

/// The functions of one set-up, and their tables. Each function starts when a case needs it.
struct Functions {
    environment: BTreeMap<String, String>,
    started: HashMap<String, Function>,
    signing: bool,
    events: Table,
    relationships: Table,
}

const SIGNING_KEY: &str = "a key for tests";

impl Functions {
    async fn start(dynamodb: &Dynamodb, signing: bool) -> Self {
        let events = dynamodb.events_table().await;
        let relationships = dynamodb.relationships_table().await;
        let policies = root().join("tests/cases/policies.json");
        let mut environment = events.environment();
        let mut set = |name: &str, value: &str| environment.insert(name.into(), value.into());
        set("RELATIONSHIPS_TABLE", &relationships.name);
        set("POLICIES_FILE", policies.to_str().unwrap());
        if signing {
            set("OPENIM_VERIFIER", "signature");
            set(
                "OPENIM_SIGNATURE_ALGORITHM",
                SignatureAlgorithm::HmacSha256.name(),
            );
            set("OPENIM_SIGNATURE_ENCODING", "hex");
            set("OPENIM_SIGNATURE_HEADER", "X-Signature");
            set("OPENIM_NONCE_HEADER", "X-Nonce");
            set("OPENIM_SIGNATURE_KEY", SIGNING_KEY);
            set("NONCES_TABLE", &dynamodb.nonces_table().await.name);
        }
        Self {
            environment,
            started: HashMap::new(),
            signing,
            events,
            relationships,
        }
    }

    async fn function(&mut self, name: &str) -> &Function {
        if !self.started.contains_key(name) {
            let function = Function::start(name, &self.environment).await;
            self.started.insert(name.to_owned(), function);
        }
        &self.started[name]
    }

    async fn play(&mut self, case: &Case) -> Seen {
        let id = new_id();
        for request in &case.before {
            self.send(request, &id).await;
        }
        let answer = match &case.request {
            Some(request) => Some(self.send(request, &id).await),
            None => None,
        };
        let mut printed = None;
        if let Some(tool) = &case.then {
            // Passes the stream to the view, as `imhook run` and Lambda do.
            let records = records(&self.events).await;
            let view = self.function("project-views").await;
            let applied = view.invoke(json!({ "Records": records })).await;
            assert_eq!(applied["batchItemFailures"], json!([]), "{applied}");
            let tables = [
                ["--dynamodb", &self.events.endpoint],
                ["--events-table", &self.events.name],
                ["--relationships-table", &self.relationships.name],
            ];
            printed = Some(run(tool, &id, tables.as_flattened()).await);
        }
        Seen {
            id,
            killed: None,
            answer,
            printed,
        }
    }

    async fn send(&mut self, request: &Request, id: &str) -> Answer {
        let started = Instant::now();
        let (function, event) = match request.event(id) {
            Some((function, event)) => (function.to_owned(), event),
            None => {
                let function = function_at(&request.path).to_owned();
                (function, self.rest_api_event(request, id).to_string())
            }
        };
        let response = self.function(&function).await.invoke_text(event).await;
        let body = response.to_string().into_bytes();
        let answer = Answer {
            status: 0,
            body,
            took: started.elapsed(),
        };
        answer.of_the_function()
    }

    fn rest_api_event(&self, request: &Request, id: &str) -> Value {
        let mut headers = request.headers(id);
        if request.sign && self.signing {
            let (algorithm, encoding) = (SignatureAlgorithm::HmacSha256, SignatureEncoding::Hex);
            let signature = openim_sign(algorithm, encoding, SIGNING_KEY, id).unwrap();
            headers.push(("X-Nonce".to_owned(), id.to_owned()));
            headers.push(("X-Signature".to_owned(), signature));
        }
        let query = fill(&request.query, id);
        let url = reqwest::Url::parse(&format!("http://x/?{query}")).unwrap();
        let query = url.query_pairs().into_owned().collect();
        HttpRequest {
            method: request.method.clone(),
            path: fill(&request.path, id),
            route: CATCH_ALL.to_owned(),
            query,
            headers,
            body: request.body(id),
            base64: false,
        }
        .to_rest_api_event(
            &new_id(),
            i64::try_from(case::since_1970().as_millis()).unwrap(),
        )
    }

    async fn items(&self) -> Vec<String> {
        http::items(&self.events.endpoint, &self.events.name).await
    }

    fn log(&self) -> Vec<String> {
        self.started.values().flat_map(Function::log).collect()
    }
}

// --- The tool ---

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

async fn run(tool: &Tool, id: &str, tables: &[&str]) -> Printed {
    let folder = scratch(id);
    for (name, content) in &tool.files {
        let text = content
            .as_str()
            .map_or_else(|| content.to_string(), Into::into);
        fs::write(folder.join(name), text).unwrap();
    }
    let arguments = tool.arguments.iter();
    let arguments =
        arguments.map(|text| fill(text, id).replace("{{folder}}", folder.to_str().unwrap()));
    let mut command = Command::new(binary("imhook"));
    command
        .args(arguments)
        .current_dir(&folder)
        .kill_on_drop(true);
    // A run with files concerns only those.
    if tool.files.is_empty() {
        command.args(tables);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if tool.close_stdout {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command.stdout(writer);
    }
    let output = tokio::time::timeout(
        Duration::from_secs(60),
        command.spawn().unwrap().wait_with_output(),
    );
    let output = output
        .await
        .expect("the tool ends within 60 seconds")
        .unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let status = output.status;
    Printed {
        code: status
            .code()
            .or(status.signal().map(|signal| -signal))
            .unwrap(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
