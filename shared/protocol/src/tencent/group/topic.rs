use std::fmt;

use domain::TopicId;
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor, value::SeqAccessDeserializer},
};

use crate::Members;

/// Reads the topic that a callback may be about. An empty text means none, as `null` does.
///
/// Any other value is an error: the callback would seem to be about the whole group.
pub(super) fn topic<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<TopicId>, D::Error> {
    let id = Option::<String>::deserialize(deserializer)?;
    let id = id.filter(|id| !id.is_empty()).map(TopicId::new);
    id.transpose().map_err(D::Error::custom)
}

/// Reads a list of topics, or one topic.
pub(super) fn topics<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Members<TopicId>, D::Error> {
    struct Topics;

    impl<'de> Visitor<'de> for Topics {
        type Value = Members<TopicId>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of topics")
        }

        fn visit_str<E: Error>(self, id: &str) -> Result<Self::Value, E> {
            let topic = TopicId::new(id).map_err(E::custom)?;
            Ok(vec![topic].into())
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Members::default())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            Members::deserialize(SeqAccessDeserializer::new(list))
        }
    }

    deserializer.deserialize_any(Topics)
}
