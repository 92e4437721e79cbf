use serde::{Serialize, Serializer, ser::SerializeStruct as _};

/// The answer to all commands of Tencent Chat that have no special form of answer.
///
/// Tencent Chat ignores the answer to an "after" callback. "Before" callbacks have answers of their own, such as
/// [`Decision`](super::Decision).
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34354>.
///
/// ```
/// use imhook_protocol::tencent::Answer;
///
/// assert_eq!(
///     serde_json::to_string(&Answer::Ok).unwrap(),
///     r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#,
/// );
/// assert_eq!(
///     serde_json::to_string(&Answer::Fail("the body is not JSON".into())).unwrap(),
///     r#"{"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"the body is not JSON"}"#,
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The callback was accepted.
    Ok,
    /// The callback was not accepted. The text says why, in one sentence.
    Fail(String),
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (status, code, info) = match self {
            Self::Ok => ("OK", 0, ""),
            Self::Fail(info) => ("FAIL", 1, info.as_str()),
        };
        write(serializer, status, code, info)
    }
}

/// Writes an answer with the three fields that every answer has.
pub(super) fn write<S: Serializer>(
    serializer: S,
    status: &str,
    code: i32,
    info: &str,
) -> Result<S::Ok, S::Error> {
    begin(serializer, 0, status, code, info)?.end()
}

/// Begins an answer that has `more` fields after the three that every answer has.
pub(super) fn begin<S: Serializer>(
    serializer: S,
    more: usize,
    status: &str,
    code: i32,
    info: &str,
) -> Result<S::SerializeStruct, S::Error> {
    let mut fields = serializer.serialize_struct("Answer", 3 + more)?;
    fields.serialize_field("ActionStatus", status)?;
    fields.serialize_field("ErrorCode", &code)?;
    fields.serialize_field("ErrorInfo", info)?;
    Ok(fields)
}

/// The answer to an "after" callback: it was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted;

impl Serialize for Noted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Answer::Ok.serialize(serializer)
    }
}

crate::callback::note!(Noted);
