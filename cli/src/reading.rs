//! How the chat servers read an answer to a callback, in words.

pub(crate) mod openim;
mod openim_fields;
mod tencent;

use domain::Source;
use protocol::Command;
use serde::Serialize;

/// What a server makes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reads {
    /// It has happened already, and the server does not look at the answer.
    Ignored,
    /// What the callback asked for happens.
    Allowed,
    /// What the callback asked for does not happen, or not for everybody.
    Refused,
    /// The server cannot use the answer.
    Unreadable,
}

/// What a server makes of an answer, and why.
#[derive(Debug, Serialize)]
pub(crate) struct Reading {
    pub(crate) server: Source,
    pub(crate) reads: Reads,
    /// The code that the user's client gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<i64>,
    /// The first one says what the server does. The others say what is odd about the answer.
    pub(crate) notes: Vec<String>,
    /// What the answer changes, field by field.
    pub(crate) fields: Vec<Field>,
}

/// A field of an answer that could change something.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Whether it changes what happens.
    pub(crate) changes: bool,
    pub(crate) effect: String,
}

impl Field {
    fn changing(name: &str, effect: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            changes: true,
            effect: effect.into(),
        }
    }

    fn idle(name: &str, effect: impl Into<String>) -> Self {
        Self {
            changes: false,
            ..Self::changing(name, effect)
        }
    }
}

impl Reading {
    fn new(server: Source, reads: Reads, what: impl Into<String>) -> Self {
        Self {
            server,
            reads,
            code: None,
            notes: vec![what.into()],
            fields: Vec::new(),
        }
    }

    fn code(mut self, code: i64) -> Self {
        self.code = Some(code);
        self
    }

    fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The lines for a person.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut notes = self.notes.iter();
        let mut lines: Vec<String> = notes.next().into_iter().cloned().collect();
        lines.extend(notes.map(|note| format!("  {note}")));
        for Field {
            name,
            changes,
            effect,
        } in &self.fields
        {
            let what = match changes {
                true => "changes",
                false => "no effect",
            };
            lines.push(format!("  {name} ({what}): {effect}"));
        }
        lines
    }
}

/// How the server reads the answer to a command, or to a command that is not known.
pub(crate) fn read(
    server: Source,
    command: Option<&Command>,
    status: u16,
    answer: &str,
) -> Reading {
    match server {
        Source::OpenIm => openim::read(command, answer),
        Source::Tencent => tencent::read(command, status, answer),
    }
}

/// The server's name for people.
pub(crate) fn server_name(server: Source) -> &'static str {
    match server {
        Source::OpenIm => "OpenIM",
        Source::Tencent => "Tencent Chat",
    }
}
