//! The endpoints of a run, and a process that uses them.

use std::{
    collections::VecDeque,
    fs,
    io::Read,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    Error, Result,
    contestants::{Contestant, Places, Program, Table},
    endpoint::{
        Constant, DECISION_SECRET, Dynamodb, PASSWORD, RELATIONSHIPS, TABLE, TRUST_STORE_PASSWORD,
        Tls, tls_front,
    },
    event::{OPENIM_USER, TENCENT_APP, TENCENT_TOKEN},
    lock,
    process::Process,
    root,
    runtime_api::{Answer, RuntimeApi},
};

/// How many bytes of a function's log are kept, to show them if the function fails.
const LOG: usize = 8 * 1024;
/// The length of AWS's session tokens.
const SESSION_TOKEN: usize = 1000;

/// All endpoints that a set of contestants needs.
pub(crate) struct Scene {
    places: Places,
    folder: PathBuf,
    policies: PathBuf,
    pub(crate) tls: Tls,
    constant: Constant,
    constant_http: Constant,
    /// The files of roots for the contestants that read more of them than our functions.
    more_roots: Vec<(Program, PathBuf)>,
    /// The trust store for Java.
    trust_store: Option<PathBuf>,
    /// The folder of the archive with the classes of the contestant in Java.
    archive: PathBuf,
    /// The laptop's DynamoDB, with its URL over TLS.
    dynamodb: Option<(String, Dynamodb)>,
}

impl Scene {
    pub(crate) fn new(places: &Places, contestants: &[Contestant]) -> Result<Self> {
        static SCENES: AtomicU64 = AtomicU64::new(0);
        let number = SCENES.fetch_add(1, Ordering::Relaxed);
        let name = format!("target/bench-{}-{number}", std::process::id());
        let folder = root().join(name);
        fs::create_dir_all(&folder)?;
        let tls = Tls::new(&folder)?;
        let policies = folder.join("policies.json");
        fs::write(&policies, rules().to_string())?;
        let mut more_roots = Vec::new();
        let mut trust_store = None;
        for contestant in contestants {
            let program = contestant.program;
            if let Some(roots) = program.own_roots(places) {
                more_roots.push((program, tls.bundle_with(&roots, contestant.name)?));
            }
            if let (Some(java_home), None) = (program.java_home()?, &trust_store) {
                trust_store = Some(tls.trust_store(&java_home)?);
            }
        }
        let real = |it: &Contestant| matches!(it.table, Table::Dynamodb | Table::DynamodbHttp);
        let dynamodb = if contestants.iter().any(real) {
            let started = Dynamodb::start(&places.imhook, "EventsTable", TABLE)?;
            Some((tls_front(&tls, &started.url)?, started))
        } else {
            None
        };
        let archive = folder.join("archive");
        fs::create_dir_all(&archive)?;
        let scene = Self {
            places: places.clone(),
            constant: Constant::start(Some(&tls))?,
            constant_http: Constant::start(None)?,
            folder,
            policies,
            tls,
            more_roots,
            trust_store,
            archive,
            dynamodb,
        };
        let primed = contestants
            .iter()
            .find(|it| it.program == Program::JavaPrimed);
        if let Some(primed) = primed {
            scene.archive_classes(primed)?;
        }
        Ok(scene)
    }

    /// The archive of classes: Java writes it when a process ends.
    fn class_archive(&self) -> PathBuf {
        self.archive.join("function.jsa")
    }

    /// Lets a process handle some events, after which it writes the archive of its classes.
    fn archive_classes(&self, contestant: &Contestant) -> Result<()> {
        const PATIENCE: Duration = Duration::from_secs(60);
        let mut function = self.start(contestant, &[], &[], PATIENCE)?;
        function.send(20, PATIENCE)?;
        let (log, _) = function.terminate()?;
        match self.class_archive().exists() {
            true => Ok(()),
            false => Err(format!("{}: no archive of classes\n{log}", contestant.name).into()),
        }
    }

    /// The folders whose contents are zipped and deployed.
    pub(crate) fn packages(&self, contestant: &Contestant) -> Vec<PathBuf> {
        let mut packages = contestant.program.packages(&self.places);
        if contestant.program == Program::JavaPrimed {
            packages.push(self.archive.clone());
        }
        packages
    }

    /// The options that an operator sets for Java.
    fn java_options(&self, program: Program) -> Option<String> {
        let trust_store = self.trust_store.as_ref()?;
        let trust_store = format!(
            "-Djavax.net.ssl.trustStore={} -Djavax.net.ssl.trustStorePassword={TRUST_STORE_PASSWORD}",
            trust_store.display()
        );
        let archive = self.class_archive();
        let archive_option = match program {
            Program::Java => return Some(trust_store),
            Program::JavaPrimed if archive.exists() => "SharedArchiveFile",
            Program::JavaPrimed => "ArchiveClassesAtExit",
            _ => return None,
        };
        let archive = archive.display();
        Some(format!("{trust_store} -XX:{archive_option}={archive}"))
    }

    /// The path of a file that is removed with the scene.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The URL of a table's endpoint, and the endpoint that counts its items.
    fn table(&self, table: Table) -> (Option<&str>, Option<&Constant>) {
        let dynamodb = self.dynamodb.as_ref();
        match table {
            Table::None => (None, None),
            Table::Constant => (Some(&self.constant.url), Some(&self.constant)),
            Table::ConstantHttp => (Some(&self.constant_http.url), Some(&self.constant_http)),
            Table::Dynamodb => (dynamodb.map(|(url, _)| url.as_str()), None),
            Table::DynamodbHttp => (dynamodb.map(|(_, started)| started.url.as_str()), None),
        }
    }

    /// Starts a process and waits until it asks for an event. `wrapper` is a command that starts the program.
    /// `environment` is added to the variables that Lambda and the stack set.
    pub(crate) fn start(
        &self,
        contestant: &Contestant,
        wrapper: &[String],
        environment: &[(&str, &str)],
        patience: Duration,
    ) -> Result<Function<'_>> {
        let api = RuntimeApi::start()?;
        let mut words = wrapper.iter().map(PathBuf::from).collect::<VecDeque<_>>();
        words.extend(contestant.program.command(&self.places));
        let program = words.pop_front().unwrap_or_default();
        let mut command = Command::new(&program);
        command
            .args(words)
            .current_dir(contestant.program.task_root(&self.places))
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .env(
                "LAMBDA_TASK_ROOT",
                contestant.program.task_root(&self.places),
            )
            .envs(LAMBDA.iter().copied())
            .env("AWS_SESSION_TOKEN", "x".repeat(SESSION_TOKEN));
        let (url, counter) = self.table(contestant.table);
        if let Some(url) = url {
            command
                .env("EVENTS_TABLE", TABLE)
                .env("AWS_ENDPOINT_URL_DYNAMODB", url);
            if url.starts_with("https:") {
                self.trust(&mut command, contestant.program);
            }
        }
        if contestant.program == Program::JavaPrimed {
            command.env("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
        }
        command
            .env("OPENIM_VERIFIER", "basic")
            .env("OPENIM_BASIC_USER", OPENIM_USER)
            .env("TENCENT_SDK_APP_ID", TENCENT_APP)
            .env("TENCENT_VERIFIER", "token")
            .env("TENCENT_TOKEN", TENCENT_TOKEN);
        if contestant.as_deployed {
            command
                .envs(STACK.iter().copied())
                .env("OPENIM_SECRET_ID", "OpenIMSecret-AbCdEf")
                .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", &self.constant.url)
                .env("AWS_ENDPOINT_URL_SQS", &self.constant.url);
        } else {
            command.env("OPENIM_BASIC_PASSWORD", PASSWORD);
        }
        if contestant.asks_a_service {
            command
                .env("DECISION_URL", format!("{}/decide", self.constant_http.url))
                .env("DECISION_SECRET", DECISION_SECRET)
                .env("ALLOW_PRIVATE_ADDRESSES", "yes");
        }
        if contestant.judges {
            command
                .env("RELATIONSHIPS_TABLE", RELATIONSHIPS)
                .env("POLICIES_FILE", &self.policies);
        }
        command
            .envs(contestant.environment.iter().copied())
            .envs(environment.iter().copied());

        let start = Instant::now();
        let mut process = command
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let log = Log::default();
        log.keep(process.stdout.take());
        log.keep(process.stderr.take());
        let mut function = Function {
            contestant: contestant.clone(),
            process: Process(process),
            log,
            api,
            counter,
            init: Duration::ZERO,
        };
        function.init = function.ready(patience)? - start;
        Ok(function)
    }

    /// Makes a program trust the authority, besides the roots that it reads in production.
    fn trust(&self, command: &mut Command, program: Program) {
        let mut roots = self.more_roots.iter();
        let own = roots.find(|(of, _)| *of == program);
        let bundle = own.map_or(&self.tls.bundle, |(_, bundle)| bundle);
        match program {
            // Without a folder, Go reads no certificate twice.
            Program::Go => command
                .env("SSL_CERT_FILE", bundle)
                .env("SSL_CERT_DIR", self.folder.join("none")),
            Program::Java | Program::JavaPrimed => command.envs(
                self.java_options(program)
                    .map(|it| ("JAVA_TOOL_OPTIONS", it)),
            ),
            Program::Node => command.env("NODE_EXTRA_CA_CERTS", bundle),
            Program::Function(_) | Program::Python => command.env("AWS_CA_BUNDLE", bundle),
        };
    }
}

/// Policies with 10,000 words, none of which is in the measured messages.
fn rules() -> Value {
    let letters = |mut number: u32| {
        let mut word = String::from("q");
        for _ in 0..6 {
            word.extend(char::from_digit(10 + number % 26, 36));
            number /= 26;
        }
        word
    };
    // Far from each other, so words begin in many ways.
    let words: Vec<_> = (0..10_000).map(|n| letters(n * 30_011)).collect();
    json!({"messages": {
        "text": {"words": [{"list": words, "code": 20_001, "message": "this word is not allowed"}]},
        "friendsOnly": {"whenUnknown": "refuse", "withoutRecord": "refuse"},
    }})
}

impl Drop for Scene {
    fn drop(&mut self) {
        // If the folder cannot be removed, it stays below `target`.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The variables that Lambda sets: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.
const LAMBDA: &[(&str, &str)] = &[
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("LANG", "en_US.UTF-8"),
    ("TZ", ":UTC"),
    ("_HANDLER", "function.handler"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_DEFAULT_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
    (
        "AWS_SECRET_ACCESS_KEY",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ),
    ("AWS_LAMBDA_FUNCTION_NAME", "measured"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/measured"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/[$LATEST]0"),
    // On Lambda, the function's folder is read-only, so Python compiles the function's file at every start.
    ("PYTHONDONTWRITEBYTECODE", "1"),
    // The number of CPUs that Lambda shows below 1,769 MB of memory. `#[tokio::main]` starts as many threads.
    ("TOKIO_WORKER_THREADS", "2"),
];

/// The variables that the stack sets besides, with its defaults.
const STACK: &[(&str, &str)] = &[
    ("EVENT_RETENTION_DAYS", "365"),
    (
        "EVENTS_QUEUE_URL",
        "https://sqs.eu-central-1.amazonaws.com/123456789012/events",
    ),
    ("DEADLINE_MS", "1500"),
    ("BEFORE_DEADLINE_MS", "300"),
    ("MAX_BODY_BYTES", "262144"),
    ("LOG_LEVEL", "info"),
    ("ON_FAILURE", "refuse"),
];

/// A function's process with its runtime API.
pub(crate) struct Function<'a> {
    contestant: Contestant,
    process: Process,
    log: Log,
    api: RuntimeApi,
    counter: Option<&'a Constant>,
    /// The time from the start to the first request for an event.
    pub(crate) init: Duration,
}

impl Function<'_> {
    fn id(&self) -> u32 {
        self.process.0.id()
    }

    fn ready(&mut self, patience: Duration) -> Result<Instant> {
        let Self { api, process, .. } = self;
        let ready = api.ready(patience, || alive(&mut process.0));
        ready.map_err(|error| self.failed(&error))
    }

    /// Sends these events, each after the answer to the one before.
    fn answers(&mut self, events: Vec<Vec<u8>>, patience: Duration) -> Result<Vec<Answer>> {
        let Self { api, process, .. } = self;
        let answers = api.answers(events, patience, || alive(&mut process.0));
        answers.map_err(|error| self.failed(&error))
    }

    /// Sends one event. Returns the answer, and the body of the `PutItem` if the function has written an item.
    pub(crate) fn send_one(
        &mut self,
        event: Vec<u8>,
        patience: Duration,
    ) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
        let counter = self.counter;
        let items_before = counter.map(Constant::items);
        let mut answers = self.answers(vec![event], patience)?;
        let answer = answers.pop().ok_or("no answer")?;
        let wrote = counter.filter(|it| Some(it.items()) != items_before);
        Ok((answer.body, wrote.map(Constant::last)))
    }

    /// Sends this many events, each after the answer to the one before. Fails unless every answer is right and the
    /// table has got the right number of items.
    pub(crate) fn send(&mut self, requests: usize, patience: Duration) -> Result<Vec<Answer>> {
        let callback = self.contestant.callback;
        let items_before = self.counter.map(Constant::items);
        let events = (0..requests).map(|_| callback.event()).collect();
        let answers = self.pass(events, patience, |answer| callback.is_accepted(answer))?;
        if let (Some(counter), Some(before)) = (self.counter, items_before) {
            let items = counter.items() - before;
            let expected = callback.items() * answers.len() as u64;
            if items != expected {
                let error = format!("it put {items} items into the table, not {expected}");
                return Err(self.failed(&error));
            }
        }
        Ok(answers)
    }

    /// Passes these events, each after the answer to the one before. Fails unless every answer is right.
    pub(crate) fn pass(
        &mut self,
        events: Vec<Vec<u8>>,
        patience: Duration,
        is_right: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<Answer>> {
        let answers = self.answers(events, patience)?;
        if let Some(wrong) = answers.iter().find(|it| !is_right(&it.body)) {
            let body = String::from_utf8_lossy(&wrong.body);
            let error = format!("it answered wrongly: {body}");
            return Err(self.failed(&error));
        }
        Ok(answers)
    }

    /// Ends the process. Returns an error with the contestant's name and log.
    fn failed(&mut self, error: &impl ToString) -> Error {
        // The process may still be writing the reason.
        thread::sleep(Duration::from_millis(100));
        self.process.end();
        let (name, error, log) = (self.contestant.name, error.to_string(), self.log.text());
        format!("{name}: {error}\n{log}").into()
    }

    /// The bytes that it has sent to the table so far.
    pub(crate) fn table_bytes(&self) -> u64 {
        self.counter.map_or(0, Constant::bytes)
    }

    /// See [`RuntimeApi::one_trace`].
    pub(crate) fn one_trace(&self) {
        self.api.one_trace();
    }

    /// The highest memory use of the process so far, in KiB.
    pub(crate) fn peak_kib(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    /// The memory use of the process now, in KiB.
    pub(crate) fn memory_kib(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    fn status(&self, name: &'static str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let (_, rest) = status.split_once(name).ok_or(name)?;
        let number = rest.split_whitespace().next().ok_or(name)?;
        Ok(number.parse()?)
    }

    /// The number of files and connections that the process has open.
    pub(crate) fn descriptors(&self) -> Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.id()))?.count())
    }

    /// The bytes that the process has logged so far.
    pub(crate) fn logged(&self) -> u64 {
        self.log.bytes.load(Ordering::Relaxed)
    }

    /// Ends the process with SIGTERM, as Lambda does, and returns the end of its log and the number of all bytes
    /// in it.
    pub(crate) fn terminate(mut self) -> Result<(String, u64)> {
        let id = nix::unistd::Pid::from_raw(self.id().try_into()?);
        nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM)?;
        self.process.0.wait()?;
        Ok((self.log.text(), self.logged()))
    }
}

fn alive(process: &mut Child) -> Result<()> {
    match process.try_wait()? {
        None => Ok(()),
        Some(status) => Err(format!("its process ended ({status})").into()),
    }
}

/// The last bytes that a process wrote. They are read through a pipe, as on Lambda.
#[derive(Clone, Default)]
struct Log {
    kept: Arc<Mutex<Vec<u8>>>,
    /// The number of all bytes.
    bytes: Arc<AtomicU64>,
    readers: Arc<Mutex<Vec<thread::JoinHandle<()>>>>,
}

impl Log {
    fn keep(&self, pipe: Option<impl Read + Send + 'static>) {
        let Some(mut pipe) = pipe else { return };
        let (kept, bytes) = (self.kept.clone(), self.bytes.clone());
        let reader = thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = pipe.read(&mut buffer) {
                bytes.fetch_add(read as u64, Ordering::Relaxed);
                let mut kept = lock(&kept);
                kept.extend_from_slice(&buffer[..read]);
                let old = kept.len().saturating_sub(LOG);
                kept.drain(..old);
            }
        });
        lock(&self.readers).push(reader);
    }

    /// Everything that is kept, once the process has ended.
    fn text(&self) -> String {
        for reader in lock(&self.readers).drain(..) {
            // The reader never panics.
            let _ = reader.join();
        }
        String::from_utf8_lossy(&lock(&self.kept)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::contestants::counted;

    const PATIENCE: Duration = Duration::from_secs(20);
    /// A function of OpenIM, without its start and its reaction to an event.
    const SCRIPT: &str = r#"#!/usr/bin/env bash
exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"
send() {
  printf '%s /2018-06-01/runtime/%s HTTP/1.1\r\ncontent-length: %d\r\n\r\n%s' "$1" "$2" "${#3}" "$3" >&3
}
receive() {
  while read -r line <&3; line=${line%$'\r'}; [ -n "$line" ]; do
    case $line in
      lambda-runtime-aws-request-id:*) id=${line#*: } ;;
      content-length:*) length=${line#*: } ;;
    esac
  done
  read -r -N "$length" _ <&3
}
put_item() {
  table=${AWS_ENDPOINT_URL_DYNAMODB#http://}
  exec 4<>"/dev/tcp/${table/://}"
  printf 'POST / HTTP/1.1\r\nx-amz-target: DynamoDB_20120810.PutItem\r\nconnection: close\r\n\r\n' >&4
  cat <&4 >/dev/null
}
accepted='{"statusCode":200,"body":"{\"actionCode\":0,\"errCode\":0}"}'
refused='{"statusCode":503,"body":"{\"actionCode\":1,\"errCode\":29011}"}'
START
while :; do
  send GET invocation/next ''
  receive
  ANSWER
  receive
done
"#;

    /// Sends one request to a function with this start and this reaction.
    fn outcome(name: &str, start: &str, answer: &str) -> Result<usize> {
        let folder = std::env::temp_dir().join(format!("bench-{name}-{}", std::process::id()));
        let program = folder.join("after-delete-friend/bootstrap");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        let script = SCRIPT.replace("START", start).replace("ANSWER", answer);
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let places = Places {
            functions: folder.clone(),
            imhook: PathBuf::new(),
        };
        let ours = counted().into_iter().find(|it| it.name == "ours").unwrap();
        let scene = Scene::new(&places, &[]).unwrap();
        let function = scene.start(&ours, &[], &[], PATIENCE);
        let answers = function.and_then(|mut function| function.send(1, PATIENCE));
        fs::remove_dir_all(folder).unwrap();
        answers.map(|answers| answers.len())
    }

    const ACCEPT: &str = "put_item; send POST \"invocation/$id/response\" \"$accepted\"";

    #[test]
    fn a_function_that_works_is_measured() {
        assert_eq!(outcome("works", ":", ACCEPT).unwrap(), 1);
    }

    #[test]
    fn a_function_that_fails_is_reported_with_its_log() {
        for (name, start, answer, expected) in [
            (
                "dies",
                "echo 'no such library' >&2; exit 3",
                ACCEPT,
                "ours: it did not initialize: its process ended (exit status: 3)\nno such library",
            ),
            (
                "says-why",
                "send POST init/error '{\"errorMessage\":\"no table\"}'; receive",
                ACCEPT,
                "ours: it did not initialize: it reported that its start failed: {\"errorMessage\":\"no table\"}",
            ),
            (
                "dies-later",
                ":",
                "echo 'out of memory'; exit 4",
                "ours: it did not answer: its process ended (exit status: 4)\nout of memory",
            ),
            (
                "fails",
                ":",
                "send POST \"invocation/$id/error\" '{\"errorType\":\"Panic\"}'",
                "ours: it did not answer: it answered an error: {\"errorType\":\"Panic\"}",
            ),
            (
                "refuses",
                ":",
                "put_item; send POST \"invocation/$id/response\" \"$refused\"",
                "ours: it answered wrongly: {\"statusCode\":503",
            ),
            (
                "forgets",
                ":",
                "send POST \"invocation/$id/response\" \"$accepted\"",
                "ours: it put 0 items into the table, not 1",
            ),
            (
                "repeats",
                ":",
                "put_item; put_item; send POST \"invocation/$id/response\" \"$accepted\"",
                "ours: it put 2 items into the table, not 1",
            ),
        ] {
            let error = outcome(name, start, answer).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{name}: {error}");
        }
    }
}
