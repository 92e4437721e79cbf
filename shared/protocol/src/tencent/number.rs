use serde::{Deserialize, Deserializer, de::Error as _};

/// Reads a number that may be missing, null, or the text of a number: `EventTime` is a number on the wire and
/// in most documents, and a text in some.
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
        Null(()),
    }

    match NumberOrText::deserialize(deserializer)? {
        NumberOrText::Number(number) => Ok(Some(number)),
        NumberOrText::Text(text) => text
            .parse()
            .map(Some)
            .map_err(|_| D::Error::custom("neither a number nor the text of one")),
        NumberOrText::Null(()) => Ok(None),
    }
}
