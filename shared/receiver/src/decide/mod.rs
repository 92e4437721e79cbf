//! Turns a callback into its answer and its events.
//!
//! For a before callback, the policies decide first. If they refuse, the handler does not run. If they and the handler
//! change the same field, the handler's value counts. If nobody could decide, `ON_FAILURE` does.

mod count;
mod nobody;

use std::panic::AssertUnwindSafe;

use domain::Events;
use futures_util::FutureExt as _;
use policies::{Outcome, Rules};
use protocol::{Answer as _, Callback, Reason};
use store::Limits;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

pub(crate) use nobody::{Answered, Nobody};

use crate::{
    Context, OnFailure, Problem, ProblemKind,
    answer::{failure, to_json},
    call::Call,
    handle::{Handle, Said},
};

/// What a decision depends on, besides the handler.
pub(crate) struct Asking<'a> {
    pub(crate) call: &'a Call<'a>,
    /// The rules of the command.
    pub(crate) rules: &'a Rules,
    pub(crate) limits: Option<&'a Limits>,
    /// When the answer has to be ready.
    pub(crate) end: Instant,
    /// When counting has to be finished.
    pub(crate) counted_by: Instant,
    pub(crate) on_failure: OnFailure,
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

/// A decision for the log.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) word: Word,
    pub(crate) by: By,
    /// The code of the first refusal.
    pub(crate) code: Option<i32>,
    /// The rule in the policies that refused first.
    pub(crate) rule: Option<String>,
    /// Why the handler did not decide.
    pub(crate) failed: Option<ProblemKind>,
}

/// The decision in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Allowed,
    /// For Tencent Chat: at least one person was refused.
    Refused,
    Amended,
}

impl Word {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Amended => "amended",
        }
    }
}

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Handler,
    Policies,
    /// Nobody could decide. The operator's setting for failures or for unknown commands counts.
    Failure,
    /// The verifier did not accept the caller, so nobody else decided.
    Verifier,
}

impl By {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Handler => "handler",
            Self::Policies => "policies",
            Self::Failure => "failure",
            Self::Verifier => "verifier",
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
    let answer = C::Answer::unchanged(&callback);
    let said = handled(callback, handle, context).await?;
    Ok(Decided {
        body: to_json(&answer),
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
    let mut unreadable = false;

    for (n, question) in questions.iter().enumerate() {
        // Judging many long texts takes time, and does not await, so no time-out can end it.
        if count > 1 && Instant::now() >= asking.end {
            warn!("no time was left to judge everybody by the policies");
            let none = Vec::<C::Event>::new();
            let nobody = Nobody::of(&callback);
            let problem = Problem::new(ProblemKind::Internal, "no time was left");
            return Ok(nobody.decided(asking, &problem, none.into()));
        }
        match asking.rules.judge(question) {
            Outcome::Allow => {}
            Outcome::Refuse(refusal) => {
                answer.refuse(n, &reason(refusal));
                refused_by[n] = Some((By::Policies, Some(&refusal.rule)));
            }
            Outcome::Amend(change) => {
                if let Some(amended) = callback.amended(&change) {
                    answer = amended.over(answer);
                }
            }
            Outcome::Unreadable => {
                unreadable = true;
                if asking.on_failure == OnFailure::Refuse {
                    let problem = Problem::new(
                        ProblemKind::InvalidField,
                        "a field that a policy needs cannot be read",
                    );
                    answer.refuse(n, &failure(asking.call, &problem));
                    refused_by[n] = Some((By::Failure, None));
                }
            }
        }
    }
    let uncounted = count::requests(asking, &questions, &mut answer, &mut refused_by).await;
    drop(questions);

    let by_policies = answer.clone();
    let is_open = |answer: &C::Answer| {
        let questions = answer.questions();
        questions == 0 || (0..questions).any(|n| answer.refused(n).is_none())
    };
    let mut events = Vec::new();
    let mut failed = None;
    if is_open(&answer) {
        match handled(callback, handle, context).await {
            Ok(said) => {
                events = said.events;
                if let Some(said) = said.answer {
                    answer = said.over(answer);
                }
            }
            Err(problem) => {
                failed = Some(problem.kind());
                let refuses = (0..count).any(|n| answer.refused(n).is_some());
                let rest = if refuses { answer } else { unchanged.clone() };
                let reason = failure(asking.call, &problem);
                answer = nobody::filled::<C>(rest, asking.on_failure, &reason);
            }
        }
    }

    // True if at least one answer came from the setting for failures.
    let by_failure = refused_by
        .iter()
        .flatten()
        .any(|(by, _)| *by == By::Failure);
    let by_nobody = failed.is_some() || by_failure || unreadable || (uncounted && is_open(&answer));
    let decision = Decision {
        failed,
        ..decision::<C>(&unchanged, &by_policies, &answer, &refused_by, by_nobody)
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

/// The decision for the log. If somebody was refused, it describes the first refusal.
fn decision<C: Callback>(
    unchanged: &C::Answer,
    by_policies: &C::Answer,
    answer: &C::Answer,
    refused_by: &[Option<(By, Option<&str>)>],
    by_nobody: bool,
) -> Decision {
    let first = (0..refused_by.len().max(1)).find_map(|n| Some((n, answer.refused(n)?)));
    let rule = first.and_then(|(n, _)| *refused_by.get(n)?);
    let by = match (first, rule) {
        (_, Some((by, _))) => by,
        (None, None) if answer == by_policies && answer != unchanged => By::Policies,
        (_, None) => By::Handler,
    };
    Decision {
        word: match first {
            Some(_) => Word::Refused,
            None if answer == unchanged => Word::Allowed,
            None => Word::Amended,
        },
        by: if by_nobody { By::Failure } else { by },
        code: first.map(|(_, code)| code),
        rule: rule.and_then(|(_, rule)| Some(rule?.to_owned())),
        failed: None,
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

fn reason(refusal: &policies::Refusal) -> Reason {
    Reason {
        code: refusal.code,
        message: refusal.message.clone(),
        detail: refusal.detail.clone(),
    }
}
