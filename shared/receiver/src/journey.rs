use std::panic::AssertUnwindSafe;

use domain::{Reception, Source, Timestamp};
use futures_util::FutureExt as _;
use store::{EventsTable, Recorded};
use tracing::{Instrument as _, Span, error, error_span, info, warn};

use crate::{
    Config, Handler, OpenImVerifier, Problem, ProblemKind, Reply, Request, TencentVerifier,
    Verified, command,
};

/// Takes callbacks and answers them.
#[derive(Debug)]
pub struct Receiver {
    handlers: Vec<Handler>,
    openim: Option<OpenImVerifier>,
    tencent: Option<TencentVerifier>,
    max_body_bytes: usize,
    events_table: Option<EventsTable>,
}

/// How a journey ended well.
enum Accepted {
    /// With events: written now, or found to be written already.
    Recorded(usize, Recorded),
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
    /// When the client of the events table cannot be made.
    pub fn new(handlers: Vec<Handler>, config: Config) -> Result<Self, store::InvalidSettings> {
        let events_table = config
            .events_table
            .map(|table| {
                let client = store::client(&table.settings)?;
                Ok(EventsTable::new(client, table.name, table.retention))
            })
            .transpose()?;
        Ok(Self {
            handlers,
            openim: config.openim,
            tencent: config.tencent,
            max_body_bytes: config.max_body_bytes,
            events_table,
        })
    }

    /// Opens what the first callback would otherwise wait for, and logs what is not as it should be.
    pub async fn open_connections(&self) {
        if let Some(OpenImVerifier::None) = self.openim {
            warn!("OPENIM_VERIFIER is none: whoever reaches this function is believed");
        }
        match &self.events_table {
            Some(table) => {
                if let Err(error) = table.open_connection().await {
                    warn!(%error, "the events table did not answer as it should");
                }
            }
            None => warn!("EVENTS_TABLE is not set: callbacks are checked and logged, not stored"),
        }
    }

    /// One callback's whole journey. Never panics, and always has an answer that the caller can read.
    pub async fn receive(&self, request: &Request, now: Timestamp) -> Reply {
        let dialect = command::dialect(&self.handlers, request);
        // At error level, so that whatever is logged about a callback carries these fields.
        let span = error_span!(
            "callback",
            requestId = request.id,
            operationID = request.operation_id,
            command = tracing::field::Empty,
        );
        async {
            let journey = AssertUnwindSafe(self.journey(dialect, request, now));
            let end = journey
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(Problem::new(ProblemKind::Internal, "a handler panicked")));
            log(&end);
            match end {
                Ok(_) => Reply::accepted(dialect),
                Err(problem) => Reply::problem(dialect, &problem, request.operation_id.as_deref()),
            }
        }
        .instrument(span)
        .await
    }

    async fn journey(
        &self,
        dialect: Source,
        request: &Request,
        now: Timestamp,
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
            operation_id: request.operation_id.clone(),
            events: handler.handle(body)?,
        };
        self.record(&reception).await
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

    async fn record(&self, reception: &Reception) -> Result<Accepted, Problem> {
        let events = reception.events.len();
        let Some(table) = &self.events_table else {
            return Ok(Accepted::NotKept(events));
        };
        match table.record(reception).await {
            Ok(recorded) => Ok(Accepted::Recorded(events, recorded)),
            Err(error) => {
                // The chat server will not send it again, so this line is the only place left.
                let event = serde_json::to_string(reception).unwrap_or_default();
                error!(%error, event, "the event was not stored; this line holds all of it");
                Err(Problem::new(ProblemKind::NotStored, error.to_string()))
            }
        }
    }
}

fn log(end: &Result<Accepted, Problem>) {
    match end {
        Ok(Accepted::Recorded(events, Recorded::New)) => info!(events, "callback stored"),
        Ok(Accepted::Recorded(events, Recorded::Known)) => {
            info!(events, "callback was stored before");
        }
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
