use domain::{
    Family, Source, Timestamp,
    call::{self, What},
};
use serde::{Deserialize, Serialize};

use super::{CallAccount, CallMember, cut, plain};
use crate::{
    Callback, Command, FreeText, Members, Number, When,
    read::list_or_none,
    tencent::{Noted, TextOrNumber},
};

/// `Call.CallbackAfterMemberChanged`: users accepted or declined a call, hung up, joined, were called, or lost the
/// connection. Sent since 2025.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/647/69215>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterMemberChanged {
    /// The call's id.
    // At the top here, but inside an object in the other commands about calls.
    #[serde(
        rename = "CallId",
        default,
        skip_serializing_if = "TextOrNumber::is_missing"
    )]
    pub call_id: TextOrNumber,
    /// Who is in the call now, or is being called.
    #[serde(
        rename = "UserList",
        default,
        deserialize_with = "list_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub users: Option<Members<CallMember>>,
    /// Who did something.
    #[serde(rename = "ChangedUserList")]
    pub changed: Members<ChangedCallMember>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// A user who did something about a call.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/647/69215>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangedCallMember {
    /// The user.
    #[serde(rename = "User_Account")]
    pub user: CallAccount,
    /// What the user did. The documents spell most words in several ways: `HangUp`, `Hangup` and `Hang Up`.
    #[serde(rename = "ActionType", default)]
    pub action_type: FreeText,
}

impl AfterMemberChanged {
    /// The call's id, if there is one.
    #[must_use]
    pub fn call(&self) -> Option<String> {
        self.call_id.some()
    }

    /// The time of `event_time`, if it is one.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.event_time.time()
    }
}

impl ChangedCallMember {
    /// What the user did.
    #[must_use]
    pub fn what(&self) -> What {
        match plain(&self.action_type).as_str() {
            "accept" | "accepted" | "answer" => What::Accepted,
            "reject" | "rejected" => What::Declined,
            "notanswer" | "noanswer" => What::NotAnswered,
            "hangup" => What::HungUp,
            "join" | "joined" => What::Joined,
            "offline" => What::DroppedOut,
            "invite" | "invited" => What::Invited,
            // One page has two n's.
            "cancelinvite" | "canncelinvite" => What::Uninvited,
            _ => What::Other(cut(&self.action_type)),
        }
    }
}

impl From<ChangedCallMember> for call::CallChange {
    fn from(changed: ChangedCallMember) -> Self {
        Self {
            what: changed.what(),
            user: changed.user.id,
        }
    }
}

impl Callback for AfterMemberChanged {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Call.CallbackAfterMemberChanged",
        earlier: &[],
        switch: None,
        family: Family::Call,
        when: When::After,
        since: Some("2025"),
        sentence: "Users came into a call, left it, or answered it.",
    };
    type Event = call::Event;
    type Answer = Noted;
}
