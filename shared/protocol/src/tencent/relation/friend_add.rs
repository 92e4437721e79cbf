//! `Sns.CallbackFriendAdd`.
//!
//! <https://www.tencentcloud.com/document/product/1047/34359>

use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, Members, Number, When, tencent::Noted};

/// Entries were added to friend lists.
///
/// Sent after somebody who lets anybody do so was added, after a one-way addition, after a request was accepted,
/// and after an administrator forced it; not after `v4/sns/friend_import`. It carries no time and no
/// identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FriendAdd {
    /// The entries that were really added, in the order of the body. Each is one direction; a two-way addition
    /// is expected to list both, and nothing but the list tells.
    #[serde(rename = "PairList")]
    pub pairs: Members<AddedPair>,
    /// What caused it: `friend_add` or `FriendAdd`, `friend_response` or `FriendResponse`.
    #[serde(rename = "ClientCmd", skip_serializing_if = "Option::is_none")]
    pub client_cmd: Option<FreeText>,
    /// The administrator, when the app's backend did it; otherwise empty.
    #[serde(rename = "Admin_Account", skip_serializing_if = "Option::is_none")]
    pub admin: Option<FreeText>,
    /// 1 when an administrator forced it. The documents' sample contradicts its own description, so do not
    /// conclude from it.
    // `ForceAddFlags` in the callback before.
    #[serde(rename = "ForceFlag", default, skip_serializing_if = "Number::is_none")]
    pub force_flag: Number,
}

/// A new entry of one user's friend list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AddedPair {
    /// Whose list changed.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// Who is on it now.
    #[serde(rename = "To_Account")]
    pub to: UserId,
    /// Who asked first.
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
