//! `callbackBeforeSetFriendRemarkCommand` (`beforeSetFriendRemark` in `webhooks.yml`), sent since v3.7.0.
//!
//! <https://docs.openim.io/platform-api/webhooks/relation/before-set-friend-remark>

use domain::UserId;
use serde::{Deserialize, Serialize};

use super::Before;

/// Somebody asks to set the private name that one user keeps for a friend.
///
/// **Not authorized yet**: the server asks before it checks who the caller is, so any user who is logged in
/// can cause it with the id of another as the owner. Nor need the two be friends.
///
/// Only for `POST /friend/set_friend_remark`, as [`AfterSetFriendRemark`](super::AfterSetFriendRemark).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeSetFriendRemark {
    /// Whose friend list is to hold the remark.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// Whom the remark is to name.
    #[serde(rename = "friendUserID")]
    pub friend_user_id: UserId,
    /// The proposed text; empty to clear the remark.
    pub remark: String,
}

impl Before for BeforeSetFriendRemark {
    const COMMAND: &'static str = "callbackBeforeSetFriendRemarkCommand";
    type Amendment = AmendedRemark;
}

/// The remark that is set in the place of the proposed one. Never empty: the server ignores an empty remark
/// and sets the proposed one, so a remark cannot be cleared by an answer.
///
/// ```
/// use protocol::openim::AmendedRemark;
///
/// assert_eq!(AmendedRemark::new(""), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AmendedRemark {
    remark: String,
}

impl AmendedRemark {
    /// The new text; `None` when it is empty.
    #[must_use]
    pub fn new(remark: impl Into<String>) -> Option<Self> {
        let remark = remark.into();
        (!remark.is_empty()).then_some(Self { remark })
    }
}
