use domain::{Family, GroupId, Source, UserId, group::Event};
use serde::{Deserialize, Serialize};

use super::GroupType;
use crate::{Callback, Command, FreeText, Members, When, openim::Noted};

/// `callbackAfterDisMissGroupCommand`: a group was dissolved.
///
/// The server sends it twice for one dissolution. The second body names no members
/// ([deviation](crate::openim::deviations#a-dissolution-comes-twice)).
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackDisMissGroupReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/after-dismiss-group>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterDismissGroup {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// The last owner.
    // `ownerUserID` in the callbacks about a creation.
    #[serde(rename = "ownerID", default)]
    pub owner_user_id: FreeText,
    /// The kind of group.
    #[serde(rename = "groupType", default)]
    pub group_type: GroupType,
    /// The last members. Empty in the second body, and if the caller of the API let the server delete them.
    #[serde(rename = "membersID")]
    pub member_user_ids: Members<UserId>,
}

impl Callback for AfterDismissGroup {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterDisMissGroupCommand",
        earlier: &["callbackDisMissGroupCommand"],
        switch: Some("afterDismissGroup"),
        family: Family::Group,
        when: When::After,
        since: Some("v3.7.0"),
        sentence: "A group was dissolved.",
    };
    type Event = Event;
    type Answer = Noted;
}
