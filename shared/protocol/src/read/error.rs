use std::fmt;

use serde::de::{self, Expected, Unexpected};

/// Why a body is not the callback that it should be. Quotes nothing from the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is empty, or only white space.
    Empty,
    /// It is not JSON, or something follows the JSON.
    NotJson(String),
    /// It is JSON, but does not fit the command.
    Unfit {
        /// The place, as a JSON path such as `$.PairList[3].To_Account`.
        at: String,
        /// What is wrong there.
        reason: String,
    },
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("expected a JSON object"),
            Self::NotJson(reason) => f.write_str(reason),
            Self::Unfit { at, reason } => write!(f, "{at}: {reason}"),
        }
    }
}

impl std::error::Error for Unreadable {}

impl From<Error> for Unreadable {
    fn from(error: Error) -> Self {
        let steps = error.steps.iter().rev().map(ToString::to_string);
        Self::Unfit {
            at: std::iter::once("$".to_owned()).chain(steps).collect(),
            reason: error.reason,
        }
    }
}

/// The error of the reader, while it still collects the path.
#[derive(Debug)]
pub(super) struct Error {
    reason: String,
    /// The path, from the inside to the outside.
    steps: Vec<Step>,
}

/// One step of a JSON path.
#[derive(Debug)]
pub(super) enum Step {
    Field(&'static str),
    Member(usize),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Member(index) => write!(f, "[{index}]"),
        }
    }
}

impl Error {
    pub(super) fn at(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Error {}

/// serde's messages without quotations from the body: the texts of users must not get into logs.
impl de::Error for Error {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self {
            reason: reason.to_string(),
            steps: Vec::new(),
        }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!(
            "invalid type: {}, expected {expected}",
            kind(found)
        ))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!(
            "invalid value: {}, expected {expected}",
            kind(found)
        ))
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::custom("invalid value: string, expected one of the documented words")
    }
}

/// The JSON name of what was found.
fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "number",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "array",
        Unexpected::Map => "object",
        _ => "something else",
    }
}
