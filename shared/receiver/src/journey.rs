use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use domain::{Reception, Source, Timestamp};
use futures_util::FutureExt as _;
use policies::Policies;
use store::{EventsTable, Limits, Nonces, Queue, Recorded, StoreError};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument as _, Span, error, error_span, info, warn};

use crate::{
    AuthError, Config, Handler, InvalidConfig, OnFailure, OpenImVerifier, Problem, ProblemKind,
    Rejection, Reply, Request, Verified, Verifiers, command,
    config::Shares,
    decision::{self, Asked, By, Decided},
    handler::Act,
    nesting::{MAX_NESTING, nesting},
    policies_file, secrets,
};

/// Takes callbacks and answers them.
#[derive(Debug)]
pub struct Receiver {
    handlers: Arc<[Handler]>,
    verifiers: Verifiers,
    max_body_bytes: usize,
    on_failure: OnFailure,
    deadline: Duration,
    before_deadline: Duration,
    policies: Policies,
    limits: Option<Limits>,
    storage: Option<Storage>,
}

/// Where accepted callbacks go.
#[derive(Debug)]
struct Storage {
    table: EventsTable,
    queue: Option<Queue>,
}

/// Why a receiver could not start.
#[derive(Debug)]
pub enum StartError {
    /// Somebody has to correct this.
    Config(InvalidConfig),
    /// A secret could not be fetched. It may be had later.
    Secret(String),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(wrong) => wrong.fmt(f),
            Self::Secret(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for StartError {}

/// How a journey ended well.
enum Accepted {
    /// It told something.
    Told(Kept),
    /// It asked something.
    Decided(Decided, Kept),
    /// Without a command: the console of Tencent Chat tried the URL.
    NoCommand,
}

/// What became of a callback's events.
enum Kept {
    /// Written now, or found to be written already.
    Recorded(usize, Recorded),
    /// The table did not take them in time, so the queue keeps them.
    Queued(usize),
    /// No table is configured.
    Nowhere(usize),
}

impl Receiver {
    /// A receiver for these handlers, with its settings read through `get`, which is the environment
    /// outside of tests. Fetches the secrets and opens what the first callback would otherwise wait for;
    /// logs what is not as it should be.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the settings, in one list; or which secret cannot be had.
    pub async fn start(
        handlers: Arc<[Handler]>,
        get: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, StartError> {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let serves: Vec<Source> = handlers.iter().map(|handler| handler.dialect).collect();
        let wanted = secrets::wanted(&serves, get);
        // While the secrets are not there, what they would hold cannot be called missing.
        let mistakes_beside_secrets = || {
            let pending = secrets::names(&wanted);
            let verifiers = Verifiers::from_env(&serves, get, &pending, |_, _| None);
            verifiers.err().map_or_else(Vec::new, |wrong| wrong.0)
        };
        let policies = policies_file::load(&handlers, get);
        let (config, policies) = match (Config::from_env(&serves, get), policies) {
            (Ok(config), Ok(policies)) => (config, policies),
            (config, policies) => {
                let mut wrong = config.map_or_else(|InvalidConfig(wrong)| wrong, |_| Vec::new());
                wrong.extend(policies.err().unwrap_or_default());
                wrong.extend(mistakes_beside_secrets());
                return Err(StartError::Config(InvalidConfig(wrong)));
            }
        };
        // The clients of a function that only decides have no more time than that. One that does both gives
        // them more, and cuts it when it decides.
        let deadline = match handlers.iter().all(Handler::is_before) {
            true => config.before_deadline,
            false => config.deadline,
        };
        let shares = Shares::of(deadline, config.has_queue());
        let fetched = async {
            match &config.settings {
                Some(settings) => secrets::fetch(settings, &wanted).await,
                None => Ok(Vec::new()),
            }
        };
        let limits = policies_file::limits_requests(&handlers, &policies)
            .then(|| {
                let settings = config.settings.as_ref()?;
                let client = store::counting(settings, shares.limits);
                Some(Limits::new(client, get("LIMITS_TABLE")?))
            })
            .flatten();
        let limits_opened = async {
            if let Some(limits) = &limits {
                opened("limits", limits.open_connection(), shares).await;
            }
        };
        let (documents, storage, ()) =
            tokio::join!(fetched, Storage::open(&config, shares), limits_opened);
        let documents = match documents {
            Ok(documents) => documents,
            Err(unavailable) => {
                let mut wrong = mistakes_beside_secrets();
                return Err(if wrong.is_empty() {
                    StartError::Secret(unavailable.to_string())
                } else {
                    wrong.push(unavailable.to_string());
                    StartError::Config(InvalidConfig(wrong))
                });
            }
        };

        let mut wrong = Vec::new();
        let secrets = secrets::variables(&documents, get, &mut wrong);
        let get = |name: &str| secrets.get(name).cloned().or_else(|| get(name));
        let nonces = |table, window| {
            let settings = config.settings.as_ref()?;
            let client = store::dynamodb(settings, shares.nonces);
            Some(Nonces::new(client, table, window))
        };
        match Verifiers::from_env(&serves, get, &[], nonces) {
            Ok(verifiers) if wrong.is_empty() => {
                verifiers.open(shares).await;
                Ok(Self {
                    handlers,
                    verifiers,
                    max_body_bytes: config.max_body_bytes,
                    on_failure: config.on_failure,
                    deadline: config.deadline,
                    before_deadline: config.before_deadline,
                    policies,
                    limits,
                    storage,
                })
            }
            verifiers => {
                wrong.extend(verifiers.err().into_iter().flat_map(|more| more.0));
                Err(StartError::Config(InvalidConfig(wrong)))
            }
        }
    }

    /// One callback's whole journey, which began at `start`. Never panics, and always has an answer that the
    /// caller can read.
    pub async fn receive(&self, request: &Request, now: Timestamp, start: Instant) -> Reply {
        let dialect = command::dialect(&self.handlers, request);
        let operation_id = request.operation_id(dialect);
        // At error level, so that whatever is logged about a callback carries these fields.
        let span = error_span!(
            "callback",
            requestId = request.id,
            operationID = operation_id,
            command = command::claimed_name(request),
        );
        async {
            let mut before = command::is_before(&self.handlers, request);
            let journey = self.journey(dialect, request, &operation_id, now, start, &mut before);
            let end = AssertUnwindSafe(journey)
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(Problem::new(ProblemKind::Internal, "a handler panicked")));
            log(&end, dialect, self.on_failure, before);
            match end {
                Ok(Accepted::Decided(decided, _)) => Reply::decided(decided.body),
                Ok(Accepted::Told(_) | Accepted::NoCommand) => Reply::accepted(dialect),
                Err(problem) => {
                    Reply::problem(dialect, &problem, operation_id.as_deref(), self.on_failure)
                }
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
        before: &mut bool,
    ) -> Result<Accepted, Problem> {
        let shares = self.shares(*before);
        let body = self
            .authenticate(dialect, request, now, start, shares)
            .await?;
        let body = self.text(request, body)?;
        let Some(handler) = command::find(&self.handlers, dialect, request, body)? else {
            return Ok(Accepted::NoCommand);
        };
        Span::current().record("command", handler.command);
        *before = handler.is_before();
        let shares = self.shares(*before);
        let (events, decided) = match &handler.act {
            Act::Tell(tell) => (tell(body)?, None),
            Act::Decide(decide) => {
                let asked = Asked {
                    rules: self.policies.rules(handler.command),
                    limits: self.limits.as_ref(),
                    end: start + shares.all,
                    counted_by: shares.end(start, shares.limits),
                    now,
                    on_failure: self.on_failure,
                };
                let mut decided = decide(body, &asked).await?;
                (std::mem::take(&mut decided.events), Some(decided))
            }
        };
        let reception = Reception {
            id: request.id.clone(),
            received_at: request.received_at,
            source: dialect,
            command: handler.command.to_owned(),
            operation_id: operation_id.clone(),
            events,
        };
        let kept = self.record(&reception, start, shares, *before).await?;
        Ok(match decided {
            Some(decided) => Accepted::Decided(decided, kept),
            None => Accepted::Told(kept),
        })
    }

    fn shares(&self, before: bool) -> Shares {
        let deadline = match before {
            true => self.before_deadline,
            false => self.deadline,
        };
        let storage = self.storage.as_ref();
        Shares::of(deadline, storage.is_some_and(|s| s.queue.is_some()))
    }

    async fn authenticate<'a>(
        &self,
        dialect: Source,
        request: &'a Request,
        now: Timestamp,
        start: Instant,
        shares: Shares,
    ) -> Result<Verified<'a>, Problem> {
        let body = request.body();
        let verified = match (dialect, &self.verifiers) {
            (
                Source::Tencent,
                Verifiers {
                    tencent: Some(verifier),
                    ..
                },
            ) => verifier.verify(body, &request.tencent_query(), now),
            (
                Source::OpenIm,
                Verifiers {
                    openim: Some(verifier),
                    ..
                },
            ) => {
                let verifying = verifier.verify(body, &request.headers, &request.id, now);
                match timeout_at(shares.end(start, shares.nonces), verifying).await {
                    Ok(verified) => verified,
                    Err(_) => return Err(unchecked("no time was left for it")),
                }
            }
            _ => Err(Rejection::NotConfigured.into()),
        };
        verified.map_err(|error| match error {
            AuthError::Rejected(rejection) => Problem::unauthorized(rejection),
            AuthError::Unchecked(error) => unchecked(error),
        })
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
        let levels = nesting(text);
        if levels > MAX_NESTING {
            return Err(Problem::new(
                ProblemKind::TooDeep,
                format!("{levels} levels, {MAX_NESTING} are read"),
            ));
        }
        Ok(text)
    }

    async fn record(
        &self,
        reception: &Reception,
        start: Instant,
        shares: Shares,
        asks: bool,
    ) -> Result<Kept, Problem> {
        let events = reception.events.len();
        let Some(Storage { table, queue }) = &self.storage else {
            return Ok(Kept::Nowhere(events));
        };
        // Both have their shares. The end holds whatever else took time, such as a handler.
        let tables_end = shares.end(start, shares.table);
        let table_error = match timeout_at(tables_end, table.record(reception)).await {
            Ok(Ok(recorded)) => return Ok(Kept::Recorded(events, recorded)),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no time was left for it".to_owned(),
        };
        // Whatever is wrong with the table, the event is not the caller's to keep: it sends it once.
        let queue_error = match queue {
            Some(queue) => match timeout_at(start + shares.all, queue.send(reception)).await {
                Ok(Ok(())) => {
                    warn!(table_error, "the events table did not take it");
                    return Ok(Kept::Queued(events));
                }
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("no time was left for it".to_owned()),
            },
            None => None,
        };
        if asks && self.on_failure == OnFailure::Refuse {
            // What is refused now does not happen: there is nothing to keep.
            error!(
                table_error,
                queue_error, "an intention was neither stored nor queued"
            );
        } else {
            // This line is the only place left: `imhook resubmit` reads it.
            let event = serde_json::to_string(reception).unwrap_or_default();
            error!(
                table_error,
                queue_error,
                event,
                "the event was neither stored nor queued; this line holds all of it"
            );
        }
        Err(Problem::new(
            ProblemKind::NotStored,
            "neither the events table nor the queue took it",
        ))
    }
}

impl Verifiers {
    /// Warns of what lets strangers in, and opens the connection that a nonce would otherwise wait for.
    async fn open(&self, shares: Shares) {
        match &self.openim {
            Some(OpenImVerifier::None) => {
                // At error level, so that it is seen at every start, whatever LOG_LEVEL is.
                error!("OPENIM_VERIFIER is none: whoever reaches this function is believed");
            }
            Some(OpenImVerifier::Signature(_, nonces)) => {
                opened("nonces", nonces.open_connection(), shares).await;
            }
            _ => {}
        }
        let tencent = self.tencent.as_ref();
        if tencent.is_some_and(|tencent| !tencent.wants_signatures()) {
            error!(
                "TENCENT_VERIFIER is none: whoever knows the SDKAppID, which is no secret, is believed"
            );
        }
    }
}

fn unchecked(error: impl fmt::Display) -> Problem {
    Problem::new(
        ProblemKind::NotReady,
        format!("whether the nonce was used before is not known: {error}"),
    )
}

/// Waits for a connection to a table, and says if there is none.
async fn opened(
    table: &str,
    opening: impl Future<Output = Result<(), StoreError>>,
    shares: Shares,
) {
    match timeout(shares.open, opening).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!(%error, "the {table} table did not answer as it should"),
        Err(_) => warn!("the {table} table did not answer in time"),
    }
}

impl Storage {
    /// `None` if none is configured.
    async fn open(config: &Config, shares: Shares) -> Option<Self> {
        let (Some(settings), Some(storage)) = (&config.settings, &config.storage) else {
            warn!("EVENTS_TABLE is not set: callbacks are checked and logged, not stored");
            return None;
        };
        let client = store::dynamodb(settings, shares.table);
        let table = EventsTable::new(client, &storage.events_table, storage.retention);
        // The queue's connection is opened when it is needed: that is rare, and by then an idle one would
        // long be closed.
        let queue = storage.queue_url.as_ref().map(|url| {
            let client = store::sqs(settings, shares.queue);
            Queue::new(client, url)
        });
        if queue.is_none() {
            warn!("EVENTS_QUEUE_URL is not set: what the table does not take is only logged");
        }
        opened("events", table.open_connection(), shares).await;
        Some(Self { table, queue })
    }
}

/// Writes the one line of a callback.
fn log(end: &Result<Accepted, Problem>, dialect: Source, on_failure: OnFailure, asks: bool) {
    match end {
        Ok(Accepted::Told(kept)) => match kept {
            Kept::Recorded(events, Recorded::New) => info!(events, "callback stored"),
            Kept::Recorded(events, Recorded::Known) => info!(events, "callback was stored before"),
            Kept::Queued(events) => info!(events, "callback queued"),
            Kept::Recorded(events, Recorded::Nothing) | Kept::Nowhere(events) => {
                info!(events, "callback accepted, nothing stored");
            }
        },
        Ok(Accepted::Decided(decided, kept)) => {
            let Decided { word, by, code, .. } = decided;
            let (decision, by) = (word.as_str(), by.as_str());
            let rule = decided.rule.as_deref();
            let message = match kept {
                Kept::Recorded(_, Recorded::New) => "callback decided and stored",
                Kept::Recorded(_, Recorded::Known) => "callback decided, it was stored before",
                Kept::Queued(_) => "callback decided and queued",
                Kept::Recorded(_, Recorded::Nothing) | Kept::Nowhere(_) => "callback decided",
            };
            if decided.by == By::Failure {
                warn!(decision, code, decidedBy = by, rule, "{message}");
            } else {
                info!(decision, code, decidedBy = by, rule, "{message}");
            }
        }
        Ok(Accepted::NoCommand) => {
            warn!("no command in query or body: answered as the console's check of a new URL");
        }
        Err(problem) => log_problem(problem, dialect, on_failure, asks),
    }
}

/// Writes the line of a callback that was not accepted.
pub(crate) fn log_problem(problem: &Problem, dialect: Source, on_failure: OnFailure, asks: bool) {
    let kind = problem.kind();
    // Not "refused" of a failure, of which OpenIM may have been told "allowed".
    let message = if kind.is_ours() {
        "callback failed"
    } else {
        "callback refused"
    };
    let (decision, decided_by) = decision::of_failure(dialect, problem, on_failure).unzip();
    warn!(
        code = kind.code().get(),
        problem = kind.message(),
        detail = problem.detail(),
        at = problem.json_path(),
        rejection = problem.rejection().map(Rejection::kind),
        decision,
        decidedBy = decided_by.filter(|_| asks),
        "{message}"
    );
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
        let get = |name: &str| (name == "OPENIM_VERIFIER").then(|| "none".to_owned());
        let handlers = Arc::new([crate::openim(panics)]);
        let receiver = Receiver::start(handlers, get).await.unwrap();
        let event = r#"{"httpMethod":"POST","path":"/","requestContext":{"httpMethod":"POST","identity":{}},
            "body":"{\"ownerUserID\":\"ana\",\"friendUserID\":\"leo\"}"}"#;
        let now = Timestamp::now();
        let request = Request::from_event(event, "invocation", now).unwrap();
        // Twice, because the function lives on.
        for _ in 0..2 {
            let reply = receiver.receive(&request, now, Instant::now()).await;
            assert_eq!(reply.status, 500);
            assert_eq!(
                reply.body,
                r#"{"actionCode":0,"errCode":29013,"errMsg":"internal error","errDlt":"","nextCode":1}"#
            );
        }
    }
}
