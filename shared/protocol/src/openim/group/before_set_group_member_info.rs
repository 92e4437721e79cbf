use domain::{
    Change, Family, GroupId, Question, Source, UserId,
    group::{Event, Role},
};
use serde::{Deserialize, Serialize};

use super::role::role;
use crate::{
    Callback, Command, FreeText, Number, Rules, Text, When,
    openim::{Amendment, Before, Decision},
};

/// `callbackBeforeSetGroupMemberInfoCommand`: what a group knows about a member is about to be changed.
///
/// One API call can change several members. The server asks about one after the other. After a refusal none of them is
/// changed, also those about whom it asked before.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeSetGroupMemberInfoReq`;
/// <https://docs.openim.io/platform-api/webhooks/group/before-set-group-member-info>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeSetGroupMemberInfo {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// The member.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The proposed name in this group. Null if it is not to change, empty if it is to be cleared.
    #[serde(rename = "nickName", default)]
    pub nickname: Option<FreeText>,
    /// The proposed URL of the picture in this group. Null if it is not to change, empty if it is to be cleared.
    #[serde(rename = "faceURL", default)]
    pub face_url: Option<FreeText>,
    /// The proposed role. Null if it is not to change. 60 administrator, 20 ordinary member.
    #[serde(rename = "roleLevel", default)]
    pub role_level: Number,
    /// The app's proposed text about the member. Null if it is not to change, empty if it is to be cleared.
    #[serde(default)]
    pub ex: Option<FreeText>,
}

impl BeforeSetGroupMemberInfo {
    /// The proposed role. `None` if it is not to change.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        role(self.role_level)
    }
}

impl Callback for BeforeSetGroupMemberInfo {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeSetGroupMemberInfoCommand",
        // Up to v3.4.0, with a capital C.
        earlier: &["CallbackBeforeSetGroupMemberInfoCommand"],
        switch: Some("beforeSetGroupMemberInfo"),
        family: Family::Group,
        when: When::Before(Rules {
            asks: "group.update_member",
            amends: &["name"],
            other_user: false,
            texts: &[Text::amendable(domain::Role::Name, "nickName")],
            by_subject: &["users.nicknames", "users.reservedNames", "users.avatars"],
            ..Rules::USERS
        }),
        since: Some("v3.4.2"),
        sentence: "What a group knows about a member is about to be changed.",
    };
    type Event = Event;
    type Answer = Decision<AmendedMember>;

    fn questions(&self) -> Vec<Question<'_>> {
        let question = Question::new(&self.user_id, [])
            .group(&self.group_id)
            .name(self.nickname.as_ref());
        vec![question.picture(self.face_url.as_ref())]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        let Change::Name(name) = change else {
            return None;
        };
        Some(Decision::Amend(AmendedMember::new().nickname(name)))
    }
}

impl Before for BeforeSetGroupMemberInfo {
    type Amendment = AmendedMember;
}

/// What a group stores about a member instead of what was asked for. Fields that are left out stay as they were asked for.
///
/// The role is not among them: the server takes any number, also that of an owner.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeSetGroupMemberInfoResp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AmendedMember {
    #[serde(rename = "nickName", skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
    #[serde(rename = "faceURL", skip_serializing_if = "Option::is_none")]
    face_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ex: Option<String>,
}

impl AmendedMember {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets this name in the group, also if no name was proposed. With an empty one, members see the name of the user's
    /// profile.
    #[must_use]
    pub fn nickname(self, nickname: impl Into<String>) -> Self {
        Self {
            nickname: Some(nickname.into()),
            ..self
        }
    }

    /// Sets this URL of the picture, with the same rules as for [`nickname`](Self::nickname).
    #[must_use]
    pub fn face_url(self, face_url: impl Into<String>) -> Self {
        Self {
            face_url: Some(face_url.into()),
            ..self
        }
    }

    /// Sets this text of the app about the member, also if none was proposed. An empty one clears the text.
    #[must_use]
    pub fn ex(self, ex: impl Into<String>) -> Self {
        Self {
            ex: Some(ex.into()),
            ..self
        }
    }
}

impl Amendment for AmendedMember {
    fn over(self, earlier: Self) -> Self {
        Self {
            nickname: self.nickname.or(earlier.nickname),
            face_url: self.face_url.or(earlier.face_url),
            ex: self.ex.or(earlier.ex),
        }
    }
}
