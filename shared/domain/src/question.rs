use crate::{GroupId, UserId, message::Kind};

/// What a callback asks before something happens, in words of no particular server.
///
/// Tencent Chat asks about several users in one callback and reads an answer for each of them. Each of these users is
/// one question.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Question<'a> {
    /// The user who asks, accepts, blocks, writes or joins, or whose list or profile is changed. `None` if the callback
    /// names nobody, as for a registration.
    pub actor: Option<&'a UserId>,
    /// The users whom the action is about: the one who is written to, the first members of a group. In an import, a
    /// registration or an invitation it is the list, in its order.
    pub others: Vec<&'a UserId>,
    /// Whether the callback also means users whose ids cannot be read.
    pub means_unreadable_others: bool,
    /// The group that the action is about.
    pub group: Option<&'a GroupId>,
    /// The kind of the message's content.
    pub kind: Option<Kind>,
    /// The kinds of the message's elements, if it has several.
    pub parts: Vec<Kind>,
    /// The texts that users would see.
    pub texts: Vec<Written<'a>>,
    /// The proposed URLs of pictures.
    pub pictures: Vec<Words<'a>>,
}

/// A text in a [`Question`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'a> {
    /// What it is.
    pub role: Role,
    /// The text.
    pub words: Words<'a>,
    /// Whether it can be changed.
    pub change: Changeable,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Role {
    /// A text from one user to others: a chat message, or OpenIM's `reqMsg` and `HandleMsg`, and Tencent Chat's
    /// `AddWording`.
    Message,
    /// A name: a remark, a nickname, or a group's name. An empty name clears the old one.
    Name,
    /// The name of a new user. The first one belongs to the first of [`Question::others`], and so on.
    NewName,
    /// The announcement of a group.
    Notice,
    /// The introduction of a group.
    Introduction,
}

/// Whether and when an answer can change a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changeable {
    /// The answer to this question can.
    Now,
    /// The answer to a later question about the same text can.
    Later,
    /// No answer can.
    Never,
}

/// The value of a field that should hold a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Words<'a> {
    /// A text.
    Text(&'a str),
    /// A value that is not text.
    Unreadable,
}

/// Only the length, because users' texts must not be in logs.
impl std::fmt::Debug for Words<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Unreadable => f.write_str("Unreadable"),
        }
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
            ..Self::about(others)
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

    /// Sets who acts.
    #[must_use]
    pub fn by(self, actor: Option<&'a UserId>) -> Self {
        Self { actor, ..self }
    }

    /// Sets the group.
    #[must_use]
    pub fn group(self, group: &'a GroupId) -> Self {
        Self {
            group: Some(group),
            ..self
        }
    }

    /// Sets the kind of the message's content.
    #[must_use]
    pub fn kind(self, kind: Kind) -> Self {
        Self {
            kind: Some(kind),
            ..self
        }
    }

    /// Sets the kinds of the message's elements.
    #[must_use]
    pub fn parts(self, parts: impl Into<Vec<Kind>>) -> Self {
        Self {
            parts: parts.into(),
            ..self
        }
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, role: Role, words: impl Into<Words<'a>>, change: Changeable) -> Self {
        self.texts.push(Written {
            role,
            words: words.into(),
            change,
        });
        self
    }

    /// Adds the text for the other user, which no answer can change.
    #[must_use]
    pub fn message(self, message: impl Into<Words<'a>>) -> Self {
        self.text(Role::Message, message, Changeable::Never)
    }

    /// Adds the proposed name, if one is proposed. The answer can change it.
    #[must_use]
    pub fn name(self, name: Option<impl Into<Words<'a>>>) -> Self {
        match name {
            Some(name) => self.text(Role::Name, name, Changeable::Now),
            None => self,
        }
    }

    /// Adds the proposed URL of a picture, if one is proposed.
    #[must_use]
    pub fn picture(mut self, url: Option<impl Into<Words<'a>>>) -> Self {
        self.pictures.extend(url.map(Into::into));
        self
    }
}

/// A change to what a [`Question`] asks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Replaces the proposed name. Never empty.
    Name(String),
    /// Replaces the names of some new users: each with the user's place in [`Question::others`]. No name is empty.
    NewNames(Vec<(usize, String)>),
    /// Replaces the text of the message. Never empty.
    Message(String),
    /// Replaces the announcement of a group. Never empty.
    Notice(String),
    /// Replaces the introduction of a group. Never empty.
    Introduction(String),
    /// Replaces what a device shows of a message.
    Push {
        /// The title. Never empty.
        title: String,
        /// The text below it. Never empty.
        text: String,
    },
    /// Keeps only this many of the other users, from the start of the list. At least one.
    KeepFirst(usize),
}
