//! Lambda on a laptop: runs the processes of the functions. A process starts when an event comes and no process is free.

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
    stack::{Declared, FORWARD},
};
use crate::inspect::seen::Seen;

/// How many requests a function handles at the same time, each in its own process. Other requests wait.
const AT_ONCE: usize = 4;

/// How long Lambda waits until a new process asks for its first event. A request may wait for less.
const START: Duration = Duration::from_secs(10);

/// How long a killed process may still look alive.
const DYING: Duration = Duration::from_millis(200);

/// The settings of all functions.
pub(crate) struct Lambda {
    /// The folder of their binaries.
    pub(crate) binaries: PathBuf,
    /// The policies, which functions read when they start.
    pub(crate) policies: PathBuf,
    pub(crate) set: Vec<(String, String)>,
    pub(crate) removed: &'static [&'static str],
    pub(crate) runtime_api: RuntimeApi,
    pub(crate) runtime_api_address: String,
    /// Keeps the lines of functions for the page.
    pub(crate) seen: Option<Arc<Seen>>,
    /// Nothing is sent. It is dropped after the last process has ended, and the receiver sees that.
    pub(crate) _alive: mpsc::Sender<()>,
}

/// Every function of the stack.
pub(crate) struct Functions(BTreeMap<String, Arc<Function>>);

impl Functions {
    /// All functions. No process is started yet.
    pub(crate) fn new(lambda: Lambda, functions: &BTreeMap<String, Declared>) -> Self {
        let lambda = Arc::new(lambda);
        let function = |(name, declared): (&String, &Declared)| {
            let function = Function {
                name: name.clone(),
                binary: declared.binary.clone(),
                timeout: declared.timeout,
                lambda: lambda.clone(),
                turns: Semaphore::new(AT_ONCE),
                free: Mutex::default(),
            };
            (name.clone(), Arc::new(function))
        };
        Self(functions.iter().map(function).collect())
    }

    /// Sends an event to a function. No other event may have this id.
    pub(crate) async fn invoke(
        &self,
        name: &str,
        id: String,
        event: Bytes,
    ) -> Result<Answer, Failure> {
        let function = self.0.get(name).ok_or(Failure::Unknown)?;
        let deadline = Instant::now() + function.timeout;
        // Spawned, so the function finishes even if the caller disconnects.
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
            Self::TimedOut => f.write_str("it did not answer within its Timeout"),
        }
    }
}

struct Function {
    name: String,
    /// The file of its binary.
    binary: String,
    timeout: Duration,
    lambda: Arc<Lambda>,
    turns: Semaphore,
    free: Mutex<Vec<Process>>,
}

impl Function {
    /// Finds a process for the event, and waits for its answer. From the moment it gets the event, the process has the
    /// function's whole time-out. After the deadline it gets no event, because the caller already has an answer.
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
            // A start may take longer than the caller waits, because the next request can use the new process.
            let end = if is_new {
                Instant::now() + START
            } else {
                deadline
            };
            let asking = match (timeout_at(end, process.asks()).await, is_new) {
                (Ok(Some(asking)), _) => asking,
                (_, true) => {
                    return Err(Failure::NotStarted("it asked for no event".to_owned()));
                }
                (Ok(None), false) => continue,
                (Err(_), false) => {
                    let message = "its process is ended: it did not ask for its next event";
                    print::warn(&self.name, message);
                    return Err(Failure::TimedOut);
                }
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
                // The process has just ended, and did not get the event.
                continue;
            }
            let given = Instant::now();
            return match timeout(self.timeout, answered).await {
                Ok(Ok(answer)) => {
                    self.lock().push(process);
                    Ok(answer)
                }
                // The process was probably ending before it got the event. If not, two processes get the event. It is
                // still stored once, because its id is the same.
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

    /// The process that became free last. Ends the processes whose files have changed since they started.
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
            // Each of these two functions has only one of them.
            .env_remove(match self.name.as_str() {
                FORWARD => "DELIVERY_URL",
                _ => "FORWARD_URL",
            })
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
            // Its own group, so Ctrl-C reaches only `imhook`. That ends the processes after they have answered.
            .process_group(0)
            .kill_on_drop(true);
        let (files, mut child) = loop {
            let files = self.files();
            match command.spawn() {
                Ok(child) => break (files, child),
                // A build is still writing the file.
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
            let seen = lambda.seen.clone();
            words.push(tokio::spawn(print::forward(
                self.name.clone(),
                output,
                seen,
            )));
        }
        if let Some(output) = child.stderr.take() {
            words.push(tokio::spawn(print::forward(
                self.name.clone(),
                output,
                None,
            )));
        }
        let asked = lambda.runtime_api.enter(number);
        let (end, ending) = oneshot::channel();
        let watched = watch(lambda.clone(), number, child, ending);
        let name = self.name.clone();
        tokio::spawn(async move {
            let Some(status) = watched.await else {
                return;
            };
            // First, print what the process wrote last.
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
        self.lambda.binaries.join(&self.binary)
    }

    fn files(&self) -> Files {
        let policies = &self.lambda.policies;
        Files([
            modified(&self.binary()),
            modified(policies),
            words_modified(policies),
        ])
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Process>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A process of a function. Dropping this value ends the process.
struct Process {
    files: Files,
    asked: mpsc::UnboundedReceiver<Asking>,
    /// Its request for an event, if it was not answered yet.
    asking: Option<Asking>,
    _end: oneshot::Sender<()>,
}

impl Process {
    /// Waits until the process asks for an event. Gives `None` if it has ended.
    async fn asks(&mut self) -> Option<Asking> {
        if let Some(asking) = self.asking.take().filter(|it| !it.is_closed()) {
            return Some(asking);
        }
        self.asked.recv().await
    }
}

/// When the files that a process reads at its start were last modified: its binary, the policies, and the word lists
/// beside them.
struct Files([Option<SystemTime>; 3]);

impl Files {
    /// Whether the files are still the same. A missing file counts as the same, because a program is just writing it.
    fn are_still(&self, now: &Self) -> bool {
        let mut both = self.0.iter().zip(&now.0);
        both.all(|(then, now)| now.is_none() || then == now)
    }
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|file| file.modified()).ok()
}

/// When one of the word lists beside the policies was last modified.
fn words_modified(policies: &Path) -> Option<SystemTime> {
    let files = fs::read_dir(policies.parent()?).ok()?.flatten();
    let lists = files.filter(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        name.starts_with("policies.") && name.ends_with(".txt")
    });
    lists.filter_map(|list| modified(&list.path())).max()
}

/// Waits until a process ends by itself, or ends it when `ending` is dropped. Gives the status if it ended by itself.
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
