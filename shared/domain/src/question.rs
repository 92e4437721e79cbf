use crate::UserId;

/// What a callback asks before something happens, in words of no particular server.
///
/// Tencent Chat asks about several users in one callback and reads an answer for each of them. Each of these users is
/// one question.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Question<'a> {
    /// The user who asks, accepts or blocks, or whose list or profile is changed. `None` if the callback names nobody,
    /// as for a registration.
    pub actor: Option<&'a UserId>,
    /// The users whom the action is about. One user, except for an import or a registration: there it is the list, in
    /// its order.
    pub others: Vec<&'a UserId>,
    /// Whether the callback also means users whose ids cannot be read.
    pub means_unreadable_others: bool,
    /// The text for the other user: OpenIM's `reqMsg` and `HandleMsg`, Tencent Chat's `AddWording`. Empty if the
    /// command has no such text.
    pub message: Words<'a>,
    /// The proposed name: a remark or a nickname. An empty name clears the old one. `None` if no name is proposed.
    pub name: Option<Words<'a>>,
}

/// The value of a field that should hold a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words<'a> {
    /// A text.
    Text(&'a str),
    /// A value that is not text.
    Unreadable,
}

impl Default for Words<'_> {
    fn default() -> Self {
        Self::Text("")
    }
}

impl<'a> From<&'a str> for Words<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> Question<'a> {
    /// A question without texts.
    #[must_use]
    pub fn new(actor: &'a UserId, others: impl IntoIterator<Item = &'a UserId>) -> Self {
        Self {
            actor: Some(actor),
            others: others.into_iter().collect(),
            ..Self::default()
        }
    }

    /// A question that does not say who acts.
    #[must_use]
    pub fn about(others: impl IntoIterator<Item = &'a UserId>) -> Self {
        Self {
            others: others.into_iter().collect(),
            ..Self::default()
        }
    }

    /// A question about a user whose id cannot be read.
    #[must_use]
    pub fn unreadable() -> Self {
        Self::default().and_unreadable_others(true)
    }

    /// Sets whether the callback also means users whose ids cannot be read.
    #[must_use]
    pub fn and_unreadable_others(self, means_unreadable_others: bool) -> Self {
        Self {
            means_unreadable_others,
            ..self
        }
    }

    /// Sets the text for the other user.
    #[must_use]
    pub fn message(self, message: impl Into<Words<'a>>) -> Self {
        Self {
            message: message.into(),
            ..self
        }
    }

    /// Sets the proposed name.
    #[must_use]
    pub fn name(self, name: Option<impl Into<Words<'a>>>) -> Self {
        Self {
            name: name.map(Into::into),
            ..self
        }
    }
}

/// A change to what a [`Question`] asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Replaces the proposed name. Never empty.
    Name(String),
    /// Keeps only this many of the other users, from the start of the list. At least one.
    KeepFirst(usize),
}
