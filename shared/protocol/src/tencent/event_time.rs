use serde::{Deserialize, Deserializer, de::Error as _};

/// Reads `EventTime`, Unix milliseconds: a number on the wire and in most documents, the text of one in
/// some.
///
/// Use as `#[serde(rename = "EventTime", default, deserialize_with = "event_time")]`.
pub(super) fn event_time<'de, D: Deserializer<'de>>(
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
        NumberOrText::Number(millis) => Ok(Some(millis)),
        NumberOrText::Text(text) => text
            .parse()
            .map(Some)
            .map_err(|_| D::Error::custom("EventTime is neither a number nor the text of one")),
        NumberOrText::Null(()) => Ok(None),
    }
}
