use domain::{Events, GroupId, Question, UserId, decision::Event};
use protocol::{Answer, Callback, Json, Reason};

use super::{Asking, Decided, Decision, Ruling};
use crate::{
    OnFailure, Problem,
    answer::{failure, to_json},
};

/// The answer to a before callback when nobody could decide. It is prepared first, because it depends on the callback,
/// which the handler consumes.
pub(crate) struct Nobody {
    answer: Box<Answering>,
    names_nobody: bool,
    asked: Vec<Asked>,
}

type Answering = dyn Fn(OnFailure, &Reason) -> Answered + Send + Sync;

/// An answer, and its summary for the log.
pub(crate) struct Answered {
    pub(crate) body: String,
    /// The code of each question that is refused; `None` if it is allowed.
    pub(crate) codes: Vec<Option<i32>>,
}

impl Answered {
    /// The code of the first refusal.
    pub(crate) fn code(&self) -> Option<i32> {
        self.codes.iter().copied().find_map(|code| code)
    }

    /// The decision about each question.
    pub(crate) fn rulings(&self) -> Vec<Ruling> {
        self.codes.iter().copied().map(Ruling::by_failure).collect()
    }
}

/// Whom a question is about. It has none of the question's texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    actor: Option<UserId>,
    others: Vec<UserId>,
    group: Option<GroupId>,
}

impl Asked {
    fn of(question: &Question<'_>) -> Self {
        Self {
            actor: question.actor.cloned(),
            others: question.others.iter().copied().cloned().collect(),
            group: question.group.cloned(),
        }
    }

    /// The event of a decision about it.
    pub(crate) fn decided(self, ruling: Ruling) -> Event {
        Event::Decided {
            decision: ruling.verdict,
            by: ruling.by,
            code: ruling.code,
            rule: ruling.rule,
            actor: self.actor,
            others: self.others,
            group: self.group,
            // A message to one user has that user as the other one, and no other question is about a conversation.
            conversation: None,
        }
    }
}

impl Nobody {
    pub(crate) fn of<C: Callback>(callback: &C) -> Self {
        let asked = callback.questions().iter().map(Asked::of).collect();
        Self::unless_refused::<C>(C::Answer::unchanged(callback), asked)
    }

    /// The answer if the body was not read, or does not fit the command. `None` if no answer allows anything.
    pub(crate) fn of_unread<C: Callback>(body: Json<'_>) -> Option<Self> {
        let answer = C::Answer::unread(body)?;
        Some(Self::unless_refused::<C>(answer, Vec::new()))
    }

    fn unless_refused<C: Callback>(unchanged: C::Answer, asked: Vec<Asked>) -> Self {
        let questions = unchanged.questions();
        let answer = move |on_failure, reason: &Reason| {
            let answer = filled::<C>(unchanged.clone(), on_failure, reason);
            Answered {
                body: to_json(&answer),
                codes: (0..questions).map(|n| answer.refused(n)).collect(),
            }
        };
        Self {
            answer: Box::new(answer),
            names_nobody: questions == 0,
            asked,
        }
    }

    /// Whom each question is about; empty if the body could not be read.
    pub(crate) fn asked(self) -> Vec<Asked> {
        self.asked
    }

    /// The answer; `None` if the callback names nobody. Tencent Chat reads an empty answer as "allowed". After a failure,
    /// it does what its console says.
    pub(crate) fn answer(&self, on_failure: OnFailure, reason: &Reason) -> Option<Answered> {
        (!self.names_nobody).then(|| (self.answer)(on_failure, reason))
    }

    /// The answer as a decision. `events` is the empty list of the callback's family.
    pub(super) fn decided(&self, asking: &Asking<'_>, failed: &Problem, events: Events) -> Decided {
        let reason = failure(asking.call, failed);
        let answered = (self.answer)(asking.on_failure, &reason);
        Decided {
            decision: Some(Decision {
                whole: Ruling::by_failure(answered.code()),
                each: answered.rulings(),
                failed: Some(failed.kind()),
            }),
            body: answered.body,
            events,
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
