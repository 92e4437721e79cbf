//! Connects the Lambda runtime with the receiver.

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
use protocol::Json;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Span, error};

use crate::{
    Get, Handler, InvalidConfig, OnFailure, Problem, ProblemKind, Receiver, Reply, Request,
    StartError,
    answer::failure,
    call::Call,
    decide::Answered,
    edge::{GatewayResponse, Payload},
    find, log,
    messages::NO_TIME_FOR_START,
    settings::{Shares, before_deadline},
};

/// Runs a Lambda function that serves these handlers, until Lambda shuts its environment down.
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
        // Spawned, because waking a task is free. Waking `block_on` itself is a system call, three times per callback.
        .block_on(async {
            match tokio::spawn(serving).await {
                Ok(served) => served,
                // Not returned as an error, because that would print its message. The log already has the place.
                Err(ended) => resume_unwind(ended.into_panic()),
            }
        })
}

/// Handlers behind a gateway: turns the gateway's event into its response. [`serve`] runs one under Lambda.
///
/// It goes on when its start fails, because OpenIM would read the gateway's own error body as "allowed". It logs what is
/// wrong, and answers the callback with [`ProblemKind::Misconfigured`] or [`ProblemKind::NotReady`]. The next callback
/// tries the start again.
pub struct Function {
    handlers: Arc<[Handler]>,
    get: Arc<Get>,
    /// The deadline of before callbacks.
    before_deadline: Duration,
    /// The start, running or finished; `None` after a failure. If a callback cannot wait until it is finished, the next
    /// callback goes on with the same start.
    started: Mutex<Option<Started>>,
    arrivals: Arrivals,
    /// Whether `sam local start-api` runs the function. It gives all requests of one run the same id and time, so all
    /// but the first would count as repetitions.
    sam_local: bool,
}

type Started = Shared<BoxFuture<'static, Result<Arc<Receiver>, Arc<StartError>>>>;

impl Function {
    /// A function that serves these handlers. It reads the settings of [`Config`](crate::Config) and
    /// [`Verifiers`](crate::Verifiers) through `get`: from the environment, except in tests.
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

    /// Starts the receiver before the first callback comes, so that the callback does not wait for it. A failure is
    /// logged, and the callbacks get it as their answer.
    ///
    /// If the function serves only before commands, this takes at most half of their deadline, because a callback may
    /// be waiting already.
    pub async fn start(&self) {
        // The result is ignored, because the callbacks see it.
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
            Problem::new(kind, "the previous log line says why")
        })
    }

    fn started(&self) -> Started {
        let start = || {
            let (handlers, get) = (self.handlers.clone(), self.get.clone());
            let starting = async move { Receiver::start(handlers, get).await };
            let starting = AssertUnwindSafe(starting).catch_unwind().map(|started| {
                let panicked = |_| {
                    let wrong =
                        vec!["the start panicked; the previous log line says where".to_owned()];
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

    /// Answers one event of a gateway. `invocation_id` is used if the event has no request id.
    ///
    /// `GET` and `HEAD` of a path that ends in `/healthz` are answered at once, without credentials, and even if the
    /// receiver cannot start.
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
        let span = || log::without_receiver(invocation_id, start, asks);
        let payload = || Payload::of(event);
        let receiver = match self.receiver_by(start, asks).await {
            Ok(receiver) => receiver,
            Err(problem) => {
                let call = call.as_ref().ok();
                return self.refuse(&problem, &span(), payload(), asks, source, call);
            }
        };
        match &mut call {
            Ok(call) => {
                // Boxed, because the type of this future is nested too deep for the compiler.
                let reply = Box::pin(receiver.receive(call)).await;
                GatewayResponse::new(reply, call.request.payload())
            }
            Err(problem) => self.refuse(problem, &span(), payload(), asks, source, None),
        }
    }

    /// The receiver for a callback that came at `start`. A before callback does not wait for it beyond its deadline.
    async fn receiver_by(&self, start: Instant, asks: bool) -> Result<Arc<Receiver>, Problem> {
        if !asks {
            return self.receiver().await;
        }
        let end = start + Shares::of(self.before_deadline, false).all;
        timeout_at(end, self.receiver())
            .await
            .unwrap_or_else(|_| Err(Problem::new(ProblemKind::NotReady, NO_TIME_FOR_START)))
    }

    /// The answer to a before callback if the receiver could not start, in the form of its command: some commands must not
    /// be refused. Nobody has checked the caller, so the body is not read.
    fn unchecked(&self, call: &Call<'_>, problem: &Problem) -> Option<Answered> {
        let handler = find::claimed(&self.handlers, call)?;
        let nobody = handler.unread(Json::NOTHING)?;
        let on_failure = OnFailure::from_env(&*self.get);
        nobody.answer(on_failure, &failure(call, problem))
    }

    /// The answer if the receiver could not start or the request cannot be read.
    fn refuse(
        &self,
        problem: &Problem,
        span: &Span,
        payload: Payload,
        asks: bool,
        source: Source,
        call: Option<&Call<'_>>,
    ) -> GatewayResponse {
        let command = find::likely(&self.handlers, call);
        let answer = call.and_then(|call| self.unchecked(call, problem));
        let on_failure = OnFailure::from_env(&*self.get).without_body(command);
        span.in_scope(|| log::failed(problem, answer.as_ref(), source, on_failure, asks));
        let reply = match answer {
            Some(answer) => Reply::decided(source, answer.body, Some(problem.kind())),
            None => Reply::problem(source, problem, None, on_failure, asks),
        };
        GatewayResponse::new(reply, payload)
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

    /// Asserts that the response has the form that this gateway accepts, and gives its body.
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
    async fn every_gateway_gets_a_refusal_in_its_own_form_even_for_an_unreadable_event() {
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
                    // Together with other odd fields.
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
    async fn an_event_that_is_not_an_object_is_refused_in_the_form_of_a_rest_api() {
        let function = function(OPEN);
        for text in [
            "", " ", "null", "[]", "5", "\"text\"", "{", "{}", "{\"a\"}", "\u{FFFD}",
        ] {
            let response = answer(&function, text).await;
            assert_eq!(code_for(Payload::V1, &response, 400), 29010, "{text}");
        }
    }

    #[tokio::test]
    async fn a_health_check_is_answered_in_the_form_of_each_gateway_even_without_settings() {
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
        assert!(
            function.lock().is_none(),
            "a health check starts no receiver"
        );
    }

    #[tokio::test]
    async fn a_post_to_healthz_is_not_a_health_check() {
        let mut event = callbacks()[0].1.clone();
        event["path"] = json!("/healthz");
        event["body"] = json!("no JSON");
        let response = answer(&function(OPEN), &event.to_string()).await;
        assert_eq!(code_for(Payload::V1, &response, 400), 29006);
    }
}
