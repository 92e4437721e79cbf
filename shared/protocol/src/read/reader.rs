use std::{borrow::Cow, cell::Cell, fmt};

use serde::{
    Deserialize,
    de::{
        self, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected, Visitor,
        value::{BorrowedStrDeserializer, StringDeserializer},
    },
};
use serde_json::value::RawValue;

use super::{
    error::{Error, Step},
    lenient::LENIENT,
    members::MEMBER,
    number::{integer, whole},
    raw_json::RAW,
};

/// One value of a body that is known to be JSON. It parses only what a type asks for.
#[derive(Clone, Copy)]
pub(super) struct Reader<'de, 'n> {
    json: &'de str,
    /// Counts list members that did not fit.
    left_out: &'n Cell<usize>,
    /// Whether a field's key may have another case.
    any_case: bool,
}

impl<'de, 'n> Reader<'de, 'n> {
    pub(super) fn new(json: &'de str, left_out: &'n Cell<usize>) -> Self {
        Self {
            json,
            left_out,
            any_case: false,
        }
    }

    /// Finds the fields of structures as Go does: the case of their keys does not matter.
    pub(super) fn in_any_case(self) -> Self {
        Self {
            any_case: true,
            ..self
        }
    }

    fn of(self, value: &'de RawValue) -> Self {
        Self {
            json: value.get(),
            ..self
        }
    }

    /// The kind of the value, by its first byte.
    fn kind(self) -> Kind {
        match self.json.as_bytes().first() {
            Some(b'"') => Kind::Text,
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::List,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// Reads one level with serde_json, which has already checked the syntax.
    fn level<T: Deserialize<'de>>(self) -> Result<T, Error> {
        serde_json::from_str(self.json).map_err(|_| Error::custom("it is not JSON"))
    }

    fn text(self) -> Result<Cow<'de, str>, Error> {
        let inside = self.json.get(1..self.json.len() - 1).unwrap_or_default();
        if inside.contains('\\') {
            self.level::<String>().map(Cow::Owned)
        } else {
            Ok(Cow::Borrowed(inside))
        }
    }

    /// The integer, written in any of its forms.
    fn integer(self) -> Option<i128> {
        match self.kind() {
            Kind::Number => integer(self.json),
            Kind::Text => integer(&self.text().ok()?),
            _ => None,
        }
    }

    fn mistaken(self, expected: &dyn de::Expected) -> Error {
        let found = match self.kind() {
            Kind::Text => Unexpected::Str(""),
            Kind::Object => Unexpected::Map,
            Kind::List => Unexpected::Seq,
            Kind::Bool => Unexpected::Bool(true),
            Kind::Null => Unexpected::Unit,
            Kind::Number => Unexpected::Signed(0),
        };
        Error::invalid_type(found, expected)
    }
}

enum Kind {
    Text,
    Object,
    List,
    Bool,
    Null,
    Number,
}

macro_rules! integers {
    ($($deserialize:ident $visit:ident $integer:ident,)+) => {
        $(
            fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
                let integer = self.integer().and_then(|number| $integer::try_from(number).ok());
                match integer {
                    Some(integer) => visitor.$visit(integer),
                    None => Err(self.mistaken(&stringify!($integer))),
                }
            }
        )+
    };
}

impl<'de> Deserializer<'de> for Reader<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind() {
            Kind::Text => match self.text()? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            Kind::Object => visitor.visit_map(Entries::of(self.level()?, self)),
            Kind::List => visitor.visit_seq(Elements::of(self.level()?, self)),
            Kind::Bool => visitor.visit_bool(self.json == "true"),
            Kind::Null => visitor.visit_unit(),
            Kind::Number => {
                if let Ok(number) = whole(self.json).parse() {
                    visitor.visit_i64(number)
                } else if let Ok(number) = whole(self.json).parse() {
                    visitor.visit_u64(number)
                } else {
                    // 1e400 is infinite as a float.
                    visitor.visit_f64(self.json.parse().unwrap_or(f64::NAN))
                }
            }
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        // serde would also accept a list, and take its members for the fields.
        let Kind::Object = self.kind() else {
            return Err(Error::custom("expected an object"));
        };
        visitor.visit_map(Fields::of(self.level()?, fields, self))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind() {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if [MEMBER, LENIENT].contains(&name) {
            return visitor.visit_seq(Attempts {
                member: self,
                is_first: true,
            });
        }
        if name == RAW {
            return visitor.visit_borrowed_str(self.json);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.kind() {
            Kind::Text => visitor.visit_enum(StringDeserializer::new(self.text()?.into_owned())),
            _ => Err(self.mistaken(&"a string")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    integers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
    }

    serde::forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier
    }
}

/// The entries of an object, in the order of the body.
struct Entries<'de, 'n> {
    entries: std::vec::IntoIter<(Cow<'de, str>, &'de RawValue)>,
    value: Option<&'de RawValue>,
    reader: Reader<'de, 'n>,
}

impl<'de, 'n> Entries<'de, 'n> {
    fn of(Object(entries): Object<'de>, reader: Reader<'de, 'n>) -> Self {
        Self {
            entries: entries.into_iter(),
            value: None,
            reader,
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        seed.deserialize(StringDeserializer::new(key.into_owned()))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let value = self.value.take().ok_or_else(|| Error::custom("no value"))?;
        seed.deserialize(self.reader.of(value))
    }
}

/// The values of an object for the fields of a type. Each field occurs once, with the last value of its key.
struct Fields<'de, 'n> {
    values: std::iter::Zip<
        std::slice::Iter<'static, &'static str>,
        std::vec::IntoIter<Option<&'de RawValue>>,
    >,
    next: Option<(&'static str, &'de RawValue)>,
    reader: Reader<'de, 'n>,
}

impl<'de, 'n> Fields<'de, 'n> {
    fn of(
        Object(entries): Object<'de>,
        fields: &'static [&'static str],
        reader: Reader<'de, 'n>,
    ) -> Self {
        let mut values = vec![None; fields.len()];
        for (key, value) in entries {
            let is_key = |field: &&str| match reader.any_case {
                true => field.eq_ignore_ascii_case(&key),
                false => *field == key,
            };
            if let Some(field) = fields.iter().position(is_key) {
                values[field] = Some(value);
            }
        }
        Self {
            values: fields.iter().zip(values),
            next: None,
            reader,
        }
    }
}

impl<'de> MapAccess<'de> for Fields<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.next = self
            .values
            .find_map(|(field, value)| Some((*field, value?)));
        match self.next {
            Some((field, _)) => seed
                .deserialize(BorrowedStrDeserializer::new(field))
                .map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (field, value) = self.next.ok_or_else(|| Error::custom("no value"))?;
        seed.deserialize(self.reader.of(value))
            .map_err(|error| error.at(Step::Field(field)))
    }
}

/// The elements of a list.
struct Elements<'de, 'n> {
    elements: std::iter::Enumerate<std::vec::IntoIter<&'de RawValue>>,
    reader: Reader<'de, 'n>,
}

impl<'de, 'n> Elements<'de, 'n> {
    fn of(elements: Vec<&'de RawValue>, reader: Reader<'de, 'n>) -> Self {
        Self {
            elements: elements.into_iter().enumerate(),
            reader,
        }
    }
}

impl<'de> SeqAccess<'de> for Elements<'de, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some((index, element)) = self.elements.next() else {
            return Ok(None);
        };
        seed.deserialize(self.reader.of(element))
            .map(Some)
            .map_err(|error| error.at(Step::Member(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.elements.len())
    }
}

/// A value that may not fit, for [`Members`](super::Members) and [`Lenient`](super::Lenient): first as the value, and if
/// that does not fit, as the JSON of a list's member.
struct Attempts<'de, 'n> {
    member: Reader<'de, 'n>,
    is_first: bool,
}

impl<'de> SeqAccess<'de> for Attempts<'de, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if self.is_first {
            self.is_first = false;
            return seed.deserialize(self.member).map(Some);
        }
        let left_out = self.member.left_out;
        left_out.set(left_out.get() + 1);
        seed.deserialize(BorrowedStrDeserializer::new(self.member.json))
            .map(Some)
    }
}

/// An object as a list of its entries.
#[derive(Default)]
pub(super) struct Object<'de>(pub(super) Vec<(Cow<'de, str>, &'de RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                #[derive(Deserialize)]
                struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

                let mut entries = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    entries.push((key, value));
                }
                Ok(Object(entries))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}
