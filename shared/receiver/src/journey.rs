use std::{panic::AssertUnwindSafe, time::Duration};

use domain::{Reception, Source, Timestamp};
use futures_util::FutureExt as _;
use store::{EventsTable, Queue, Recorded};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument as _, Span, error, error_span, info, warn};

use crate::{
    Config, Handler, OpenImVerifier, Problem, ProblemKind, Reply, Request, StorageConfig,
    TencentVerifier, Verified, command,
};

/// Takes callbacks and answers them.
#[derive(Debug)]
pub struct Receiver {
    handlers: Vec<Handler>,
    openim: Option<OpenImVerifier>,
    tencent: Option<TencentVerifier>,
    max_body_bytes: usize,
    storage: Option<Storage>,
}

/// Where accepted callbacks go.
#[derive(Debug)]
struct Storage {
    table: EventsTable,
    queue: Option<Queue>,
    deadline: Duration,
}

/// A callback may be waiting for the start, so a table that hangs must not use up its patience. A good one
/// answers in a tenth of this.
const OPEN_CONNECTION: Duration = Duration::from_millis(300);

/// How a journey ended well.
enum Accepted {
    /// With events: written now, or found to be written already.
    Recorded(usize, Recorded),
    /// With events that the table did not take in time, so that the queue keeps them.
    Queued(usize),
    /// With events, but no table is configured.
    NotKept(usize),
    /// Without a command: the console of Tencent Chat tried the URL.
    NoCommand,
}

impl Receiver {
    /// A receiver for these handlers. Nothing is sent yet: see
    /// [`open_connections`](Self::open_connections).
    ///
    /// # Errors
    ///
    /// When the clients of the table and the queue cannot be made.
    pub fn new(handlers: Vec<Handler>, config: Config) -> Result<Self, store::InvalidSettings> {
        Ok(Self {
            handlers,
            openim: config.openim,
            tencent: config.tencent,
            max_body_bytes: config.max_body_bytes,
            storage: config.storage.map(Storage::new).transpose()?,
        })
    }

    /// Opens what the first callback would otherwise wait for, and logs what is not as it should be.
    pub async fn open_connections(&self) {
        if let Some(OpenImVerifier::None) = self.openim {
            warn!("OPENIM_VERIFIER is none: whoever reaches this function is believed");
        }
        if self
            .tencent
            .as_ref()
            .is_some_and(|tencent| !tencent.wants_signatures())
        {
            warn!(
                "TENCENT_TOKEN is not set: whoever knows the SDKAppID, which is no secret, is believed"
            );
        }
        match &self.storage {
            Some(Storage { table, queue, .. }) => {
                if queue.is_none() {
                    warn!(
                        "EVENTS_QUEUE_URL is not set: what the table does not take is only logged"
                    );
                }
                // The queue's connection is opened when it is needed: that is rare, and by then an idle
                // one would long be closed.
                match timeout(OPEN_CONNECTION, table.open_connection()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => warn!(%error, "the events table did not answer as it should"),
                    Err(_) => warn!("the events table did not answer in time"),
                }
            }
            None => warn!("EVENTS_TABLE is not set: callbacks are checked and logged, not stored"),
        }
    }

    /// One callback's whole journey. Never panics, and always has an answer that the caller can read.
    pub async fn receive(&self, request: &Request, now: Timestamp) -> Reply {
        let dialect = command::dialect(&self.handlers, request);
        let operation_id = request.operation_id(dialect);
        // At error level, so that whatever is logged about a callback carries these fields.
        let span = error_span!(
            "callback",
            requestId = request.id,
            operationID = operation_id,
            command = command::claimed(request),
        );
        let start = Instant::now();
        async {
            let journey =
                AssertUnwindSafe(self.journey(dialect, request, &operation_id, now, start));
            let end = journey
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(Problem::new(ProblemKind::Internal, "a handler panicked")));
            log(&end);
            match end {
                Ok(_) => Reply::accepted(dialect),
                Err(problem) => Reply::problem(dialect, &problem, operation_id.as_deref()),
            }
        }
        .instrument(span)
        .await
    }

    async fn journey(
        &self,
        dialect: Source,
        request: &Request,
        operation_id: &Option<String>,
        now: Timestamp,
        start: Instant,
    ) -> Result<Accepted, Problem> {
        let body = self.authenticate(dialect, request, now)?;
        let body = self.text(request, body)?;
        let Some(handler) = command::find(&self.handlers, dialect, request, body)? else {
            return Ok(Accepted::NoCommand);
        };
        Span::current().record("command", handler.command);
        let reception = Reception {
            id: request.id.clone(),
            received_at: request.received_at,
            source: dialect,
            command: handler.command.to_owned(),
            operation_id: operation_id.clone(),
            events: handler.handle(body)?,
        };
        self.record(&reception, start).await
    }

    fn authenticate<'a>(
        &self,
        dialect: Source,
        request: &'a Request,
        now: Timestamp,
    ) -> Result<Verified<'a>, Problem> {
        let verified = match dialect {
            Source::Tencent => match &self.tencent {
                Some(verifier) => verifier.verify(request.body(), &request.tencent_query(), now),
                None => Err("TENCENT_SDK_APP_ID is not set"),
            },
            _ => match &self.openim {
                Some(verifier) => {
                    let authorization: Vec<&[u8]> =
                        request.authorization.iter().map(Vec::as_slice).collect();
                    verifier.verify(request.body(), &authorization)
                }
                None => Err("no verifier for OpenIM is configured"),
            },
        };
        verified.map_err(|reason| Problem::new(ProblemKind::Unauthorized, reason))
    }

    fn text<'a>(&self, request: &Request, body: Verified<'a>) -> Result<&'a str, Problem> {
        if request.method != "POST" {
            return Err(Problem::new(
                ProblemKind::MethodNotAllowed,
                format!("the method is {}", request.method),
            ));
        }
        let bytes = body.bytes();
        if bytes.len() > self.max_body_bytes {
            return Err(Problem::new(
                ProblemKind::BodyTooLarge,
                format!("{} bytes, {} are read", bytes.len(), self.max_body_bytes),
            ));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Problem::new(
                ProblemKind::NotUtf8,
                format!("the byte at {} begins no character", error.valid_up_to()),
            )
        })?;
        if text.trim_ascii().is_empty() {
            return Err(Problem::new(
                ProblemKind::EmptyBody,
                "expected a JSON object",
            ));
        }
        Ok(text)
    }

    async fn record(&self, reception: &Reception, start: Instant) -> Result<Accepted, Problem> {
        let events = reception.events.len();
        let Some(Storage {
            table,
            queue,
            deadline,
        }) = &self.storage
        else {
            return Ok(Accepted::NotKept(events));
        };
        // Both have their shares of the deadline. This holds whatever else took time, such as a handler.
        let deadline = start + *deadline * 19 / 20;
        let table_error = match timeout_at(deadline, table.record(reception)).await {
            Ok(Ok(recorded)) => return Ok(Accepted::Recorded(events, recorded)),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no time was left for it".to_owned(),
        };
        // Whatever is wrong with the table, the event is not the caller's to keep: it sends it once.
        let queue_error = match queue {
            Some(queue) => match timeout_at(deadline, queue.send(reception)).await {
                Ok(Ok(())) => {
                    warn!(table_error, "the events table did not take it");
                    return Ok(Accepted::Queued(events));
                }
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("no time was left for it".to_owned()),
            },
            None => None,
        };
        // This line is the only place left: `local resubmit` reads it.
        let event = serde_json::to_string(reception).unwrap_or_default();
        error!(
            table_error,
            queue_error,
            event,
            "the event was neither stored nor queued; this line holds all of it"
        );
        Err(Problem::new(
            ProblemKind::NotStored,
            "neither the events table nor the queue took it",
        ))
    }
}

impl Storage {
    fn new(config: StorageConfig) -> Result<Self, store::InvalidSettings> {
        let client = store::dynamodb(&config.settings, config.table_budget())?;
        let queue = config
            .queue_url
            .as_ref()
            .map(|url| {
                let client = store::sqs(&config.settings, config.queue_budget())?;
                Ok(Queue::new(client, url))
            })
            .transpose()?;
        Ok(Self {
            table: EventsTable::new(client, config.events_table, config.retention),
            queue,
            deadline: config.deadline,
        })
    }
}

fn log(end: &Result<Accepted, Problem>) {
    match end {
        Ok(Accepted::Recorded(events, Recorded::New)) => info!(events, "callback stored"),
        Ok(Accepted::Recorded(events, Recorded::Known)) => {
            info!(events, "callback was stored before");
        }
        Ok(Accepted::Queued(events)) => info!(events, "callback queued"),
        Ok(Accepted::Recorded(events, Recorded::Nothing) | Accepted::NotKept(events)) => {
            info!(events, "callback accepted, nothing stored");
        }
        Ok(Accepted::NoCommand) => {
            warn!("no command in query or body: answered as the console's check of a new URL");
        }
        Err(problem) => {
            let code = problem.kind().code().get();
            let (problem, detail, at) = (
                problem.kind().message(),
                problem.detail(),
                problem.json_path(),
            );
            warn!(code, problem, detail, at, "callback refused");
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Event;
    use protocol::openim::AfterDeleteFriend;

    use super::*;

    fn panics(_: AfterDeleteFriend) -> Vec<Event> {
        // As panic! does, without its message among the tests' own.
        std::panic::resume_unwind(Box::new("a bug"))
    }

    #[tokio::test]
    async fn a_handler_that_panics_is_answered_as_a_refusal() {
        let config = Config::from_env(&[Source::OpenIm], |name| {
            (name == "OPENIM_VERIFIER").then(|| "none".to_owned())
        });
        let receiver = Receiver::new(vec![crate::openim(panics)], config.unwrap()).unwrap();
        let event = r#"{"httpMethod":"POST","path":"/","requestContext":{"httpMethod":"POST","identity":{}},
            "body":"{\"ownerUserID\":\"ana\",\"friendUserID\":\"leo\"}"}"#;
        let now = Timestamp::now();
        let request = Request::from_event(event, "invocation", now).unwrap();
        // Twice, because the function lives on.
        for _ in 0..2 {
            let reply = receiver.receive(&request, now).await;
            assert_eq!(reply.status, 500);
            assert_eq!(
                reply.body,
                r#"{"actionCode":0,"errCode":29013,"errMsg":"internal error","errDlt":"","nextCode":1}"#
            );
        }
    }
}
