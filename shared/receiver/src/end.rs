//! How a journey ends.

use crate::{
    Problem,
    decide::{Answered, Decision},
    record::Kept,
};

/// How a journey ended well.
pub(crate) enum Done {
    Handled {
        /// The answer.
        body: String,
        /// Of a callback that asks.
        decision: Option<Decision>,
        kept: Kept,
    },
    /// What a callback told is kept as it came, because of this problem.
    Kept(Problem, Kept),
    /// A command that is not known told something.
    Unknown(String, Kept),
    /// A command that is not known asked something.
    UnknownAsked(String, Decision),
    /// Without a command: the console of Tencent Chat tried the URL.
    Check,
}

/// How a journey did not end well.
pub(crate) struct Failed {
    pub(crate) problem: Problem,
    /// The answer, where it can say something in the form of the command.
    pub(crate) answer: Option<Answered>,
}
