use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, When, openim::Noted};

/// `callbackAfterAddFriendAgreeCommand`: a friend request was accepted. Both users are on each other's friend list now.
///
/// An entry that existed before keeps its remark. A pending request in the opposite direction is accepted with it,
/// without another callback. Servers before v3.8.1 report no acceptance.
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackAfterAddFriendAgreeReq`;
/// <https://docs.openim.io/platform-api/webhooks/relation/after-add-friend-agree>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterAddFriendAgree {
    /// The user who had asked for the friendship. The documents call this the acting user
    /// ([deviation](crate::openim::deviations#who-accepts-is-called-blackuserid)).
    #[serde(rename = "fromUserID")]
    pub from_user_id: UserId,
    /// The user who was asked and accepted.
    // The wire name has nothing to do with block lists: see `deviations`.
    #[serde(rename = "blackUserID")]
    pub to_user_id: UserId,
    /// Always 1, "accepted"; see [`is_accepted`](Self::is_accepted).
    // The wire names of this field and the next begin with a capital.
    #[serde(rename = "HandleResult")]
    pub handle_result: i32,
    /// The text of the accepting user; may be empty.
    #[serde(rename = "HandleMsg", default)]
    pub handle_msg: FreeText,
}

impl AfterAddFriendAgree {
    /// Whether the request was accepted. No server sends anything else today. If a future one also reports refusals,
    /// they must not make friends.
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
