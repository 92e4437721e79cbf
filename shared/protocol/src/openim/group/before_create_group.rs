use domain::{
    Change, Changeable, Family, GroupId, Question, Role, Source,
    group::{self, Event},
};
use serde::{Deserialize, Serialize};

use super::{FirstMember, GroupName, JoinRule, NewGroup, group_info::forbidden};
use crate::{
    Callback, Command, FreeText, Rules, Text, When,
    openim::{Amendment, Before, Decision, is_nobody},
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
        when: When::Before(Rules {
            asks: "group.create",
            amends: &["name", "notice", "introduction"],
            texts: &[
                Text::amendable(Role::Name, "groupName"),
                Text::amendable(Role::Notice, "notification"),
                Text::amendable(Role::Introduction, "introduction"),
            ],
            by_subject: &[
                "groups.creators",
                "groups.maxMembers",
                "groups.names",
                "groups.notices",
            ],
            ..Rules::USERS
        }),
        since: Some("v3.0.0"),
        sentence: "A group is about to be created.",
    };
    type Event = Event;
    type Answer = Decision<AmendedNewGroup>;

    fn questions(&self) -> Vec<Question<'_>> {
        let new = &self.group;
        let members = &new.init_member_list;
        let mut left_out = members.left_out().iter();
        let is_unreadable = left_out.any(|member| !is_nobody(member));
        // The owner is the first member. The server does not check who is named as the creator.
        let is_owner = |it: &&FirstMember| it.role() == Some(group::Role::Owner);
        let first = members.first().filter(|_| members.left_out().is_empty());
        let owner = members.iter().find(is_owner).or(first);
        let users = members.iter().map(|member| &member.user_id);
        let question = Question::about(users)
            .and_unreadable_others(is_unreadable)
            .by(owner.map(|owner| &owner.user_id))
            .text(Role::Name, &new.name, Changeable::Now)
            .text(Role::Notice, &new.notice, Changeable::Now)
            .text(Role::Introduction, &new.introduction, Changeable::Now);
        vec![question]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        let amended = AmendedNewGroup::new();
        let amended = match change {
            Change::Name(name) => amended.name(GroupName::new(name)?),
            Change::Notice(notice) => amended.notice(notice),
            Change::Introduction(introduction) => amended.introduction(introduction),
            _ => return None,
        };
        Some(Decision::Amend(amended))
    }
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
