use domain::Events;
use protocol::{Answer, Callback, Json, Reason};

use super::{Asking, By, Decided, Decision, Word};
use crate::{
    OnFailure, Problem,
    answer::{failure, to_json},
};

/// The answer to a before callback when nobody could decide. It is prepared first, because it depends on the callback,
/// which the handler consumes.
pub(crate) struct Nobody {
    answer: Box<Answering>,
    names_nobody: bool,
}

type Answering = dyn Fn(OnFailure, &Reason) -> Answered + Send + Sync;

/// An answer, and its summary for the log.
pub(crate) struct Answered {
    pub(crate) body: String,
    pub(crate) word: Word,
    pub(crate) code: Option<i32>,
}

impl Nobody {
    pub(crate) fn of<C: Callback>(callback: &C) -> Self {
        Self::unless_refused::<C>(C::Answer::unchanged(callback))
    }

    /// The answer if the body was not read, or does not fit the command. `None` if no answer allows anything.
    pub(crate) fn of_unread<C: Callback>(body: Json<'_>) -> Option<Self> {
        C::Answer::unread(body).map(Self::unless_refused::<C>)
    }

    fn unless_refused<C: Callback>(unchanged: C::Answer) -> Self {
        let questions = unchanged.questions();
        let answer = move |on_failure, reason: &Reason| {
            let answer = filled::<C>(unchanged.clone(), on_failure, reason);
            let code = (0..questions).find_map(|n| answer.refused(n));
            Answered {
                body: to_json(&answer),
                word: match code {
                    Some(_) => Word::Refused,
                    None => Word::Allowed,
                },
                code,
            }
        };
        Self {
            answer: Box::new(answer),
            names_nobody: questions == 0,
        }
    }

    /// Whether the answer is empty, because the callback names nobody.
    pub(crate) fn names_nobody(&self) -> bool {
        self.names_nobody
    }

    /// The answer.
    pub(crate) fn answer(&self, on_failure: OnFailure, reason: &Reason) -> Answered {
        (self.answer)(on_failure, reason)
    }

    /// The answer as a decision. `events` is the empty list of the callback's family.
    pub(super) fn decided(&self, asking: &Asking<'_>, failed: &Problem, events: Events) -> Decided {
        let reason = failure(asking.call, failed);
        let Answered { body, word, code } = self.answer(asking.on_failure, &reason);
        Decided {
            body,
            events,
            decision: Some(Decision {
                word,
                by: By::Failure,
                code,
                rule: None,
                failed: Some(failed.kind()),
            }),
        }
    }
}

/// Decides every open question of an answer as the operator chose for failures.
pub(super) fn filled<C: Callback>(
    mut answer: C::Answer,
    on_failure: OnFailure,
    reason: &Reason,
) -> C::Answer {
    if on_failure == OnFailure::Refuse {
        for n in 0..answer.questions() {
            if answer.refused(n).is_none() {
                answer.refuse(n, reason);
            }
        }
    }
    answer
}
