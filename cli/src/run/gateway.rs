//! The gateway: sends HTTP requests to functions. It also has Lambda's Invoke API.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, Path, Request, State},
    http::{HeaderName, StatusCode, header::CONTENT_TYPE, request::Parts},
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{
    clock::Clock,
    event::{self, Received},
    functions::{Failure, Functions},
    print,
    runtime_api::Answer,
    stack::Stack,
};
use crate::inspect::seen::{self, Seen};

/// The largest event that Lambda accepts.
const LARGEST_EVENT: usize = 6 * 1024 * 1024;

const JSON: (HeaderName, &str) = (CONTENT_TYPE, "application/json");

pub(crate) struct Gateway {
    pub(crate) stack: Stack,
    pub(crate) functions: Functions,
    pub(crate) clock: Clock,
    /// Keeps requests and answers for the page.
    pub(crate) seen: Option<Arc<Seen>>,
}

impl Gateway {
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route(
                "/2015-03-31/functions/{name}/invocations",
                post(invoke).fallback(callback),
            )
            .fallback(callback)
            .with_state(Arc::new(self))
    }

    fn refuse(&self, status: StatusCode, response_type: &str) -> Response {
        (status, [JSON], self.stack.refusal(response_type)).into_response()
    }
}

/// Sends a request to its function as a gateway's event.
async fn callback(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    // Before the body is read, because reading can take long.
    let at = gateway.clock.tick();
    let (head, body) = request.into_parts();
    let (function, route) = gateway.stack.route(head.method.as_str(), head.uri.path());
    let body = match read(body).await {
        Ok(body) => body,
        Err((status, response_type)) => return gateway.refuse(status, response_type),
    };
    let id = gateway.clock.id();
    let received = Received {
        head: &head,
        body: &body,
        id: &id,
        at,
        from: from.ip(),
        route,
    };
    let Some(seen) = &gateway.seen else {
        return answer(&gateway, function, &received).await;
    };
    seen.asked(&id, at, asked(&head, &body));
    let began = Instant::now();
    let response = answer(&gateway, function, &received).await;
    let took = began.elapsed();
    let (head, body) = response.into_parts();
    // It is in memory already, so this neither waits nor fails.
    let body = body.collect().await.map(|it| it.to_bytes());
    let body = body.unwrap_or_default();
    let answer = seen::Answer {
        status: head.status.as_u16(),
        body: String::from_utf8_lossy(&body).into_owned(),
        took,
    };
    seen.answered(&id, answer);
    Response::from_parts(head, body.into())
}

/// The request as the page shows it.
fn asked(head: &Parts, body: &[u8]) -> seen::Request {
    let headers = head.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.to_string(), value.into_owned())
    });
    seen::Request {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(body).into_owned(),
    }
}

/// The function's answer, or the gateway's own.
async fn answer(gateway: &Gateway, function: &str, received: &Received<'_>) -> Response {
    let id = received.id;
    let event = received.event().to_string();
    if event.len() > LARGEST_EVENT {
        let (status, response_type) = TOO_LARGE;
        return gateway.refuse(status, response_type);
    }
    let invoked = gateway
        .functions
        .invoke(function, id.to_owned(), event.into());
    let why = match invoked.await {
        Ok(Answer::Response(answer)) => match event::response(&answer) {
            Some(response) => return response,
            None => "its response is malformed for a REST API".to_owned(),
        },
        Ok(Answer::Error(error)) => format!("it failed: {}", String::from_utf8_lossy(&error)),
        Err(failure) => failure.to_string(),
    };
    print::warn(
        function,
        &format!("{why}; the gateway answered for it  requestId={id}"),
    );
    gateway.refuse(StatusCode::BAD_GATEWAY, "DEFAULT_5XX")
}

/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
async fn invoke(
    State(gateway): State<Arc<Gateway>>,
    Path(function): Path<String>,
    request: Request,
) -> Response {
    let refuse = |status, kind: &str, message: String| {
        let message = json!({"Type": "User", "Message": message}).to_string();
        let kind = [("x-amzn-errortype", kind.to_owned())];
        (status, [JSON], kind, message).into_response()
    };
    let event = match read(request.into_body()).await {
        Ok(event) => event,
        Err((status, why)) => {
            let message = format!("{why}: an event has at most {LARGEST_EVENT} bytes");
            return refuse(status, "RequestTooLargeException", message);
        }
    };
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(&event) {
        let message = format!("the event is not JSON: {error}");
        return refuse(
            StatusCode::BAD_REQUEST,
            "InvalidRequestContentException",
            message,
        );
    }
    let failed = |error: Bytes| {
        let mark = [("x-amz-function-error", "Unhandled")];
        ([JSON], mark, error).into_response()
    };
    let id = gateway.clock.id();
    let event = Bytes::from(event);
    let invoked = gateway.functions.invoke(&function, id, event.clone()).await;
    if let Some(seen) = &gateway.seen {
        let answer = match &invoked {
            Ok(Answer::Response(answer)) => Some(&answer[..]),
            _ => None,
        };
        seen.invoked(&function, &event, answer);
    }
    match invoked {
        Ok(Answer::Response(answer)) => ([JSON], answer).into_response(),
        Ok(Answer::Error(error)) => failed(error),
        Err(failure @ Failure::Unknown) => refuse(
            StatusCode::NOT_FOUND,
            "ResourceNotFoundException",
            format!("{function}: {failure}"),
        ),
        Err(failure) => {
            let error: Value = json!({
                "errorType": "Runtime.ExitError",
                "errorMessage": failure.to_string(),
            });
            failed(error.to_string().into())
        }
    }
}

/// The gateway's own answer: the status, and the response type.
type Refusal = (StatusCode, &'static str);

const TOO_LARGE: Refusal = (StatusCode::PAYLOAD_TOO_LARGE, "REQUEST_TOO_LARGE");

/// The whole body, unless it is larger than the largest event. It always reads to the end: if it closed the connection
/// while the caller is still sending, the caller might not read the answer.
async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    let mut chunks = body.into_data_stream();
    let mut read = Vec::new();
    let mut fits = true;
    while let Some(chunk) = chunks.next().await {
        let broken = |_| (StatusCode::BAD_REQUEST, "BAD_REQUEST_BODY");
        let chunk = chunk.map_err(broken)?;
        fits &= read.len() + chunk.len() <= LARGEST_EVENT;
        if fits {
            read.extend_from_slice(&chunk);
        }
    }
    if fits { Ok(read) } else { Err(TOO_LARGE) }
}
