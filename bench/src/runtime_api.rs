//! Lambda's runtime API for one function process: passes one event at a time and takes its answer, as the service does.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    collections::VecDeque,
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::{Result, http::Connection};

/// The time-out of a function, as the stack sets it.
const TIMEOUT: Duration = Duration::from_secs(3);
const PATH: &str = "/2018-06-01/runtime/";
const ACCEPTED: &[u8] = b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\n\
    content-length: 16\r\n\r\n{\"status\":\"OK\"}\n";

/// The runtime API for one process that is measured.
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

/// The answer to an event, with its times.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// When the event was written to the function.
    pub(crate) handed_out: Instant,
    /// When the whole answer had arrived.
    pub(crate) complete: Instant,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The time between the two in milliseconds.
    pub(crate) fn millis(&self) -> f64 {
        millis(self.complete - self.handed_out)
    }
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Wakes the connection that waits for an event.
    event: Condvar,
    /// Wakes the thread that waits for the function: it is ready, has answered everything, or has failed.
    progress: Condvar,
}

#[derive(Default)]
struct State {
    events: VecDeque<Vec<u8>>,
    /// When the function asked for its first event.
    ready: Option<Instant>,
    /// The number of requests for an event. A client that opens a new connection has given up its former request.
    asked: u64,
    handed_out: Option<(String, Instant)>,
    answers: Vec<Answer>,
    /// The number of answers for which a thread waits. The thread does not wake before that.
    wanted: usize,
    failure: Option<String>,
    closed: bool,
    /// Whether all events have the same trace id.
    one_trace: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RuntimeApi {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let accepting = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.lock().closed {
                    return;
                }
                let (Ok(stream), shared) = (stream, accepting.clone()) else {
                    continue;
                };
                // An error means that the client has gone. Either it connects again, or its process has ended.
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Ok(Self { address, shared })
    }

    /// Gives all later events the same trace id. On Lambda, each has its own, and AWS's runtime library keeps each of them
    /// for ever: it sets an environment variable, and the C library never frees what such a variable was.
    pub(crate) fn one_trace(&self) {
        self.shared.lock().one_trace = true;
    }

    /// Waits until the function has asked for its first event, which is the end of its initialization. Returns when
    /// that was.
    ///
    /// `alive` fails with the reason if the process cannot ask any more.
    pub(crate) fn ready(
        &self,
        patience: Duration,
        alive: impl FnMut() -> Result<()>,
    ) -> Result<Instant> {
        self.wait(patience, alive, |state| state.ready)
            .map_err(|error| format!("it did not initialize: {error}").into())
    }

    /// Passes these events to the function and returns the answers. The function gets an event when it asks for it,
    /// after its answer to the event before.
    pub(crate) fn answers(
        &self,
        events: Vec<Vec<u8>>,
        patience: Duration,
        alive: impl FnMut() -> Result<()>,
    ) -> Result<Vec<Answer>> {
        let mut state = self.shared.lock();
        state.wanted = events.len();
        state.answers = Vec::with_capacity(events.len());
        state.events = events.into();
        drop(state);
        self.shared.event.notify_all();
        self.wait(patience, alive, |state| {
            (state.answers.len() == state.wanted).then(|| std::mem::take(&mut state.answers))
        })
        .map_err(|error| format!("it did not answer: {error}").into())
    }

    fn wait<T>(
        &self,
        patience: Duration,
        mut alive: impl FnMut() -> Result<()>,
        mut done: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<T> {
        let end = Instant::now() + patience;
        let mut state = self.shared.lock();
        loop {
            if let Some(failure) = &state.failure {
                return Err(failure.clone().into());
            }
            if let Some(done) = done(&mut state) {
                return Ok(done);
            }
            if Instant::now() > end {
                return Err(format!("nothing came within {} s", patience.as_secs()).into());
            }
            let pause = Duration::from_millis(50);
            let (woken, paused) = self
                .shared
                .progress
                .wait_timeout(state, pause)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            // An error that the function reported says more than its end.
            if paused.timed_out() && state.failure.is_none() {
                alive()?;
            }
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.event.notify_all();
        // Wakes the thread that accepts connections.
        drop(TcpStream::connect(self.address));
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection::new(stream);
    while let Some(request) = connection.read_request()? {
        let now = Instant::now();
        let (method, target) = &request.start;
        let is_last = request.is_last();
        match (method.as_str(), target.strip_prefix(PATH)) {
            ("GET", Some("invocation/next")) => {
                if !hand_out(&mut connection, shared, now)? {
                    return Ok(());
                }
            }
            // There is no snapshot, so a function that waits for its restoration goes on at once.
            ("GET", Some("restore/next")) => {
                connection.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
            }
            ("POST", Some("init/error" | "restore/error")) => {
                fail(shared, "it reported that its start failed", &request.body);
                connection.write(ACCEPTED)?;
            }
            ("POST", Some(rest)) => {
                let id = rest.strip_prefix("invocation/");
                match id.and_then(|id| id.split_once('/')) {
                    Some((id, "response")) => take_answer(shared, id, now, request.body),
                    Some((_, "error")) => fail(shared, "it answered an error", &request.body),
                    _ => fail(shared, "it asked for an unknown path", target.as_bytes()),
                }
                connection.write(ACCEPTED)?;
            }
            _ => {
                fail(shared, "it asked for an unknown path", target.as_bytes());
                connection.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")?;
            }
        }
        if is_last {
            break;
        }
    }
    Ok(())
}

/// Waits for an event and writes it. Returns false if another connection has replaced this one.
fn hand_out(
    connection: &mut Connection<TcpStream>,
    shared: &Shared,
    asked_at: Instant,
) -> io::Result<bool> {
    let mut state = shared.lock();
    state.asked += 1;
    let number = state.asked;
    // Ends the wait of a connection that the function has given up.
    shared.event.notify_all();
    if state.ready.is_none() {
        state.ready = Some(asked_at);
        shared.progress.notify_all();
    }
    let event = loop {
        if state.closed || state.asked != number {
            return Ok(false);
        }
        match state.events.pop_front() {
            Some(event) => break event,
            None => {
                state = shared
                    .event
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    };
    let id = format!("8476a536-e9f4-11e8-9739-{number:012x}");
    let trace = if state.one_trace { 0 } else { number };
    let deadline = SystemTime::now() + TIMEOUT;
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut bytes = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
         lambda-runtime-aws-request-id: {id}\r\n\
         lambda-runtime-deadline-ms: {}\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:measured\r\n\
         lambda-runtime-trace-id: Root=1-6740d7a0-{trace:024x};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:a8af41c4:0\r\n\
         content-length: {}\r\n\r\n",
        deadline.as_millis(),
        event.len()
    )
    .into_bytes();
    bytes.extend_from_slice(&event);
    state.handed_out = Some((id, Instant::now()));
    drop(state);
    if let Err(error) = connection.write(&bytes) {
        // The client will ask again.
        let mut state = shared.lock();
        state.handed_out = None;
        state.events.push_front(event);
        return Err(error);
    }
    Ok(true)
}

fn take_answer(shared: &Shared, id: &str, complete: Instant, body: Vec<u8>) {
    let mut state = shared.lock();
    match state.handed_out.take() {
        Some((known, handed_out)) if known == id => {
            state.answers.push(Answer {
                handed_out,
                complete,
                body,
            });
            if state.answers.len() == state.wanted {
                shared.progress.notify_all();
            }
        }
        _ => {
            drop(state);
            fail(
                shared,
                "it answered an unknown event, with the id",
                id.as_bytes(),
            );
        }
    }
}

fn fail(shared: &Shared, what: &str, details: &[u8]) {
    let mut state = shared.lock();
    let details = String::from_utf8_lossy(details);
    // Only the first failure is the cause.
    state
        .failure
        .get_or_insert_with(|| format!("{what}: {details}"));
    shared.progress.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn client(api: &RuntimeApi) -> Connection<TcpStream> {
        Connection::new(TcpStream::connect(api.address).unwrap())
    }

    fn ask(client: &mut Connection<TcpStream>, request: &str) -> crate::http::Message {
        client.write(request.as_bytes()).unwrap();
        client.read_answer().unwrap().unwrap()
    }

    fn next() -> String {
        format!("GET {PATH}invocation/next HTTP/1.1\r\n\r\n")
    }

    fn post(path: &str, body: &str) -> String {
        let length = body.len();
        format!("POST {PATH}{path} HTTP/1.1\r\ncontent-length: {length}\r\n\r\n{body}")
    }

    #[test]
    fn an_event_has_the_documented_headers_and_its_answer_has_times() {
        let api = RuntimeApi::start().unwrap();
        let mut client = client(&api);
        let function = thread::spawn(move || {
            for _ in 0..2 {
                let event = ask(&mut client, &next());
                assert_eq!(event.body, b"{}");
                for name in ["deadline-ms", "invoked-function-arn", "trace-id"] {
                    assert!(event.header(&format!("lambda-runtime-{name}")).is_some());
                }
                let id = event.header("lambda-runtime-aws-request-id").unwrap();
                let answer = post(&format!("invocation/{id}/response"), "\"done\"");
                assert_eq!(ask(&mut client, &answer).start.0, "202");
            }
        });
        api.ready(PATIENCE, || Ok(())).unwrap();
        let events = vec![b"{}".to_vec(); 2];
        let answers = api.answers(events, PATIENCE, || Ok(())).unwrap();
        assert_eq!(answers.len(), 2);
        assert!(answers.iter().all(|answer| answer.body == b"\"done\""));
        assert!(answers[0].handed_out < answers[0].complete);
        assert!(answers[0].complete < answers[1].handed_out);
        function.join().unwrap();
    }

    #[test]
    fn a_client_that_connects_again_gets_its_event() {
        let api = RuntimeApi::start().unwrap();
        let mut gone = client(&api);
        gone.write(next().as_bytes()).unwrap();
        api.ready(PATIENCE, || Ok(())).unwrap();
        drop(gone);
        let mut client = client(&api);
        client.write(next().as_bytes()).unwrap();
        while api.shared.lock().asked < 2 {
            thread::yield_now();
        }
        let function = thread::spawn(move || {
            let event = client.read_answer().unwrap().unwrap();
            let id = event.header("lambda-runtime-aws-request-id").unwrap();
            ask(
                &mut client,
                &post(&format!("invocation/{id}/response"), "1"),
            );
        });
        let answers = api.answers(vec![b"{}".to_vec()], PATIENCE, || Ok(()));
        assert_eq!(answers.unwrap()[0].body, b"1");
        function.join().unwrap();
    }

    #[test]
    fn a_function_that_waits_for_its_restoration_goes_on() {
        let api = RuntimeApi::start().unwrap();
        let mut client = client(&api);
        let restore = format!("GET {PATH}restore/next HTTP/1.1\r\n\r\n");
        assert_eq!(ask(&mut client, &restore).start.0, "200");
        assert!(api.shared.lock().ready.is_none());
        ask(&mut client, &post("restore/error", "no clock"));
        let failed = api.ready(PATIENCE, || Ok(())).unwrap_err();
        assert!(failed.to_string().contains("no clock"), "{failed}");
    }

    #[test]
    fn an_answer_to_another_event_is_a_failure() {
        let api = RuntimeApi::start().unwrap();
        let mut client = client(&api);
        ask(&mut client, &post("invocation/some-id/response", "{}"));
        let failed = api.answers(vec![b"{}".to_vec()], PATIENCE, || Ok(()));
        let error = failed.unwrap_err().to_string();
        assert!(error.contains("with the id: some-id"), "{error}");
    }
}
