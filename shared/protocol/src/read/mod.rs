//! Reads what chat servers send, and accepts oddities where nobody needs the value.
//!
//! Clients and proxies can put anything into a callback. A callback must not be lost because of a field that nobody
//! needs. So all commands have one reader:
//!
//! * Bytes that are not UTF-8 read as U+FFFD, and so does half an emoji (an escaped surrogate without its other half).
//!   A byte order mark before the text and NULs after it are skipped.
//! * If a key occurs twice, the last value counts, as in OpenIM's own reader.
//! * A field that the type does not have may hold any JSON, of any depth and with numbers of any size.
//! * An integer may be written as `1`, `1.0` or `"1"`.
//! * A [`FreeText`], a [`Number`] and a [`RawJson`] may hold any JSON. [`Members`] keep the members that fit.
//!
//! All other values must be right: a [`UserId`](crate::UserId) is a text that is not empty.

mod any;
mod error;
mod free_text;
mod lenient;
mod members;
mod number;
mod raw_json;
mod reader;
mod text;

use std::cell::Cell;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

pub(crate) use any::Any;
use reader::{Object, Reader};

pub use error::Unreadable;
pub use free_text::FreeText;
pub use lenient::Lenient;
pub use members::Members;
pub(crate) use members::list_or_none;
pub use number::Number;
pub use raw_json::RawJson;
pub use text::text;

/// A body that is JSON. Its values are not checked yet.
#[derive(Clone, Copy, Debug)]
pub struct Json<'a>(&'a RawValue);

/// A callback, and how much of its body did not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read<T> {
    /// The callback.
    pub callback: T,
    /// How many members did not fit and are missing from its lists.
    pub left_out: usize,
}

impl<'a> Json<'a> {
    /// `null`.
    pub const NOTHING: Self = Self(RawValue::NULL);

    /// Takes a [`text`] that is JSON.
    ///
    /// # Errors
    ///
    /// If it is empty or not JSON.
    pub fn new(text: &'a str) -> Result<Self, Unreadable> {
        if text.trim_ascii().is_empty() {
            return Err(Unreadable::Empty);
        }
        serde_json::from_str(text)
            .map(Self)
            // serde_json's syntax errors never quote the text.
            .map_err(|error| Unreadable::NotJson(error.to_string()))
    }

    /// Reads it as a callback.
    ///
    /// # Errors
    ///
    /// If a value that is needed is missing or has another form. The error says where and why, and quotes nothing.
    pub fn read<T: DeserializeOwned>(self) -> Result<Read<T>, Unreadable> {
        let left_out = Cell::new(0);
        match T::deserialize(Reader::new(self.0.get(), &left_out)) {
            Ok(callback) => Ok(Read {
                callback,
                left_out: left_out.get(),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads it as Go reads a structure: the case of keys does not matter. `None` if a value has another form.
    pub(crate) fn read_in_any_case<T: DeserializeOwned>(self) -> Option<T> {
        let left_out = Cell::new(0);
        T::deserialize(Reader::new(self.0.get(), &left_out).in_any_case()).ok()
    }

    /// The JSON of a member, whatever the case of its key is. If the key occurs twice, the last one counts.
    pub(crate) fn member(self, key: &str) -> Option<Self> {
        let Object(entries) = serde_json::from_str(self.0.get()).ok()?;
        let found = entries
            .into_iter()
            .rfind(|(it, _)| it.eq_ignore_ascii_case(key));
        found.map(|(_, value)| Self(value))
    }

    /// The JSON of the member with exactly this key. If the key occurs twice, the last one counts.
    pub(crate) fn field(self, key: &str) -> Option<Self> {
        let Object(entries) = serde_json::from_str(self.0.get()).ok()?;
        let found = entries.into_iter().rfind(|(it, _)| it == key);
        found.map(|(_, value)| Self(value))
    }

    /// The JSON of this object with this text as a member. `None` if it is not an object. The other members stay, but
    /// none whose key is the same in another case: a reader that ignores the case would take it for this one.
    pub(crate) fn with_text(self, key: &str, text: &str) -> Option<String> {
        let Object(entries) = serde_json::from_str(self.0.get()).ok()?;
        let others = entries
            .iter()
            .filter(|(it, _)| !it.eq_ignore_ascii_case(key));
        let others = others.map(|(key, value)| format!("{}:{value}", quoted(key)));
        let members: Vec<String> = others
            .chain([format!("{}:{}", quoted(key), quoted(text))])
            .collect();
        Some(format!("{{{}}}", members.join(",")))
    }

    /// Whether it is an object.
    pub(crate) fn is_object(self) -> bool {
        self.0.get().starts_with('{')
    }

    /// The JSON as it was written.
    pub(crate) fn as_str(self) -> &'a str {
        self.0.get()
    }

    /// Whether it is an object without members.
    #[must_use]
    pub fn is_empty_object(self) -> bool {
        let inside = self.0.get().strip_prefix('{');
        inside.is_some_and(|inside| inside.trim_start() == "}")
    }

    /// The JSON of each member of this list in it, also of members that do not fit.
    pub(crate) fn members(self, list: &str) -> Vec<String> {
        let object = serde_json::from_str(self.0.get());
        let Object(entries) = object.unwrap_or_default();
        let list = entries.into_iter().rfind(|(key, _)| key == list);
        let members = list.and_then(|(_, list)| serde_json::from_str(list.get()).ok());
        members
            .into_iter()
            .flat_map(Vec::<&RawValue>::into_iter)
            .map(|member| member.get().to_owned())
            .collect()
    }
}

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text can be written")
}

/// Reads a body as a callback.
///
/// ```
/// use imhook_protocol::{openim::BeforeAddFriend, read};
///
/// let odd = r#"{"fromUserID":"ana","toUserID":"leo","reqMsg":"hi \ud83d","ex":{"a":1e400},"ex":null}"#;
/// let callback: BeforeAddFriend = read(odd.as_bytes()).unwrap();
/// assert_eq!(callback.to_user_id.as_str(), "leo");
/// assert_eq!(&*callback.req_msg, "hi \u{fffd}");
/// ```
///
/// # Errors
///
/// Those of [`Json::new`] and [`Json::read`].
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    let text = text(body);
    Ok(Json::new(&text)?.read()?.callback)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Example {
        id: crate::UserId,
        #[serde(default)]
        text: FreeText,
        #[serde(default)]
        maybe: Option<FreeText>,
        #[serde(default)]
        number: Number,
        #[serde(default)]
        flag: Lenient<bool>,
        #[serde(default)]
        names: Lenient<Members<crate::UserId>>,
        #[serde(default)]
        result: i32,
        #[serde(default)]
        list: Members<crate::UserId>,
        #[serde(default)]
        pairs: Members<Pair>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Pair {
        to: crate::UserId,
        #[serde(default)]
        text: FreeText,
    }

    fn example(members: &str) -> Result<Read<Example>, Unreadable> {
        let body = format!(r#"{{"id":"ana"{members}}}"#);
        let text = text(body.as_bytes()).into_owned();
        Json::new(&text)?.read()
    }

    fn fits(members: &str) -> Example {
        example(members)
            .unwrap_or_else(|error| panic!("{members}: {error}"))
            .callback
    }

    const ODD: [&str; 10] = [
        "null",
        "1",
        "1.5",
        "1e400",
        "99999999999999999999",
        "true",
        "[]",
        "{\"a\":[1e999]}",
        "\"\"",
        "[[[[[[]]]]]]",
    ];

    #[test]
    fn a_field_that_the_type_does_not_have_may_hold_anything() {
        let plain = fits("");
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for odd in ODD.into_iter().chain(["\"\\ud83d\"", &deep]) {
            assert_eq!(fits(&format!(r#","other":{odd}"#)), plain);
            assert_eq!(
                fits(&format!(r#","\ud83d":{odd},"\udfff":{odd}"#)),
                plain,
                "{odd}"
            );
        }
    }

    #[test]
    fn a_free_text_and_a_number_may_hold_any_json() {
        let deep = "{\"a\":".repeat(100_000) + "1" + &"}".repeat(100_000);
        for odd in ODD.into_iter().chain(["\"x\"", &deep]) {
            let read = fits(&format!(r#","text":{odd},"maybe":{odd},"number":{odd}"#));
            let is_text = odd.starts_with('"');
            assert_eq!(read.text.is_odd(), !is_text && odd != "null", "{odd}");
            assert_eq!(&*read.text, if odd == "\"x\"" { "x" } else { "" });
            assert_eq!(read.maybe.is_none(), odd == "null");
            assert_eq!(read.number.get(), (odd == "1").then_some(1), "{odd}");
        }
    }

    #[test]
    fn a_lenient_value_may_be_any_json_and_says_if_it_does_not_fit() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for odd in ODD.into_iter().chain(["\"true\"", &deep]) {
            let read = fits(&format!(r#","flag":{odd},"names":{odd},"result":1"#));
            let is_true = odd == "true";
            assert_eq!(read.flag.get(), is_true.then_some(&true), "{odd}");
            assert_eq!(read.flag.is_odd(), !is_true && odd != "null", "{odd}");
            let is_list = odd.starts_with('[');
            assert_eq!(read.names.get().is_some(), is_list, "{odd}");
            assert_eq!(read.names.is_odd(), !is_list && odd != "null", "{odd}");
            assert_eq!(read.result, 1, "what follows is read");
        }
        let read = fits(r#","names":["leo",7]"#);
        let names = read.names.get().unwrap();
        assert_eq!(
            (names[0].as_str(), names.left_out()),
            ("leo", &["7".to_owned()][..])
        );
        for (value, written) in [("null", "null"), ("7", "null"), ("false", "false")] {
            let flag: Lenient<bool> = fits(&format!(r#","flag":{value}"#)).flag;
            assert_eq!(serde_json::to_string(&flag).unwrap(), written);
        }
    }

    #[test]
    fn an_integer_has_several_forms() {
        for one in ["1", "1.0", "\"1\"", "1e0", "\"1.0\"", "\" 1 \""] {
            let read = fits(&format!(r#","result":{one},"number":{one}"#));
            assert_eq!((read.result, read.number.get()), (1, Some(1)), "{one}");
        }
        for none in ["1.5", "\"x\"", "null", "true", "[]", "1e400", "4294967297"] {
            let error = example(&format!(r#","result":{none}"#)).unwrap_err();
            assert!(error.to_string().starts_with("$.result"), "{none}: {error}");
        }
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let read = fits(
            r#","text":7,"text":"a","pairs":[{"to":"x","to":"y"}],"pairs":[{"to":9,"to":"z"}]"#,
        );
        assert_eq!(&*read.text, "a");
        assert_eq!(read.pairs[0].to.as_str(), "z");
        let twice = read_id(r#"{"id":"ana","id":"leo"}"#);
        assert_eq!(twice, "leo");
    }

    fn read_id(body: &str) -> String {
        read::<Example>(body.as_bytes()).unwrap().id.to_string()
    }

    #[test]
    fn members_that_do_not_fit_are_left_out_and_counted() {
        let read = example(
            r#","list":["a","",null,7,"b",["c"]],"pairs":[null,{"to":"x","text":3},{"to":""},{}]"#,
        )
        .unwrap();
        assert_eq!(read.left_out, 7);
        let ids: Vec<&str> = read.callback.list.iter().map(|id| id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(
            read.callback.list.left_out(),
            ["\"\"", "null", "7", "[\"c\"]"]
        );
        assert_eq!(read.callback.pairs.len(), 1);
        assert!(read.callback.pairs[0].text.is_odd());
        let empty = example(r#","list":null"#).unwrap();
        assert_eq!((empty.left_out, empty.callback.list.len()), (0, 0));
        for no_list in ["7", "\"a\"", "{}", "true"] {
            let error = example(&format!(r#","list":{no_list}"#)).unwrap_err();
            assert!(error.to_string().starts_with("$.list"), "{error}");
        }
    }

    #[test]
    fn an_error_names_the_place_and_quotes_nothing() {
        for (body, error) in [
            (r#"{"id":""}"#, "$.id: a user id is empty"),
            (
                r#"{"id":{"hunter2":1}}"#,
                "$.id: invalid type: object, expected a string",
            ),
            (
                r#"{"id":4711}"#,
                "$.id: invalid type: number, expected a string",
            ),
            (
                r#"{"id":"ana","result":"hunter2"}"#,
                "$.result: invalid type: string, expected i32",
            ),
            ("{}", "$: missing field `id`"),
            ("[]", "$: expected an object"),
            ("\"hunter2\"", "$: expected an object"),
        ] {
            let found = read::<Example>(body.as_bytes()).unwrap_err();
            assert_eq!(found.to_string(), error);
        }
    }

    #[test]
    fn an_empty_body_and_broken_json_are_different_errors() {
        for empty in ["", " \n", "\0\0", "\u{feff}"] {
            let error = read::<Example>(empty.as_bytes()).unwrap_err();
            assert_eq!(error, Unreadable::Empty);
        }
        for no_json in ["{", "{\"id\":\"ana\"} x", "{\"id\":\"ana\"", "\u{1f}\u{8b}"] {
            let error = read::<Example>(no_json.as_bytes()).unwrap_err();
            assert!(matches!(error, Unreadable::NotJson(_)), "{error:?}");
        }
    }

    /// A user of the types alone may read them with serde_json.
    #[test]
    fn serde_json_reads_the_same_from_a_body_without_oddities() {
        let body = r#"{"id":"ana","text":"t","maybe":"m","number":1,"flag":true,"names":["b"],"result":1,"list":["a"],"pairs":[{"to":"x"}]}"#;
        let read: Example = read(body.as_bytes()).unwrap();
        assert_eq!(serde_json::from_str::<Example>(body).unwrap(), read);
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(serde_json::from_value::<Example>(value).unwrap(), read);
    }
}
