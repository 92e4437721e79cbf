use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Before, deviations::integer_or_string};
use crate::{Json, Reason, plain_allow_fails};

/// The answer to a "before" callback of OpenIM.
///
/// The server ignores the HTTP status and reads five fields. Only `actionCode` 0 **and** `nextCode` 1 refuse. Every
/// other object that it can read is *allowed*, even with `actionCode: 1`. Besides the five fields, the server takes over
/// the fields that an answer to this command can change. This type cannot express a contradictory pair of codes, or a
/// field that the command does not have.
///
/// ```
/// use imhook_protocol::openim::{AmendedRemark, Before, BeforeSetFriendRemark, Decision};
///
/// fn decide(callback: BeforeSetFriendRemark) -> Decision<AmendedRemark> {
///     match AmendedRemark::new(callback.remark.trim()) {
///         Some(trimmed) => Decision::Amend(trimmed),
///         None => Decision::Allow,
///     }
/// }
///
/// let callback = r#"{"ownerUserID": "ana", "friendUserID": "leo", "remark": " Lenny "}"#;
/// assert_eq!(
///     serde_json::to_string(&decide(serde_json::from_str(callback).unwrap())).unwrap(),
///     r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0,"remark":"Lenny"}"#,
/// );
/// ```
///
/// If a command cannot be amended, an [`Amend`](Self::Amend) does not compile:
///
/// ```compile_fail
/// use imhook_protocol::openim::{AmendedRemark, Before, BeforeAddBlack, Decision};
///
/// fn decide(_: BeforeAddBlack) -> Decision<<BeforeAddBlack as Before>::Amendment> {
///     Decision::Amend(AmendedRemark::new("Lenny").unwrap())
/// }
/// ```
///
/// If a command must never be refused, its decision has [`NoRefusal`], and a [`Refuse`](Self::Refuse) does not compile.
///
/// Source: OpenIM, `pkg/callbackstruct/common.go`, `CommonCallbackResp` and its method `Parse`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<A, R = Refusal> {
    /// The operation goes ahead as it was asked for.
    Allow,
    /// The operation stops.
    Refuse(R),
    /// The operation goes ahead with this change.
    Amend(A),
}

/// A change that an answer makes to an operation.
pub trait Amendment: Serialize + Clone + PartialEq + Send + Sync + 'static {
    /// Merges this change with an earlier one. If both change one field, this change counts. An amendment that always
    /// has the same single field needs no more than this default.
    #[must_use]
    fn over(self, earlier: Self) -> Self {
        let _ = earlier;
        self
    }
}

/// Whether and how an operation can be refused.
pub trait Refuse: Clone + PartialEq + Send + Sync + 'static {
    /// The refusal for this reason. `None` if the operation must never be refused.
    fn because(reason: &Reason) -> Option<Self>;

    /// The refusal as it is written.
    fn refusal(&self) -> &Refusal;
}

impl Refuse for Refusal {
    fn because(reason: &Reason) -> Option<Self> {
        Some(Self {
            code: RefusalCode::new(reason.code).expect("reasons have codes of their server"),
            message: reason.message.clone(),
            detail: reason.detail.clone(),
        })
    }

    fn refusal(&self) -> &Refusal {
        self
    }
}

/// The refusal of an operation that must never be refused: it has no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRefusal {}

impl Refuse for NoRefusal {
    fn because(_: &Reason) -> Option<Self> {
        None
    }

    fn refusal(&self) -> &Refusal {
        match *self {}
    }
}

impl<C: Before<Amendment = A>, A: Amendment, R: Refuse> crate::Answer<C> for Decision<A, R> {
    fn unchanged(asked: &C) -> Self {
        asked.as_asked().map_or(Self::Allow, Self::Amend)
    }

    fn unread(body: Json<'_>) -> Option<Self> {
        if !plain_allow_fails(C::COMMAND.name) {
            return Some(Self::Allow);
        }
        let read = body.read::<C>().ok()?;
        Some(Self::unchanged(&read.callback))
    }

    fn questions(&self) -> usize {
        1
    }

    fn refuse(&mut self, _: usize, reason: &Reason) {
        if let Some(refusal) = R::because(reason) {
            *self = Self::Refuse(refusal);
        }
    }

    fn refused(&self, _: usize) -> Option<i32> {
        match self {
            Self::Refuse(refusal) => Some(refusal.refusal().code.get()),
            Self::Allow | Self::Amend(_) => None,
        }
    }

    fn over(self, earlier: Self) -> Self {
        match (self, earlier) {
            (_, refused @ Self::Refuse(_)) | (refused @ Self::Refuse(_), _) => refused,
            (Self::Amend(later), Self::Amend(earlier)) => Self::Amend(later.over(earlier)),
            (Self::Allow, earlier) => earlier,
            (later, Self::Allow) => later,
        }
    }
}

/// The answer to an "after" callback: it was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted;

impl Serialize for Noted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Answer::Allow.serialize(serializer)
    }
}

crate::callback::note!(Noted);

/// The amendment of an operation that cannot be amended: it has no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum NoAmendment {}

impl Amendment for NoAmendment {}

/// An answer that does not depend on the command: allow, or refuse.
///
/// Only a "before" callback can be refused. If the answer to an "after" callback is a refusal, the server parses it and
/// throws it away. It is still the clearest error for a person who reads the answer.
///
/// ```
/// use imhook_protocol::openim::{Answer, Refusal, RefusalCode};
///
/// assert_eq!(
///     serde_json::to_string(&Answer::Allow).unwrap(),
///     r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0}"#,
/// );
/// let no = Answer::Refuse(Refusal::new(RefusalCode::new(20001).unwrap(), "not allowed"));
/// assert_eq!(
///     serde_json::to_string(&no).unwrap(),
///     r#"{"actionCode":0,"errCode":20001,"errMsg":"not allowed","errDlt":"","nextCode":1}"#,
/// );
/// ```
pub type Answer = Decision<NoAmendment>;

/// What the end user's client gets if an operation is refused.
///
/// Source: OpenIM, `pkg/callbackstruct/common.go`, `CommonCallbackResp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `errCode`.
    pub code: RefusalCode,
    /// `errMsg`: one sentence. OpenIM's releases replace an empty one.
    pub message: String,
    /// `errDlt`: more about it; may be empty.
    pub detail: String,
}

impl Refusal {
    /// A refusal without details.
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            detail: String::new(),
        }
    }
}

/// An `errCode` of the app: 20001 to 29999, the range that OpenIM's documents leave to it.
///
/// The server does not check the range. OpenIM's releases turn a code of zero or less into 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefusalCode(i32);

impl RefusalCode {
    /// Takes a code between 20001 and 29999.
    ///
    /// # Errors
    ///
    /// For any other number.
    pub const fn new(code: i32) -> Result<Self, InvalidRefusalCode> {
        if 20001 <= code && code <= 29999 {
            Ok(Self(code))
        } else {
            Err(InvalidRefusalCode(code))
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }
}

/// A number outside 20001 to 29999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidRefusalCode(i32);

impl fmt::Display for InvalidRefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "errCode {} is not between 20001 and 29999", self.0)
    }
}

impl std::error::Error for InvalidRefusalCode {}

/// The five fields that every OpenIM answer has.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Fields {
    action_code: i32,
    err_code: i32,
    err_msg: String,
    err_dlt: String,
    #[serde(deserialize_with = "integer_or_string")]
    next_code: i32,
}

#[derive(Serialize)]
struct Amended<'a, A> {
    #[serde(flatten)]
    fields: Fields,
    #[serde(flatten)]
    amendment: &'a A,
}

impl<A: Serialize, R: Refuse> Serialize for Decision<A, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = match self {
            Self::Allow => Fields::default(),
            Self::Refuse(refusal) => {
                let Refusal {
                    code,
                    message,
                    detail,
                } = refusal.refusal();
                Fields {
                    action_code: 0,
                    err_code: code.get(),
                    err_msg: message.clone(),
                    err_dlt: detail.clone(),
                    next_code: 1,
                }
            }
            Self::Amend(amendment) => {
                let fields = Fields::default();
                return Amended { fields, amendment }.serialize(serializer);
            }
        };
        fields.serialize(serializer)
    }
}

/// Reads an answer as its author meant it: `nextCode` may be a string, as in the published examples
/// ([deviation](super::deviations#nextcode-is-an-integer)). The server itself is stricter.
impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        if (fields.action_code, fields.next_code) != (0, 1) {
            return Ok(Self::Allow);
        }
        Ok(Self::Refuse(Refusal {
            code: RefusalCode::new(fields.err_code).map_err(D::Error::custom)?,
            message: fields.err_msg,
            detail: fields.err_dlt,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal() -> Answer {
        Answer::Refuse(Refusal {
            code: RefusalCode::new(20001).unwrap(),
            message: "no".into(),
            detail: "because".into(),
        })
    }

    #[test]
    fn an_answer_is_read_back_as_it_was_written() {
        for answer in [Answer::Allow, refusal()] {
            let written = serde_json::to_string(&answer).unwrap();
            assert_eq!(serde_json::from_str::<Answer>(&written).unwrap(), answer);
        }
    }

    #[test]
    fn next_code_is_read_as_integer_or_string_and_written_as_integer() {
        for next_code in ["1", "\"1\""] {
            let body = format!(
                r#"{{"actionCode":0,"errCode":20001,"errMsg":"no","errDlt":"because","nextCode":{next_code}}}"#
            );
            assert_eq!(serde_json::from_str::<Answer>(&body).unwrap(), refusal());
        }
        for next_code in ["0", "\"0\"", "\"\"", "2", "null"] {
            let body = format!(r#"{{"actionCode":0,"errCode":0,"nextCode":{next_code}}}"#);
            assert_eq!(
                serde_json::from_str::<Answer>(&body).unwrap(),
                Answer::Allow,
                "{body}"
            );
        }
        let written = serde_json::to_value(refusal()).unwrap();
        assert!(written["nextCode"].is_i64());
    }

    #[test]
    fn action_code_1_is_allowed_whatever_the_documents_say() {
        let body = r#"{"actionCode":1,"errCode":5001,"errMsg":"no","errDlt":"","nextCode":1}"#;
        assert_eq!(serde_json::from_str::<Answer>(body).unwrap(), Answer::Allow);
    }

    #[test]
    fn placeholders_and_codes_outside_the_range_are_not_answers() {
        for body in [
            r#"{"actionCode":0,"errCode":0,"nextCode":"nextCodeValue"}"#,
            r#"{"actionCode":0,"errCode":200,"nextCode":1}"#,
            r#"{"actionCode":0,"errCode":"20001","nextCode":1}"#,
        ] {
            assert!(serde_json::from_str::<Answer>(body).is_err(), "{body}");
        }
        for code in [i32::MIN, -1, 0, 20000, 30000, i32::MAX] {
            assert!(RefusalCode::new(code).is_err());
        }
        for code in [20001, 29999] {
            assert_eq!(RefusalCode::new(code).unwrap().get(), code);
        }
    }
}
