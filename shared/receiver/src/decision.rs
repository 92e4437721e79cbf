//! What callbacks that ask before something happens are answered.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::Event;
use protocol::{openim, tencent};

use crate::{OnFailure, ProblemKind};

/// A decision, as it is answered and as it is logged.
#[derive(Debug)]
pub(crate) struct Decided {
    /// The answer.
    pub(crate) body: String,
    pub(crate) word: Word,
    pub(crate) by: By,
    /// Of the first refusal.
    pub(crate) code: Option<i32>,
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

impl From<OnFailure> for Word {
    fn from(on_failure: OnFailure) -> Self {
        match on_failure {
            OnFailure::Allow => Self::Allowed,
            OnFailure::Refuse => Self::Refused,
        }
    }
}

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Handler,
    /// Nobody could: it is what the operator chose for that.
    Failure,
}

impl By {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Handler => "handler",
            Self::Failure => "failure",
        }
    }
}

/// The answer to a callback of OpenIM.
pub(crate) fn openim<C: openim::Before>(
    callback: C,
    handle: fn(&C) -> openim::Decision<C::Amendment>,
    intended: fn(C) -> Vec<Event>,
) -> Decided {
    let decision = handle(&callback);
    let body = to_json(&decision);
    let (word, code) = match decision {
        openim::Decision::Allow => (Word::Allowed, None),
        openim::Decision::Refuse(refusal) => (Word::Refused, Some(refusal.code.get())),
        openim::Decision::Amend(_) => (Word::Amended, None),
    };
    Decided {
        body,
        word,
        by: By::Handler,
        code,
        events: match word {
            Word::Refused => Vec::new(),
            Word::Allowed | Word::Amended => intended(callback),
        },
    }
}

/// What the user's client is told by Tencent Chat when the receiver failed.
const FAILED: tencent::ResultCode = match tencent::ResultCode::new(39000) {
    Ok(code) => code,
    Err(_) => panic!("a code outside of 38000 to 39000"),
};

/// The answer to a callback of Tencent Chat. A handler that panics is answered here: outside, nobody knows the
/// people who have to be refused one by one.
pub(crate) fn tencent<C: tencent::Before>(
    callback: &C,
    handle: fn(&C) -> tencent::Decisions,
    on_failure: OnFailure,
) -> Decided {
    let (decisions, by) = match catch_unwind(AssertUnwindSafe(|| handle(callback))) {
        Ok(decisions) => (decisions, By::Handler),
        Err(_) => {
            let decision = match on_failure {
                OnFailure::Allow => tencent::Decision::Allow,
                OnFailure::Refuse => tencent::Decision::Refuse(tencent::Refusal::new(
                    FAILED,
                    ProblemKind::Internal.message(),
                )),
            };
            (callback.decide(|_| decision.clone()), By::Failure)
        }
    };
    let code = decisions.iter().find_map(|(_, decision)| match decision {
        tencent::Decision::Allow => None,
        tencent::Decision::Refuse(refusal) => Some(refusal.code.get()),
    });
    Decided {
        body: to_json(&decisions),
        word: match code {
            Some(_) => Word::Refused,
            None => Word::Allowed,
        },
        by,
        code,
        events: Vec::new(),
    }
}

fn to_json(answer: &impl serde::Serialize) -> String {
    serde_json::to_string(answer).expect("answers are strings, integers and lists")
}
