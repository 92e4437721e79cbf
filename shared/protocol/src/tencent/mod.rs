//! Tencent Chat: a hosted chat server.
//!
//! It POSTs every command of an app to one URL and names the command in the query (see [`Query`]),
//! waits two seconds, and takes a status other than 200 or a body that is not JSON as a failure.
//!
//! <https://www.tencentcloud.com/document/product/1047/34354>

mod answer;
mod decision;
mod query;
pub(crate) mod relation;
pub(crate) mod user;

pub use answer::{Answer, Noted};
pub use decision::{Decision, Decisions, InvalidResultCode, Refusal, ResultCode};
pub use query::Query;
pub use relation::*;
pub use user::*;

use domain::{Question, UserId};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{Callback, Json, Members, read::Any};

/// The body of one "before" callback command: what a client is about to do about several people. Tencent Chat
/// waits for [`Decisions`], and goes ahead when none arrive, unless the console says otherwise.
///
/// Only clients cause it: what the app's backend does through the REST API is not asked about.
pub trait Before: Callback {
    /// What is said about one person.
    type Item: Person;

    /// The member of the body that lists the people.
    const LIST: &'static str;

    /// Every person who is decided about, in the order of the body.
    fn people(&self) -> &Members<Self::Item>;

    /// Decides about every person. Those who are named by no user id are not asked about: they are allowed here, and
    /// the receiver decides about them.
    fn decide(&self, mut decide: impl FnMut(&Self::Item) -> Decision) -> Decisions {
        let people = self.people();
        let decided = people
            .iter()
            .map(|person| (person.to().to_string(), decide(person)));
        let others = names(people.left_out()).map(|name| (name, Decision::Allow));
        Decisions::new(decided.chain(others).collect())
    }
}

/// Somebody who is decided about.
pub trait Person: DeserializeOwned + Send + Sync + 'static {
    /// Who.
    fn to(&self) -> &UserId;
}

/// By what people are called who have no user id, as far as they are called anything.
fn names(people: &[String]) -> impl Iterator<Item = String> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "To_Account", default)]
        to: Option<Any>,
    }

    people.iter().filter_map(|person| {
        let Named { to } = Json::new(person).ok()?.read().ok()?.callback;
        match to? {
            Any::Text(name) => Some(name),
            Any::Integer(number) => Some(number.to_string()),
            Any::Null | Any::Odd => None,
        }
    })
}

/// A question about everybody who has no user id.
fn unreadable<'a, T>(people: &'a Members<T>) -> impl Iterator<Item = Question<'a>> {
    names(people.left_out()).map(|_| Question::unreadable())
}
