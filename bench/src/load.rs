//! `bench load`: callbacks a second from end to end, under clients that behave as OpenIM does.
//!
//! The way is: OpenIM's client, HTTP, a gateway, the Lambda runtime API, function, table. The gateway is `cargo lambda
//! watch`, which is no API Gateway, and everything shares one machine. So the same is measured with less and less behind
//! the clients: what a step costs is the difference to the one before it.

use std::{
    collections::VecDeque,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Result,
    contestants::{self, Places},
    endpoint::{Constant, Dynamodb, PASSWORD, TABLE},
    event::OPENIM_USER,
    functions::Warm,
    http::Connection,
    machine::Machine,
    process::Process,
    root,
    runtime_api::millis,
    save,
    scene::LAMBDA,
    statistics::rounded,
    table::Table,
};

/// OpenIM's queue of callbacks about what has happened: one for each process and service.
const PLACES: usize = 100;
/// Who takes callbacks from it.
const WORKERS: usize = 2;
/// How long what a user does waits for a place in it. Then the callback is dropped.
const PUSH_PATIENCE: Duration = Duration::from_secs(3);
/// How long OpenIM waits for an answer, as it is shipped. It does not repeat a callback.
const TIMEOUT: Duration = Duration::from_secs(5);

const COMMAND: &str = "callbackAfterDeleteFriendCommand";
const BODY: &str =
    include_str!("../../tests/payloads/openim/callbackAfterDeleteFriendCommand.server.json");
const ACCEPTED: &str = r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0}"#;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    places: Places,
    /// The gateway
    #[arg(long, value_name = "FILE", default_value_os_t = root().join(".local/tools/bin/cargo-lambda"))]
    cargo_lambda: PathBuf,
    /// Processes of OpenIM, each with a queue of its own
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 4, 8])]
    processes: Vec<usize>,
    /// Length of each measurement
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// What one process is offered in each second, as a share of what it can send
    #[arg(long, value_delimiter = ',', default_values_t = [0.5, 0.9, 2.0])]
    offered: Vec<f64>,
    /// Where the result goes, beside the tables
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What was measured. Times are in milliseconds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) machine: Machine,
    /// Length of each measurement.
    pub(crate) seconds: u64,
    /// Queues that are always full.
    pub(crate) sustained: Vec<Sustained>,
    /// One process that is offered callbacks at a steady rate, with [`Behind::Constant`] behind it.
    pub(crate) offered: Vec<Offered>,
}

/// What so many processes send when there is always something to send.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sustained {
    pub(crate) behind: Behind,
    /// Of OpenIM.
    pub(crate) processes: usize,
    /// Of the function: as many as there are callbacks at once, as Lambda would start.
    pub(crate) environments: usize,
    pub(crate) callbacks_per_second: f64,
    /// As OpenIM sees it: from the call to the end of the answer.
    pub(crate) latency_ms: Warm,
    /// Answered as accepted.
    pub(crate) accepted: u64,
    /// Not answered in time, or otherwise.
    pub(crate) failed: u64,
    /// What came into the table meanwhile, where there is one: as many as were accepted, and at most what failed besides, or
    /// what an SDK tried twice.
    pub(crate) items: Option<u64>,
}

/// What becomes of callbacks at a steady rate.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Offered {
    /// Of what can be sent.
    pub(crate) share: f64,
    pub(crate) offered_per_second: f64,
    pub(crate) accepted_per_second: f64,
    pub(crate) latency_ms: Warm,
    pub(crate) offered: u64,
    pub(crate) accepted: u64,
    pub(crate) failed: u64,
    /// Found the queue full, so that a user waited for a place in it.
    pub(crate) held_up: u64,
    /// Found none in time. OpenIM loses them without a line in its log.
    pub(crate) dropped: u64,
    /// Still in the queue, or before it, at the end.
    pub(crate) left: u64,
    /// What came into the table meanwhile.
    pub(crate) items: u64,
}

/// What the clients' calls reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Behind {
    /// A server in this program that says the same at once.
    Nothing,
    /// The gateway, and a function that does nothing.
    BareHttp,
    /// The gateway, and ours with a table that says the same at once.
    Constant,
    /// The gateway, ours, and the DynamoDB of a laptop, which is empty at first. Each item makes its answers slower (2,000 of
    /// them about twice as slow), so that longer measurements give smaller figures. AWS' does not do that.
    Dynamodb,
}

impl Behind {
    const ALL: [Self; 4] = [
        Self::Nothing,
        Self::BareHttp,
        Self::Constant,
        Self::Dynamodb,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Nothing => "the clients alone",
            Self::BareHttp => "and the gateway, with `lambda_http` and a fixed answer",
            Self::Constant => "**ours** in its place, with a table that answers at once",
            Self::Dynamodb => "**ours** with a laptop's DynamoDB, which slows down as it fills",
        }
    }

    /// The function's folder.
    fn function(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::BareHttp => Some(contestants::BARE),
            Self::Constant | Self::Dynamodb => Some(contestants::OURS),
        }
    }
}

impl Load {
    /// Both tables.
    pub(crate) fn table(&self) -> String {
        let latency = ["p50", "p90", "p99", "max"];
        let of = |it: &Warm| [it.p50, it.p90, it.p99, it.max].map(|ms| format!("{ms:.1}"));
        let title = ["Behind the clients", "processes", "callbacks/s"];
        let mut sustained = Table::new(&[&title[..], &latency, &["failed"]].concat());
        // What is behind is compared, so it stands together.
        for behind in Behind::ALL {
            for it in self.sustained.iter().filter(|it| it.behind == behind) {
                let start = [
                    behind.title().to_owned(),
                    it.processes.to_string(),
                    format!("{:.0}", it.callbacks_per_second),
                ];
                let end = [it.failed.to_string()];
                sustained.row(start.into_iter().chain(of(&it.latency_ms)).chain(end));
            }
        }
        let title = ["Offered to one process", "callbacks/s", "accepted/s"];
        let end = ["failed", "users held up", "dropped"];
        let mut offered = Table::new(&[&title[..], &latency, &end].concat());
        for it in &self.offered {
            let start = [
                format!("{:.0} % of what it can send", it.share * 100.0),
                format!("{:.0}", it.offered_per_second),
                format!("{:.0}", it.accepted_per_second),
            ];
            let end = [it.failed, it.held_up, it.dropped].map(|count| count.to_string());
            offered.row(start.into_iter().chain(of(&it.latency_ms)).chain(end));
        }
        let (seconds, machine) = (self.seconds, self.machine.described());
        format!(
            "{sustained}\n{offered}\nMilliseconds from a worker's call to the end of its answer, of accepted callbacks; {seconds} s each. {machine}."
        )
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let length = Duration::from_secs(options.seconds);
    if length <= PUSH_PATIENCE {
        return Err("nothing could be dropped in so few seconds".into());
    }
    let mut sustained = Vec::new();
    for &processes in &options.processes {
        for behind in Behind::ALL {
            let way = Way::start(options, behind, processes * WORKERS)?;
            let one = sustain(&way, behind, processes, length)?;
            eprintln!(
                "{processes} processes, {behind:?}: {:.0} callbacks/s, p50 {:.2} ms",
                one.callbacks_per_second, one.latency_ms.p50
            );
            sustained.push(one);
        }
    }
    // In front of the table whose answers take the same time however many items it has; and what one process can send is
    // measured once more, with what follows it: the machine's minutes differ.
    let way = Way::start(options, Behind::Constant, WORKERS)?;
    let most = sustain(&way, Behind::Constant, 1, length)?.callbacks_per_second;
    let mut offered = Vec::new();
    for &share in &options.offered {
        let one = offer(&way, share, most * share, length)?;
        eprintln!(
            "offered {:.0}/s: {:.0} accepted/s, {} held up, {} dropped",
            one.offered_per_second, one.accepted_per_second, one.held_up, one.dropped
        );
        offered.push(one);
    }
    let result = Load {
        machine: Machine::here()?,
        seconds: options.seconds,
        sustained,
        offered,
    };
    println!("{}", result.table());
    save(options.json.as_deref(), &result)
}

/// What all workers have seen.
#[derive(Default)]
struct Seen {
    /// Of each callback that was accepted.
    latency_ms: Vec<f64>,
    failed: u64,
    /// Why the first one failed.
    error: Option<String>,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.latency_ms.extend(other.latency_ms);
        self.failed += other.failed;
        self.error = self.error.take().or(other.error);
    }

    fn accepted(&self) -> u64 {
        self.latency_ms.len() as u64
    }

    /// Every accepted callback is in the table, and nothing that was not sent. The endpoint that answers at once cannot
    /// tell a repeated attempt of the SDK from another item, which a table can.
    fn check(&self, items: u64, behind: Behind) -> Result<()> {
        let (accepted, failed) = (self.accepted(), self.failed);
        let most = match behind {
            Behind::Constant => u64::MAX,
            _ => accepted + failed,
        };
        if let Some(error) = &self.error {
            eprintln!("{failed} callbacks failed, the first of them: {error}");
        }
        if accepted == 0 || !(accepted..=most).contains(&items) {
            let counts = format!("{accepted} were accepted, {failed} failed");
            return Err(format!("{items} items came into the table, but {counts}").into());
        }
        Ok(())
    }
}

fn sustain(way: &Way, behind: Behind, processes: usize, length: Duration) -> Result<Sustained> {
    let before = way.items()?;
    let started = Instant::now();
    let end = started + length;
    let workers = processes * WORKERS;
    let mut seen = Seen::default();
    thread::scope(|scope| {
        let work = || work(&way.target, || Instant::now() < end);
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            seen.add(thread.join().unwrap_or_default());
        }
    });
    let took = started.elapsed();
    let items = match (before, way.items()?) {
        (Some(before), Some(after)) => Some(after - before),
        _ => None,
    };
    seen.check(items.unwrap_or(seen.accepted()), behind)?;
    Ok(Sustained {
        behind,
        processes,
        environments: behind.function().map_or(0, |_| workers),
        callbacks_per_second: rounded(seen.accepted() as f64 / took.as_secs_f64()),
        latency_ms: Warm::of(&seen.latency_ms),
        accepted: seen.accepted(),
        failed: seen.failed,
        items,
    })
}

fn offer(way: &Way, share: f64, rate: f64, length: Duration) -> Result<Offered> {
    let before = way.items()?.unwrap_or_default();
    let queue = Queue::default();
    let started = Instant::now();
    let mut seen = Seen::default();
    let mut offered = 0_u32;
    thread::scope(|scope| {
        let work = || work(&way.target, || queue.take());
        let threads: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        loop {
            let due = started + Duration::from_secs_f64(f64::from(offered) / rate);
            if due >= started + length {
                break;
            }
            thread::sleep(due.saturating_duration_since(Instant::now()));
            queue.push(Instant::now());
            offered += 1;
        }
        queue.close();
        for thread in threads {
            seen.add(thread.join().unwrap_or_default());
        }
    });
    let took = started.elapsed();
    let items = way.items()?.unwrap_or_default() - before;
    seen.check(items, Behind::Constant)?;
    let state = queue.lock();
    Ok(Offered {
        share,
        offered_per_second: rounded(rate),
        accepted_per_second: rounded(seen.accepted() as f64 / took.as_secs_f64()),
        latency_ms: Warm::of(&seen.latency_ms),
        offered: offered.into(),
        accepted: seen.accepted(),
        failed: seen.failed,
        held_up: state.held_up,
        dropped: state.dropped,
        left: (state.queued + state.waiting.len()) as u64,
        items,
    })
}

/// The queue of one process: so many places, and before it those who wait for one, in the order in which they came.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queued: usize,
    /// When they came.
    waiting: VecDeque<Instant>,
    held_up: u64,
    dropped: u64,
    closed: bool,
}

impl State {
    fn push(&mut self, now: Instant) {
        self.admit(now);
        if self.queued < PLACES {
            self.queued += 1;
        } else {
            self.held_up += 1;
            self.waiting.push_back(now);
        }
    }

    /// Whether there was one.
    fn take(&mut self, now: Instant) -> bool {
        let taken = self.queued > 0;
        self.queued -= usize::from(taken);
        self.admit(now);
        taken
    }

    /// Gives free places to those who wait, but for those who waited too long.
    fn admit(&mut self, now: Instant) {
        while let Some(&came) = self.waiting.front() {
            let late = now.duration_since(came) > PUSH_PATIENCE;
            if !late && self.queued == PLACES {
                break;
            }
            self.waiting.pop_front();
            self.dropped += u64::from(late);
            self.queued += usize::from(!late);
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, now: Instant) {
        self.lock().push(now);
        self.changed.notify_one();
    }

    /// Waits for a callback to send; false when there will be none any more.
    fn take(&self) -> bool {
        let mut state = self.lock();
        while !state.closed {
            if state.take(Instant::now()) {
                return true;
            }
            let changed = self.changed.wait(state);
            state = changed.unwrap_or_else(PoisonError::into_inner);
        }
        false
    }

    /// As when the process ends: what waits is lost.
    fn close(&self) {
        let mut state = self.lock();
        state.admit(Instant::now());
        state.closed = true;
        self.changed.notify_all();
    }
}

/// Where calls go, and what they are.
#[derive(Clone, Debug)]
struct Target {
    address: SocketAddr,
    request: Vec<u8>,
    accepted: &'static str,
}

impl Target {
    /// A gateway, sent what OpenIM sends.
    fn callbacks(address: SocketAddr) -> Self {
        let basic = BASE64_STANDARD.encode(format!("{OPENIM_USER}:{PASSWORD}"));
        let authorization = format!("Authorization: Basic {basic}");
        Self::new(address, &format!("/{COMMAND}"), &authorization, ACCEPTED)
    }

    fn new(address: SocketAddr, path: &str, header: &str, accepted: &'static str) -> Self {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: Go-http-client/1.1\r\n\
             Content-Length: {}\r\n{header}\r\nContent-Type: application/json; charset=utf-8\r\n\
             Operationid: 3f1c9a54-8f0e-4c1b-9b6e-0d5a7f21c0e4\r\nAccept-Encoding: gzip\r\n\r\n{BODY}",
            BODY.len()
        );
        Self {
            address,
            request: request.into_bytes(),
            accepted,
        }
    }

    /// One callback, over the connection that there is.
    fn call(&self, kept: &mut Option<Connection<TcpStream>>) -> Result<()> {
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(TIMEOUT))?;
                Connection::new(stream)
            }
        };
        connection.write(&self.request)?;
        let answer = connection.read_answer()?.ok_or("it hung up")?;
        if answer.start.0 != "200" || answer.body != self.accepted.as_bytes() {
            let said = String::from_utf8_lossy(&answer.body);
            return Err(format!("it answered {} {said}", answer.start.0).into());
        }
        if !answer.is_last() {
            *kept = Some(connection);
        }
        Ok(())
    }
}

/// One worker: sends a callback, waits for its answer, takes the next. Nothing is sent twice.
fn work(target: &Target, next: impl Fn() -> bool) -> Seen {
    let mut seen = Seen::default();
    let mut connection = None;
    while next() {
        let started = Instant::now();
        match target.call(&mut connection) {
            Ok(()) => seen.latency_ms.push(millis(started.elapsed())),
            Err(error) => {
                seen.failed += 1;
                seen.error.get_or_insert_with(|| error.to_string());
            }
        }
    }
    seen
}

/// Everything behind the clients. It ends with this value.
struct Way {
    target: Target,
    /// Functions first, then the gateway.
    _processes: Vec<Process>,
    constant: Option<Constant>,
    dynamodb: Option<Dynamodb>,
}

impl Way {
    fn start(options: &Options, behind: Behind, environments: usize) -> Result<Self> {
        let constant = match behind {
            Behind::Nothing | Behind::Constant => Some(Constant::start(None, Duration::ZERO)?),
            _ => None,
        };
        let dynamodb = match behind {
            Behind::Dynamodb => Some(Dynamodb::start(&options.places.imhook)?),
            _ => None,
        };
        let table = constant.as_ref().map(|it| it.url.as_str());
        let table = table.or(dynamodb.as_ref().map(|it| it.url.as_str()));
        let mut processes = Vec::new();
        let target = match (behind.function(), table) {
            (None, Some(url)) => {
                let address = url.trim_start_matches("http://").parse()?;
                let action = "X-Amz-Target: DynamoDB_20120810.PutItem";
                Target::new(address, "/", action, "{}")
            }
            (function, table) => {
                let function = function.unwrap_or_default();
                let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
                let gateway = gateway(&options.cargo_lambda, address)?;
                let binary = options.places.functions.join(function).join("bootstrap");
                for _ in 0..environments {
                    processes.push(environment(&binary, address, table)?);
                }
                processes.push(gateway);
                Target::callbacks(address)
            }
        };
        let way = Self {
            target,
            _processes: processes,
            constant,
            dynamodb,
        };
        way.warm_up(environments)?;
        Ok(way)
    }

    /// Until as many callbacks are answered as there are environments, and some more: none of them starts later.
    fn warm_up(&self, environments: usize) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(30);
        let answered = |_| {
            let mut connection = None;
            let mut answers = 0;
            while answers < 5 && Instant::now() < end {
                match self.target.call(&mut connection) {
                    Ok(()) => answers += 1,
                    Err(_) => thread::sleep(Duration::from_millis(50)),
                }
            }
            answers == 5
        };
        let ready = thread::scope(|scope| {
            let spawned = |number| scope.spawn(move || answered(number));
            let threads: Vec<_> = (0..environments).map(spawned).collect();
            let mut answered = threads.into_iter().map(|it| it.join().unwrap_or(false));
            answered.all(|it| it)
        });
        match ready {
            true => Ok(()),
            false => {
                Err(format!("no callback is accepted: {:?}", self.target.call(&mut None)).into())
            }
        }
    }

    /// What the table holds, where there is one that can be asked.
    fn items(&self) -> Result<Option<u64>> {
        Ok(match (&self.constant, &self.dynamodb) {
            (Some(constant), _) => Some(constant.items()),
            (None, Some(dynamodb)) => Some(count(&dynamodb.url)?),
            (None, None) => None,
        })
    }
}

/// `cargo lambda watch`, whose functions come by themselves. It has the workspace's routes.
///
/// Without `--concurrency`: with it, version 1.9.2 starts functions of its own through `cargo run`, although it is told to
/// start none. It hands events to as many functions as ask for one either way.
fn gateway(program: &Path, address: SocketAddr) -> Result<Process> {
    let child = Command::new(program)
        .current_dir(root())
        .args(["lambda", "watch", "--only-lambda-apis", "--ignore-changes"])
        .args(["--invoke-address", &address.ip().to_string()])
        .args(["--invoke-port", &address.port().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{}: {error}; make run installs it", program.display()))?;
    let process = Process(child);
    let end = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(address).is_err() {
        if Instant::now() > end {
            return Err("the gateway does not listen".into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(process)
}

/// One environment of a function, behind the route of the one that is measured.
fn environment(binary: &Path, gateway: SocketAddr, table: Option<&str>) -> Result<Process> {
    let route = contestants::OURS;
    let mut command = Command::new(binary);
    command
        .env_clear()
        .envs(LAMBDA.iter().copied())
        .env(
            "AWS_LAMBDA_RUNTIME_API",
            format!("http://{gateway}/.rt/{route}"),
        )
        .env("OPENIM_VERIFIER", "basic")
        .env("OPENIM_BASIC_USER", OPENIM_USER)
        .env("OPENIM_BASIC_PASSWORD", PASSWORD)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    if let Some(url) = table {
        command
            .env("EVENTS_TABLE", TABLE)
            .env("AWS_ENDPOINT_URL_DYNAMODB", url);
    }
    let child = command
        .spawn()
        .map_err(|error| format!("{}: {error}; make bench-functions", binary.display()))?;
    Ok(Process(child))
}

/// How many items the events table has.
fn count(dynamodb: &str) -> Result<u64> {
    let address = dynamodb.trim_start_matches("http://");
    let mut connection = Connection::new(TcpStream::connect(address)?);
    let mut request = json!({"TableName": TABLE, "Select": "COUNT", "ConsistentRead": true});
    let mut items = 0;
    loop {
        let body = request.to_string();
        let scope = "Credential=local/20261121/eu-central-1/dynamodb/aws4_request";
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nX-Amz-Target: DynamoDB_20120810.Scan\r\n\
             X-Amz-Date: 20261121T123456Z\r\nContent-Type: application/x-amz-json-1.0\r\n\
             Authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=00\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        connection.write(head.as_bytes())?;
        let answer = connection.read_answer()?.ok_or("DynamoDB hung up")?;
        let page: Value = serde_json::from_slice(&answer.body)?;
        let counted = page["Count"].as_u64();
        items += counted.ok_or_else(|| format!("DynamoDB does not count: {page}"))?;
        match page.get("LastEvaluatedKey") {
            Some(last) => request["ExclusiveStartKey"] = last.clone(),
            None => return Ok(items),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many callbacks at once, at that second.
    fn push(state: &mut State, start: Instant, second: u64, callbacks: usize) {
        for _ in 0..callbacks {
            state.push(start + Duration::from_secs(second));
        }
    }

    #[test]
    fn a_hundred_callbacks_have_places_and_the_next_ones_hold_users_up() {
        let (mut state, start) = (State::default(), Instant::now());
        push(&mut state, start, 0, 103);
        assert_eq!((state.queued, state.held_up, state.dropped), (100, 3, 0));
        // A place that becomes free is taken by who waits.
        assert!(state.take(start + Duration::from_secs(1)));
        assert_eq!((state.queued, state.waiting.len()), (100, 2));
    }

    #[test]
    fn who_waits_three_seconds_for_a_place_is_dropped_and_those_behind_are_not() {
        let (mut state, start) = (State::default(), Instant::now());
        push(&mut state, start, 0, 101);
        push(&mut state, start, 2, 1);
        assert!(state.take(start + Duration::from_secs(4)));
        assert_eq!((state.queued, state.dropped), (100, 1));
        assert!(state.waiting.is_empty());
    }

    #[test]
    fn what_was_offered_was_taken_or_dropped_or_is_left() {
        let (mut state, start) = (State::default(), Instant::now());
        let mut taken = 0;
        for second in 0..20 {
            push(&mut state, start, second, 30);
            for _ in 0..7 {
                taken += u64::from(state.take(start + Duration::from_secs(second)));
            }
        }
        let left = (state.queued + state.waiting.len()) as u64;
        assert!(state.dropped > 0);
        assert_eq!(taken, 140);
        assert_eq!(taken + state.dropped + left, 600);
    }

    #[test]
    fn an_accepted_callback_that_is_not_in_the_table_is_an_error() {
        let seen = |accepted, failed| Seen {
            latency_ms: vec![1.0; accepted],
            failed,
            error: None,
        };
        let table = Behind::Dynamodb;
        assert!(seen(5, 0).check(5, table).is_ok());
        // What failed may have been stored: an answer can come too late.
        assert!(seen(5, 2).check(6, table).is_ok());
        for (accepted, failed, items) in [(5, 0, 4), (5, 0, 6), (5, 2, 8), (0, 3, 0)] {
            assert!(seen(accepted, failed).check(items, table).is_err());
        }
        // An attempt of the SDK that was repeated.
        assert!(seen(5, 0).check(6, Behind::Constant).is_ok());
        assert!(seen(5, 0).check(4, Behind::Constant).is_err());
    }

    #[test]
    fn a_worker_keeps_its_connection_and_sends_nothing_twice() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::callbacks(listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let mut requests = Vec::new();
            // Two answers on the first connection, which then ends without one; the second answers wrongly.
            for (answers, status) in [(2, "200 OK"), (1, "503 Service Unavailable")] {
                let mut connection = Connection::new(listener.accept().unwrap().0);
                let mut answered = 0;
                while let Some(request) = connection.read_request().unwrap() {
                    requests.push(request.start.1);
                    if answered == answers {
                        break;
                    }
                    answered += 1;
                    let length = ACCEPTED.len();
                    let answer =
                        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{ACCEPTED}");
                    connection.write(answer.as_bytes()).unwrap();
                }
            }
            requests
        });
        let left = std::cell::Cell::new(4);
        let seen = work(&target, || left.replace(left.get() - 1) > 0);
        assert_eq!((seen.accepted(), seen.failed), (2, 2));
        assert_eq!(seen.error.unwrap(), "it hung up");
        let requests = server.join().unwrap();
        assert_eq!(requests, vec![format!("/{COMMAND}"); 4]);
    }
}
