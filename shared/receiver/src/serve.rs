//! From the Lambda runtime to a journey and back.

use std::{
    convert::Infallible,
    env, fmt,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Arrivals, Source, Timestamp};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{error, error_span};

use crate::{
    Get, Handler, InvalidConfig, OnFailure, Problem, ProblemKind, Receiver, Reply, Request,
    StartError,
    call::Call,
    edge::{GatewayResponse, Payload},
    log,
    settings::{Shares, before_deadline},
};

/// Runs a Lambda function that serves these handlers, until the environment is shut down.
///
/// # Errors
///
/// When the Lambda runtime cannot be reached.
pub fn serve(handlers: impl IntoIterator<Item = Handler>) -> Result<(), Error> {
    log::init();
    let function = Arc::new(Function::new(handlers, |name| env::var(name).ok()));
    let serving = async move {
        function.start().await;
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
            let function = function.clone();
            async move {
                let answer = function.answer(event.payload.get(), &event.context.request_id);
                Ok::<_, Infallible>(answer.await)
            }
        }))
        .await
    };
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        // As a task: one that is woken costs nothing, `block_on` itself a system call, three times for each callback.
        .block_on(async {
            match tokio::spawn(serving).await {
                Ok(served) => served,
                // Not returned, because its message would be printed. The place has been logged.
                Err(ended) => resume_unwind(ended.into_panic()),
            }
        })
}

/// Handlers behind a gateway: from its event to its response. [`serve`] runs one under Lambda.
///
/// A start that fails does not end it: OpenIM would read the gateway's own error body as "allowed". What
/// is wrong is logged, the callback is answered with [`ProblemKind::Misconfigured`] or
/// [`ProblemKind::NotReady`], and the next one tries again.
pub struct Function {
    handlers: Arc<[Handler]>,
    get: Arc<Get>,
    /// For callbacks that ask.
    before_deadline: Duration,
    /// The start, under way or done. A callback that cannot wait for its end leaves it to the next one; after one
    /// that failed there is none.
    started: Mutex<Option<Started>>,
    arrivals: Arrivals,
    /// `sam local start-api` gives every request of one run the same request id and time, so that all but
    /// the first would be taken for repetitions.
    sam_local: bool,
}

type Started = Shared<BoxFuture<'static, Result<Arc<Receiver>, Arc<StartError>>>>;

impl Function {
    /// A function that serves these handlers, with its settings read through `get`, which is the
    /// environment outside of tests. They are those of [`Config`](crate::Config) and
    /// [`Verifiers`](crate::Verifiers).
    pub fn new(
        handlers: impl IntoIterator<Item = Handler>,
        get: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            handlers: handlers.into_iter().collect(),
            sam_local: get("AWS_SAM_LOCAL").is_some(),
            before_deadline: before_deadline(&get, &mut Vec::new()),
            get: Arc::new(get),
            started: Mutex::new(None),
            arrivals: Arrivals::default(),
        }
    }

    /// Does before the first callback what it would otherwise wait for. Whether that succeeded is logged,
    /// and seen by the callbacks.
    ///
    /// Where all callbacks ask, it takes no longer than half the time in which one of them is answered: one may
    /// be waiting for this already.
    pub async fn start(&self) {
        // The answers tell of it.
        if self.handlers.iter().all(Handler::is_before) {
            let _ = timeout(self.before_deadline / 2, self.receiver()).await;
        } else {
            let _ = self.receiver().await;
        }
    }

    async fn receiver(&self) -> Result<Arc<Receiver>, Problem> {
        self.started().await.map_err(|wrong| {
            *self.lock() = None;
            let kind = match *wrong {
                StartError::Config(_) => ProblemKind::Misconfigured,
                StartError::Secret(_) => ProblemKind::NotReady,
            };
            error!(%wrong, "no callback can be served, because {}", kind.message());
            Problem::new(kind, "see the line before")
        })
    }

    fn started(&self) -> Started {
        let start = || {
            let (handlers, get) = (self.handlers.clone(), self.get.clone());
            let starting = async move { Receiver::start(handlers, get).await };
            let starting = AssertUnwindSafe(starting).catch_unwind().map(|started| {
                let panicked = |_| {
                    let wrong = vec!["the start panicked where the line before says".to_owned()];
                    Err(StartError::Config(InvalidConfig(wrong)))
                };
                started
                    .unwrap_or_else(panicked)
                    .map(Arc::new)
                    .map_err(Arc::new)
            });
            starting.boxed().shared()
        };
        self.lock().get_or_insert_with(start).clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Started>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one event of a gateway. `invocation_id` stands in where the event names no request id.
    ///
    /// `GET` and `HEAD` of a path that ends in `/healthz` are answered at once, whoever asks and whatever does not work.
    pub async fn answer(&self, event: &str, invocation_id: &str) -> GatewayResponse {
        let start = Instant::now();
        let now = Timestamp::now();
        let arrived_at = self.arrivals.next(now);
        let mut request = Request::from_event(event, invocation_id, arrived_at);
        if let Ok(request) = &request
            && request.is_health_check()
        {
            return GatewayResponse::health(request);
        }
        if let Ok(request) = &mut request
            && self.sam_local
        {
            invocation_id.clone_into(&mut request.id);
            request.received_at = arrived_at;
        }
        let mut call = request
            .as_ref()
            .map(|request| Call::new(&self.handlers, request, now, start));
        let (asks, source) = match &call {
            Ok(call) => (call.asks, call.source),
            Err(_) => (
                self.handlers.iter().all(Handler::is_before),
                self.handlers
                    .first()
                    .map_or(Source::OpenIm, Handler::source),
            ),
        };
        let receiver = match self.receiver_by(start, asks).await {
            Ok(receiver) => receiver,
            Err(problem) => return self.refuse(&problem, event, invocation_id, asks, source),
        };
        match &mut call {
            Ok(call) => {
                // Boxed, because the compiler gives up on types that are nested as deep as this future's.
                let reply = Box::pin(receiver.receive(call)).await;
                GatewayResponse::new(reply, call.request.payload())
            }
            Err(problem) => self.refuse(problem, event, invocation_id, asks, source),
        }
    }

    /// The receiver for a callback that came at `start`. One that asks does not wait longer for it than it waits
    /// for anything.
    async fn receiver_by(&self, start: Instant, asks: bool) -> Result<Arc<Receiver>, Problem> {
        if !asks {
            return self.receiver().await;
        }
        let end = start + Shares::of(self.before_deadline, false).all;
        timeout_at(end, self.receiver()).await.unwrap_or_else(|_| {
            Err(Problem::new(
                ProblemKind::NotReady,
                "no time was left for the start",
            ))
        })
    }

    /// An answer that is given before it is known who asks.
    fn refuse(
        &self,
        problem: &Problem,
        event: &str,
        invocation_id: &str,
        asks: bool,
        source: Source,
    ) -> GatewayResponse {
        let on_failure = OnFailure::from_env(&*self.get);
        error_span!("callback", requestId = invocation_id)
            .in_scope(|| log::failed(problem, None, source, on_failure, asks));
        let reply = Reply::problem(source, problem, None, on_failure, asks);
        GatewayResponse::new(reply, Payload::of(event))
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("handlers", &self.handlers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use domain::relation::Event;
    use protocol::openim::AfterDeleteFriend;
    use serde_json::{Value, json};

    use super::*;
    use crate::edge::tests::callbacks;

    fn handle(callback: AfterDeleteFriend) -> Vec<Event> {
        vec![Event::FriendDeleted {
            owner: callback.owner_user_id,
            friend: callback.friend_user_id,
        }]
    }

    fn function(variables: &'static [(&'static str, &'static str)]) -> Function {
        Function::new([crate::handler(handle)], |name| {
            let mut variables = variables.iter();
            let (_, value) = variables.find(|(variable, _)| *variable == name)?;
            Some((*value).to_owned())
        })
    }

    const MISCONFIGURED: &[(&str, &str)] = &[];
    const OPEN: &[(&str, &str)] = &[("OPENIM_VERIFIER", "none")];

    async fn answer(function: &Function, event: &str) -> Value {
        let response = function.answer(event, "invocation").await;
        serde_json::to_value(response).unwrap()
    }

    /// Fails unless it is what that gateway takes for an answer, and gives its body.
    fn body_for(payload: Payload, response: &Value, status: u16) -> String {
        let mut expected = json!({
            "statusCode": status, "headers": {"content-type": "application/json"},
            "body": response["body"], "isBase64Encoded": false,
        });
        match payload {
            Payload::V1 => {}
            Payload::V2 => expected["cookies"] = json!([]),
            Payload::LoadBalancer { multi_value } => {
                let description = response["statusDescription"].as_str().unwrap();
                assert!(description.starts_with(&status.to_string()), "{response}");
                expected["statusDescription"] = json!(description);
                if multi_value {
                    expected.as_object_mut().unwrap().remove("headers");
                    expected["multiValueHeaders"] = json!({"content-type": ["application/json"]});
                }
            }
        }
        assert_eq!(*response, expected);
        response["body"].as_str().unwrap().to_owned()
    }

    fn code_for(payload: Payload, response: &Value, status: u16) -> i64 {
        let body = body_for(payload, response, status);
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (&body["actionCode"], &body["nextCode"]),
            (&json!(0), &json!(1))
        );
        body["errCode"].as_i64().unwrap()
    }

    #[tokio::test]
    async fn every_gateway_is_refused_in_its_own_form_also_what_cannot_be_read() {
        for (payload, event) in callbacks() {
            let changed = |change: fn(&mut Value)| {
                let mut event = event.clone();
                change(&mut event);
                event.to_string()
            };
            for unreadable in [
                changed(|event| {
                    event["isBase64Encoded"] = json!(true);
                    event["body"] = json!("no base64");
                }),
                changed(|event| {
                    for place in ["/httpMethod", "/requestContext/httpMethod", "/body"] {
                        event.pointer_mut(place).map(Value::take);
                    }
                    let http = event.pointer_mut("/requestContext/http/method");
                    http.map(Value::take);
                }),
                changed(|event| {
                    // Beside other things that are odd.
                    event["isBase64Encoded"] = json!("true");
                    event["pathParameters"] = json!(5);
                }),
            ] {
                let response = answer(&function(OPEN), &unreadable).await;
                assert_eq!(code_for(payload, &response, 400), 29010, "{unreadable}");
            }
            let response = answer(&function(MISCONFIGURED), &event.to_string()).await;
            assert_eq!(code_for(payload, &response, 500), 29012);
        }
    }

    #[tokio::test]
    async fn a_text_that_is_no_object_is_refused_in_the_form_of_a_rest_api() {
        let function = function(OPEN);
        for text in [
            "", " ", "null", "[]", "5", "\"text\"", "{", "{}", "{\"a\"}", "\u{FFFD}",
        ] {
            let response = answer(&function, text).await;
            assert_eq!(code_for(Payload::V1, &response, 400), 29010, "{text}");
        }
    }

    #[tokio::test]
    async fn health_is_told_to_everybody_in_the_form_of_each_gateway_even_without_a_configuration()
    {
        let version = env!("CARGO_PKG_VERSION");
        let alive = format!(r#"{{"status":"ok","version":"{version}"}}"#);
        let function = function(MISCONFIGURED);
        for (payload, mut event) in callbacks() {
            for (method, body) in [("GET", alive.as_str()), ("HEAD", "")] {
                for (place, value) in [
                    ("/httpMethod", method),
                    ("/requestContext/httpMethod", method),
                    ("/requestContext/http/method", method),
                    ("/path", "/healthz"),
                    ("/rawPath", "/healthz"),
                ] {
                    if let Some(place) = event.pointer_mut(place) {
                        *place = json!(value);
                    }
                }
                let response = answer(&function, &event.to_string()).await;
                assert_eq!(body_for(payload, &response, 200), body);
            }
        }
        assert!(function.lock().is_none(), "nothing is started for it");
    }

    #[tokio::test]
    async fn what_is_posted_to_healthz_is_no_health_check() {
        let mut event = callbacks()[0].1.clone();
        event["path"] = json!("/healthz");
        event["body"] = json!("no JSON");
        let response = answer(&function(OPEN), &event.to_string()).await;
        assert_eq!(code_for(Payload::V1, &response, 400), 29006);
    }
}
