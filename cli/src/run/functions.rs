//! Lambda on a laptop: processes of functions, each started when there is work for it and nobody free.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::body::Bytes;
use tokio::{
    process::{Child, Command},
    sync::{Semaphore, mpsc, oneshot},
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{
    clock::Clock,
    print,
    runtime_api::{Answer, Asking, Invocation, RuntimeApi},
};

/// So many requests a function works on at once, each in a process of its own. Others wait their turn.
const AT_ONCE: usize = 4;

/// What Lambda gives a process from its start to its first question for work. It may be longer than a request waits.
const START: Duration = Duration::from_secs(10);

/// For so long a process that was killed may still look alive.
const DYING: Duration = Duration::from_millis(200);

/// What all functions have in common.
pub(crate) struct Lambda {
    /// Where their binaries are.
    pub(crate) binaries: PathBuf,
    /// Read by functions at their start.
    pub(crate) policies: PathBuf,
    pub(crate) set: Vec<(String, String)>,
    pub(crate) removed: &'static [&'static str],
    pub(crate) runtime_api: RuntimeApi,
    pub(crate) runtime_api_address: String,
    /// Gone when all of this is, the last process included. Nothing is sent.
    pub(crate) _alive: mpsc::Sender<()>,
}

/// Every function of the stack.
pub(crate) struct Functions(BTreeMap<String, Arc<Function>>);

impl Functions {
    /// All of them at rest: no process is started.
    pub(crate) fn new(lambda: Lambda, functions: &BTreeMap<String, Duration>) -> Self {
        let lambda = Arc::new(lambda);
        let function = |(name, timeout): (&String, &Duration)| {
            let function = Function {
                name: name.clone(),
                timeout: *timeout,
                lambda: lambda.clone(),
                turns: Semaphore::new(AT_ONCE),
                free: Mutex::default(),
            };
            (name.clone(), Arc::new(function))
        };
        Self(functions.iter().map(function).collect())
    }

    /// Gives an event to a function. No other event has this id.
    pub(crate) async fn invoke(
        &self,
        name: &str,
        id: String,
        event: Bytes,
    ) -> Result<Answer, Failure> {
        let function = self.0.get(name).ok_or(Failure::Unknown)?;
        let deadline = Instant::now() + function.timeout;
        // As a task, so that a caller who hangs up does not stop it.
        let working = tokio::spawn(function.clone().work(id, event, deadline));
        timeout_at(deadline, working)
            .await
            .unwrap_or(Ok(Err(Failure::TimedOut)))
            .unwrap_or(Err(Failure::Ended))
    }
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Unknown,
    NotStarted(String),
    Ended,
    TimedOut,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no such function"),
            Self::NotStarted(why) => write!(f, "its process did not start: {why}"),
            Self::Ended => f.write_str("its process ended before it had answered"),
            Self::TimedOut => f.write_str("no answer within its Timeout"),
        }
    }
}

struct Function {
    name: String,
    timeout: Duration,
    lambda: Arc<Lambda>,
    turns: Semaphore,
    free: Mutex<Vec<Process>>,
}

impl Function {
    /// Finds a process for the event, and waits for its answer. It has the function's whole time for that, whenever
    /// it gets the event; but after the deadline it gets none, because its caller has been answered.
    async fn work(
        self: Arc<Self>,
        id: String,
        event: Bytes,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        let turn = timeout_at(deadline, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(Failure::TimedOut);
        };
        loop {
            let (mut process, is_new) = match self.free_process() {
                Some(process) => (process, false),
                None => (self.start(deadline).await?, true),
            };
            let Some(asking) = process.asks().await else {
                if is_new {
                    return Err(Failure::NotStarted("it asked for no event".to_owned()));
                }
                continue;
            };
            if Instant::now() >= deadline {
                process.asking = Some(asking);
                self.lock().push(process);
                return Err(Failure::TimedOut);
            }
            let (answer, answered) = oneshot::channel();
            let invocation = Invocation {
                id: id.clone(),
                function: self.name.clone(),
                deadline: Clock::after(self.timeout),
                event: event.clone(),
                answer,
            };
            if asking.send(invocation).is_err() {
                // It ended at this moment and has seen nothing of the event.
                continue;
            }
            let given = Instant::now();
            return match timeout(self.timeout, answered).await {
                Ok(Ok(answer)) => {
                    self.lock().push(process);
                    Ok(answer)
                }
                // It was ending before it got the event. Given twice, the event is stored once: it has its id.
                Ok(Err(_)) if !is_new && given.elapsed() < DYING => continue,
                Ok(Err(_)) => Err(Failure::Ended),
                Err(_) => {
                    let after = self.timeout.as_secs();
                    let message = format!("its process is ended: no answer after {after} s");
                    print::warn(&self.name, &message);
                    Err(Failure::TimedOut)
                }
            };
        }
    }

    /// The process that was free last. Those that were started from other files are ended.
    fn free_process(&self) -> Option<Process> {
        let files = self.files();
        let mut free = self.lock();
        free.retain(|process| process.files.are_still(&files));
        free.pop()
    }

    async fn start(&self, deadline: Instant) -> Result<Process, Failure> {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let lambda = &self.lambda;
        let binary = self.binary();
        let mut command = Command::new(&binary);
        for name in lambda.removed {
            command.env_remove(name);
        }
        command
            .envs(lambda.set.iter().map(|(name, value)| (name, value)))
            .env("POLICIES_FILE", &lambda.policies)
            .env(
                "AWS_LAMBDA_RUNTIME_API",
                format!("http://{}/{number}", lambda.runtime_api_address),
            )
            .env("AWS_LAMBDA_FUNCTION_NAME", &self.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for `imhook`, which ends them when they have answered.
            .process_group(0)
            .kill_on_drop(true);
        let (files, mut child) = loop {
            let files = self.files();
            match command.spawn() {
                Ok(child) => break (files, child),
                // It is still being written.
                Err(error)
                    if error.kind() == ErrorKind::ExecutableFileBusy
                        && Instant::now() < deadline =>
                {
                    sleep(Duration::from_millis(20)).await;
                }
                Err(error) => {
                    let why = format!("{}: {error}", binary.display());
                    return Err(Failure::NotStarted(why));
                }
            }
        };
        let mut words = Vec::new();
        if let Some(output) = child.stdout.take() {
            words.push(tokio::spawn(print::forward(self.name.clone(), output)));
        }
        if let Some(output) = child.stderr.take() {
            words.push(tokio::spawn(print::forward(self.name.clone(), output)));
        }
        let asked = lambda.runtime_api.enter(number);
        let (end, ending) = oneshot::channel();
        let watched = watch(lambda.clone(), number, child, ending);
        let name = self.name.clone();
        tokio::spawn(async move {
            let Some(status) = watched.await else {
                return;
            };
            // What it said last comes first.
            for said in words {
                let _ = timeout(Duration::from_millis(500), said).await;
            }
            let message = format!("its process ended ({status}); the next request starts another");
            print::warn(&name, &message);
        });
        Ok(Process {
            files,
            asked,
            asking: None,
            _end: end,
        })
    }

    fn binary(&self) -> PathBuf {
        self.lambda.binaries.join(&self.name)
    }

    fn files(&self) -> Files {
        Files([self.binary(), self.lambda.policies.clone()].map(|file| modified(&file)))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Process>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A process of a function. It ends with this value.
struct Process {
    files: Files,
    asked: mpsc::UnboundedReceiver<Asking>,
    /// Its question that was not answered yet.
    asking: Option<Asking>,
    _end: oneshot::Sender<()>,
}

impl Process {
    /// Waits until it asks for an event. `None` when it has ended, or takes too long.
    async fn asks(&mut self) -> Option<Asking> {
        if let Some(asking) = self.asking.take().filter(|it| !it.is_closed()) {
            return Some(asking);
        }
        timeout(START, self.asked.recv()).await.ok().flatten()
    }
}

/// When the files were made that a process reads at its start: its binary, and the policies.
struct Files([Option<SystemTime>; 2]);

impl Files {
    /// A file that is not there is one that is just being written.
    fn are_still(&self, now: &Self) -> bool {
        let mut both = self.0.iter().zip(&now.0);
        both.all(|(then, now)| now.is_none() || then == now)
    }
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|file| file.modified()).ok()
}

/// Waits for a process to end by itself, or ends it.
async fn watch(
    lambda: Arc<Lambda>,
    number: u64,
    mut child: Child,
    ending: oneshot::Receiver<()>,
) -> Option<ExitStatus> {
    let by_itself = tokio::select! {
        status = child.wait() => status.ok(),
        _ = ending => None,
    };
    lambda.runtime_api.leave(number);
    if by_itself.is_none() {
        let _ = child.kill().await;
    }
    by_itself
}
