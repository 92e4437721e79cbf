//! `Sns.CallbackPrevFriendAdd`.
//!
//! <https://www.tencentcloud.com/document/product/1047/43468>

use domain::UserId;
use serde::{Deserialize, Serialize};

use super::{Before, number::number_or_text};

/// A client asks for friendships, and nothing is done yet.
///
/// The REST API's `friend_add` does not send it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PrevFriendAdd {
    /// Who is logged in; the same as `from` in practice.
    #[serde(rename = "Requester_Account", skip_serializing_if = "Option::is_none")]
    pub requester: Option<String>,
    /// For whom friends are asked.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// Who is asked, one by one.
    #[serde(rename = "FriendItem")]
    pub friends: Vec<AskedFriend>,
    /// `Add_Type_Both` or `Add_Type_Single`.
    #[serde(rename = "AddType", skip_serializing_if = "Option::is_none")]
    pub add_type: Option<String>,
    /// 1 when it is forced.
    // `ForceFlag` in the callback after.
    #[serde(
        rename = "ForceAddFlags",
        default,
        deserialize_with = "number_or_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub force_add_flags: Option<i64>,
    /// Unix milliseconds.
    #[serde(
        rename = "EventTime",
        default,
        deserialize_with = "number_or_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub event_time: Option<i64>,
}

/// One person who is asked for friendship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AskedFriend {
    /// Who.
    #[serde(rename = "To_Account")]
    pub to: UserId,
    /// The private name that `from` gives.
    #[serde(rename = "Remark", skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// The group of friends to put the person into.
    // `TagName` in the callback about the answer.
    #[serde(rename = "GroupName", skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// `AddSource_Type_` and a word of the client.
    #[serde(rename = "AddSource", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The message to the person.
    #[serde(rename = "AddWording", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Before for PrevFriendAdd {
    const COMMAND: &'static str = "Sns.CallbackPrevFriendAdd";
    type Item = AskedFriend;

    fn items(&self) -> impl Iterator<Item = (&UserId, &AskedFriend)> {
        self.friends.iter().map(|friend| (&friend.to, friend))
    }
}
