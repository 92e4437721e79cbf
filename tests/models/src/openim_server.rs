use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// What OpenIM does after it has read an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The operation continues.
    Allowed,
    /// The operation stops, and the user gets these values.
    Refused {
        /// `errCode`.
        code: i64,
        /// `errMsg`.
        message: String,
        /// `errDlt`.
        detail: String,
    },
    /// A "before" operation fails with an error of the server.
    Unreadable,
}

/// Reads an answer as OpenIM does: Go's `encoding/json` into a struct of three `int32` and two `string`, whatever the
/// HTTP status is. Missing and null are zero. Unknown keys are ignored. The case of keys does not matter. The last of
/// equal keys counts. Another type in any of these fields makes the answer unreadable.
pub fn read_as_openim(body: &str) -> Verdict {
    match serde_json::from_str::<Option<Fields>>(body).map(Option::unwrap_or_default) {
        Err(_) => Verdict::Unreadable,
        Ok(fields) if fields.action_code == 0 && fields.next_code == 1 => Verdict::Refused {
            code: fields.err_code,
            message: fields.err_msg,
            detail: fields.err_dlt,
        },
        Ok(_) => Verdict::Allowed,
    }
}

#[derive(Default)]
struct Fields {
    action_code: i64,
    err_code: i64,
    err_msg: String,
    err_dlt: String,
    next_code: i64,
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectOnly;

        impl<'de> Visitor<'de> for ObjectOnly {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    match key.to_ascii_lowercase().as_str() {
                        "actioncode" => int32(&mut fields.action_code, &value)?,
                        "errcode" => int32(&mut fields.err_code, &value)?,
                        "nextcode" => int32(&mut fields.next_code, &value)?,
                        "errmsg" => string(&mut fields.err_msg, value)?,
                        "errdlt" => string(&mut fields.err_dlt, value)?,
                        _ => {}
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(ObjectOnly)
    }
}

fn int32<E: serde::de::Error>(field: &mut i64, value: &Value) -> Result<(), E> {
    if value.is_null() {
        return Ok(());
    }
    *field = value
        .as_i64()
        .filter(|number| i32::try_from(*number).is_ok())
        .ok_or_else(|| E::custom("not an int32"))?;
    Ok(())
}

fn string<E: serde::de::Error>(field: &mut String, value: Value) -> Result<(), E> {
    match value {
        Value::Null => {}
        Value::String(text) => *field = text,
        _ => return Err(E::custom("not a string")),
    }
    Ok(())
}

/// These bodies were run against the server's own client.
#[test]
fn this_model_reads_every_body_as_the_server_does() {
    let refused = |code| Verdict::Refused {
        code,
        message: "no".into(),
        detail: String::new(),
    };
    for (body, verdict) in [
        ("{}", Verdict::Allowed),
        ("null", Verdict::Allowed),
        (r#"{"anything":1}"#, Verdict::Allowed),
        (r#"{"message":"Internal Server Error"}"#, Verdict::Allowed),
        (
            r#"{"actionCode":0,"nextCode":1,"errCode":20001,"errMsg":"no"}"#,
            refused(20001),
        ),
        (
            r#"{"ACTIONCODE":0,"NextCode":0,"nextcode":1,"errCode":20001,"errMsg":"no"}"#,
            refused(20001),
        ),
        (
            r#"{"actionCode":1,"nextCode":1,"errCode":20001}"#,
            Verdict::Allowed,
        ),
        (r#"{"nextCode":"0"}"#, Verdict::Unreadable),
        (r#"{"nextCode":""}"#, Verdict::Unreadable),
        (r#"{"nextCode":true}"#, Verdict::Unreadable),
        (r#"{"nextCode":1.0}"#, Verdict::Unreadable),
        (r#"{"errCode":"20001"}"#, Verdict::Unreadable),
        (r#"{"errCode":2147483648}"#, Verdict::Unreadable),
        (r#"{"nextCode":null,"errMsg":null}"#, Verdict::Allowed),
        ("", Verdict::Unreadable),
        ("ok", Verdict::Unreadable),
        ("\"ok\"", Verdict::Unreadable),
        ("[]", Verdict::Unreadable),
        ("{} x", Verdict::Unreadable),
        ("\u{feff}{}", Verdict::Unreadable),
    ] {
        assert_eq!(read_as_openim(body), verdict, "{body}");
    }
}
