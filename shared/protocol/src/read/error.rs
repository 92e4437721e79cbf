use std::fmt;

use serde::de::{self, Expected, Unexpected};

/// Why a body is not the callback that it should be. Quotes nothing out of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Nothing, or nothing but white space.
    Empty,
    /// It is not JSON, or something follows the JSON.
    NotJson(String),
    /// It is JSON that does not fit the command.
    Unfit {
        /// Where, as a JSON path such as `$.PairList[3].To_Account`.
        at: String,
        /// Why.
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

/// What the reader says while it reads.
#[derive(Debug)]
pub(super) struct Error {
    reason: String,
    /// From the inside to the outside.
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

/// serde's words without what they quote of the body: what users write to each other stays out of logs.
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
        Self::custom("invalid value: string, expected a word of the documents")
    }
}

/// What was found, in JSON's words.
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
