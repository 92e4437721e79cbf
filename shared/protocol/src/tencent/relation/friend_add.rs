use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, Members, Number, When, tencent::Noted};

/// `Sns.CallbackFriendAdd`: entries were added to friend lists.
///
/// Four things cause it: the addition of a user who allows anyone to add them, a one-way addition, an accepted request,
/// and an addition that an administrator forces. `v4/sns/friend_import` does not cause it. It carries no time and no
/// identifier.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34359>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FriendAdd {
    /// The entries that were really added, in the order of the body. Each entry is one direction. A two-way addition
    /// probably lists both directions. Believe only the list.
    #[serde(rename = "PairList")]
    pub pairs: Members<AddedPair>,
    /// The cause: `friend_add` or `FriendAdd` for a request, `friend_response` or `FriendResponse` for an acceptance.
    #[serde(rename = "ClientCmd", skip_serializing_if = "Option::is_none")]
    pub client_cmd: Option<FreeText>,
    /// The administrator, if the app's backend caused it. Otherwise empty.
    #[serde(rename = "Admin_Account", skip_serializing_if = "Option::is_none")]
    pub admin: Option<FreeText>,
    /// 1 if an administrator forced it. Do not rely on it: the document's sample contradicts its own description.
    // `ForceAddFlags` in `PrevFriendAdd`.
    #[serde(rename = "ForceFlag", default, skip_serializing_if = "Number::is_none")]
    pub force_flag: Number,
}

/// A new entry of one user's friend list.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34359>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AddedPair {
    /// The user whose list changed.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// The user who is on it now.
    #[serde(rename = "To_Account")]
    pub to: UserId,
    /// The user who asked first.
    #[serde(rename = "Initiator_Account", skip_serializing_if = "Option::is_none")]
    pub initiator: Option<FreeText>,
}

impl Callback for FriendAdd {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Sns.CallbackFriendAdd",
        earlier: &[],
        switch: None,
        family: Family::Relation,
        when: When::After,
        since: None,
        sentence: "Friends were added.",
    };
    type Event = relation::Event;
    type Answer = Noted;
}
