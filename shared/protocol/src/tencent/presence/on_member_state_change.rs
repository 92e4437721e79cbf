use domain::{Family, GroupId, Source, UserId, presence};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, Members, Needs, When, tencent::Noted};

/// `Group.CallbackOnMemberStateChange`: members of a live group lost their connections, or are connected again.
///
/// A member counts as gone after 20 seconds without any connection. Tencent Chat sends this only if "group member online
/// status" is also switched on in the console. It carries no time and no identifier.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/48734>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OnMemberStateChange {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group: GroupId,
    /// Its kind, which is always `AVChatRoom`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// What happened: `Offline` or `Online`.
    #[serde(rename = "EventType")]
    pub event_type: FreeText,
    /// The members to whom it happened.
    #[serde(rename = "MemberList")]
    pub members: Members<ChangedMember>,
}

/// Whether members are connected.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/48734>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberState {
    /// They have no connection any more.
    Offline,
    /// They are connected again.
    Online,
    /// Anything else.
    Other,
}

/// One member.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/48734>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangedMember {
    /// The user.
    #[serde(rename = "Member_Account")]
    pub user: UserId,
}

impl OnMemberStateChange {
    /// What happened.
    #[must_use]
    pub fn state(&self) -> MemberState {
        match &*self.event_type {
            "Offline" => MemberState::Offline,
            "Online" => MemberState::Online,
            _ => MemberState::Other,
        }
    }
}

impl Callback for OnMemberStateChange {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackOnMemberStateChange",
        earlier: &[],
        switch: None,
        family: Family::Presence,
        when: When::After,
        since: None,
        sentence: "Members of a live group lost their connections, or are connected again.",
    };
    const NEEDS: Option<Needs> = Some(Needs {
        probably: Some("only for live groups (AVChatRoom)"),
        ..Needs::feature("the feature \"group member online status\"")
    });
    type Event = presence::Event;
    type Answer = Noted;
}
