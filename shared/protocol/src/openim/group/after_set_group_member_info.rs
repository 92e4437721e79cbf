use domain::{
    Family, GroupId, Source, UserId,
    group::{Event, Role},
};
use serde::{Deserialize, Serialize};

use super::role::role;
use crate::{Callback, Command, FreeText, Number, When, openim::Noted};

/// `callbackAfterSetGroupMemberInfoCommand`: what a group knows about a member was changed.
///
/// One API call can change several members. Each of them is a callback of its own. The server sends nothing if it mutes a
/// member, or if the owner changes.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackAfterSetGroupMemberInfoReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/after-set-group-member-info>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterSetGroupMemberInfo {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// The member.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The new name in this group. Null if it did not change, empty if it was cleared.
    #[serde(rename = "nickName", default)]
    pub nickname: Option<FreeText>,
    /// The new URL of the picture in this group. Null if it did not change, empty if it was cleared.
    #[serde(rename = "faceURL", default)]
    pub face_url: Option<FreeText>,
    /// The new role. Null if it did not change. 100 owner, 60 administrator, 20 ordinary member.
    #[serde(rename = "roleLevel", default)]
    pub role_level: Number,
    /// The app's new text about the member. Null if it did not change, empty if it was cleared.
    #[serde(default)]
    pub ex: Option<FreeText>,
}

impl AfterSetGroupMemberInfo {
    /// The fields that changed, with their names in [`Event::MemberChanged`].
    #[must_use]
    pub fn changed(&self) -> Vec<String> {
        let is_given = |text: &Option<FreeText>| text.as_ref().is_some_and(|text| !text.is_odd());
        let fields = [
            ("nickname", is_given(&self.nickname)),
            ("avatar", is_given(&self.face_url)),
            ("role", self.role().is_some()),
            ("custom", is_given(&self.ex)),
        ];
        let changed = fields.into_iter().filter(|(_, is_changed)| *is_changed);
        changed.map(|(name, _)| name.to_owned()).collect()
    }

    /// The new role. `None` if it did not change.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        role(self.role_level)
    }
}

impl Callback for AfterSetGroupMemberInfo {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterSetGroupMemberInfoCommand",
        earlier: &[],
        switch: Some("afterSetGroupMemberInfo"),
        family: Family::Group,
        when: When::After,
        since: Some("v3.4.2"),
        sentence: "What a group knows about a member was changed.",
    };
    type Event = Event;
    type Answer = Noted;
}
