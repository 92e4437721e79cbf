use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, Visitor},
    ser::Error as _,
};
use serde_json::value::RawValue;

use super::Json;

/// The name by which the reader recognises a value that is kept as it was written.
pub(super) const RAW: &str = "imhook_protocol::RawJson";

/// JSON of any form and depth, as it was written. Nobody parses it before it is needed, so it fits every body.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawJson(String);

impl RawJson {
    /// Takes a text that is JSON. `None` if it is not.
    #[must_use]
    pub fn new(json: &str) -> Option<Self> {
        Some(Self(Json::new(json).ok()?.as_str().to_owned()))
    }

    /// The JSON. Empty if the value is missing.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no value. `null` is one.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.0.is_empty()
    }

    /// The JSON, to read it. `None` if the value is missing.
    pub(crate) fn json(&self) -> Option<Json<'_>> {
        Json::new(&self.0).ok()
    }
}

/// Only the length, because users write it, and what `{:?}` shows may get into a log.
impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.0.len())
    }
}

/// A missing value is written as `null`.
impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_missing() {
            return serializer.serialize_unit();
        }
        let json: &RawValue = serde_json::from_str(&self.0).map_err(S::Error::custom)?;
        json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keep;

        impl<'de> Visitor<'de> for Keep {
            type Value = RawJson;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON")
            }

            /// Our own reader gives the JSON.
            fn visit_str<E>(self, json: &str) -> Result<RawJson, E> {
                Ok(RawJson(json.to_owned()))
            }

            /// serde_json has its own way.
            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                value: D,
            ) -> Result<RawJson, D::Error> {
                let json = Box::<RawValue>::deserialize(value).map_err(D::Error::custom)?;
                Ok(RawJson(json.get().to_owned()))
            }
        }

        deserializer.deserialize_newtype_struct(RAW, Keep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, Serialize, PartialEq)]
    struct Example {
        #[serde(default, skip_serializing_if = "RawJson::is_missing")]
        raw: RawJson,
    }

    #[test]
    fn any_json_is_kept_as_it_was_written_and_written_again() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for json in [
            "null",
            "1.50",
            "1e400",
            "\"\\u0061\"",
            "[ 1 ,2]",
            "{\"a\": {}}",
            &deep,
        ] {
            let body = format!("{{\"raw\":{json}}}");
            let example: Example = crate::read(body.as_bytes()).unwrap();
            assert_eq!(example.raw.as_str(), json);
            assert_eq!(serde_json::to_string(&example).unwrap(), body);
        }
        let none: Example = crate::read(b"{}").unwrap();
        assert!(none.raw.is_missing() && none.raw.json().is_none());
        assert_eq!(serde_json::to_string(&none).unwrap(), "{}");
    }

    #[test]
    fn serde_json_reads_the_same() {
        let body = r#"{"raw":{"a":[1,"x"]}}"#;
        let read: Example = crate::read(body.as_bytes()).unwrap();
        assert_eq!(serde_json::from_str::<Example>(body).unwrap(), read);
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(serde_json::from_value::<Example>(value).unwrap(), read);
    }

    #[test]
    fn debug_shows_no_text() {
        let raw = RawJson::new(r#"{"a":"hunter2"}"#).unwrap();
        assert_eq!(format!("{raw:?}"), "RawJson(15 bytes)");
    }
}
