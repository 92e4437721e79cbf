//! `callbackBeforeAddFriendAgreeCommand` (`beforeAddFriendAgree` in `webhooks.yml`), sent since v3.4.2.
//!
//! <https://docs.openim.io/platform-api/webhooks/relation/before-add-friend-agree>

use domain::UserId;
use serde::{Deserialize, Serialize};

use super::{Before, NoAmendment};

/// Somebody is about to accept a friend request.
///
/// Sent before the server looks for the request: it may not exist, or have been answered. A refusal of
/// a request sends no callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeAddFriendAgree {
    /// Who had asked for the friendship, not who acts now.
    #[serde(rename = "fromUserID")]
    pub from_user_id: UserId,
    /// Who was asked and accepts.
    // The wire's name has nothing to do with block lists: see `deviations`.
    #[serde(rename = "blackUserID")]
    pub to_user_id: UserId,
    /// Always 1, "accepted".
    // These two start with a capital on the wire.
    #[serde(rename = "HandleResult")]
    pub handle_result: i32,
    /// What the accepting user wrote; may be empty.
    #[serde(rename = "HandleMsg", default)]
    pub handle_msg: String,
}

impl Before for BeforeAddFriendAgree {
    const COMMAND: &'static str = "callbackBeforeAddFriendAgreeCommand";
    type Amendment = NoAmendment;
}
