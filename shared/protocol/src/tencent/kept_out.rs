use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{
    Code, Decision, GroupCode, Person, Refusal,
    answer::{begin, write},
    decision::Each,
};
use crate::{Answer, Callback, Json, Members, Reason};

/// The body of a "before" callback: several people are about to be let in. Tencent Chat waits for [`KeptOut`]. If it
/// does not arrive, all of them get in, unless the console says otherwise.
pub trait LetsIn: Callback {
    /// What the body says about one person.
    type Item: Person;

    /// The code that the answer has if nobody gets in.
    type Code: Code;

    /// The field of the body with the list of people.
    const LIST: &'static str;

    /// The field with the name of a person.
    const NAME: &'static str;

    /// The field of the answer with the names of those who are kept out.
    const KEPT_OUT: &'static str;

    /// The people who are decided about, in the order of the body.
    fn people(&self) -> &Members<Self::Item>;

    /// Decides about every person. It does not call `decide` for people without a readable user id. They are allowed,
    /// and the caller can refuse them with [`Answer::refuse`](crate::Answer::refuse).
    fn decide(
        &self,
        mut decide: impl FnMut(&Self::Item) -> Decision<Self::Code>,
    ) -> KeptOut<Self::Code> {
        let decide = |person: &Self::Item| (person.to().to_string(), decide(person));
        KeptOut {
            list: Self::KEPT_OUT,
            people: Each::of(self.people(), Self::NAME, decide),
        }
    }
}

/// The answer to a "before" callback of Tencent Chat about people who are about to be let in: who is kept out.
///
/// If some are kept out, its `ErrorCode` is 0, and a list names them. Their clients get no reason. If everybody is kept
/// out, it is a refusal of the whole, with the code and the reason of the first person. `Code` is
/// [`GroupCode`](super::GroupCode) for groups, and [`NoOwnCode`](super::NoOwnCode) for official accounts.
///
/// Only [`LetsIn::decide`] makes it, so it has everybody.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34371>.
///
/// ```
/// use imhook_protocol::tencent::{BeforeInviteJoinGroup, Decision, GroupCode, LetsIn, Refusal};
///
/// let body = r#"{"GroupId": "hike", "Operator_Account": "ana",
///     "DestinationMembers": [{"Member_Account": "leo"}, {"Member_Account": "bob"}]}"#;
/// let callback: BeforeInviteJoinGroup = imhook_protocol::read(body.as_bytes()).unwrap();
/// let refused = || Decision::Refuse(Refusal::new(GroupCode::new(10101).unwrap(), "no"));
///
/// let some = callback.decide(|invited| match invited.user.as_str() {
///     "bob" => refused(),
///     _ => Decision::Allow,
/// });
/// assert_eq!(
///     serde_json::to_string(&some).unwrap(),
///     r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","RefusedMembers_Account":["bob"]}"#,
/// );
/// assert_eq!(
///     serde_json::to_string(&callback.decide(|_| refused())).unwrap(),
///     r#"{"ActionStatus":"OK","ErrorCode":10101,"ErrorInfo":"no"}"#,
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptOut<Code = GroupCode> {
    list: &'static str,
    people: Each<Code>,
}

impl<C: Code> KeptOut<C> {
    /// Each person, with the decision.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Decision<C>)> {
        self.people.iter()
    }
}

impl<C: LetsIn> Answer<C> for KeptOut<C::Code> {
    const EACH: bool = true;

    fn unchanged(asked: &C) -> Self {
        asked.decide(|_| Decision::Allow)
    }

    fn unread(body: Json<'_>) -> Option<Self> {
        Some(Self {
            list: C::KEPT_OUT,
            people: Each::allowed(&body.members(C::LIST), C::NAME),
        })
    }

    fn questions(&self) -> usize {
        self.people.len()
    }

    fn refuse(&mut self, question: usize, reason: &Reason) {
        self.people.refuse(question, reason);
    }

    fn refused(&self, question: usize) -> Option<i32> {
        self.people.refused(question)
    }

    fn over(self, earlier: Self) -> Self {
        Self {
            people: self.people.over(earlier.people),
            ..self
        }
    }
}

impl<C: Code> Serialize for KeptOut<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let refused = self.iter().filter_map(|(person, decision)| match decision {
            Decision::Allow => None,
            Decision::Refuse(refusal) => Some((person, refusal)),
        });
        let (names, refusals): (Vec<&str>, Vec<&Refusal<C>>) = refused.unzip();
        match refusals.first() {
            None => write(serializer, "OK", 0, ""),
            Some(first) if refusals.len() == self.people.len() => {
                write(serializer, "OK", first.code.get(), &first.info)
            }
            Some(_) => {
                let mut fields = begin(serializer, 1, "OK", 0, "")?;
                fields.serialize_field(self.list, &names)?;
                fields.end()
            }
        }
    }
}
