use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::number::exact;

/// Any JSON. Texts and integers keep their value.
pub(crate) enum Any {
    Null,
    Text(String),
    Integer(i64),
    /// Any other value.
    Odd,
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;

        impl<'de> Visitor<'de> for Look {
            type Value = Any;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON")
            }

            fn visit_str<E>(self, text: &str) -> Result<Any, E> {
                Ok(Any::Text(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Any, E> {
                Ok(Any::Text(text))
            }

            fn visit_unit<E>(self) -> Result<Any, E> {
                Ok(Any::Null)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Any, E> {
                Ok(Any::Odd)
            }

            fn visit_i64<E>(self, number: i64) -> Result<Any, E> {
                Ok(Any::Integer(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Any, E> {
                Ok(number.try_into().map_or(Any::Odd, Any::Integer))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Any, E> {
                Ok(exact(number).map_or(Any::Odd, Any::Integer))
            }

            // A deserializer other than ours has to be moved past the content.
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Any, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Any::Odd)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Any, A::Error> {
                while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Any::Odd)
            }
        }

        deserializer.deserialize_any(Look)
    }
}
