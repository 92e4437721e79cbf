//! Tencent Chat: a hosted chat server.
//!
//! It POSTs every command of an app to one URL and names the command in the query (see [`Query`]),
//! waits two seconds, and takes a status other than 200 or a body that is not JSON as a failure.
//!
//! <https://www.tencentcloud.com/document/product/1047/34354>

mod after_follow_add;
mod after_follow_delete;
mod answer;
mod black_list_add;
mod black_list_delete;
mod decision;
mod friend_add;
mod friend_delete;
mod number;
mod pair;
mod portrait_set;
mod prev_friend_add;
mod prev_friend_response;
mod query;

pub use after_follow_add::{AfterFollowAdd, Followed};
pub use after_follow_delete::AfterFollowDelete;
pub use answer::Answer;
pub use black_list_add::BlackListAdd;
pub use black_list_delete::BlackListDelete;
pub use decision::{Decision, Decisions, InvalidResultCode, Refusal, ResultCode};
pub use friend_add::{AddedPair, FriendAdd};
pub use friend_delete::FriendDelete;
pub use pair::Pair;
pub use portrait_set::{PortraitSet, ProfileField, ProfileValue};
pub use prev_friend_add::{AskedFriend, PrevFriendAdd};
pub use prev_friend_response::{FriendResponse, PrevFriendResponse, ResponseAction};
pub use query::Query;

use domain::UserId;
use serde::de::DeserializeOwned;

/// The body of one "after" callback command: what has happened.
pub trait Callback: DeserializeOwned {
    /// The command: the query's `CallbackCommand`, and the body's where it has one.
    const COMMAND: &'static str;
}

/// The body of one "before" callback command: what a client is about to do about several people. Tencent Chat
/// waits for [`Decisions`], and goes ahead when none arrive, unless the console says otherwise.
///
/// Only clients cause it: what the app's backend does through the REST API is not asked about.
pub trait Before: DeserializeOwned {
    /// As [`Callback::COMMAND`].
    const COMMAND: &'static str;
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

/// Every command that this crate has a type for.
pub const COMMANDS: &[&str] = &[
    AfterFollowAdd::COMMAND,
    AfterFollowDelete::COMMAND,
    BlackListAdd::COMMAND,
    BlackListDelete::COMMAND,
    FriendAdd::COMMAND,
    FriendDelete::COMMAND,
    PortraitSet::COMMAND,
    PrevFriendAdd::COMMAND,
    PrevFriendResponse::COMMAND,
];
