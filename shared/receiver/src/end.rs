//! The ways in which a callback's journey ends.

use crate::{
    OnFailure, Problem,
    decide::{Answered, Decision},
    record::Kept,
};

/// The callback was accepted.
pub(crate) enum Done {
    Handled {
        /// The answer.
        body: String,
        /// `None` for an after callback.
        decision: Option<Decision>,
        kept: Kept,
    },
    /// It was about a sign for clients, and the operator does not want these. With the answer, and whether it was a before
    /// callback.
    Signal(String, bool),
    /// An after callback was kept as it came, because of this problem.
    Kept(Problem, Kept),
    /// An after callback with this unknown command was kept as it came.
    Unknown(String, Kept),
    /// A before callback with this unknown command was answered.
    UnknownAsked(String, Decision),
    /// The console of Tencent Chat checked the URL. Such a request names no command.
    Check,
}

/// The callback was not accepted.
pub(crate) struct Failed {
    pub(crate) problem: Problem,
    /// The answer in the form of the command, if the command's type can give one.
    pub(crate) answer: Option<Answered>,
    /// What the operator chose for failures, as far as an answer without fields of the body can do it.
    pub(crate) on_failure: OnFailure,
}
