use std::{fmt, ops::Deref};

use domain::{UserId, Words};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::any::Any;

/// A text that an app or its users chose, such as a greeting or a name. A value that is not text reads as an empty text
/// for which [`is_odd`](Self::is_odd) is true.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FreeText {
    text: String,
    is_odd: bool,
}

impl FreeText {
    /// Whether the value is not text. `null` counts as an empty text, because Go writes an unset text so.
    #[must_use]
    pub fn is_odd(&self) -> bool {
        self.is_odd
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The user with this id, where the body can do without one. `None` if no id can have this text.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        UserId::new(&*self.text).ok()
    }
}

impl Deref for FreeText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl From<FreeText> for String {
    fn from(text: FreeText) -> Self {
        text.text
    }
}

impl From<&str> for FreeText {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for FreeText {
    fn from(text: String) -> Self {
        Self {
            text,
            is_odd: false,
        }
    }
}

/// The form that policies judge. They cannot judge a value that is not text.
impl<'a> From<&'a FreeText> for Words<'a> {
    fn from(text: &'a FreeText) -> Self {
        match text.is_odd {
            true => Self::Unreadable,
            false => Self::Text(text),
        }
    }
}

/// Without the text, because users write it, and what `{:?}` shows may get into a log.
impl fmt::Debug for FreeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_odd {
            true => f.write_str("FreeText(no text)"),
            false => write!(f, "FreeText({} bytes)", self.text.len()),
        }
    }
}

impl fmt::Display for FreeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl Serialize for FreeText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for FreeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Any::deserialize(deserializer)? {
            Any::Text(text) => text.into(),
            Any::Null => Self::default(),
            Any::Integer(_) | Any::Odd => Self {
                text: String::new(),
                is_odd: true,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_text() {
        assert_eq!(
            format!("{:?}", FreeText::from("hunter2")),
            "FreeText(7 bytes)"
        );
    }
}
