use domain::{Family, GroupId, Source, group::Event};
use serde::{Deserialize, Serialize};

use super::{GroupName, JoinRule, NewGroup, group_info::forbidden};
use crate::{
    Callback, Command, FreeText, Rules, When,
    openim::{Amendment, Before, Decision},
};

/// `callbackBeforeCreateGroupCommand`: a group is about to be created.
///
/// The server then asks about the first members with
/// [`BeforeMemberJoinGroup`](crate::openim::BeforeMemberJoinGroup).
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeCreateGroupReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/before-create-group>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct BeforeCreateGroup {
    /// The group. Its id is empty if the server is to choose it.
    pub group: NewGroup<Option<FreeText>>,
}

impl Callback for BeforeCreateGroup {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeCreateGroupCommand",
        earlier: &[],
        switch: Some("beforeCreateGroup"),
        family: Family::Group,
        when: When::Before(Rules::NONE),
        since: Some("v3.0.0"),
        sentence: "A group is about to be created.",
    };
    type Event = Event;
    type Answer = Decision<AmendedNewGroup>;
}

impl Before for BeforeCreateGroup {
    type Amendment = AmendedNewGroup;
}

/// The group that is created instead of the group that was asked for. Fields that are left out stay as they were asked
/// for.
///
/// It cannot change the kind of group, its state or its creator: the server takes any number, also that of a dissolved
/// group. It ignores another owner, and whether members can ask each other for friendship.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeCreateGroupResp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AmendedNewGroup {
    #[serde(rename = "groupID", skip_serializing_if = "Option::is_none")]
    group_id: Option<GroupId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<GroupName>,
    #[serde(rename = "notification", skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    introduction: Option<String>,
    #[serde(rename = "faceURL", skip_serializing_if = "Option::is_none")]
    face_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    need_verification: Option<JoinRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    look_member_info: Option<i32>,
}

impl AmendedNewGroup {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the group this id, so that the app can choose the ids of its groups. If another group has the id, no group is
    /// created: the user's client gets error 1202, and the other group stays as it is.
    #[must_use]
    pub fn group_id(self, group: GroupId) -> Self {
        Self {
            group_id: Some(group),
            ..self
        }
    }

    /// Sets this name.
    #[must_use]
    pub fn name(self, name: GroupName) -> Self {
        Self {
            group_name: Some(name),
            ..self
        }
    }

    /// Sets this notice to all members. An empty one removes the notice.
    #[must_use]
    pub fn notice(self, notice: impl Into<String>) -> Self {
        Self {
            notice: Some(notice.into()),
            ..self
        }
    }

    /// Sets this text about the group. An empty one removes the text.
    #[must_use]
    pub fn introduction(self, introduction: impl Into<String>) -> Self {
        Self {
            introduction: Some(introduction.into()),
            ..self
        }
    }

    /// Sets this URL of the picture. An empty one removes the picture.
    #[must_use]
    pub fn face_url(self, face_url: impl Into<String>) -> Self {
        Self {
            face_url: Some(face_url.into()),
            ..self
        }
    }

    /// Sets this text of the app. An empty one removes the text.
    #[must_use]
    pub fn ex(self, ex: impl Into<String>) -> Self {
        Self {
            ex: Some(ex.into()),
            ..self
        }
    }

    /// Sets who needs an approval to join.
    #[must_use]
    pub fn join_rule(self, rule: JoinRule) -> Self {
        Self {
            need_verification: Some(rule),
            ..self
        }
    }

    /// Sets whether members can see each other's profiles.
    #[must_use]
    pub fn members_visible(self, visible: bool) -> Self {
        Self {
            look_member_info: Some(forbidden(!visible)),
            ..self
        }
    }
}

impl Amendment for AmendedNewGroup {
    fn over(self, earlier: Self) -> Self {
        Self {
            group_id: self.group_id.or(earlier.group_id),
            group_name: self.group_name.or(earlier.group_name),
            notice: self.notice.or(earlier.notice),
            introduction: self.introduction.or(earlier.introduction),
            face_url: self.face_url.or(earlier.face_url),
            ex: self.ex.or(earlier.ex),
            need_verification: self.need_verification.or(earlier.need_verification),
            look_member_info: self.look_member_info.or(earlier.look_member_info),
        }
    }
}
