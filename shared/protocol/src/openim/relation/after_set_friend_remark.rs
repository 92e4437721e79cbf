use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, When, openim::Noted};

/// `callbackAfterSetFriendRemarkCommand`: the private name that one user keeps for a friend was stored.
///
/// Only `POST /friend/set_friend_remark` causes this. Client SDKs since v3.8.1 set remarks through
/// `/friend/update_friends`, which sends no callback.
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackAfterSetFriendRemarkReq`;
/// <https://docs.openim.io/platform-api/webhooks/relation/after-set-friend-remark>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterSetFriendRemark {
    /// The user whose friend list holds the remark.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// The user whom the remark names.
    #[serde(rename = "friendUserID")]
    pub friend_user_id: UserId,
    /// The stored text. Empty if the remark was cleared.
    // Required: a missing remark must not be read as a cleared one.
    pub remark: String,
}

impl Callback for AfterSetFriendRemark {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterSetFriendRemarkCommand",
        earlier: &["callbackAfterSetFriendRemark"],
        switch: Some("afterSetFriendRemark"),
        family: Family::Relation,
        when: When::After,
        since: Some("v3.7.0"),
        sentence: "Somebody gave a friend a private name.",
    };
    type Event = relation::Event;
    type Answer = Noted;
}
