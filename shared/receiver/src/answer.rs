//! Writes all answers, in the form that each server reads.

use domain::Source;
use protocol::{
    Reason,
    openim::{self, Refusal},
    tencent::{self, ResultCode},
};

use crate::{OnFailure, Problem, ProblemKind, call::Call};

/// An HTTP answer in the form that the caller reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status. OpenIM ignores it; Tencent Chat takes everything but 200 as a failure.
    pub status: u16,
    /// A JSON object, never empty.
    pub body: String,
}

impl Reply {
    /// The answer to a callback that was accepted.
    #[must_use]
    pub fn accepted(source: Source) -> Self {
        Self {
            status: 200,
            body: match source {
                Source::OpenIm => to_json(&openim::Noted),
                Source::Tencent => to_json(&tencent::Noted),
            },
        }
    }

    /// The answer with a decision. `failed` says why nobody could decide. OpenIM ignores the status, so the status shows
    /// the failure to people. Tencent Chat reads only a 200 as an answer.
    pub(crate) fn decided(source: Source, body: String, failed: Option<ProblemKind>) -> Self {
        let status = match source {
            Source::OpenIm => failed.map_or(200, ProblemKind::status),
            Source::Tencent => 200,
        };
        Self { status, body }
    }

    /// The answer to a callback that was not accepted. The status always shows the failure.
    ///
    /// If the receiver itself failed, OpenIM's body says what `on_failure` says. If OpenIM `asks` for a decision, this is
    /// so for every problem that leaves the callback undecided. Tencent Chat always gets a failure: its console says what
    /// happens then.
    #[must_use]
    pub fn problem(
        source: Source,
        problem: &Problem,
        operation_id: Option<&str>,
        on_failure: OnFailure,
        asks: bool,
    ) -> Self {
        let kind = problem.kind();
        let detail = problem.detail_for_caller();
        let body = match source {
            Source::Tencent => {
                let sentence = if detail.is_empty() {
                    kind.message().to_owned()
                } else {
                    format!("{}: {detail}", kind.message())
                };
                to_json(&tencent::Answer::Fail(sentence))
            }
            Source::OpenIm
                if on_failure == OnFailure::Allow
                    && (kind.is_ours() || asks && kind.leaves_undecided()) =>
            {
                to_json(&openim::Noted)
            }
            Source::OpenIm => to_json(&openim::Answer::Refuse(Refusal {
                code: kind.code(),
                message: kind.message().to_owned(),
                detail: with_operation_id(detail, operation_id),
            })),
        };
        Self {
            status: kind.status(),
            body,
        }
    }

    /// The answer to a before callback whose command is unknown. Only OpenIM's names say that they ask.
    pub(crate) fn unknown(call: &Call<'_>, refuses: bool) -> Self {
        if !refuses {
            return Self::accepted(call.source);
        }
        let problem = Problem::new(ProblemKind::UnknownCommand, "");
        let operation_id = call.operation_id.as_deref();
        Self::problem(call.source, &problem, operation_id, OnFailure::Refuse, true)
    }
}

/// The reason in a refusal when nobody could decide.
pub(crate) fn failure(call: &Call<'_>, problem: &Problem) -> Reason {
    let kind = problem.kind();
    match call.source {
        Source::OpenIm => {
            let detail = problem.detail_for_caller();
            Reason {
                code: kind.code().get(),
                message: kind.message().to_owned(),
                detail: with_operation_id(detail, call.operation_id.as_deref()),
            }
        }
        Source::Tencent => {
            let said = match kind.is_ours() {
                true => ProblemKind::Internal,
                false => kind,
            };
            Reason {
                code: ResultCode::LAST.get(),
                message: said.message().to_owned(),
                detail: String::new(),
            }
        }
    }
}

fn with_operation_id(detail: String, operation_id: Option<&str>) -> String {
    match operation_id {
        Some(id) if detail.is_empty() => format!("(operationID {id})"),
        Some(id) => format!("{detail} (operationID {id})"),
        None => detail,
    }
}

pub(crate) fn to_json(answer: &impl serde::Serialize) -> String {
    serde_json::to_string(answer).expect("an answer has only strings, integers and lists")
}
