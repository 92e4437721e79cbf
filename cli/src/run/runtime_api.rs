//! The Lambda runtime API, where the processes of functions ask for events.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    collections::HashMap,
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderName, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt as _,
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};

/// An event for a process.
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) function: String,
    /// Milliseconds since 1970.
    pub(crate) deadline: i64,
    pub(crate) event: Bytes,
    /// Takes the answer. If the process ends before it answers, this is dropped.
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// A function's answer to an event, as JSON.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Response(Bytes),
    Error(Bytes),
}

/// The request of a process that waits for an event.
pub(crate) type Asking = oneshot::Sender<Invocation>;

/// The processes that may ask. Each process has its own path, so a late answer of one process never counts as the answer
/// of another.
#[derive(Clone, Default)]
pub(crate) struct RuntimeApi(Arc<Mutex<HashMap<u64, Known>>>);

struct Known {
    asking: mpsc::UnboundedSender<Asking>,
    /// The id of the event that it is working on, and where the answer goes.
    answer: Option<(String, oneshot::Sender<Answer>)>,
}

impl RuntimeApi {
    /// Starts to serve on this machine only. Gives the address.
    pub(crate) async fn serve(&self) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let invocation = "/{process}/2018-06-01/runtime/invocation";
        let router = Router::new()
            .route(&format!("{invocation}/next"), get(next))
            .route(&format!("{invocation}/{{id}}/response"), post(response))
            .route(&format!("{invocation}/{{id}}/error"), post(error))
            .route("/{process}/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::disable())
            .with_state(self.clone());
        // Without this, each small answer would wait for an acknowledgement.
        let listener = listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(address)
    }

    /// Lets a process ask for events. The receiver gets each of its requests, and ends with the process.
    pub(crate) fn enter(&self, process: u64) -> mpsc::UnboundedReceiver<Asking> {
        let (asking, asked) = mpsc::unbounded_channel();
        let known = Known {
            asking,
            answer: None,
        };
        self.lock().insert(process, known);
        asked
    }

    /// Removes a process that has ended. A caller that waits for its answer sees that at once.
    pub(crate) fn leave(&self, process: u64) {
        self.lock().remove(&process);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, process: u64, id: &str, answer: Answer) -> StatusCode {
        let mut processes = self.lock();
        let known = processes.get_mut(&process);
        match known.and_then(|known| known.answer.take_if(|(asked, _)| asked == id)) {
            Some((_, waiting)) => {
                // An error means that the answer is too late: nobody waits for it.
                let _ = waiting.send(answer);
                StatusCode::ACCEPTED
            }
            None => StatusCode::BAD_REQUEST,
        }
    }
}

async fn next(State(api): State<RuntimeApi>, Path(process): Path<u64>) -> Response {
    let (asking, given) = oneshot::channel();
    if let Some(known) = api.lock().get(&process) {
        let _ = known.asking.send(asking);
    }
    // Fails if the process gets no further event, because it is being ended. The process would panic at any answer, so it
    // gets none.
    let Ok(invocation) = given.await else {
        return pending().await;
    };
    match api.lock().get_mut(&process) {
        Some(known) => known.answer = Some((invocation.id.clone(), invocation.answer)),
        None => return StatusCode::GONE.into_response(),
    }
    let arn = format!(
        "arn:aws:lambda:eu-central-1:000000000000:function:{}",
        invocation.function
    );
    let header = |name: &'static str, value: String| (HeaderName::from_static(name), value);
    let headers = [
        header("content-type", "application/json".to_owned()),
        header("lambda-runtime-aws-request-id", invocation.id),
        header(
            "lambda-runtime-deadline-ms",
            invocation.deadline.to_string(),
        ),
        header("lambda-runtime-invoked-function-arn", arn),
    ];
    (headers, invocation.event).into_response()
}

async fn response(
    State(api): State<RuntimeApi>,
    Path((process, id)): Path<(u64, String)>,
    body: Bytes,
) -> StatusCode {
    api.answer(process, &id, Answer::Response(body))
}

async fn error(
    State(api): State<RuntimeApi>,
    Path((process, id)): Path<(u64, String)>,
    body: Bytes,
) -> StatusCode {
    api.answer(process, &id, Answer::Error(body))
}

/// Accepts the report of a failed start. The process prints the reason itself, and ends.
async fn init_error() -> StatusCode {
    StatusCode::ACCEPTED
}
