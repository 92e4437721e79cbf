//! `callbackAfterSetFriendRemarkCommand` (`afterSetFriendRemark` in `webhooks.yml`), sent since v3.7.0.
//!
//! <https://docs.openim.io/platform-api/webhooks/relation/after-set-friend-remark>

use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, When, openim::Noted};

/// The private name that one user keeps for a friend was stored.
///
/// Only for `POST /friend/set_friend_remark`: remarks set by client SDKs since v3.8.1 go through
/// `/friend/update_friends`, which sends no callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterSetFriendRemark {
    /// Whose friend list holds the remark.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// Whom the remark names.
    #[serde(rename = "friendUserID")]
    pub friend_user_id: UserId,
    /// The stored text; empty when the remark was cleared.
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
