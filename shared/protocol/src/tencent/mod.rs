//! Tencent Chat: a hosted chat server.
//!
//! It POSTs every command of an app to one URL and names the command in the query (see [`Query`]),
//! waits two seconds, and takes a status other than 200 or a body that is not JSON as a failure.
//!
//! <https://www.tencentcloud.com/document/product/1047/34354>

mod answer;
mod decision;
mod number;
mod query;
pub(crate) mod relation;
pub(crate) mod user;

pub use answer::{Answer, Noted};
pub use decision::{Decision, Decisions, InvalidResultCode, Refusal, ResultCode};
pub use number::Number;
pub use query::Query;
pub use relation::*;
pub use user::*;

use domain::UserId;

use crate::Callback;

/// The body of one "before" callback command: what a client is about to do about several people. Tencent Chat
/// waits for [`Decisions`], and goes ahead when none arrive, unless the console says otherwise.
///
/// Only clients cause it: what the app's backend does through the REST API is not asked about.
pub trait Before: Callback {
    /// What is said about one person.
    type Item;

    /// Every person who is decided about, in the order of the body.
    fn items(&self) -> impl Iterator<Item = (&UserId, &Self::Item)>;

    /// Decides about every person.
    fn decide(&self, mut decide: impl FnMut(&Self::Item) -> Decision) -> Decisions {
        let decided = self.items().map(|(to, item)| (to.clone(), decide(item)));
        Decisions::new(decided.collect())
    }
}
