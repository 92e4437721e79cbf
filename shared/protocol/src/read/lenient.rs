use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{SeqAccess, Visitor},
};

/// The name by which the reader recognises a value that may not fit.
pub(super) const LENIENT: &str = "imhook_protocol::Lenient";

/// A value that may be missing. One that does not fit counts as missing, and [`is_odd`](Self::is_odd) is true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Lenient<T> {
    value: Option<T>,
    #[serde(skip)]
    is_odd: bool,
}

impl<T> Lenient<T> {
    /// The value. `None` if it is missing.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Whether there is a value that does not fit. `null` counts as missing, because Go writes an unset value so.
    #[must_use]
    pub fn is_odd(&self) -> bool {
        self.is_odd
    }

    pub(crate) fn is_none(&self) -> bool {
        self.value.is_none()
    }
}

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        None.into()
    }
}

impl<T> From<Option<T>> for Lenient<T> {
    fn from(value: Option<T>) -> Self {
        Self {
            value,
            is_odd: false,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Try<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Try<T> {
            type Value = Lenient<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON")
            }

            /// Our own reader can go on after a value that does not fit.
            fn visit_seq<A: SeqAccess<'de>>(self, mut attempt: A) -> Result<Lenient<T>, A::Error> {
                Ok(match attempt.next_element() {
                    Ok(value) => Option::flatten(value).into(),
                    Err(_) => Lenient {
                        value: None,
                        is_odd: true,
                    },
                })
            }

            /// Another deserializer cannot go on.
            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                value: D,
            ) -> Result<Lenient<T>, D::Error> {
                Option::deserialize(value).map(Lenient::from)
            }
        }

        deserializer.deserialize_newtype_struct(LENIENT, Try(PhantomData))
    }
}
