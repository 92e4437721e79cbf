use domain::{Family, GroupId, Source, UserId, group::Event};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, When, openim::Noted};

/// `callbackAfterQuitGroupCommand`: a member left a group.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackQuitGroupReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/after-quit-group>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterQuitGroup {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// The former member.
    #[serde(rename = "userID")]
    pub user_id: UserId,
}

impl Callback for AfterQuitGroup {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterQuitGroupCommand",
        earlier: &["callbackQuitGroupCommand"],
        switch: Some("afterQuitGroup"),
        family: Family::Group,
        when: When::After,
        since: Some("v3.7.0"),
        sentence: "A member left a group.",
    };
    type Event = Event;
    type Answer = Noted;
}
