use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{Before, names};
use crate::{Answer, Json, Reason};

/// The decision about one person of a "before" callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It goes ahead.
    Allow,
    /// It stops.
    Refuse(Refusal),
}

/// What the user's client gets about a person who is refused.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/43468>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `ResultCode`.
    pub code: ResultCode,
    /// `ResultInfo`: the reason.
    pub info: String,
}

impl Refusal {
    /// A refusal and its reason.
    pub fn new(code: ResultCode, info: impl Into<String>) -> Self {
        Self {
            code,
            info: info.into(),
        }
    }
}

/// A `ResultCode` of the app: 38000 to 39000, the range that Tencent Chat's documents leave to it. Tencent Chat passes
/// such a code on to the client.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/43468>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResultCode(i32);

impl ResultCode {
    /// Takes a code between 38000 and 39000.
    ///
    /// # Errors
    ///
    /// For any other number.
    pub const fn new(code: i32) -> Result<Self, InvalidResultCode> {
        if 38000 <= code && code <= 39000 {
            Ok(Self(code))
        } else {
            Err(InvalidResultCode(code))
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }
}

/// A number outside 38000 to 39000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidResultCode(i32);

impl fmt::Display for InvalidResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResultCode {} is not between 38000 and 39000", self.0)
    }
}

impl std::error::Error for InvalidResultCode {}

/// The answer to a "before" callback of Tencent Chat: one decision for each person, in the order of the body. People
/// without a readable user id come last.
///
/// Only [`Before::decide`](super::Before::decide) makes it, so it has everybody. The documents do not say what happens
/// to a person who is missing. Its `ErrorCode` is always 0: another one means that this side failed, and allows
/// everybody.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/43468> and
/// <https://www.tencentcloud.com/document/product/1047/43467>.
///
/// ```
/// use imhook_protocol::tencent::{Before, Decision, PrevFriendAdd, Refusal, ResultCode};
///
/// let body = r#"{"From_Account": "ana", "FriendItem": [{"To_Account": "leo"}, {"To_Account": "bob"}]}"#;
/// let callback: PrevFriendAdd = imhook_protocol::read(body.as_bytes()).unwrap();
/// let decisions = callback.decide(|asked| match asked.to.as_str() {
///     "bob" => Decision::Refuse(Refusal::new(ResultCode::new(38001).unwrap(), "no")),
///     _ => Decision::Allow,
/// });
/// assert_eq!(
///     serde_json::to_string(&decisions).unwrap(),
///     concat!(
///         r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ResultItem":["#,
///         r#"{"To_Account":"leo","ResultCode":0,"ResultInfo":""},"#,
///         r#"{"To_Account":"bob","ResultCode":38001,"ResultInfo":"no"}]}"#
///     ),
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decisions(Vec<(String, Decision)>);

impl Decisions {
    pub(super) fn new(decisions: Vec<(String, Decision)>) -> Self {
        Self(decisions)
    }

    /// Each person, with the decision.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Decision)> {
        self.0
            .iter()
            .map(|(person, decision)| (person.as_str(), decision))
    }
}

impl<C: Before> Answer<C> for Decisions {
    fn unchanged(asked: &C) -> Self {
        asked.decide(|_| Decision::Allow)
    }

    fn unread(body: Json<'_>) -> Option<Self> {
        let people = body.members(C::LIST);
        let allowed = names(&people).map(|name| (name, Decision::Allow));
        Some(Self(allowed.collect()))
    }

    fn questions(&self) -> usize {
        self.0.len()
    }

    fn refuse(&mut self, question: usize, reason: &Reason) {
        let code = ResultCode::new(reason.code).expect("reasons have codes of their server");
        if let Some((_, decision)) = self.0.get_mut(question) {
            *decision = Decision::Refuse(Refusal::new(code, &reason.message));
        }
    }

    fn refused(&self, question: usize) -> Option<i32> {
        match self.0.get(question) {
            Some((_, Decision::Refuse(refusal))) => Some(refusal.code.get()),
            Some((_, Decision::Allow)) | None => None,
        }
    }

    fn over(self, earlier: Self) -> Self {
        let mut later = self.0.into_iter();
        let decided = earlier.0.into_iter().map(|(person, earlier)| {
            let later = later.next().map(|(_, decision)| decision);
            match (earlier, later) {
                (Decision::Allow, Some(later)) => (person, later),
                (earlier, _) => (person, earlier),
            }
        });
        Self(decided.collect())
    }
}

impl Serialize for Decisions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct ResultItem<'a> {
            #[serde(rename = "To_Account")]
            to: &'a str,
            result_code: i32,
            result_info: &'a str,
        }

        let items = self.0.iter().map(|(to, decision)| match decision {
            Decision::Allow => ResultItem {
                to,
                result_code: 0,
                result_info: "",
            },
            Decision::Refuse(Refusal { code, info }) => ResultItem {
                to,
                result_code: code.get(),
                result_info: info,
            },
        });
        let mut fields = serializer.serialize_struct("Decisions", 4)?;
        fields.serialize_field("ActionStatus", "OK")?;
        fields.serialize_field("ErrorCode", &0)?;
        fields.serialize_field("ErrorInfo", "")?;
        fields.serialize_field("ResultItem", &items.collect::<Vec<_>>())?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_that_reach_the_client_are_accepted() {
        for code in [i32::MIN, -1, 0, 1, 37999, 39001, i32::MAX] {
            assert!(ResultCode::new(code).is_err());
        }
        for code in [38000, 39000] {
            assert_eq!(ResultCode::new(code).unwrap().get(), code);
        }
    }
}
