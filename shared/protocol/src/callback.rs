use domain::{Change, Question};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Command, Json, Needs};

/// The body of one callback command.
pub trait Callback: DeserializeOwned + Clone + Send + Sync + 'static {
    /// The catalogue's facts about the command.
    const COMMAND: Command;

    /// What has to be on before the server sends it, if that is more than what its service needs.
    const NEEDS: Option<Needs> = None;

    /// The events that it can report: those of its family.
    type Event: Send + 'static;

    /// The answer to it.
    type Answer: Answer<Self>;

    /// What it asks before something happens, for policies to judge: one question, or one for each person who is
    /// decided about. An "after" callback asks nothing.
    fn questions(&self) -> Vec<Question<'_>> {
        Vec::new()
    }

    /// Whether it is about a sign for clients, such as typing or a receipt, and about nothing that a person wrote. Nobody
    /// has to decide about such a callback.
    fn is_signal(&self) -> bool {
        false
    }

    /// The answer that makes this change. `None` if no answer can make it.
    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        let _ = change;
        None
    }
}

/// An answer that the callback's server can read. It answers each of the callback's
/// [questions](Callback::questions).
pub trait Answer<C: ?Sized>: Serialize + Clone + PartialEq + Send + Sync + 'static {
    /// Whether it answers for each person whom the callback names. If not, it has one answer.
    const EACH: bool = false;

    /// The answer that lets everything happen as it was asked for. It is also the answer if nobody could decide and the
    /// operator allows that.
    fn unchanged(asked: &C) -> Self;

    /// The answer that allows everything if the body was not read, or does not fit the command. `None` if no answer to
    /// such a body allows anything.
    fn unread(body: Json<'_>) -> Option<Self>;

    /// The number of questions that it answers.
    fn questions(&self) -> usize;

    /// Refuses what the question with this number asks. The answer to a command that must never be refused stays as
    /// it is.
    fn refuse(&mut self, question: usize, reason: &Reason);

    /// The code with which it refuses the question with this number. `None` if it does not refuse it.
    fn refused(&self, question: usize) -> Option<i32>;

    /// Merges this answer with an earlier one. What the earlier answer refuses stays refused. If both change one field,
    /// this answer's change counts.
    #[must_use]
    fn over(self, earlier: Self) -> Self;
}

/// The answer to an "after" callback.
pub trait Note {}

/// Why something is refused, in words of no particular server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// A code from the range that the server leaves to the app.
    pub code: i32,
    /// The text that the end user's client gets.
    pub message: String,
    /// More about it; may be empty. Tencent Chat's answers have no field for it.
    pub detail: String,
}

/// Implements the answer to an "after" callback, for either server: one fixed answer, which refuses nothing.
macro_rules! note {
    ($Noted:ident) => {
        impl crate::Note for $Noted {}

        impl<C> crate::Answer<C> for $Noted {
            fn unchanged(_: &C) -> Self {
                Self
            }

            fn unread(_: crate::Json<'_>) -> Option<Self> {
                Some(Self)
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
