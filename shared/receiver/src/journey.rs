//! A callback's journey: authenticate → find the command → decode → decide → record → answer.

use std::{
    collections::BTreeSet,
    fmt,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{Events, Reception, Source, decision::Verdict, message};
use futures_util::FutureExt as _;
use policies::Policies;
use protocol::{Json, Unreadable, may_be_refused};
use store::{Limits, RelationshipsTable};
use tracing::{Instrument as _, Span, error_span, field, warn};

use crate::{
    Context, Handler, Keep, KeepBody, OnFailure, Problem, ProblemKind, Reply, UnknownCommand,
    Verifiers,
    answer::failure,
    authenticate::{self, Authentic},
    call::Call,
    contents::without_contents,
    context::Surroundings,
    decide::{Answered, Asked, Asking, Decided, Decision, Nobody, Ruling, Service},
    end::{Done, Failed},
    find::{self, Envelope, Found, printable, safe},
    handler::Act,
    log,
    record::{Kept, Storage, log_decision, record, record_decision},
    settings::Deadlines,
};

/// Answers callbacks.
pub struct Receiver {
    pub(crate) handlers: Arc<[Handler]>,
    pub(crate) verifiers: Verifiers,
    pub(crate) max_body_bytes: usize,
    pub(crate) on_failure: OnFailure,
    pub(crate) unknown_command: UnknownCommand,
    pub(crate) message_content: Keep,
    pub(crate) keep_body: KeepBody,
    pub(crate) message_signals: Keep,
    pub(crate) deadlines: Deadlines,
    pub(crate) policies: Policies,
    pub(crate) limits: Option<Limits>,
    pub(crate) relationships: Option<RelationshipsTable>,
    pub(crate) service: Option<Service>,
    pub(crate) storage: Option<Storage>,
    pub(crate) surroundings: Arc<Surroundings>,
    /// The unknown commands since the start. The log warns only of the first callback of each.
    pub(crate) unknown_commands: Mutex<BTreeSet<String>>,
}

/// What is known of a callback so far. It is still available after a panic.
struct Progress<'a> {
    /// Whether it is a before callback.
    asks: bool,
    /// The handler, if the command is known and served.
    handler: Option<&'a Handler>,
    /// The body, if the caller is authenticated.
    body: Option<&'a [u8]>,
    /// The answer if nobody can decide. `None` until a before callback has been read.
    nobody: Option<Nobody>,
}

impl Receiver {
    /// Answers one callback. Never panics, and always gives an answer that the caller can read.
    pub(crate) async fn receive<'a>(&'a self, call: &mut Call<'a>) -> Reply {
        // At error level, so every line about a callback has these fields, whatever LOG_LEVEL is.
        let span = error_span!(
            "callback",
            requestId = call.request.id,
            operationID = call.operation_id.as_deref().map(safe),
            command = call.claimed.as_deref().map(printable),
            durationMs = field::Empty,
            asks = field::Empty,
        );
        async {
            let mut progress = Progress {
                asks: call.asks,
                handler: find::claimed(&self.handlers, call),
                body: None,
                nobody: None,
            };
            let journey = AssertUnwindSafe(self.journey(call, &mut progress)).catch_unwind();
            let end = journey.await.unwrap_or_else(|_| {
                Err(Problem::new(ProblemKind::Internal, "the receiver panicked"))
            });
            let asks = progress.asks;
            let end = end.map_err(|problem| self.failed(call, &progress, problem));
            let keeping = AssertUnwindSafe(self.keep_decision(call, &end, progress)).catch_unwind();
            // The answer is ready, so it goes out even if this has a bug. The panic is in the log.
            let _ = keeping.await;
            log::took(&Span::current(), call.start, asks);
            self.log(&end, call, asks);
            self.answer(end, call, asks)
        }
        .instrument(span)
        .await
    }

    async fn journey<'a>(
        &'a self,
        call: &mut Call<'a>,
        progress: &mut Progress<'a>,
    ) -> Result<Done, Problem> {
        let authentic = authenticate::authenticate(&self.verifiers, call)?;
        let bytes = authentic.body.bytes();
        progress.body = Some(bytes);
        let text = protocol::text(bytes);
        let json = Json::new(&text);
        let envelope = json.as_ref().map(|json| Envelope::of(*json));
        if let (Ok(envelope), Source::OpenIm) = (&envelope, call.source) {
            call.named_in_body(&envelope.operation_id);
            if let Some(id) = call.operation_id.as_deref() {
                Span::current().record("operationID", safe(id));
            }
        }
        let call = &*call;
        self.check(call, bytes)?;
        if call.source == Source::Tencent && matches!(json, Err(Unreadable::Empty)) {
            return Ok(Done::Check);
        }
        let handler = match find::find(&self.handlers, call, envelope.as_ref().map_err(|it| *it))? {
            Found::Known(handler) => handler,
            Found::Unknown { name, asks } => {
                (progress.asks, progress.handler) = (asks, None);
                self.spend_nonce(authentic, call, asks).await?;
                return self.unknown(call, name, asks, bytes).await;
            }
            Found::Check => return Ok(Done::Check),
        };
        (progress.asks, progress.handler) = (handler.is_before(), Some(handler));
        Span::current().record("command", handler.name());
        let json = json.map_err(|unreadable| Problem::from(&unreadable))?;
        let callback = match handler.read(json) {
            Ok(callback) => callback,
            Err(unreadable) if handler.is_before() => return Err((&unreadable).into()),
            Err(unreadable) => {
                self.spend_nonce(authentic, call, false).await?;
                return self.keep(call, handler, bytes, (&unreadable).into()).await;
            }
        };
        if callback.left_out() > 0 {
            warn!(
                leftOut = callback.left_out(),
                "members of the callback that cannot be read were left out"
            );
        }
        progress.nobody = callback.nobody();
        if let (Some(answer), Keep::Drop) = (callback.signal(), self.message_signals) {
            self.spend_nonce(authentic, call, progress.asks).await?;
            return Ok(Done::Signal(answer, progress.asks));
        }
        self.handle(call, handler, callback, authentic).await
    }

    /// Decides about a callback that was read, and records its events.
    async fn handle(
        &self,
        call: &Call<'_>,
        handler: &Handler,
        callback: Box<dyn Act>,
        authentic: Authentic<'_>,
    ) -> Result<Done, Problem> {
        let asks = handler.is_before();
        let bytes = authentic.body.bytes();
        let left_out = callback.left_out();
        // Only now, because only an accepted callback uses up its nonce.
        self.spend_nonce(authentic, call, asks).await?;
        let shares = self.deadlines.shares(asks);
        let asking = Asking {
            call,
            rules: self.policies.rules(handler.name()),
            codes: handler.command().codes(),
            limits: self.limits.as_ref(),
            relationships: self.relationships.as_ref(),
            service: self
                .service
                .as_ref()
                .filter(|service| service.is_asked_about(handler.command())),
            shares,
            on_failure: self.on_failure,
        };
        let context = Context {
            end: shares.end(call.start, shares.handler),
            surroundings: self.surroundings.clone(),
        };
        let Decided {
            body,
            mut events,
            decision,
        } = match callback.act(&asking, context).await {
            // The server sends it only once.
            Err(problem) if !asks => return self.keep(call, handler, bytes, problem).await,
            decided => decided?,
        };
        if !asks && left_out > 0 && events.is_empty() {
            let problem = Problem::new(ProblemKind::InvalidField, "no member can be read");
            return self.keep(call, handler, bytes, problem).await;
        }
        self.mark_bots(&mut events);
        // A before callback without events says nothing that happened.
        let keeps_body = self.keep_body == KeepBody::All && !(asks && events.is_empty());
        let mut reception = reception(call, handler.name(), events);
        if keeps_body {
            self.add_body(&mut reception, call, bytes);
        }
        let kept = self.record(&reception, call, asks).await?;
        Ok(Done::Handled {
            body,
            decision,
            kept,
        })
    }

    /// Marks the messages of accounts that the policies name as bots.
    fn mark_bots(&self, events: &mut Events) {
        let Events::Message(events) = events else {
            return;
        };
        for event in events {
            if let message::Event::MessageSent { from, bot, .. } = event {
                *bot = self.policies.is_bot(from);
            }
        }
    }

    /// Keeps an after callback as it came, because no handler could turn it into events.
    async fn keep(
        &self,
        call: &Call<'_>,
        handler: &Handler,
        body: &[u8],
        problem: Problem,
    ) -> Result<Done, Problem> {
        let kept = self.record_body(call, handler.name(), body).await?;
        Ok(Done::Kept(problem, kept))
    }

    /// Handles a command that this version does not know. An after callback is kept as it came. A before callback is
    /// answered as the operator chose, and not kept.
    async fn unknown(
        &self,
        call: &Call<'_>,
        name: String,
        asks: bool,
        body: &[u8],
    ) -> Result<Done, Problem> {
        // A caller could invent a long name.
        const MOST: usize = 200;
        let name: String = name.chars().take(MOST).collect();
        Span::current().record("command", printable(&name));
        if asks {
            let refuses = self.unknown_command == UnknownCommand::Refuse && may_be_refused(&name);
            let code = refuses.then_some(ProblemKind::UnknownCommand.code().get());
            let decision = Decision {
                whole: Ruling::by_failure(code),
                each: vec![Ruling::by_failure(code)],
                failed: None,
            };
            return Ok(Done::UnknownAsked(name, decision));
        }
        let kept = self.record_body(call, &name, body).await?;
        Ok(Done::Unknown(name, kept))
    }

    async fn record_body(
        &self,
        call: &Call<'_>,
        command: &str,
        body: &[u8],
    ) -> Result<Kept, Problem> {
        let mut reception = reception(call, command, Events::Unknown);
        self.add_body(&mut reception, call, body);
        self.record(&reception, call, false).await
    }

    /// Adds the body as it came. If all bodies are kept, adds also what another receiver needs besides.
    fn add_body(&self, reception: &mut Reception, call: &Call<'_>, body: &[u8]) {
        reception.body = Some(String::from_utf8_lossy(body).into_owned());
        reception.target = (self.keep_body == KeepBody::All).then(|| call.target());
    }

    /// Checks what is the same for all callbacks: the method, and the size of the body.
    fn check(&self, call: &Call<'_>, body: &[u8]) -> Result<(), Problem> {
        let method = &call.request.method;
        if method != "POST" {
            return Err(Problem::new(
                ProblemKind::MethodNotAllowed,
                format!("the method is {method}"),
            ));
        }
        if body.len() > self.max_body_bytes {
            return Err(Problem::new(
                ProblemKind::BodyTooLarge,
                format!("{} bytes, {} are read", body.len(), self.max_body_bytes),
            ));
        }
        Ok(())
    }

    fn failed(&self, call: &Call<'_>, progress: &Progress<'_>, problem: Problem) -> Failed {
        let handler = progress.handler.map(Handler::name);
        let command = handler.or(call.claimed.as_deref());
        Failed {
            on_failure: self.on_failure.without_body(command),
            answer: self.undecided(call, progress, &problem),
            problem,
        }
    }

    /// The answer if nobody could decide about a callback, in the form of its command.
    fn undecided(
        &self,
        call: &Call<'_>,
        progress: &Progress<'_>,
        problem: &Problem,
    ) -> Option<Answered> {
        // A caller that is not authenticated is refused, whatever the command is.
        let body = progress
            .body
            .filter(|_| problem.kind().leaves_undecided())?;
        let unread = || {
            let text = protocol::text(body);
            progress
                .handler?
                .unread(Json::new(&text).unwrap_or(Json::NOTHING))
        };
        let unread = match progress.nobody {
            Some(_) => None,
            None => unread(),
        };
        let nobody = progress.nobody.as_ref().or(unread.as_ref())?;
        nobody.answer(self.on_failure, &failure(call, problem))
    }

    /// Records what was decided about a before callback, if the operator wants it. The answer does not depend on it.
    async fn keep_decision(
        &self,
        call: &Call<'_>,
        end: &Result<Done, Failed>,
        progress: Progress<'_>,
    ) {
        let Some(storage) = self.storage.as_ref().filter(|_| progress.asks) else {
            return;
        };
        let Some(rulings) = self.rulings(call, end, &progress) else {
            return;
        };
        let mut asked = progress.nobody.map(Nobody::asked).unwrap_or_default();
        // A body that could not be read does not say whom it asks about.
        asked.resize_with(rulings.len(), Asked::default);
        let decided: Vec<_> = asked
            .into_iter()
            .zip(rulings)
            .filter(|(_, ruling)| storage.decisions.keeps(ruling.verdict))
            .map(|(asked, ruling)| asked.decided(ruling))
            .collect();
        if decided.is_empty() {
            return;
        }
        let command = match (end, progress.handler) {
            (Ok(Done::UnknownAsked(name, _)), _) => name,
            (_, Some(handler)) => handler.name(),
            (_, None) => call.claimed.as_deref().unwrap_or_default(),
        };
        let mut reception = reception(call, command, decided.into());
        // The callback's own events have its id.
        reception.id.push_str(".decision");
        let own_events_failed = matches!(
            end,
            Err(Failed { problem, .. }) if problem.kind() == ProblemKind::NotStored
        );
        if own_events_failed {
            log_decision(&reception);
        } else {
            record_decision(storage, &reception, call, self.deadlines.shares(true)).await;
        }
    }

    /// The decision about each question of a before callback. `None` if the caller is not authenticated, or if Tencent
    /// Chat's console decides.
    fn rulings(
        &self,
        call: &Call<'_>,
        end: &Result<Done, Failed>,
        progress: &Progress<'_>,
    ) -> Option<Vec<Ruling>> {
        match end {
            Ok(
                Done::Handled {
                    decision: Some(decision),
                    ..
                }
                | Done::UnknownAsked(_, decision),
            ) => Some(decision.each.clone()),
            Ok(_) => None,
            Err(Failed {
                problem,
                answer,
                on_failure,
            }) => {
                let kind = problem.kind();
                // Without the nonces, nobody knows whether the callback is a copy that somebody sends again.
                if progress.body.is_none()
                    || !kind.leaves_undecided()
                    || kind == ProblemKind::NotReady
                {
                    return None;
                }
                match (answer, call.source) {
                    (Some(answer), _) => Some(answer.rulings()),
                    (None, Source::Tencent) => None,
                    (None, Source::OpenIm) => {
                        let refuses = *on_failure == OnFailure::Refuse;
                        let code = refuses.then_some(kind.code().get());
                        Some(vec![Ruling::by_failure(code)])
                    }
                }
            }
        }
    }

    async fn spend_nonce(
        &self,
        authentic: Authentic<'_>,
        call: &Call<'_>,
        asks: bool,
    ) -> Result<(), Problem> {
        let Some(nonce) = authentic.nonce else {
            return Ok(());
        };
        authenticate::spend(&self.verifiers, nonce, call, self.deadlines.shares(asks)).await
    }

    async fn record(
        &self,
        reception: &Reception,
        call: &Call<'_>,
        asks: bool,
    ) -> Result<Kept, Problem> {
        let reduced;
        let reception = match self.message_content {
            Keep::Keep => reception,
            Keep::Drop => {
                reduced = without_contents(reception.clone());
                &reduced
            }
        };
        let shares = self.deadlines.shares(asks);
        let storage = self.storage.as_ref();
        record(storage, reception, call, shares, asks, self.on_failure).await
    }

    fn answer(&self, end: Result<Done, Failed>, call: &Call<'_>, asks: bool) -> Reply {
        match end {
            Ok(Done::Handled { body, decision, .. }) => {
                let failed = decision.and_then(|decision| decision.failed);
                Reply::decided(call.source, body, failed)
            }
            Ok(Done::Signal(answer, _)) => Reply::decided(call.source, answer, None),
            Ok(Done::UnknownAsked(_, decision)) => {
                Reply::unknown(call, decision.whole.verdict == Verdict::Refused)
            }
            Ok(Done::Kept(..) | Done::Unknown(..) | Done::Check) => Reply::accepted(call.source),
            Err(Failed {
                problem,
                answer: Some(answer),
                ..
            }) => Reply::decided(call.source, answer.body, Some(problem.kind())),
            Err(Failed {
                problem,
                on_failure,
                ..
            }) => {
                let operation_id = call.operation_id.as_deref();
                Reply::problem(call.source, &problem, operation_id, on_failure, asks)
            }
        }
    }

    fn log(&self, end: &Result<Done, Failed>, call: &Call<'_>, asks: bool) {
        match end {
            Ok(done @ (Done::Unknown(name, _) | Done::UnknownAsked(name, _))) => {
                log::unknown(done, name, self.is_new(name));
            }
            Ok(done) => log::done(done),
            Err(Failed {
                problem,
                answer,
                on_failure,
            }) => log::failed(problem, answer.as_ref(), call.source, *on_failure, asks),
        }
    }

    /// Whether an unknown command is the first of its name since the start.
    fn is_new(&self, name: &str) -> bool {
        /// A caller could invent any number of names.
        const MOST: usize = 1000;
        let mut seen = self
            .unknown_commands
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        seen.len() < MOST && seen.insert(name.to_owned())
    }
}

fn reception(call: &Call<'_>, command: &str, events: Events) -> Reception {
    Reception {
        id: call.request.id.clone(),
        received_at: call.request.received_at,
        source: call.source,
        command: command.to_owned(),
        operation_id: call.operation_id.clone(),
        events,
        body: None,
        target: None,
        part: None,
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("handlers", &self.handlers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use domain::{Family, Source, Timestamp, relation::Event};
    use protocol::{
        Callback, Command, Rules, When,
        openim::{
            AfterDeleteFriend, AmendedGroupInfo, Amendment, Before, BeforeSetGroupInfo, Decision,
            NoRefusal,
        },
    };
    use serde::{Deserialize, Serialize};
    use serde_json::{Value, json};
    use tokio::time::Instant;

    use super::*;
    use crate::Request;

    /// A before callback that must never be refused, and from whose answer the server takes a field.
    #[derive(Clone, Deserialize)]
    struct BeforeSomething {
        name: String,
    }

    #[derive(Clone, PartialEq, Serialize)]
    struct Name {
        name: String,
    }

    impl Amendment for Name {}

    impl Callback for BeforeSomething {
        const COMMAND: Command = Command {
            source: Source::OpenIm,
            name: "callbackBeforeSomethingCommand",
            earlier: &[],
            switch: Some("beforeSomething"),
            family: Family::Relation,
            when: When::Before(Rules::USERS),
            since: None,
            sentence: "Something is about to happen.",
        };
        type Event = Event;
        type Answer = Decision<Name, NoRefusal>;
    }

    impl Before for BeforeSomething {
        type Amendment = Name;

        fn as_asked(&self) -> Option<Name> {
            let name = self.name.clone();
            Some(Name { name })
        }
    }

    // Like `panic!`, but without a message in the tests' output.
    fn bug() -> ! {
        std::panic::resume_unwind(Box::new("a bug"))
    }

    /// The answers of a receiver with this handler.
    async fn answers(handler: Handler, environment: &[(&str, &str)], body: &Value) -> Vec<Reply> {
        let mut variables = vec![("OPENIM_VERIFIER".to_owned(), "none".to_owned())];
        variables.extend(
            environment
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        let get = move |name: &str| {
            let found = variables.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone())
        };
        let receiver = Receiver::start(Arc::new([handler]), Arc::new(get)).await;
        let receiver = receiver.unwrap();
        let event = json!({
            "httpMethod": "POST", "path": "/", "body": body.to_string(),
            "requestContext": {"httpMethod": "POST", "identity": {}},
        });
        let now = Timestamp::now();
        let request = Request::from_event(&event.to_string(), "invocation", now).unwrap();
        let mut replies = Vec::new();
        // Twice, because the receiver has to work after a panic, too.
        for _ in 0..2 {
            let mut call = Call::new(&receiver.handlers, &request, now, Instant::now());
            replies.push(receiver.receive(&mut call).await);
        }
        replies
    }

    #[tokio::test]
    async fn an_after_callback_is_accepted_when_its_handler_panics() {
        fn panics(_: AfterDeleteFriend) -> Vec<Event> {
            bug()
        }
        let body = json!({"ownerUserID": "ana", "friendUserID": "leo"});
        for reply in answers(crate::handler(panics), &[], &body).await {
            assert_eq!(reply, Reply::accepted(Source::OpenIm));
        }
    }

    #[tokio::test]
    async fn a_command_that_a_plain_allow_breaks_is_allowed_with_its_fields_or_refused() {
        const ECHO: &str = r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0,"groupID":"g","groupName":"n","introduction":"","faceURL":""}"#;
        type Answer = Decision<AmendedGroupInfo>;
        fn allows(_: BeforeSetGroupInfo) -> Answer {
            Decision::Allow
        }
        fn panics(_: BeforeSetGroupInfo) -> Answer {
            bug()
        }
        let allow: &[(&str, &str)] = &[("ON_FAILURE", "allow")];
        let too_large = &[("ON_FAILURE", "allow"), ("MAX_BODY_BYTES", "10")];
        let good = json!({"groupID": "g", "groupName": "n", "ex": 7, "needVerification": 0});
        for (handler, environment, status) in [
            (crate::handler(allows), allow, 200),
            (crate::handler(panics), allow, 500),
            (crate::handler(allows), too_large, 413),
        ] {
            for reply in answers(handler, environment, &good).await {
                assert_eq!((reply.body.as_str(), reply.status), (ECHO, status));
            }
        }
        for body in [json!({"groupID": "", "groupName": "n"}), json!([])] {
            for reply in answers(crate::handler(allows), allow, &body).await {
                let answer: Value = serde_json::from_str(&reply.body).unwrap();
                assert_eq!(
                    (&answer["nextCode"], &answer["errCode"]),
                    (&json!(1), &json!(29007))
                );
            }
        }
    }

    #[tokio::test]
    async fn a_command_that_must_never_be_refused_is_answered_as_asked_whatever_fails() {
        const ECHO: &str = r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0,"name":"as asked"}"#;
        type Answer = Decision<Name, NoRefusal>;
        fn allows(_: BeforeSomething) -> Answer {
            Decision::Allow
        }
        fn panics(_: BeforeSomething) -> Answer {
            bug()
        }
        async fn hangs(_: BeforeSomething) -> Answer {
            std::future::pending().await
        }
        fn records(_: BeforeSomething) -> (Answer, Vec<Event>) {
            let user = |id: &str| domain::UserId::new(id).unwrap();
            let event = Event::FriendDeleted {
                owner: user("ana"),
                friend: user("leo"),
            };
            (Decision::Allow, vec![event])
        }
        // Nothing listens at this endpoint.
        let unreachable = [
            ("EVENTS_TABLE", "events"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "x"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
        ];
        let body = json!({"name": "as asked"});
        for on_failure in ["refuse", "allow"] {
            let environment = [&unreachable[..], &[("ON_FAILURE", on_failure)]].concat();
            for (handler, status) in [
                (crate::handler(allows), 200),
                (crate::handler(panics), 500),
                (crate::handler(hangs), 500),
                (crate::handler(records), 503),
            ] {
                for reply in answers(handler, &environment, &body).await {
                    assert_eq!(reply.body, ECHO, "{on_failure} {status}");
                    assert_eq!(reply.status, status, "{on_failure}");
                }
            }
        }
    }
}
