//! Turns a callback into its answer and its events.
//!
//! For a before callback, the policies decide first. If they refuse, the handler does not run. If the handler does not
//! refuse either, the app's own service is asked, if there is one and if it does not judge such messages later. If two of them
//! change the same field, the later one's value counts. If nobody could decide, `ON_FAILURE` does.

mod ask;
mod contacts;
mod count;
mod nobody;

use std::{mem, panic::AssertUnwindSafe, time::Duration};

use domain::{
    Events,
    decision::{By, Verdict},
};
use futures_util::FutureExt as _;
use policies::{Outcome, Rules};
use protocol::{Answer as _, Callback, Codes, Reason};
use store::{Limits, RelationshipsTable};
use tokio::time::{Instant, timeout_at};
use tracing::warn;

pub(crate) use ask::Service;
pub(crate) use nobody::{Answered, Asked, Nobody};

use crate::{
    Context, OnFailure, Problem, ProblemKind,
    answer::{failure, to_json},
    call::Call,
    handle::{Handle, Said},
    settings::Shares,
};

/// What a decision depends on, besides the handler.
pub(crate) struct Asking<'a> {
    pub(crate) call: &'a Call<'a>,
    /// The rules of the command.
    pub(crate) rules: &'a Rules,
    /// The codes of the command.
    pub(crate) codes: Codes,
    pub(crate) limits: Option<&'a Limits>,
    pub(crate) relationships: Option<&'a RelationshipsTable>,
    /// The app's own service, if it is asked about this command.
    pub(crate) service: Option<&'a Service>,
    pub(crate) shares: Shares,
    pub(crate) on_failure: OnFailure,
}

impl Asking<'_> {
    /// When the answer has to be ready.
    fn end(&self) -> Instant {
        self.call.start + self.shares.all
    }

    /// What the answer says about a refusal by the policies.
    fn reason(&self, refusal: &policies::Refusal) -> Reason {
        Reason {
            code: refusal.code(self.codes),
            message: refusal.message.clone(),
            detail: refusal.detail.clone(),
        }
    }

    /// When a step has to be finished that begins now and has this share.
    fn until(&self, share: Duration) -> Instant {
        self.shares.end(self.call.start, share)
    }
}

/// The result for a callback.
pub(crate) struct Decided {
    /// The answer.
    pub(crate) body: String,
    /// The events to record.
    pub(crate) events: Events,
    /// `None` for an after callback.
    pub(crate) decision: Option<Decision>,
}

/// A decision, for the log and for the events table.
#[derive(Debug)]
pub(crate) struct Decision {
    /// The whole in one: for Tencent Chat, refused if at least one person was. It has the code and the rule of the first
    /// refusal.
    pub(crate) whole: Ruling,
    /// One for each question.
    pub(crate) each: Vec<Ruling>,
    /// Why the handler did not decide.
    pub(crate) failed: Option<ProblemKind>,
}

/// The decision about one question.
#[derive(Clone, Debug)]
pub(crate) struct Ruling {
    pub(crate) verdict: Verdict,
    pub(crate) by: By,
    /// The code of the refusal.
    pub(crate) code: Option<i32>,
    /// The rule in the policies that refused.
    pub(crate) rule: Option<String>,
}

impl Ruling {
    /// What the operator chose for the case that nobody can decide.
    pub(crate) fn by_failure(code: Option<i32>) -> Self {
        Self {
            verdict: match code {
                Some(_) => Verdict::Refused,
                None => Verdict::Allowed,
            },
            by: By::Failure,
            code,
            rule: None,
        }
    }
}

/// Handles an after callback.
pub(crate) async fn after<C, F, Form>(
    callback: C,
    handle: F,
    context: Context,
) -> Result<Decided, Problem>
where
    C: Callback,
    F: Handle<C, Form>,
    Events: From<Vec<C::Event>>,
{
    let unchanged = C::Answer::unchanged(&callback);
    let said = handled(callback, handle, context).await?;
    Ok(Decided {
        body: to_json(&said.answer.unwrap_or(unchanged)),
        events: said.events.into(),
        decision: None,
    })
}

/// Decides about a before callback.
pub(crate) async fn before<C, F, Form>(
    callback: C,
    handle: F,
    asking: &Asking<'_>,
    context: Context,
) -> Result<Decided, Problem>
where
    C: Callback,
    F: Handle<C, Form>,
    Events: From<Vec<C::Event>>,
{
    let unchanged = C::Answer::unchanged(&callback);
    let mut answer = unchanged.clone();
    let questions = callback.questions();
    let count = questions.len();
    // For each refused question: who refused it, and by which rule.
    let mut refused_by: Vec<Option<(By, Option<&str>)>> = vec![None; count];
    // For each question: why the policies could not decide.
    let mut undecided: Vec<Option<&str>> = vec![None; count];

    for (n, question) in questions.iter().enumerate() {
        // Judging many long texts takes time, and does not await, so no time-out can end it.
        if count > 1 && Instant::now() >= asking.end() {
            warn!("no time was left to judge everybody by the policies");
            let none = Vec::<C::Event>::new();
            let nobody = Nobody::of(&callback);
            let problem = Problem::new(ProblemKind::Internal, "no time was left");
            return Ok(nobody.decided(asking, &problem, none.into()));
        }
        match asking.rules.judge(question, asking.call.now) {
            Outcome::Allow => {}
            Outcome::AllowAtOnce => {
                let ruling = Ruling {
                    verdict: Verdict::Allowed,
                    by: By::Policies,
                    code: None,
                    rule: None,
                };
                return Ok(Decided {
                    body: to_json(&unchanged),
                    events: Vec::<C::Event>::new().into(),
                    decision: Some(Decision {
                        each: vec![ruling.clone(); count],
                        whole: ruling,
                        failed: None,
                    }),
                });
            }
            Outcome::Refuse(refusal) => {
                answer.refuse(n, &asking.reason(refusal));
                refused_by[n] = Some((By::Policies, Some(&refusal.rule)));
            }
            Outcome::Amend(changes) => {
                for change in &changes {
                    match callback.amended(change) {
                        Some(amended) => answer = amended.over(answer),
                        None => {
                            undecided[n] = Some("a change by the policies does not fit the body")
                        }
                    }
                }
            }
            Outcome::Unreadable => {
                undecided[n] = Some("a field that a policy needs cannot be read");
            }
        }
        if let Some(why) = undecided[n].filter(|_| asking.on_failure == OnFailure::Refuse) {
            let problem = Problem::new(ProblemKind::InvalidField, why);
            answer.refuse(n, &failure(asking.call, &problem));
            refused_by[n] = Some((By::Failure, None));
        }
    }
    let unread = contacts::contacts(asking, &questions, &mut answer, &mut refused_by).await;
    let unknown = unread | count::count(asking, &questions, &mut answer, &mut refused_by).await;
    let service = asking
        .service
        .filter(|service| !service.is_asked_later(&C::COMMAND, &questions));
    drop(questions);

    let by_policies = answer.clone();
    let is_open = |answer: &C::Answer| {
        let questions = answer.questions();
        questions == 0 || (0..questions).any(|n| answer.refused(n).is_none())
    };
    let mut events = Vec::new();
    // Why the handler or the service did not decide.
    let mut problem = None;
    // The handler consumes the callback.
    let for_service = service.map(|service| (service, callback.clone()));
    if is_open(&answer) {
        match handled(callback, handle, context).await {
            Ok(said) => {
                events = said.events;
                if let Some(said) = said.answer {
                    answer = said.over(answer);
                }
            }
            Err(why) => problem = Some(why),
        }
    }
    let mut before_service = None;
    if let Some((service, callback)) = for_service
        && problem.is_none()
        && answer.questions() > 0
        && is_open(&answer)
    {
        match service.ask(asking, &callback, &answer).await {
            Ok(said) => {
                for (n, by) in refused_by.iter_mut().enumerate() {
                    if said.refused(n).is_some() && answer.refused(n).is_none() {
                        *by = Some((By::Service, None));
                    }
                }
                before_service = Some(mem::replace(&mut answer, said));
            }
            Err(why) => problem = Some(why),
        }
    }
    if let Some(problem) = &problem {
        let reason = failure(asking.call, problem);
        answer = nobody::filled::<C>(answer, asking.on_failure, &reason);
    }
    let failed = problem.map(|problem| problem.kind());

    // True if at least one answer came from the setting for failures.
    let by_failure = refused_by
        .iter()
        .flatten()
        .any(|(by, _)| *by == By::Failure);
    let by_nobody = failed.is_some()
        || by_failure
        || undecided.iter().any(Option::is_some)
        || (unknown && is_open(&answer));
    let rulings = Rulings::<C> {
        unchanged: &unchanged,
        by_policies: &by_policies,
        before_service: before_service.as_ref(),
        answer: &answer,
        refused_by: &refused_by,
    };
    let is_undecided =
        |n| failed.is_some() || unknown || undecided.get(n).is_some_and(Option::is_some);
    let decision = Decision {
        whole: rulings.whole(by_nobody),
        each: (0..answer.questions())
            .map(|n| rulings.of(n, is_undecided(n)))
            .collect(),
        failed,
    };
    if !is_open(&answer) {
        events = Vec::new();
    }
    Ok(Decided {
        body: to_json(&answer),
        events: events.into(),
        decision: Some(decision),
    })
}

/// What the answer says, and who brought that about.
struct Rulings<'a, C: Callback> {
    unchanged: &'a C::Answer,
    by_policies: &'a C::Answer,
    /// The answer before the app's own service decided; `None` if it did not.
    before_service: Option<&'a C::Answer>,
    answer: &'a C::Answer,
    /// For each question that somebody other than the handler refused: who it was, and by which rule.
    refused_by: &'a [Option<(By, Option<&'a str>)>],
}

impl<C: Callback> Rulings<'_, C> {
    /// The ruling about the whole callback. If somebody was refused, it describes the first refusal.
    fn whole(&self, by_nobody: bool) -> Ruling {
        let questions = self.answer.questions();
        let first = (0..questions).find(|n| self.answer.refused(*n).is_some());
        let mut whole = match first {
            Some(n) => self.of(n, false),
            None => self.not_refused(),
        };
        if by_nobody {
            whole.by = By::Failure;
        }
        whole
    }

    /// The ruling about one question. `is_undecided` says that nobody could decide about it, unless it was refused before
    /// the handler ran.
    fn of(&self, question: usize, is_undecided: bool) -> Ruling {
        let refused_by = self.refused_by.get(question).copied().flatten();
        let code = self.answer.refused(question);
        let mut ruling = match (code, refused_by) {
            (Some(_), Some((by, rule))) => {
                return Ruling {
                    verdict: Verdict::Refused,
                    by,
                    code,
                    rule: rule.map(ToOwned::to_owned),
                };
            }
            (Some(_), None) => Ruling {
                verdict: Verdict::Refused,
                by: By::Handler,
                code,
                rule: None,
            },
            (None, _) => self.not_refused(),
        };
        if is_undecided {
            ruling.by = By::Failure;
        }
        ruling
    }

    fn not_refused(&self) -> Ruling {
        let is_refused = (0..self.answer.questions()).any(|n| self.answer.refused(n).is_some());
        // An answer about several persons differs if another one was refused.
        let is_amended = !is_refused && self.answer != self.unchanged;
        Ruling {
            verdict: match is_amended {
                true => Verdict::Amended,
                false => Verdict::Allowed,
            },
            by: match self.before_service {
                _ if is_amended && self.answer == self.by_policies => By::Policies,
                Some(before) if !is_amended || self.answer != before => By::Service,
                _ => By::Handler,
            },
            code: None,
            rule: None,
        }
    }
}

/// Runs the handler. A panic or a late handler is a problem, so that the callback still gets an answer.
async fn handled<C, F, Form>(callback: C, handle: F, context: Context) -> Result<Said<C>, Problem>
where
    C: Callback,
    F: Handle<C, Form>,
{
    let end = context.end;
    let handling = AssertUnwindSafe(async move { handle.handle(callback, context).await });
    match timeout_at(end, handling.catch_unwind()).await {
        Ok(Ok(said)) => Ok(said),
        Ok(Err(_)) => Err(Problem::new(ProblemKind::Internal, "a handler panicked")),
        Err(_) => Err(Problem::new(
            ProblemKind::Internal,
            "a handler did not finish in time",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::message;
    use protocol::tencent::{ChatbotOnC2cSignalMessage, Reply};

    use super::*;
    use crate::context::Surroundings;

    /// One command after something happened has an answer that its server reads.
    #[tokio::test]
    async fn the_answer_of_a_handler_is_also_written_after_something_happened() {
        let callback = r#"{"From_Account": "ana", "To_Account": "@RBT#helper"}"#;
        let callback: ChatbotOnC2cSignalMessage = protocol::read(callback.as_bytes()).unwrap();
        let context = Context {
            end: Instant::now() + Duration::from_secs(60),
            surroundings: Arc::new(Surroundings {
                dynamodb: None,
                get: Arc::new(|_| None),
            }),
        };
        let answered = after(
            callback.clone(),
            |_: ChatbotOnC2cSignalMessage| Reply::new("sunny"),
            context.clone(),
        );
        assert_eq!(
            answered.await.unwrap().body,
            r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","RspData":"sunny"}"#
        );
        let none = |_: ChatbotOnC2cSignalMessage| Vec::<message::Event>::new();
        assert_eq!(
            after(callback, none, context).await.unwrap().body,
            r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","RspData":""}"#
        );
    }
}
