//! Changes fields of a body.

use serde_json::{Value, map::Entry};

use crate::Result;

/// A field, also one inside, and its new value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Set {
    path: Vec<String>,
    value: Value,
    /// The value as it was written, for a field that has a text.
    text: String,
}

impl Set {
    pub(super) fn parse(text: &str) -> std::result::Result<Self, String> {
        let (path, text) = text
            .split_once('=')
            .filter(|(path, _)| path.split('.').all(|step| !step.is_empty()))
            .ok_or("it is not FIELD=VALUE, such as friendUserID=leo")?;
        Ok(Self {
            path: path.split('.').map(ToOwned::to_owned).collect(),
            value: serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            text: text.to_owned(),
        })
    }

    /// Changes the body. Gives a warning if the example has no such field.
    pub(super) fn apply(&self, body: &mut Value) -> Result<Option<String>> {
        let first = &self.path[0];
        let is_known = body.get(first).is_some();
        let mut place = body;
        for (n, step) in self.path.iter().enumerate() {
            let before = || self.path[..n].join(".");
            place = match place {
                Value::Object(members) => match members.entry(step.clone()) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(Value::Null),
                },
                Value::Array(items) => {
                    let many = items.len();
                    let place: usize = step
                        .parse()
                        .ok()
                        .filter(|place| *place <= many)
                        .ok_or_else(|| {
                            format!("{} is a list: its places are 0 to {many}", before())
                        })?;
                    if place == many {
                        items.push(Value::Null);
                    }
                    &mut items[place]
                }
                // Below a new field, or one that is null.
                Value::Null => {
                    *place = Value::Object(serde_json::Map::new());
                    &mut place[step]
                }
                _ => return Err(format!("{} has nothing inside", before()).into()),
            };
        }
        // What stands in place of a text stays a text: an id of digits, or OpenIM's content, which is JSON in a text.
        let stays_text = place.is_string() && !self.value.is_string() && !self.value.is_null();
        *place = match stays_text {
            true => self.text.clone().into(),
            false => self.value.clone(),
        };
        Ok((!is_known).then(|| format!("the example has no field {first}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(body: &Value, set: &str) -> std::result::Result<(Value, bool), String> {
        let mut body = body.clone();
        let warning = Set::parse(set)?
            .apply(&mut body)
            .map_err(|it| it.to_string())?;
        Ok((body, warning.is_some()))
    }

    #[test]
    fn a_field_is_changed_at_any_depth() {
        let body = json!({"id": "ana", "n": 1, "list": [{"Text": "x"}], "none": null});
        for (text, pointer, value, warns) in [
            ("id=leo", "/id", json!("leo"), false),
            ("id=42", "/id", json!("42"), false),
            ("id=null", "/id", json!(null), false),
            (r#"id={"a":1}"#, "/id", json!(r#"{"a":1}"#), false),
            ("id=a=b", "/id", json!("a=b"), false),
            ("id=", "/id", json!(""), false),
            ("n=2", "/n", json!(2), false),
            ("n=two", "/n", json!("two"), false),
            ("list.0.Text=y", "/list/0/Text", json!("y"), false),
            ("list.1.Text=y", "/list/1/Text", json!("y"), false),
            ("list=[1]", "/list", json!([1]), false),
            ("none.a.b=1", "/none/a/b", json!(1), false),
            ("new=true", "/new", json!(true), true),
        ] {
            let (changed, warned) = set(&body, text).unwrap();
            assert_eq!(changed.pointer(pointer), Some(&value), "{text}");
            assert_eq!(warned, warns, "{text}");
        }
        for wrong in ["id", "=x", "a..b=x", "list.2=x", "list.x=x", "id.x=y"] {
            assert!(set(&body, wrong).is_err(), "{wrong}");
        }
    }
}
