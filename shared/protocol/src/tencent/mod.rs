//! Tencent Chat: a hosted chat server.
//!
//! It POSTs all commands of an app to one URL and names the command in the query: see [`Query`]. It waits two seconds.
//! A status other than 200 and a body that is not JSON count as failures.
//!
//! Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34354>.

/// Declares a callback about one official account. All of them have the fields that are written here; `fields` are its
/// own.
macro_rules! about_an_official_account {
    (
        $(#[$attribute:meta])*
        $vis:vis struct $Type:ident {
            $($fields:tt)*
        }
    ) => {
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        $(#[$attribute])*
        #[non_exhaustive]
        $vis struct $Type {
            /// The official account: `@TOA#_` and a name.
            #[serde(rename = "Official_Account")]
            pub channel: UserId,
            $($fields)*
            /// The time of the event, in Unix milliseconds.
            #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
            pub event_time: Number,
        }
    };
}

mod account;
mod answer;
pub(crate) mod call;
mod changed;
pub(crate) mod channel;
mod decision;
pub(crate) mod group;
mod kept_out;
pub(crate) mod message;
mod message_decision;
pub(crate) mod moderation;
pub(crate) mod operations;
mod own_code;
pub(crate) mod presence;
pub(crate) mod push;
mod query;
pub(crate) mod relation;
mod reply;
mod text_or_number;
pub(crate) mod user;

pub use account::Account;
pub use answer::{Answer, Noted};
pub use call::*;
pub use channel::*;
pub use decision::{Decision, Decisions, Refusal};
pub use group::*;
pub use kept_out::{KeptOut, LetsIn};
pub use message::*;
pub use message_decision::{AmendedMessage, MessageDecision};
pub use moderation::*;
pub use operations::*;
pub use own_code::{Code, GroupCode, InvalidCode, MessageCode, NoOwnCode, OwnCode, ResultCode};
pub use presence::*;
pub use push::*;
pub use query::Query;
pub use relation::*;
pub use reply::Reply;
pub use text_or_number::TextOrNumber;
pub use user::*;

use domain::{Question, UserId};
use serde::de::DeserializeOwned;

use crate::{Callback, Json, Members, read::Any};
use decision::Each;

/// The body of a "before" callback about friends: what a client is about to do about several people. Tencent Chat waits
/// for [`Decisions`]. If none arrive it goes ahead, unless the console says otherwise.
///
/// Only clients cause it. Tencent Chat does not ask about calls of its REST API.
pub trait Before: Callback {
    /// What the body says about one person.
    type Item: Person;

    /// The field of the body with the list of people.
    const LIST: &'static str;

    /// The people who are decided about, in the order of the body.
    fn people(&self) -> &Members<Self::Item>;

    /// Decides about every person. It does not call `decide` for people without a readable user id. They are allowed,
    /// and the caller can refuse them with [`Answer::refuse`](crate::Answer::refuse).
    fn decide(&self, mut decide: impl FnMut(&Self::Item) -> Decision) -> Decisions {
        let decide = |person: &Self::Item| (person.to().to_string(), decide(person));
        Decisions::new(Each::of(self.people(), TO_ACCOUNT, decide))
    }
}

/// A person who is decided about.
pub trait Person: DeserializeOwned + Send + Sync + 'static {
    /// The person's user id.
    fn to(&self) -> &UserId;
}

/// The field with the name of a person in a "before" callback about friends.
const TO_ACCOUNT: &str = "To_Account";

/// The names of people who have no valid user id. `key` is the field with the name. People without any name are left
/// out.
fn names(people: &[String], key: &'static str) -> impl Iterator<Item = String> {
    people.iter().filter_map(move |person| {
        let name = Json::new(person).ok()?.field(key)?;
        match name.read().ok()?.callback {
            Any::Text(name) => Some(name),
            Any::Integer(number) => Some(number.to_string()),
            Any::Null | Any::Odd => None,
        }
    })
}

/// Whether there is somebody among them who has a name but no valid user id.
fn names_somebody(people: &[String], key: &'static str) -> bool {
    names(people, key).any(|name| !name.is_empty())
}

/// A question about each person who has a name but no valid user id. `key` is the field with the name.
fn unreadable<'a, T>(
    people: &'a Members<T>,
    key: &'static str,
) -> impl Iterator<Item = Question<'a>> {
    names(people.left_out(), key).map(|_| Question::unreadable())
}
