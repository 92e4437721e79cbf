use domain::{UserId, group::Role};
use serde::{Deserialize, Serialize};

use super::role::role;
use crate::{FreeText, Members, Number};

/// A group that is to be created, or was created. `Id` is the type of its id: before the creation it may be missing.
///
/// Source: OpenIM, `sdkws.GroupInfo` of `openimsdk/protocol`, and `initMemberList` of `pkg/callbackstruct/group.go`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewGroup<Id> {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: Id,
    /// Its name; may be empty.
    #[serde(rename = "groupName", default)]
    pub name: FreeText,
    /// The notice to all members; may be empty.
    #[serde(rename = "notification", default)]
    pub notice: FreeText,
    /// The text about the group; may be empty.
    #[serde(default)]
    pub introduction: FreeText,
    /// The URL of the picture; may be empty.
    #[serde(rename = "faceURL", default)]
    pub face_url: FreeText,
    /// The owner. Empty before the creation: there the owner is the first member.
    #[serde(rename = "ownerUserID", default)]
    pub owner_user_id: FreeText,
    /// Unix milliseconds. 0 before the creation.
    #[serde(default)]
    pub create_time: Number,
    /// How many users the server counts. It also counts an administrator who created the group and is no member. 0 before
    /// the creation.
    #[serde(default)]
    pub member_count: Number,
    /// Free text of the app; may be empty.
    #[serde(default)]
    pub ex: FreeText,
    /// 0 normal, 1 banned, 2 dissolved, 3 muted.
    #[serde(default)]
    pub status: Number,
    /// The user who creates it, as the caller of the API says. The server does not check it. May be empty.
    #[serde(rename = "creatorUserID", default)]
    pub creator_user_id: FreeText,
    /// The kind of group. The server has only 2.
    #[serde(default)]
    pub group_type: Number,
    /// Who needs an approval to join: see [`JoinRule`](super::JoinRule).
    #[serde(default)]
    pub need_verification: Number,
    /// Whether members can see each other's profiles: 0 yes, 1 no.
    #[serde(default)]
    pub look_member_info: Number,
    /// Whether members can ask each other for friendship: 0 yes, 1 no.
    #[serde(default)]
    pub apply_member_friend: Number,
    /// Unix milliseconds of the last change of the notice. The server sends 0.
    #[serde(default)]
    pub notification_update_time: Number,
    /// The user who last changed the notice. The server sends an empty text.
    #[serde(rename = "notificationUserID", default)]
    pub notification_user_id: FreeText,
    /// The first members: the owner, administrators, other members. After the creation the list repeats them: see
    /// [`AfterCreateGroup::members`](crate::openim::AfterCreateGroup::members).
    pub init_member_list: Members<FirstMember>,
}

/// One of the first members of a group.
///
/// Source: OpenIM, `pkg/apistruct/group.go`, `GroupAddMemberInfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FirstMember {
    /// The user.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// 100 owner, 60 administrator, 20 ordinary member.
    #[serde(rename = "roleLevel", default)]
    pub role_level: Number,
}

impl FirstMember {
    /// The role. `None` if it is missing.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        role(self.role_level)
    }
}
