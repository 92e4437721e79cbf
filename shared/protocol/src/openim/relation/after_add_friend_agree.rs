//! `callbackAfterAddFriendAgreeCommand` (`afterAddFriendAgree` in `webhooks.yml`), sent since v3.8.1.
//!
//! <https://docs.openim.io/platform-api/webhooks/relation/after-add-friend-agree>

use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, When, openim::Noted};

/// A friend request was accepted: both users are on each other's friend list now.
///
/// An entry that existed keeps its remark. A pending request of the opposite direction is accepted with it,
/// without a callback of its own. Servers before v3.8.1 tell of no acceptance at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterAddFriendAgree {
    /// Who had asked for the friendship. The documents take it for the acting user
    /// ([deviation](crate::openim::deviations#who-accepts-is-called-blackuserid)).
    #[serde(rename = "fromUserID")]
    pub from_user_id: UserId,
    /// Who was asked and accepted.
    // The wire's name has nothing to do with block lists: see `deviations`.
    #[serde(rename = "blackUserID")]
    pub to_user_id: UserId,
    /// Always 1, "accepted"; see [`is_accepted`](Self::is_accepted).
    // These two start with a capital on the wire.
    #[serde(rename = "HandleResult")]
    pub handle_result: i32,
    /// What the accepting user wrote; may be empty.
    #[serde(rename = "HandleMsg", default)]
    pub handle_msg: FreeText,
}

impl AfterAddFriendAgree {
    /// Whether the answer was yes. No server says anything else today; one that told of refusals, too, must
    /// not make friends.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.handle_result == 1
    }
}

impl Callback for AfterAddFriendAgree {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterAddFriendAgreeCommand",
        earlier: &[],
        switch: Some("afterAddFriendAgree"),
        family: Family::Relation,
        when: When::After,
        since: Some("v3.8.1"),
        sentence: "Somebody accepted a friend request.",
    };
    type Event = relation::Event;
    type Answer = Noted;
}
