use domain::{Family, GroupId, Source, UserId, group::Event};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, Members, When, openim::Noted};

/// `callbackAfterKickGroupCommand`: members were removed from a group. The body does not say who removed them.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackKillGroupMemberReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/after-kick-group-member>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterKickGroupMember {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// The former members.
    #[serde(rename = "kickedUserIDs")]
    pub kicked_user_ids: Members<UserId>,
    /// Why; may be empty.
    #[serde(default)]
    pub reason: FreeText,
}

impl Callback for AfterKickGroupMember {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterKickGroupCommand",
        earlier: &["callbackKillGroupCommand"],
        switch: Some("afterKickGroupMember"),
        family: Family::Group,
        when: When::After,
        since: Some("v3.7.0"),
        sentence: "Members were removed from a group.",
    };
    type Event = Event;
    type Answer = Noted;
}
