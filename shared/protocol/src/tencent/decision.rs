use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{
    Before, Code, GroupCode, MessageCode, ResultCode, TO_ACCOUNT,
    answer::{begin, write},
    names,
};
use crate::{Answer, Callback, Json, Members, Reason};

/// A decision about one thing that a "before" callback asks: about one person ([`ResultCode`]), or about the whole
/// callback (the other codes).
///
/// As an answer to a whole callback, it has `ErrorCode` 0 or the code of the refusal. Its `ActionStatus` is always `OK`,
/// because the documents do not say what `FAIL` does here.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34374>.
///
/// ```
/// use imhook_protocol::tencent::{Decision, GroupCode, Refusal};
///
/// let refused = Decision::Refuse(Refusal::new(GroupCode::new(10101).unwrap(), "no more groups"));
/// assert_eq!(
///     serde_json::to_string(&refused).unwrap(),
///     r#"{"ActionStatus":"OK","ErrorCode":10101,"ErrorInfo":"no more groups"}"#,
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<Code = ResultCode> {
    /// It goes ahead.
    Allow,
    /// It stops.
    Refuse(Refusal<Code>),
}

impl<C: Code> Decision<C> {
    fn refused(reason: &Reason) -> Self {
        Self::Refuse(Refusal::new(C::of(reason), &reason.message))
    }

    /// The code of the refusal.
    fn code(&self) -> Option<i32> {
        match self {
            Self::Allow => None,
            Self::Refuse(refusal) => Some(refusal.code.get()),
        }
    }

    /// What an earlier decision refuses stays refused.
    fn over(self, earlier: Self) -> Self {
        match earlier {
            Self::Allow => self,
            Self::Refuse(_) => earlier,
        }
    }
}

/// What the user's client gets if something is refused.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/43468>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal<Code = ResultCode> {
    /// `ResultCode` or `ErrorCode`.
    pub code: Code,
    /// `ResultInfo` or `ErrorInfo`: the reason.
    pub info: String,
}

impl<Code> Refusal<Code> {
    /// A refusal and its reason.
    pub fn new(code: Code, info: impl Into<String>) -> Self {
        Self {
            code,
            info: info.into(),
        }
    }
}

/// The answer to a "before" callback about friends: one decision for each person, in the order of the body. People
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
pub struct Decisions(Each<ResultCode>);

impl Decisions {
    pub(super) fn new(decisions: Each<ResultCode>) -> Self {
        Self(decisions)
    }

    /// Each person, with the decision.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Decision)> {
        self.0.iter()
    }
}

impl<C: Before> Answer<C> for Decisions {
    const EACH: bool = true;

    fn unchanged(asked: &C) -> Self {
        asked.decide(|_| Decision::Allow)
    }

    fn unread(body: Json<'_>) -> Option<Self> {
        Some(Self(Each::allowed(&body.members(C::LIST), TO_ACCOUNT)))
    }

    fn questions(&self) -> usize {
        self.0.len()
    }

    fn refuse(&mut self, question: usize, reason: &Reason) {
        self.0.refuse(question, reason);
    }

    fn refused(&self, question: usize) -> Option<i32> {
        self.0.refused(question)
    }

    fn over(self, earlier: Self) -> Self {
        Self(self.0.over(earlier.0))
    }
}

/// A decision for each person. The people are those of the callback, so all answers to one callback have the same people
/// in the same order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Each<Code>(Vec<(String, Decision<Code>)>);

impl<C: Code> Each<C> {
    /// The decisions about the people of a list, and then about its members that have only a name: these are allowed.
    /// `key` is the field with the name.
    pub(super) fn of<T>(
        people: &Members<T>,
        key: &'static str,
        mut decide: impl FnMut(&T) -> (String, Decision<C>),
    ) -> Self {
        let decided = people.iter().map(&mut decide);
        let Self(others) = Self::allowed(people.left_out(), key);
        Self(decided.chain(others).collect())
    }

    /// Allows all people who have a name.
    pub(super) fn allowed(people: &[String], key: &'static str) -> Self {
        Self(
            names(people, key)
                .map(|name| (name, Decision::Allow))
                .collect(),
        )
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Decision<C>)> {
        self.0
            .iter()
            .map(|(person, decision)| (person.as_str(), decision))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn refuse(&mut self, question: usize, reason: &Reason) {
        if let Some((_, decision)) = self.0.get_mut(question) {
            *decision = Decision::refused(reason);
        }
    }

    pub(super) fn refused(&self, question: usize) -> Option<i32> {
        let (_, decision) = self.0.get(question)?;
        decision.code()
    }

    pub(super) fn over(self, earlier: Self) -> Self {
        let mut later = self.0.into_iter();
        let decided = earlier
            .0
            .into_iter()
            .map(|(person, earlier)| match later.next() {
                Some((_, later)) => (person, later.over(earlier)),
                None => (person, earlier),
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

        let items = self.iter().map(|(to, decision)| match decision {
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
        let mut fields = begin(serializer, 1, "OK", 0, "")?;
        fields.serialize_field("ResultItem", &items.collect::<Vec<_>>())?;
        fields.end()
    }
}

/// Implements the answer to a whole callback, for the codes that Tencent Chat reads there.
macro_rules! whole {
    ($($Code:ident),+) => {
        $(impl<C: Callback> Answer<C> for Decision<$Code> {
            fn unchanged(_: &C) -> Self {
                Self::Allow
            }

            fn unread(_: Json<'_>) -> Option<Self> {
                Some(Self::Allow)
            }

            fn questions(&self) -> usize {
                1
            }

            fn refuse(&mut self, _: usize, reason: &Reason) {
                *self = Self::refused(reason);
            }

            fn refused(&self, _: usize) -> Option<i32> {
                self.code()
            }

            fn over(self, earlier: Self) -> Self {
                self.over(earlier)
            }
        }

        impl Serialize for Decision<$Code> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    Self::Allow => write(serializer, "OK", 0, ""),
                    Self::Refuse(Refusal { code, info }) => write(serializer, "OK", code.get(), info),
                }
            }
        })+
    };
}

whole!(GroupCode, MessageCode);
