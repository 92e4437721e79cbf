use std::ops::Deref;

use domain::{InvalidUserId, UserId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::read::Any;

/// A text that can also come as a number, such as an id. Any other value counts as an empty text.
///
/// A number is never a float here: an id of 18 digits keeps all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextOrNumber {
    /// `None` if it is missing, or neither a text nor a number.
    text: Option<String>,
    is_number: bool,
}

impl TextOrNumber {
    pub(crate) fn is_missing(&self) -> bool {
        self.text.is_none()
    }

    /// The text, if it is not empty.
    pub(crate) fn some(&self) -> Option<String> {
        self.text.clone().filter(|text| !text.is_empty())
    }
}

impl Deref for TextOrNumber {
    type Target = str;

    fn deref(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

impl Serialize for TextOrNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.parse::<i64>() {
            Ok(number) if self.is_number => serializer.serialize_i64(number),
            _ => self.text.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for TextOrNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Any::deserialize(deserializer)? {
            Any::Text(text) => Self {
                text: Some(text),
                is_number: false,
            },
            Any::Integer(number) => Self {
                text: Some(number.to_string()),
                is_number: true,
            },
            Any::Null | Any::Odd => Self::default(),
        })
    }
}

impl TryFrom<TextOrNumber> for UserId {
    type Error = InvalidUserId;

    fn try_from(id: TextOrNumber) -> Result<Self, InvalidUserId> {
        Self::new(&*id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_zero_costs_no_digits() {
        for json in ["144115231312345679.0", "144115231312345679.00"] {
            let read: TextOrNumber = crate::read(json.as_bytes()).unwrap();
            assert_eq!(&*read, "144115231312345679");
        }
    }

    #[test]
    fn a_number_of_18_digits_keeps_them_and_is_written_as_a_number() {
        for (json, text) in [
            ("144115231312345679", "144115231312345679"),
            ("\"144115231312345679\"", "144115231312345679"),
            ("\"\"", ""),
        ] {
            let read: TextOrNumber = serde_json::from_str(json).unwrap();
            assert_eq!(&*read, text);
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
        for odd in ["null", "1.5", "true", "{}", "[1]"] {
            assert!(
                serde_json::from_str::<TextOrNumber>(odd)
                    .unwrap()
                    .is_missing()
            );
        }
    }
}
