use domain::{Change, Question};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Command, Json};

/// The body of one callback command.
pub trait Callback: DeserializeOwned + Send + Sync + 'static {
    /// What the catalogue says of it.
    const COMMAND: Command;

    /// What it can tell: an event of its family.
    type Event: Send + 'static;

    /// What may be answered.
    type Answer: Answer<Self>;

    /// What it asks before something happens, for policies to judge: one question, or one about each person who is
    /// decided about. None when it tells what has happened.
    fn questions(&self) -> Vec<Question<'_>> {
        Vec::new()
    }

    /// The answer that makes this change, if an answer can.
    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        let _ = change;
        None
    }
}

/// A form of answer to a callback, which its server can read. It says something to each of the callback's
/// [questions](Callback::questions).
pub trait Answer<C: ?Sized>: Serialize + Clone + PartialEq + Send + Sync + 'static {
    /// Everything happens as it was asked for. This is also what is answered when nobody could decide and that is to
    /// be allowed.
    fn unchanged(asked: &C) -> Self;

    /// The same where the body does not fit the command.
    fn unread(body: Json<'_>) -> Self;

    /// How many questions it answers.
    fn questions(&self) -> usize;

    /// Refuses what the question of that number asks. An answer to a command that must never be refused stays as
    /// it is.
    fn refuse(&mut self, question: usize, reason: &Reason);

    /// The code of the refusal of what the question of that number asks.
    fn refused(&self, question: usize) -> Option<i32>;

    /// This answer, and what an earlier one says beside it: what was refused is refused still, and of two changes
    /// to one field this answer's counts.
    #[must_use]
    fn over(self, earlier: Self) -> Self;
}

/// The answer to a callback that tells what has happened.
pub trait Note {}

/// Why something is refused, in words of neither server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// A code that the server leaves to the app.
    pub code: i32,
    /// What the end user's client is told.
    pub message: String,
    /// More about it; may be empty. Tencent Chat has no place for it.
    pub detail: String,
}

/// What both servers' answers to what has happened have in common: there is one, and nothing can be refused.
macro_rules! note {
    ($Noted:ident) => {
        impl crate::Note for $Noted {}

        impl<C> crate::Answer<C> for $Noted {
            fn unchanged(_: &C) -> Self {
                Self
            }

            fn unread(_: crate::Json<'_>) -> Self {
                Self
            }

            fn questions(&self) -> usize {
                0
            }

            fn refuse(&mut self, _: usize, _: &crate::Reason) {}

            fn refused(&self, _: usize) -> Option<i32> {
                None
            }

            fn over(self, _: Self) -> Self {
                self
            }
        }
    };
}

pub(crate) use note;
