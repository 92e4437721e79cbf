//! An event as a tree that says which texts are users' ids.
//!
//! The types of `domain` say it, so a new kind of event needs nothing here: [`tree`] is a serializer that sees them.

use serde::{
    Serialize,
    ser::{self, Error as _, SerializeMap as _},
};
use serde_json::{Error, Value};

/// A value inside an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// It is about nobody: a number, a word of ours, a time, or the id of a group or topic.
    Plain(Value),
    /// A user's id.
    User(String),
    /// The server's own id of a conversation.
    Conversation(String),
    /// A text that a user, an app or a server wrote.
    Text(String),
    /// A value that may be missing.
    Optional(Box<Node>),
    /// Values that only have a meaning together.
    Together(Vec<Node>),
    /// A list of any length.
    List(Vec<Node>),
    /// Values with names.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The same as JSON.
    pub(super) fn json(self) -> Value {
        match self {
            Self::Plain(value) => value,
            Self::User(text) | Self::Conversation(text) | Self::Text(text) => text.into(),
            Self::Optional(inner) => inner.json(),
            Self::Together(nodes) | Self::List(nodes) => {
                nodes.into_iter().map(Self::json).collect()
            }
            Self::Object(members) => {
                let members = members.into_iter();
                members.map(|(name, node)| (name, node.json())).collect()
            }
        }
    }
}

/// The tree of a value of `domain`.
pub(super) fn tree(value: &impl Serialize) -> Result<Node, Error> {
    value.serialize(Maker)
}

struct Maker;

/// The members of a list or an object that is not complete.
struct Members {
    /// The name of the variant, if the value is inside one.
    variant: Option<&'static str>,
    together: bool,
    nodes: Vec<Node>,
}

impl Members {
    fn new(variant: Option<&'static str>, together: bool) -> Self {
        let nodes = Vec::new();
        Self {
            variant,
            together,
            nodes,
        }
    }
}

struct Fields {
    variant: Option<&'static str>,
    key: String,
    members: Vec<(String, Node)>,
}

impl Fields {
    fn new(variant: Option<&'static str>) -> Self {
        Self {
            variant,
            key: String::new(),
            members: Vec::new(),
        }
    }
}

/// Puts a value into the object that names its variant.
fn in_variant(variant: Option<&'static str>, node: Node) -> Node {
    match variant {
        Some(variant) => Node::Object(vec![(variant.to_owned(), node)]),
        None => node,
    }
}

impl ser::Serializer for Maker {
    type Ok = Node;
    type Error = Error;
    type SerializeSeq = Members;
    type SerializeTuple = Members;
    type SerializeTupleStruct = Members;
    type SerializeTupleVariant = Members;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    fn serialize_bool(self, value: bool) -> Result<Node, Error> {
        Ok(Node::Plain(value.into()))
    }

    fn serialize_i8(self, value: i8) -> Result<Node, Error> {
        Ok(Node::Plain(value.into()))
    }

    fn serialize_i16(self, value: i16) -> Result<Node, Error> {
        Ok(Node::Plain(value.into()))
    }

    fn serialize_i32(self, value: i32) -> Result<Node, Error> {
        Ok(Node::Plain(value.into()))
    }

    fn serialize_i64(self, value: i64) -> Result<Node, Error> {
        Ok(Node::Plain(value.into()))
    }

    fn serialize_u8(self, value: u8) -> Result<Node, Error> {
        Ok(Node::Plain(value.into()))
    }

    fn serialize_u16(self, value: u16) -> Result<Node, Error> {
        Ok(Node::Plain(value.into()))
    }

    fn serialize_u32(self, value: u32) -> Result<Node, Error> {
        Ok(Node::Plain(value.into()))
    }

    fn serialize_u64(self, value: u64) -> Result<Node, Error> {
        Ok(Node::Plain(value.into()))
    }

    fn serialize_f32(self, value: f32) -> Result<Node, Error> {
        Ok(Node::Plain(value.into()))
    }

    fn serialize_f64(self, value: f64) -> Result<Node, Error> {
        Ok(Node::Plain(value.into()))
    }

    fn serialize_char(self, value: char) -> Result<Node, Error> {
        Ok(Node::Text(value.into()))
    }

    fn serialize_str(self, value: &str) -> Result<Node, Error> {
        let text = value.to_owned();
        // A time is a text in JSON, too.
        Ok(match domain::Timestamp::try_from(text.clone()) {
            Ok(_) => Node::Plain(text.into()),
            Err(_) => Node::Text(text),
        })
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Node, Error> {
        Err(Error::custom("no event has bytes"))
    }

    fn serialize_none(self) -> Result<Node, Error> {
        Ok(Node::Plain(Value::Null))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Node, Error> {
        Ok(Node::Optional(Box::new(value.serialize(self)?)))
    }

    fn serialize_unit(self) -> Result<Node, Error> {
        Ok(Node::Plain(Value::Null))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Node, Error> {
        Ok(Node::Plain(Value::Null))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Node, Error> {
        Ok(Node::Plain(variant.into()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Node, Error> {
        Ok(match (name, value.serialize(self)?) {
            ("UserId", Node::Text(id)) => Node::User(id),
            ("GroupId" | "TopicId", Node::Text(id)) => Node::Plain(id.into()),
            (_, node) => node,
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Node, Error> {
        let node = match (name, variant, value.serialize(self)?) {
            ("Conversation", "id", Node::Text(id)) => Node::Conversation(id),
            (_, _, node) => node,
        };
        Ok(in_variant(Some(variant), node))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members, Error> {
        Ok(Members::new(None, false))
    }

    fn serialize_tuple(self, _: usize) -> Result<Members, Error> {
        Ok(Members::new(None, true))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Members, Error> {
        Ok(Members::new(None, true))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members, Error> {
        Ok(Members::new(Some(variant), true))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields, Error> {
        Ok(Fields::new(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, Error> {
        Ok(Fields::new(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields, Error> {
        Ok(Fields::new(Some(variant)))
    }
}

impl ser::SerializeSeq for Members {
    type Ok = Node;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.nodes.push(tree(&value)?);
        Ok(())
    }

    fn end(self) -> Result<Node, Error> {
        let node = match self.together {
            true => Node::Together(self.nodes),
            false => Node::List(self.nodes),
        };
        Ok(in_variant(self.variant, node))
    }
}

impl ser::SerializeTuple for Members {
    type Ok = Node;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        ser::SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Node, Error> {
        ser::SerializeSeq::end(self)
    }
}

impl ser::SerializeTupleStruct for Members {
    type Ok = Node;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        ser::SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Node, Error> {
        ser::SerializeSeq::end(self)
    }
}

impl ser::SerializeTupleVariant for Members {
    type Ok = Node;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        ser::SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Node, Error> {
        ser::SerializeSeq::end(self)
    }
}

impl ser::SerializeMap for Fields {
    type Ok = Node;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = match tree(&key)?.json() {
            Value::String(key) => key,
            key => key.to_string(),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let node = match (self.key.as_str(), tree(&value)?) {
            // The names of events and contents.
            ("type" | "kind", Node::Text(word)) => Node::Plain(word.into()),
            (_, node) => node,
        };
        self.members.push((std::mem::take(&mut self.key), node));
        Ok(())
    }

    fn end(self) -> Result<Node, Error> {
        Ok(in_variant(self.variant, Node::Object(self.members)))
    }
}

impl ser::SerializeStruct for Fields {
    type Ok = Node;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.serialize_entry(key, value)
    }

    fn end(self) -> Result<Node, Error> {
        ser::SerializeMap::end(self)
    }
}

impl ser::SerializeStructVariant for Fields {
    type Ok = Node;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        ser::SerializeStruct::serialize_field(self, key, value)
    }

    fn end(self) -> Result<Node, Error> {
        ser::SerializeMap::end(self)
    }
}
