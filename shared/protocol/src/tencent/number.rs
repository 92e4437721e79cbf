use serde::{Deserialize, Deserializer, de::IgnoredAny};

/// Reads a number that may be missing, null, or the text of a number: `EventTime` is a number on the wire and
/// in most documents, and a text in some. Nothing is decided by such a number, so anything else is as if it were
/// missing: a body that could not be read would let everybody through.
///
/// Use as `#[serde(default, deserialize_with = "number_or_text")]`.
pub(super) fn number_or_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum NumberOrText {
        Number(i64),
        Text(String),
        Other(IgnoredAny),
    }

    Ok(match NumberOrText::deserialize(deserializer)? {
        NumberOrText::Number(number) => Some(number),
        NumberOrText::Text(text) => text.parse().ok(),
        NumberOrText::Other(_) => None,
    })
}
