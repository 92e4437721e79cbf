use crate::UserId;

/// What a callback asks before something happens, in words of neither server.
///
/// Tencent Chat asks for several users in one callback and is answered for each: that is one question for
/// each.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Question<'a> {
    /// Who acts: asks, accepts, blocks, or whose list or profile is changed. `None` where nobody is named, as
    /// for a registration.
    pub actor: Option<&'a UserId>,
    /// With whom. One user, but for an import or a registration, where it is the list in its order.
    pub others: Vec<&'a UserId>,
    /// Whether others are meant, too, who cannot be read.
    pub means_unreadable_others: bool,
    /// The text for the other user: OpenIM's `reqMsg` and `HandleMsg`, Tencent Chat's `AddWording`. Empty
    /// where the command has none.
    pub message: Words<'a>,
    /// The name that is about to be given: a remark or a nickname; empty to clear it. `None` where no name is given.
    pub name: Option<Words<'a>>,
}

/// What stands where a text is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words<'a> {
    /// A text.
    Text(&'a str),
    /// Something that is no text.
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

    /// A question about users, in which nobody is known to act.
    #[must_use]
    pub fn about(others: impl IntoIterator<Item = &'a UserId>) -> Self {
        Self {
            others: others.into_iter().collect(),
            ..Self::default()
        }
    }

    /// A question about somebody who cannot be read.
    #[must_use]
    pub fn unreadable() -> Self {
        Self::default().and_unreadable_others(true)
    }

    /// The same, and whether others are meant, too, who cannot be read.
    #[must_use]
    pub fn and_unreadable_others(self, means_unreadable_others: bool) -> Self {
        Self {
            means_unreadable_others,
            ..self
        }
    }

    /// The same with a text for the other user.
    #[must_use]
    pub fn message(self, message: impl Into<Words<'a>>) -> Self {
        Self {
            message: message.into(),
            ..self
        }
    }

    /// The same with a name that is about to be given, if one is.
    #[must_use]
    pub fn name(self, name: Option<impl Into<Words<'a>>>) -> Self {
        Self {
            name: name.map(Into::into),
            ..self
        }
    }
}

/// What is to be different about what a [`Question`] asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This name, which is not empty.
    Name(String),
    /// So many of the others, the first ones; at least one.
    KeepFirst(usize),
}
