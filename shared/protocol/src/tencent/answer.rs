use serde::{Serialize, Serializer, ser::SerializeStruct as _};

/// What Tencent Chat can be told where its command has no form of answer of its own.
///
/// The result of an "after" callback is ignored. A "before" callback about friends is answered with
/// [`Decisions`](super::Decisions) about each person, and never refused with these fields: a non-zero `ErrorCode`
/// there lets everything through.
///
/// <https://www.tencentcloud.com/document/product/1047/34354>
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
    /// The callback was not accepted, and why, in one sentence.
    Fail(String),
    /// What is asked must not happen, and why: what all "before" commands but the two about friends understand.
    Refuse(String),
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (status, code, info) = match self {
            Self::Ok => ("OK", 0, ""),
            Self::Fail(info) => ("FAIL", 1, info.as_str()),
            Self::Refuse(info) => ("OK", 1, info.as_str()),
        };
        let mut fields = serializer.serialize_struct("Answer", 3)?;
        fields.serialize_field("ActionStatus", status)?;
        fields.serialize_field("ErrorCode", &code)?;
        fields.serialize_field("ErrorInfo", info)?;
        fields.end()
    }
}

/// The answer to what has happened: it was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted;

impl Serialize for Noted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Answer::Ok.serialize(serializer)
    }
}

crate::callback::note!(Noted);
