//! `callbackBeforeAddFriendCommand` (`beforeAddFriend` in `webhooks.yml`), sent since v3.0.0.
//!
//! <https://docs.openim.io/platform-api/webhooks/relation/before-add-friend>

use domain::UserId;
use serde::{Deserialize, Serialize};

use super::{Before, NoAmendment};

/// Somebody asks for a friendship, and nothing is stored yet.
///
/// Sent for every repeated request, too, also when both are friends already. The asked user need not exist:
/// the server looks only afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BeforeAddFriend {
    /// Who asks for the friendship.
    #[serde(rename = "fromUserID")]
    pub from_user_id: UserId,
    /// Who is asked.
    #[serde(rename = "toUserID")]
    pub to_user_id: UserId,
    /// The greeting; may be empty.
    #[serde(default)]
    pub req_msg: String,
    /// Free text of the app; may be empty. The callback after it does not repeat it.
    // The documents' example leaves it out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ex: String,
}

impl Before for BeforeAddFriend {
    const COMMAND: &'static str = "callbackBeforeAddFriendCommand";
    type Amendment = NoAmendment;
}
