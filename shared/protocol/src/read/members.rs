use std::{fmt, marker::PhantomData, ops::Deref};

use domain::UserId;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor, value::SeqAccessDeserializer},
};

/// The name by which the reader recognises a member that may not fit.
pub(super) const MEMBER: &str = "imhook_protocol::Member";

/// A list that keeps the members that fit. `null` is an empty list, because Go writes an empty list so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Members<T> {
    members: Vec<T>,
    #[serde(skip)]
    left_out: Vec<String>,
}

impl<T> Members<T> {
    /// The JSON of the members that did not fit.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }
}

impl Members<UserId> {
    /// Whether the list also means users whose ids cannot be read. `null` and an empty id mean nobody.
    #[must_use]
    pub fn means_others(&self) -> bool {
        self.left_out
            .iter()
            .any(|id| !matches!(id.as_str(), "null" | "\"\""))
    }
}

impl<T> Default for Members<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T> From<Vec<T>> for Members<T> {
    fn from(members: Vec<T>) -> Self {
        Self {
            members,
            left_out: Vec::new(),
        }
    }
}

impl<T> From<Members<T>> for Vec<T> {
    fn from(members: Members<T>) -> Self {
        members.members
    }
}

impl<T> Deref for Members<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.members
    }
}

impl<T> IntoIterator for Members<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Members<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E>(self) -> Result<Members<T>, E> {
                Ok(Members::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Members<T>, A::Error> {
                let mut members = Members::default();
                members.members.reserve(list.size_hint().unwrap_or(0));
                while let Some(member) = list.next_element()? {
                    match member {
                        Member::Fit(member) => members.members.push(member),
                        Member::Unfit(json) => members.left_out.push(json),
                    }
                }
                Ok(members)
            }
        }

        // Not an Option: serde would read a missing list as None, and it must be an error.
        deserializer.deserialize_any(List(PhantomData))
    }
}

/// Reads a list that nobody needs. Any value that is not a list counts as missing, and so does `null`.
///
/// Use as `#[serde(default, deserialize_with = "list_or_none")]`.
pub(crate) fn list_or_none<'de, D, T>(deserializer: D) -> Result<Option<Members<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Maybe<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Maybe<T> {
        type Value = Option<Members<T>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any JSON")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            Members::deserialize(SeqAccessDeserializer::new(list)).map(Some)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(None)
        }

        // A deserializer other than ours has to be moved past the content.
        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(None)
        }
    }

    deserializer.deserialize_any(Maybe(PhantomData))
}

enum Member<T> {
    Fit(T),
    Unfit(String),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Try<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Try<T> {
            type Value = Member<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member")
            }

            /// Our own reader also gives the JSON of a member that does not fit.
            fn visit_seq<A: SeqAccess<'de>>(self, mut attempts: A) -> Result<Member<T>, A::Error> {
                if let Ok(Some(member)) = attempts.next_element() {
                    return Ok(Member::Fit(member));
                }
                let json = attempts.next_element()?;
                json.map(Member::Unfit)
                    .ok_or_else(|| A::Error::custom("no member"))
            }

            /// Another deserializer cannot go on after a member that does not fit.
            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                member: D,
            ) -> Result<Member<T>, D::Error> {
                T::deserialize(member).map(Member::Fit)
            }
        }

        deserializer.deserialize_newtype_struct(MEMBER, Try(PhantomData))
    }
}
