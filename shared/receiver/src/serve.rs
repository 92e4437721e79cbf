//! From the Lambda runtime to a journey and back.

use std::{env, panic::AssertUnwindSafe};

use domain::{Source, Timestamp};
use lambda_http::Error;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::value::RawValue;
use tracing::{error, warn};

use crate::{
    Config, Handler, Problem, ProblemKind, Receiver, Reply, Request, gateway::PayloadVersion,
    logging,
};

/// Runs a Lambda function that serves these handlers, until the environment is shut down.
///
/// A wrong configuration does not stop it: OpenIM would read the gateway's own error body as "allowed".
/// The list of what is wrong is logged once, and every callback is answered with
/// [`ProblemKind::Misconfigured`].
///
/// # Errors
///
/// When the Lambda runtime cannot be reached.
pub fn serve(handlers: impl IntoIterator<Item = Handler>) -> Result<(), Error> {
    let handlers: Vec<Handler> = handlers.into_iter().collect();
    let get = |name: &str| env::var(name).ok();
    logging::init();
    // The words for answers that are given before it is known who asks.
    let dialect = handlers
        .first()
        .map_or(Source::OpenIm, |handler| handler.dialect);
    let serves: Vec<Source> = handlers.iter().map(|handler| handler.dialect).collect();
    let receiver = Config::from_env(&serves, get)
        .map_err(|wrong| wrong.to_string())
        .and_then(|config| Receiver::new(handlers, config).map_err(|wrong| wrong.to_string()))
        .inspect_err(|wrong| error!(wrong, "misconfigured: every callback will be refused"))
        .ok();
    let function = Function {
        receiver,
        dialect,
        sam_local: get("AWS_SAM_LOCAL").is_some(),
    };

    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            if let Some(receiver) = &function.receiver {
                receiver.open_connections().await;
            }
            let function = &function;
            lambda_runtime::run(service_fn(
                move |event: LambdaEvent<Box<RawValue>>| async move {
                    let answer = function.answer(event.payload.get(), &event.context.request_id);
                    Ok::<_, Error>(answer.await)
                },
            ))
            .await
        })
}

struct Function {
    /// `None` when the configuration is wrong.
    receiver: Option<Receiver>,
    dialect: Source,
    /// `sam local start-api` gives every request of one run the same request id and time, so that all but
    /// the first would be taken for repetitions.
    sam_local: bool,
}

impl Function {
    async fn answer(&self, event: &str, invocation_id: &str) -> GatewayResponse {
        let Some(receiver) = &self.receiver else {
            let problem = Problem::new(ProblemKind::Misconfigured, "see the log of the start");
            return self.refuse(&problem, invocation_id);
        };
        let now = Timestamp::now();
        // lambda_http panics on events that contradict themselves, such as a body that is said to be
        // base64 and is not.
        let request = std::panic::catch_unwind(AssertUnwindSafe(|| {
            Request::from_event(event, invocation_id, now)
        }))
        .unwrap_or_else(|_| {
            Err(Problem::new(
                ProblemKind::UnreadableRequest,
                "the event contradicts itself: a body that is not the base64 it is said to be, or an impossible path",
            ))
        });
        match request {
            Ok(mut request) => {
                if self.sam_local {
                    invocation_id.clone_into(&mut request.id);
                    request.received_at = now;
                }
                GatewayResponse::new(receiver.receive(&request, now).await, request.payload())
            }
            Err(problem) => self.refuse(&problem, invocation_id),
        }
    }

    fn refuse(&self, problem: &Problem, invocation_id: &str) -> GatewayResponse {
        warn!(
            requestId = invocation_id,
            code = problem.kind().code().get(),
            problem = problem.kind().message(),
            detail = problem.detail(),
            "callback refused"
        );
        let reply = Reply::problem(self.dialect, problem, None);
        GatewayResponse::new(reply, PayloadVersion::default())
    }
}

/// What a gateway makes an HTTP response of.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GatewayResponse {
    status_code: u16,
    headers: Headers,
    body: String,
    is_base64_encoded: bool,
    /// A REST API takes a key that it does not know as a malformed response, and `cargo lambda watch`
    /// takes the absence of this one so.
    #[serde(skip_serializing_if = "Option::is_none")]
    cookies: Option<[(); 0]>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Headers {
    content_type: &'static str,
}

impl GatewayResponse {
    fn new(reply: Reply, payload: PayloadVersion) -> Self {
        Self {
            status_code: reply.status,
            headers: Headers {
                content_type: "application/json",
            },
            body: reply.body,
            is_base64_encoded: false,
            cookies: (payload == PayloadVersion::V2).then_some([]),
        }
    }
}
