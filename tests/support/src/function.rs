use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header::HeaderName},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{
    process::Command,
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
};

use crate::{Answer, Process, Request, binary};

/// An event, and the channel for its answer.
type Invocation = (String, oneshot::Sender<Value>);

/// One function binary with its own Lambda runtime API, which passes it the events of a REST API.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
pub struct Function {
    process: Process,
    events: UnboundedSender<Invocation>,
}

#[derive(Clone)]
struct RuntimeApi {
    events: Arc<tokio::sync::Mutex<UnboundedReceiver<Invocation>>>,
    waiting: Arc<Mutex<HashMap<String, oneshot::Sender<Value>>>>,
}

impl Function {
    /// Starts the binary of that name. Its environment has only these variables and those of Lambda.
    pub async fn start(
        name: &str,
        environment: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>,
    ) -> Self {
        let (events, receiver) = unbounded_channel();
        let api = RuntimeApi {
            events: Arc::new(tokio::sync::Mutex::new(receiver)),
            waiting: Arc::default(),
        };
        let invocation = "/2018-06-01/runtime/invocation";
        let router = Router::new()
            .route(&format!("{invocation}/next"), get(next))
            .route(&format!("{invocation}/{{id}}/response"), post(response))
            .route(&format!("{invocation}/{{id}}/error"), post(error))
            .with_state(api);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });

        let mut command = Command::new(binary(name));
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
        for (name, value) in environment {
            command.env(name.as_ref(), value.as_ref());
        }
        Self {
            process: Process::start(&mut command),
            events,
        }
    }

    /// Passes an event to the function and returns its response, or its error.
    pub async fn invoke(&self, event: Value) -> Value {
        self.invoke_text(event.to_string()).await
    }

    /// Passes the text of an event, byte for byte, and returns the response or the error.
    pub async fn invoke_text(&self, event: String) -> Value {
        let (answer, answered) = oneshot::channel();
        self.events.send((event, answer)).unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(120), answered)
            .await
            .unwrap_or_else(|_| panic!("no answer; the function wrote:\n{}", self.log().join("\n")))
            .unwrap();
        // The function logs before it answers. The task that reads its lines gets a turn before the test does.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        answer
    }

    /// Passes a request as the gateway does. Every request gets its own id and time.
    pub async fn send(&self, request: &Request) -> Answer {
        static RECEIVED: AtomicI64 = AtomicI64::new(1_795_264_496_789);
        let time = RECEIVED.fetch_add(1, Ordering::Relaxed);
        let event = request.to_rest_api_event(&format!("reception-{time}"), time);
        Answer::from_gateway_response(&self.invoke(event).await)
    }

    /// Waits for a line with this text.
    pub async fn wait_for_line(&mut self, text: &str) -> String {
        let find = |line: &str| line.contains(text).then(|| line.to_owned());
        self.process.wait_for(find).await
    }

    /// Every line that the function has logged.
    pub fn log(&self) -> Vec<String> {
        self.process.lines()
    }
}

async fn next(State(api): State<RuntimeApi>) -> Response {
    static INVOCATIONS: AtomicI64 = AtomicI64::new(0);
    let Some((event, answer)) = api.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let id = format!("invocation-{}", INVOCATIONS.fetch_add(1, Ordering::Relaxed));
    api.waiting.lock().unwrap().insert(id.clone(), answer);
    let header = |name: &'static str, value: String| (HeaderName::from_static(name), value);
    (
        [
            header("lambda-runtime-aws-request-id", id),
            header("lambda-runtime-deadline-ms", "4102444800000".into()),
            header(
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:eu-central-1:123456789012:function:x".into(),
            ),
            header("content-type", "application/json".into()),
        ],
        event,
    )
        .into_response()
}

async fn response(
    State(api): State<RuntimeApi>,
    Path(id): Path<String>,
    body: Bytes,
) -> StatusCode {
    answer(&api, &id, serde_json::from_slice(&body).unwrap())
}

async fn error(State(api): State<RuntimeApi>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    let error = String::from_utf8_lossy(&body);
    answer(&api, &id, json!({ "invocationError": error }))
}

fn answer(api: &RuntimeApi, id: &str, body: Value) -> StatusCode {
    if let Some(waiting) = api.waiting.lock().unwrap().remove(id) {
        let _ = waiting.send(body);
    }
    StatusCode::ACCEPTED
}
