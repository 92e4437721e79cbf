use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

/// A number that may be missing, null, or the text of a number: `EventTime` is a number on the wire and in most
/// documents, and a text in some. Nothing is decided by such a number, so anything else is as if it were missing: a body
/// that could not be read would let everybody through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Number(Option<i64>);

impl Number {
    /// The number, where there is one.
    #[must_use]
    pub fn get(self) -> Option<i64> {
        self.0
    }

    pub(super) fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum NumberOrText {
            Number(i64),
            Text(String),
            Other(IgnoredAny),
        }

        Ok(Self(match NumberOrText::deserialize(deserializer)? {
            NumberOrText::Number(number) => Some(number),
            NumberOrText::Text(text) => text.parse().ok(),
            NumberOrText::Other(_) => None,
        }))
    }
}
