use domain::{Family, GroupId, Question, Source, Timestamp, UserId, group::Event};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Members, Rules, When,
    openim::{Amendment, Before, Decision, is_nobody},
};

/// `callbackBeforeMembersJoinGroupCommand`: users are about to become members of a group. It does not matter how: by the
/// group's creation, an invitation, an approval, or a join that needs no approval.
///
/// After a refusal none of them becomes a member. A new group is not created, and a request to join stays without an
/// answer. Servers before v3.8.0 asked about each member with another command and another body.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeMembersJoinGroupReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/before-member-join-group>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeMemberJoinGroup {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// The users.
    #[serde(rename = "memberList")]
    pub members: Members<JoiningMember>,
    /// The app's text about the group; may be empty.
    #[serde(rename = "groupEx", default)]
    pub group_ex: FreeText,
}

/// A user who is about to become a member of a group.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackGroupMember`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JoiningMember {
    /// The user.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The app's text about the member. The server sends an empty one.
    #[serde(default)]
    pub ex: FreeText,
}

impl Callback for BeforeMemberJoinGroup {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeMembersJoinGroupCommand",
        earlier: &[],
        switch: Some("beforeMemberJoinGroup"),
        family: Family::Group,
        when: When::Before(Rules {
            asks: "group.add_members",
            acting_user: false,
            by_subject: &["groups.joins.groups", "groups.joins.users"],
            ..Rules::USERS
        }),
        since: Some("v3.8.0"),
        sentence: "Users are about to become members of a group.",
    };
    type Event = Event;
    type Answer = Decision<AmendedJoiningMembers>;

    fn questions(&self) -> Vec<Question<'_>> {
        let users = self.members.iter().map(|member| &member.user_id);
        let mut left_out = self.members.left_out().iter();
        let question = Question::about(users)
            .and_unreadable_others(left_out.any(|member| !is_nobody(member)))
            .group(&self.group_id);
        vec![question]
    }
}

impl Before for BeforeMemberJoinGroup {
    type Amendment = AmendedJoiningMembers;
}

/// The changes to members who join.
///
/// They are made from the members of the callback. The server ignores other users, and its handler crashes if a change
/// names no user.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeMembersJoinGroupResp`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AmendedJoiningMembers {
    #[serde(rename = "memberCallbackList")]
    members: Vec<AmendedJoiningMember>,
}

impl AmendedJoiningMembers {
    /// The changes that `change` makes to each member of the callback. `None` if it changes nobody.
    #[must_use]
    pub fn of(
        asked: &BeforeMemberJoinGroup,
        mut change: impl FnMut(AmendedJoiningMember) -> AmendedJoiningMember,
    ) -> Option<Self> {
        let members = asked.members.iter().filter_map(|member| {
            let unchanged = AmendedJoiningMember::of(&member.user_id);
            let changed = AmendedJoiningMember {
                user_id: member.user_id.clone(),
                ..change(unchanged.clone())
            };
            (changed != unchanged).then_some(changed)
        });
        let members: Vec<AmendedJoiningMember> = members.collect();
        (!members.is_empty()).then_some(Self { members })
    }
}

impl Amendment for AmendedJoiningMembers {
    fn over(self, earlier: Self) -> Self {
        let mut members = self.members;
        for old in earlier.members {
            match members.iter_mut().find(|it| it.user_id == old.user_id) {
                Some(new) => *new = new.clone().over(old),
                None => members.push(old),
            }
        }
        Self { members }
    }
}

/// What changes about one member who joins. The role is not part of it: the server takes any number, also that of an
/// owner.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `MemberJoinGroupCallBack`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AmendedJoiningMember {
    #[serde(rename = "userID")]
    user_id: UserId,
    // `nickName` in the callbacks about a member's data.
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
    #[serde(rename = "faceURL", skip_serializing_if = "Option::is_none")]
    face_url: Option<String>,
    #[serde(rename = "muteEndTime", skip_serializing_if = "Option::is_none")]
    muted_until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ex: Option<String>,
}

impl AmendedJoiningMember {
    fn of(user: &UserId) -> Self {
        Self {
            user_id: user.clone(),
            nickname: None,
            face_url: None,
            muted_until: None,
            ex: None,
        }
    }

    /// The user.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// Sets this name in the group. With an empty one, members see the name of the user's profile.
    #[must_use]
    pub fn nickname(self, nickname: impl Into<String>) -> Self {
        Self {
            nickname: Some(nickname.into()),
            ..self
        }
    }

    /// Sets this URL of the picture in the group. With an empty one, members see the picture of the user's profile.
    #[must_use]
    pub fn face_url(self, face_url: impl Into<String>) -> Self {
        Self {
            face_url: Some(face_url.into()),
            ..self
        }
    }

    /// Lets the member write only after this time.
    #[must_use]
    pub fn muted_until(self, time: Timestamp) -> Self {
        Self {
            muted_until: Some(time.unix_millis()),
            ..self
        }
    }

    /// Sets this text of the app about the member.
    #[must_use]
    pub fn ex(self, ex: impl Into<String>) -> Self {
        Self {
            ex: Some(ex.into()),
            ..self
        }
    }

    fn over(self, earlier: Self) -> Self {
        Self {
            nickname: self.nickname.or(earlier.nickname),
            face_url: self.face_url.or(earlier.face_url),
            muted_until: self.muted_until.or(earlier.muted_until),
            ex: self.ex.or(earlier.ex),
            ..self
        }
    }
}
