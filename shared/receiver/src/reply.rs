use domain::Source;
use protocol::{
    openim::{self, Refusal},
    tencent,
};

use crate::{OnFailure, Problem};

/// An HTTP answer in the words that the caller understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status. OpenIM ignores it; Tencent Chat takes everything but 200 as a failure.
    pub status: u16,
    /// A JSON object, never empty.
    pub body: String,
}

impl Reply {
    /// The callback was accepted.
    #[must_use]
    pub fn accepted(dialect: Source) -> Self {
        Self {
            status: 200,
            body: match dialect {
                Source::Tencent => to_json(&tencent::Answer::Ok),
                _ => to_json(&openim::Answer::Allow),
            },
        }
    }

    /// What was asked is decided.
    pub(crate) fn decided(body: String) -> Self {
        Self { status: 200, body }
    }

    /// The callback was not accepted. The status says so in any case; what OpenIM reads of a failure of
    /// our own is `on_failure`. Tencent Chat is told of each: a failure is what it lets things happen after.
    #[must_use]
    pub fn problem(
        dialect: Source,
        problem: &Problem,
        operation_id: Option<&str>,
        on_failure: OnFailure,
    ) -> Self {
        let kind = problem.kind();
        let mut detail = problem.detail_for_caller();
        let body = match dialect {
            Source::Tencent => {
                let sentence = if detail.is_empty() {
                    kind.message().to_owned()
                } else {
                    format!("{}: {detail}", kind.message())
                };
                to_json(&tencent::Answer::Fail(sentence))
            }
            _ if kind.is_ours() && on_failure == OnFailure::Allow => {
                to_json(&openim::Answer::Allow)
            }
            _ => {
                if let Some(operation_id) = operation_id {
                    let space = if detail.is_empty() { "" } else { " " };
                    detail = format!("{detail}{space}(operationID {operation_id})");
                }
                to_json(&openim::Answer::Refuse(Refusal {
                    code: kind.code(),
                    message: kind.message().to_owned(),
                    detail,
                }))
            }
        };
        Self {
            status: kind.status(),
            body,
        }
    }
}

fn to_json(answer: &impl serde::Serialize) -> String {
    serde_json::to_string(answer).expect("answers are strings and integers")
}
