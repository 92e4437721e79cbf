use domain::Events;
use protocol::{Answer, Callback, Reason};

use super::{Asking, By, Decided, Decision, Word};
use crate::{
    OnFailure, ProblemKind,
    answer::{failure, to_json},
};

/// What a callback that asks is answered when nobody could decide. It is made before anybody is asked, because it
/// depends on the callback, which the handler takes.
pub(crate) struct Nobody(Box<Answering>);

type Answering = dyn Fn(OnFailure, &Reason) -> Answered + Send + Sync;

/// An answer, and what it says.
pub(crate) struct Answered {
    pub(crate) body: String,
    pub(crate) word: Word,
    pub(crate) code: Option<i32>,
}

impl Nobody {
    pub(crate) fn of<C: Callback>(callback: &C) -> Self {
        let unchanged = C::Answer::unchanged(callback);
        let questions = callback.questions().len();
        Self(Box::new(move |on_failure, reason| {
            let answer = filled::<C>(unchanged.clone(), questions, on_failure, reason);
            let code = (0..questions.max(1)).find_map(|n| answer.refused(n));
            Answered {
                body: to_json(&answer),
                word: match code {
                    Some(_) => Word::Refused,
                    None => Word::Allowed,
                },
                code,
            }
        }))
    }

    /// The answer.
    pub(crate) fn answer(&self, on_failure: OnFailure, reason: &Reason) -> Answered {
        (self.0)(on_failure, reason)
    }

    /// The answer as a decision. `events` are none, of the callback's family.
    pub(super) fn decided(
        &self,
        asking: &Asking<'_>,
        failed: ProblemKind,
        events: Events,
    ) -> Decided {
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
                failed: Some(failed),
            }),
        }
    }
}

/// An answer in which everything that is still open is decided as the operator chose for failures.
pub(super) fn filled<C: Callback>(
    mut answer: C::Answer,
    questions: usize,
    on_failure: OnFailure,
    reason: &Reason,
) -> C::Answer {
    if on_failure == OnFailure::Refuse {
        for n in 0..questions.max(1) {
            if answer.refused(n).is_none() {
                answer.refuse(n, reason);
            }
        }
    }
    answer
}
