//! What callbacks that ask before something happens are answered.
//!
//! Policies are asked first, and a refusal of theirs ends it. Then the handler is. What it amends stands in the
//! place of what policies amend.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::{Event, Source, Timestamp, UserId};
use policies::{Outcome, RequestLimit, Rules};
use protocol::{
    openim::{self, RefusalCode},
    tencent::{self, ResultCode},
};
use store::Limits;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use crate::{OnFailure, OpenImQuestion, Problem, ProblemKind, TencentQuestion};

/// A decision, as it is answered and as it is logged.
#[derive(Debug)]
pub(crate) struct Decided {
    /// The answer.
    pub(crate) body: String,
    pub(crate) word: Word,
    pub(crate) by: By,
    /// Of the first refusal.
    pub(crate) code: Option<i32>,
    /// The policies' rule that refused first.
    pub(crate) rule: Option<String>,
    /// What is recorded about it.
    pub(crate) events: Vec<Event>,
}

/// What was decided, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Allowed,
    /// For Tencent Chat: at least one person.
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
    /// Nobody could: it is what the operator chose for that.
    Failure,
}

impl By {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Handler => "handler",
            Self::Policies => "policies",
            Self::Failure => "failure",
        }
    }
}

/// What the log says when a callback that asks meets a problem of ours: the decision, and who made it. What Tencent
/// Chat decides after a failure is said in its console.
pub(crate) fn of_failure(
    dialect: Source,
    problem: &Problem,
    on_failure: OnFailure,
) -> Option<(&'static str, &'static str)> {
    let word = match (dialect, on_failure) {
        (Source::Tencent, _) => "failed",
        (_, OnFailure::Allow) => Word::Allowed.as_str(),
        (_, OnFailure::Refuse) => Word::Refused.as_str(),
    };
    let ours = problem.kind().is_ours();
    ours.then_some((word, By::Failure.as_str()))
}

/// What decides, beside the handler.
pub(crate) struct Asked<'a> {
    /// Those of the command.
    pub(crate) rules: &'a Rules,
    pub(crate) limits: Option<&'a Limits>,
    /// When there has to be an answer.
    pub(crate) end: Instant,
    /// When counting has to be over.
    pub(crate) counted_by: Instant,
    pub(crate) now: Timestamp,
    pub(crate) on_failure: OnFailure,
}

impl Asked<'_> {
    /// Counts so many requests of a user. Gives the number of the last one; `None` when it cannot be had.
    async fn count(&self, limit: &RequestLimit, user: &UserId, requests: u32) -> Option<u64> {
        let window = limit.window(user, self.now);
        let raising = self.limits?.raise(&window.key, requests, window.ends_at);
        let error = match timeout_at(self.counted_by, raising).await {
            Ok(Ok(count)) => return Some(count),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no time was left for it".to_owned(),
        };
        warn!(error, "friend requests could not be counted");
        None
    }
}

/// Who decided when a limit was asked.
fn by_count(count: Option<u64>) -> By {
    match count {
        Some(_) => By::Policies,
        None => By::Failure,
    }
}

/// The answer to a callback of OpenIM.
pub(crate) async fn openim<C: OpenImQuestion>(
    callback: C,
    handle: fn(&C) -> openim::Decision<C::Amendment>,
    intended: fn(C) -> Vec<Event>,
    asked: &Asked<'_>,
) -> Decided {
    let question = callback.question();
    let outcome = asked.rules.judge(&question);
    if let Outcome::Refuse(refusal) = outcome {
        return refused(refusal, By::Policies);
    }
    // Who allowed it, if nobody refuses it.
    let mut allowed_by = By::Handler;
    if let Some(limit) = asked.rules.request_limit() {
        let count = asked.count(limit, question.actor, 1).await;
        if let Outcome::Refuse(refusal) = limit.judge(count) {
            return refused(refusal, by_count(count));
        }
        if count.is_none() {
            allowed_by = By::Failure;
        }
    }
    let (decision, by) = match handle(&callback) {
        openim::Decision::Allow => match callback.amendment(&outcome) {
            Some(amendment) => (openim::Decision::Amend(amendment), By::Policies),
            None => (openim::Decision::Allow, allowed_by),
        },
        decision => (decision, By::Handler),
    };
    let body = to_json(&decision);
    let (word, code) = match decision {
        openim::Decision::Allow => (Word::Allowed, None),
        openim::Decision::Refuse(refusal) => (Word::Refused, Some(refusal.code.get())),
        openim::Decision::Amend(_) => (Word::Amended, None),
    };
    Decided {
        body,
        word,
        by,
        code,
        rule: None,
        events: match word {
            Word::Refused => Vec::new(),
            Word::Allowed | Word::Amended => intended(callback),
        },
    }
}

/// The answer to a callback of OpenIM that policies refuse.
fn refused(refusal: &policies::Refusal, by: By) -> Decided {
    Decided {
        body: to_json(&openim::Answer::Refuse(openim::Refusal {
            code: RefusalCode::new(refusal.code).expect("policies take codes of OpenIM only"),
            message: refusal.message.clone(),
            detail: refusal.detail.clone(),
        })),
        word: Word::Refused,
        by,
        code: Some(refusal.code),
        rule: Some(refusal.rule.clone()),
        events: Vec::new(),
    }
}

/// What the user's client is told by Tencent Chat when the receiver failed.
const FAILED: ResultCode = match ResultCode::new(39000) {
    Ok(code) => code,
    Err(_) => panic!("a code outside of 38000 to 39000"),
};

/// The answer to a callback of Tencent Chat. A handler that panics is answered here: outside, nobody knows the
/// people who have to be refused one by one.
pub(crate) async fn tencent<C: TencentQuestion>(
    callback: &C,
    handle: fn(&C) -> tencent::Decisions,
    asked: &Asked<'_>,
) -> Decided {
    // Of each person, in the order of the body: the rule that refuses, and whose refusal it is.
    let mut refusals: Vec<Option<(&policies::Refusal, By)>> = Vec::new();
    let mut actor = None;
    for (_, person) in callback.items() {
        // Judging many long texts takes time, in which nothing else happens.
        if Instant::now() >= asked.end {
            warn!("no time was left to ask the policies about everybody");
            return of_nobody(callback, asked.on_failure);
        }
        let question = callback.question(person);
        actor = Some(question.actor);
        refusals.push(match asked.rules.judge(&question) {
            Outcome::Refuse(refusal) => Some((refusal, By::Policies)),
            _ => None,
        });
    }
    // Whether a limit was asked that could not say anything: then somebody was decided about by nobody.
    let mut unknown = false;
    let open = refusals.iter().filter(|refusal| refusal.is_none()).count();
    if let (Some(limit), Some(actor), 1..) = (asked.rules.request_limit(), actor, open) {
        let requests = u32::try_from(open).unwrap_or(u32::MAX);
        let count = asked.count(limit, actor, requests).await;
        let mut number = count.map(|count| count.saturating_sub(requests.into()));
        for refusal in refusals.iter_mut().filter(|refusal| refusal.is_none()) {
            number = number.map(|number| number + 1);
            if let Outcome::Refuse(refused) = limit.judge(number) {
                *refusal = Some((refused, by_count(count)));
            }
        }
        unknown = count.is_none();
    }

    let handled = if refusals.iter().all(Option::is_some) {
        None
    } else {
        Some(catch_unwind(AssertUnwindSafe(|| handle(callback))))
    };
    let failed = matches!(handled, Some(Err(_)));
    let handled = handled.and_then(Result::ok);
    let mut handled = handled.iter().flat_map(tencent::Decisions::iter);
    let mut refusals = refusals.into_iter();
    let mut first = None;
    let decisions = callback.decide(|_| {
        let own = handled.next().map(|(_, decision)| decision.clone());
        let (decision, by, rule) = match (refusals.next().flatten(), own) {
            (Some((refusal, by)), _) => (of_policies(refusal), by, Some(refusal.rule.clone())),
            (None, Some(decision)) => (decision, By::Handler, None),
            (None, None) => (on_failure(asked.on_failure), By::Failure, None),
        };
        if let tencent::Decision::Refuse(refusal) = &decision {
            first.get_or_insert((refusal.code.get(), by, rule));
        }
        decision
    });
    let body = to_json(&decisions);
    let (word, by, code, rule) = match first {
        Some((code, by, rule)) => (Word::Refused, by, Some(code), rule),
        None => (Word::Allowed, By::Handler, None, None),
    };
    Decided {
        body,
        word,
        by: if failed || unknown { By::Failure } else { by },
        code,
        rule,
        events: Vec::new(),
    }
}

/// What everybody of a callback gets when nobody could decide.
fn of_nobody<C: TencentQuestion>(callback: &C, choice: OnFailure) -> Decided {
    let (word, code) = match choice {
        OnFailure::Allow => (Word::Allowed, None),
        OnFailure::Refuse => (Word::Refused, Some(FAILED.get())),
    };
    Decided {
        body: to_json(&callback.decide(|_| on_failure(choice))),
        word,
        by: By::Failure,
        code,
        rule: None,
        events: Vec::new(),
    }
}

fn of_policies(refusal: &policies::Refusal) -> tencent::Decision {
    let code = ResultCode::new(refusal.code).expect("policies take codes of Tencent Chat only");
    tencent::Decision::Refuse(tencent::Refusal::new(code, &refusal.message))
}

fn on_failure(choice: OnFailure) -> tencent::Decision {
    match choice {
        OnFailure::Allow => tencent::Decision::Allow,
        OnFailure::Refuse => tencent::Decision::Refuse(tencent::Refusal::new(
            FAILED,
            ProblemKind::Internal.message(),
        )),
    }
}

fn to_json(answer: &impl serde::Serialize) -> String {
    serde_json::to_string(answer).expect("answers are strings, integers and lists")
}
