//! JSON with the mistakes that clients make. It starts from a correct body and can write text that `serde_json` would
//! not.

use serde_json::Value;

/// JSON that keeps its texts, numbers and names as they are written. It can hold invalid JSON, and the same name twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// Names are written with their quotes.
    Object(Vec<(String, Json)>),
    /// In the order of the text.
    List(Vec<Json>),
    /// A text with its quotes, a number, `true`, `false`, `null`, or anything else.
    Leaf(Vec<u8>),
}

/// The position of a value: an index for each level. It is never empty, because the whole body has no position.
pub type Place = Vec<usize>;

/// Values of every type, and values that many parsers read wrongly.
pub const ODD_VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "7",
    "-1",
    "1.0",
    "1.5",
    "1e400",
    "18446744073709551616",
    "\"\"",
    "\"7\"",
    "\"text\"",
    r#""\ud83d""#,
    r#""\ude00 and \ud83d""#,
    "[]",
    "[null]",
    r#"["text"]"#,
    "{}",
    r#"{"text":null}"#,
];

/// A mistake of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake<'a> {
    /// The value is replaced by this one.
    Value(&'a str),
    /// The value is replaced by a copy of the value at another place.
    Copy(&'a [usize]),
    /// The text ends with half an emoji. A value that is not a text becomes such a text.
    HalfAnEmoji,
    /// The text has a byte that is not UTF-8. A value that is not a text becomes such a text.
    NoText,
    /// The value is replaced by this many nested lists.
    Nested(usize),
    /// The value is missing.
    Removed,
    /// The member exists twice, with this value first. In a list, this value is inserted before it.
    OddFirst(&'a str),
    /// The member exists twice, with this value last. In a list, this value is inserted after it.
    OddLast(&'a str),
}

impl Json {
    /// Reads a correct body.
    pub fn read(body: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(body).expect("the body is valid JSON");
        Self::from(&value)
    }

    /// Writes it without white space.
    pub fn write(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.write_to(&mut text);
        text
    }

    fn write_to(&self, text: &mut Vec<u8>) {
        match self {
            Self::Leaf(leaf) => text.extend(leaf),
            Self::List(members) => {
                text.push(b'[');
                for (n, member) in members.iter().enumerate() {
                    text.extend(if n == 0 { &b""[..] } else { b"," });
                    member.write_to(text);
                }
                text.push(b']');
            }
            Self::Object(members) => {
                text.push(b'{');
                for (n, (name, member)) in members.iter().enumerate() {
                    text.extend(if n == 0 { &b""[..] } else { b"," });
                    text.extend(name.as_bytes());
                    text.push(b':');
                    member.write_to(text);
                }
                text.push(b'}');
            }
        }
    }

    /// A leaf with this text.
    pub fn leaf(text: &str) -> Self {
        Self::Leaf(text.into())
    }

    /// Every place in this value; a parent comes before its children.
    pub fn places(&self) -> Vec<Place> {
        let below = |(n, child): (usize, &Self)| {
            let below = child.places().into_iter();
            let below = below.map(move |place| [vec![n], place].concat());
            [vec![n]].into_iter().chain(below).collect::<Vec<_>>()
        };
        self.children()
            .into_iter()
            .enumerate()
            .flat_map(below)
            .collect()
    }

    fn children(&self) -> Vec<&Self> {
        match self {
            Self::Object(members) => members.iter().map(|(_, member)| member).collect(),
            Self::List(members) => members.iter().collect(),
            Self::Leaf(_) => Vec::new(),
        }
    }

    /// The value at a place.
    pub fn at(&self, place: &[usize]) -> Option<&Self> {
        let mut found = self;
        for n in place {
            found = found.children().get(*n).copied()?;
        }
        Some(found)
    }

    fn at_mut(&mut self, place: &[usize]) -> Option<&mut Self> {
        let Some((first, rest)) = place.split_first() else {
            return Some(self);
        };
        let child = match self {
            Self::Object(members) => members.get_mut(*first).map(|(_, member)| member),
            Self::List(members) => members.get_mut(*first),
            Self::Leaf(_) => None,
        };
        child?.at_mut(rest)
    }

    /// The value of a member. If the name exists several times, the last one counts.
    pub fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else {
            return None;
        };
        let quoted = Value::from(name).to_string();
        let mut members = members.iter();
        let found = members.rfind(|(name, _)| *name == quoted);
        found.map(|(_, member)| member)
    }

    /// The name of a place, such as `$.FriendItem[0].Remark`.
    pub fn name_of(&self, place: &[usize]) -> String {
        let mut name = "$".to_owned();
        let mut found = self;
        for n in place {
            match found {
                Self::Object(members) => {
                    name.push('.');
                    name.push_str(members[*n].0.trim_matches('"'));
                }
                _ => name.push_str(&format!("[{n}]")),
            }
            found = found.children()[*n];
        }
        name
    }

    /// Makes a mistake at a place, if the place exists.
    pub fn make(&mut self, mistake: Mistake<'_>, place: &[usize]) {
        let Some((last, parent)) = place.split_last() else {
            return;
        };
        let copy = match mistake {
            Mistake::Copy(from) => self.at(from).cloned(),
            _ => None,
        };
        if self.at(place).is_none() {
            return;
        }
        let Some(parent) = self.at_mut(parent) else {
            return;
        };
        let beside = match mistake {
            Mistake::OddFirst(value) => Some((*last, value)),
            Mistake::OddLast(value) => Some((last + 1, value)),
            _ => None,
        };
        match (parent, beside) {
            (Self::Object(members), Some((at, value))) => {
                let name = members[*last].0.clone();
                members.insert(at, (name, Self::leaf(value)));
            }
            (Self::List(members), Some((at, value))) => members.insert(at, Self::leaf(value)),
            (Self::Object(members), None) if mistake == Mistake::Removed => {
                members.remove(*last);
            }
            (Self::List(members), None) if mistake == Mistake::Removed => {
                members.remove(*last);
            }
            (Self::Object(members), None) => members[*last].1.become_wrong(mistake, copy),
            (Self::List(members), None) => members[*last].become_wrong(mistake, copy),
            (Self::Leaf(_), _) => {}
        }
    }

    fn become_wrong(&mut self, mistake: Mistake<'_>, copy: Option<Self>) {
        let ending = |text: &Self, end: &[u8]| {
            let start = match text {
                Self::Leaf(text) if text.ends_with(b"\"") => &text[..text.len() - 1],
                _ => b"\"",
            };
            Self::Leaf([start, end, b"\""].concat())
        };
        *self = match mistake {
            Mistake::Value(value) => Self::leaf(value),
            Mistake::HalfAnEmoji => ending(self, br"\ud83d"),
            Mistake::NoText => ending(self, b"\xff"),
            Mistake::Nested(levels) => Self::leaf(&("[".repeat(levels) + &"]".repeat(levels))),
            Mistake::Copy(_) => copy.unwrap_or_else(|| Self::leaf("null")),
            Mistake::Removed | Mistake::OddFirst(_) | Mistake::OddLast(_) => return,
        };
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Object(members) => {
                let members = members.iter();
                let quoted = |name: &String| Value::from(name.as_str()).to_string();
                Self::Object(
                    members
                        .map(|(name, value)| (quoted(name), value.into()))
                        .collect(),
                )
            }
            Value::Array(members) => Self::List(members.iter().map(Self::from).collect()),
            leaf => Self::leaf(&leaf.to_string()),
        }
    }
}

#[test]
fn a_mistake_changes_the_value_at_its_place() {
    let right = Json::read(br#"{"a":[{"b":"x"},2],"c":null}"#);
    let names = right
        .places()
        .into_iter()
        .map(|place| right.name_of(&place));
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["$.a", "$.a[0]", "$.a[0].b", "$.a[1]", "$.c"]
    );
    for (mistake, place, wrong) in [
        (
            Mistake::Value("1e400"),
            &[1][..],
            r#"{"a":[{"b":"x"},2],"c":1e400}"#,
        ),
        (
            Mistake::Copy(&[0, 0]),
            &[1],
            r#"{"a":[{"b":"x"},2],"c":{"b":"x"}}"#,
        ),
        (
            Mistake::HalfAnEmoji,
            &[0, 0, 0],
            r#"{"a":[{"b":"x\ud83d"},2],"c":null}"#,
        ),
        (
            Mistake::HalfAnEmoji,
            &[1],
            r#"{"a":[{"b":"x"},2],"c":"\ud83d"}"#,
        ),
        (Mistake::Nested(2), &[0], r#"{"a":[[]],"c":null}"#),
        (Mistake::Removed, &[0, 0, 0], r#"{"a":[{},2],"c":null}"#),
        (
            Mistake::OddFirst("7"),
            &[1],
            r#"{"a":[{"b":"x"},2],"c":7,"c":null}"#,
        ),
        (
            Mistake::OddLast("7"),
            &[1],
            r#"{"a":[{"b":"x"},2],"c":null,"c":7}"#,
        ),
        (
            Mistake::OddLast("null"),
            &[0, 0],
            r#"{"a":[{"b":"x"},null,2],"c":null}"#,
        ),
        (Mistake::Removed, &[5], r#"{"a":[{"b":"x"},2],"c":null}"#),
    ] {
        let mut json = right.clone();
        json.make(mistake, place);
        assert_eq!(String::from_utf8(json.write()).unwrap(), wrong);
    }
    let mut json = right.clone();
    json.make(Mistake::NoText, &[0, 0, 0]);
    assert_eq!(json.write(), b"{\"a\":[{\"b\":\"x\xff\"},2],\"c\":null}");
    json.make(Mistake::OddLast("7"), &[1]);
    assert_eq!(json.member("c"), Some(&Json::leaf("7")));
}
