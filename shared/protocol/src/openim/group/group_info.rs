use domain::{Change, Changeable, GroupId, Question, Role};
use serde::{Deserialize, Serialize, Serializer};

use super::{BeforeSetGroupInfo, BeforeSetGroupInfoEx, group_name::GroupName, join_rule::JoinRule};
use crate::{FreeText, Number, Rules, Text, openim::Amendment};

/// The rules for a change of a group on either route. Each route is a way around those of the other one.
pub(super) const RULES: Rules = Rules {
    texts: &[
        Text::amendable(Role::Name, "groupName"),
        Text::fixed(Role::Notice, "notification"),
        Text::amendable(Role::Introduction, "introduction"),
    ],
    by_subject: &["groups.names", "groups.notices"],
    caution: Some(
        "OpenIM needs fields of the group in the answer. The function adds them. The change fails if the gateway answers itself, or if callers cannot be checked.",
    ),
    ..Rules::NONE
};

/// The data of a group in the four callbacks about a change of it. How a field looks that does not change depends on the
/// callback.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeSetGroupInfoReq`, `CallbackAfterSetGroupInfoReq`,
/// `CallbackBeforeSetGroupInfoExReq` and `CallbackAfterSetGroupInfoExReq`. The server never fills their `operationID`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GroupInfo {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
    /// Its name.
    #[serde(rename = "groupName", default)]
    pub name: Option<FreeText>,
    /// The notice to all members.
    #[serde(rename = "notification", default)]
    pub notice: Option<FreeText>,
    /// The text about the group.
    #[serde(default)]
    pub introduction: Option<FreeText>,
    /// The URL of the picture.
    #[serde(rename = "faceURL", default)]
    pub face_url: Option<FreeText>,
    /// Free text of the app.
    #[serde(default)]
    pub ex: Option<FreeText>,
    /// Who needs an approval to join: see [`JoinRule`].
    #[serde(default)]
    pub need_verification: Number,
    /// Whether members can see each other's profiles: 0 yes, 1 no.
    #[serde(default)]
    pub look_member_info: Number,
    /// Whether members can ask each other for friendship: 0 yes, 1 no.
    #[serde(default)]
    pub apply_member_friend: Number,
}

impl GroupInfo {
    /// The question about these values. On the old route, an empty text means no change.
    pub(super) fn question(&self, is_old_route: bool) -> Question<'_> {
        let texts = [
            (Role::Name, &self.name, Changeable::Now),
            // The server takes no other notice from an answer.
            (Role::Notice, &self.notice, Changeable::Never),
            (Role::Introduction, &self.introduction, Changeable::Now),
        ];
        let question = Question::default().group(&self.group_id);
        texts
            .into_iter()
            .fold(question, |question, (role, text, change)| {
                let text = text.as_ref();
                let proposed =
                    text.filter(|text| !is_old_route || text.is_odd() || !text.is_empty());
                match proposed {
                    Some(text) => question.text(role, text, change),
                    None => question,
                }
            })
    }

    /// The fields that changed, with their names in [`GroupChanged`](domain::group::Event::GroupChanged). On the old
    /// route, an empty text means no change, except for the app's own text.
    pub(super) fn changed(&self, is_old_route: bool) -> Vec<String> {
        let is_given = |text: &Option<FreeText>| text.as_ref().is_some_and(|text| !text.is_odd());
        let is_empty = |text: &Option<FreeText>| text.as_ref().is_some_and(FreeText::is_empty);
        let text = |text: &Option<FreeText>| is_given(text) && !(is_old_route && is_empty(text));
        let fields = [
            ("name", text(&self.name)),
            ("notice", text(&self.notice)),
            ("introduction", text(&self.introduction)),
            ("avatar", text(&self.face_url)),
            ("custom", is_given(&self.ex)),
            ("verification", !self.need_verification.is_none()),
            ("members_visible", !self.look_member_info.is_none()),
            ("members_may_befriend", !self.apply_member_friend.is_none()),
        ];
        let changed = fields.into_iter().filter(|(_, is_changed)| *is_changed);
        changed.map(|(name, _)| name.to_owned()).collect()
    }
}

/// Changes to the data of a group, for an answer. A field that is not set stays as it was asked for.
///
/// The notice is not among them: the server reads it from an answer and does not use it.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeSetGroupInfoResp` and
/// `CallbackBeforeSetGroupInfoExResp`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupChanges {
    name: Option<GroupName>,
    introduction: Option<String>,
    face_url: Option<String>,
    ex: Option<String>,
    join_rule: Option<JoinRule>,
    look_member_info: Option<i32>,
    apply_member_friend: Option<i32>,
}

impl GroupChanges {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// This change, if an answer can make it.
    pub(super) fn by_policies(change: &Change) -> Option<Self> {
        match change {
            Change::Name(name) => Some(Self::new().name(GroupName::new(name)?)),
            Change::Introduction(text) => Some(Self::new().introduction(text)),
            _ => None,
        }
    }

    /// Sets this name.
    #[must_use]
    pub fn name(self, name: GroupName) -> Self {
        Self {
            name: Some(name),
            ..self
        }
    }

    /// Sets this text about the group. An empty one empties the text. On the old route it keeps the group's old text, even
    /// if another was asked for.
    #[must_use]
    pub fn introduction(self, introduction: impl Into<String>) -> Self {
        Self {
            introduction: Some(introduction.into()),
            ..self
        }
    }

    /// Sets this URL of the picture. An empty one works as for [`introduction`](Self::introduction).
    #[must_use]
    pub fn face_url(self, face_url: impl Into<String>) -> Self {
        Self {
            face_url: Some(face_url.into()),
            ..self
        }
    }

    /// Sets this text of the app. An empty one empties the text, on both routes.
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
            join_rule: Some(rule),
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

    /// Sets whether members can ask each other for friendship.
    #[must_use]
    pub fn members_may_befriend(self, may: bool) -> Self {
        Self {
            apply_member_friend: Some(forbidden(!may)),
            ..self
        }
    }

    fn over(self, earlier: Self) -> Self {
        Self {
            name: self.name.or(earlier.name),
            introduction: self.introduction.or(earlier.introduction),
            face_url: self.face_url.or(earlier.face_url),
            ex: self.ex.or(earlier.ex),
            join_rule: self.join_rule.or(earlier.join_rule),
            look_member_info: self.look_member_info.or(earlier.look_member_info),
            apply_member_friend: self.apply_member_friend.or(earlier.apply_member_friend),
        }
    }
}

/// The server's word for "forbidden" is 1.
pub(super) fn forbidden(forbidden: bool) -> i32 {
    i32::from(forbidden)
}

/// The data that a group gets on the old route instead of the data that was asked for.
///
/// It always has the group, the name, the introduction and the picture: the server takes these four from the answer,
/// also if they are missing there. It has another field only if that field is to change. The request shows the others as
/// empty or 0 if they do not change, and the server would store that.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeSetGroupInfoResp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmendedGroupInfo {
    asked: GroupInfo,
    changes: GroupChanges,
}

impl AmendedGroupInfo {
    /// What was asked for, with these changes.
    #[must_use]
    pub fn of(asked: &BeforeSetGroupInfo, changes: GroupChanges) -> Self {
        let asked = asked.info.clone();
        Self { asked, changes }
    }
}

impl Serialize for AmendedGroupInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Fields<'a> {
            #[serde(rename = "groupID")]
            group_id: &'a GroupId,
            group_name: &'a str,
            introduction: &'a str,
            #[serde(rename = "faceURL")]
            face_url: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            ex: &'a Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            need_verification: Option<JoinRule>,
            #[serde(skip_serializing_if = "Option::is_none")]
            look_member_info: Option<i32>,
            #[serde(skip_serializing_if = "Option::is_none")]
            apply_member_friend: Option<i32>,
        }

        let Self { asked, changes } = self;
        let name = changes.name.as_ref().map(GroupName::as_str);
        Fields {
            group_id: &asked.group_id,
            group_name: text(name, &asked.name).unwrap_or_default(),
            introduction: text(changes.introduction.as_deref(), &asked.introduction)
                .unwrap_or_default(),
            face_url: text(changes.face_url.as_deref(), &asked.face_url).unwrap_or_default(),
            ex: &changes.ex,
            need_verification: changes.join_rule,
            look_member_info: changes.look_member_info,
            apply_member_friend: changes.apply_member_friend,
        }
        .serialize(serializer)
    }
}

impl Amendment for AmendedGroupInfo {
    fn over(self, earlier: Self) -> Self {
        Self {
            changes: self.changes.over(earlier.changes),
            ..self
        }
    }
}

/// The data that a group gets on the current route instead of the data that was asked for.
///
/// It always has all eight fields: the server takes them from the answer, also if they are missing there. What was not
/// asked for is null, which changes nothing.
///
/// Source: OpenIM, `pkg/callbackstruct/group.go`, `CallbackBeforeSetGroupInfoExResp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmendedGroupInfoEx {
    asked: GroupInfo,
    changes: GroupChanges,
}

impl AmendedGroupInfoEx {
    /// What was asked for, with these changes. A change of a field that was not asked for is added.
    ///
    /// If the request has a blank name, the server drops the whole request. These changes are dropped with it, unless
    /// one of them is another name.
    #[must_use]
    pub fn of(asked: &BeforeSetGroupInfoEx, changes: GroupChanges) -> Self {
        let asked = asked.info.clone();
        Self { asked, changes }
    }
}

impl Serialize for AmendedGroupInfoEx {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Fields<'a> {
            #[serde(rename = "groupID")]
            group_id: &'a GroupId,
            group_name: Option<&'a str>,
            introduction: Option<&'a str>,
            #[serde(rename = "faceURL")]
            face_url: Option<&'a str>,
            ex: Option<&'a str>,
            need_verification: Option<i32>,
            look_member_info: Option<i32>,
            apply_member_friend: Option<i32>,
        }

        let Self { asked, changes } = self;
        let name = changes.name.as_ref().map(GroupName::as_str);
        let rule = changes.join_rule.map(JoinRule::number);
        Fields {
            group_id: &asked.group_id,
            group_name: text(name, &asked.name),
            introduction: text(changes.introduction.as_deref(), &asked.introduction),
            face_url: text(changes.face_url.as_deref(), &asked.face_url),
            ex: text(changes.ex.as_deref(), &asked.ex),
            need_verification: number(rule, asked.need_verification),
            look_member_info: number(changes.look_member_info, asked.look_member_info),
            apply_member_friend: number(changes.apply_member_friend, asked.apply_member_friend),
        }
        .serialize(serializer)
    }
}

impl Amendment for AmendedGroupInfoEx {
    fn over(self, earlier: Self) -> Self {
        Self {
            changes: self.changes.over(earlier.changes),
            ..self
        }
    }
}

/// The changed text, or the one that was asked for. A value that is not text was not asked for.
fn text<'a>(changed: Option<&'a str>, asked: &'a Option<FreeText>) -> Option<&'a str> {
    let asked = asked.as_ref().filter(|asked| !asked.is_odd());
    changed.or(asked.map(|asked| &**asked))
}

/// The changed number, or the one that was asked for. The server cannot read an answer with a number beyond 32 bits.
fn number(changed: Option<i32>, asked: Number) -> Option<i32> {
    changed.or_else(|| asked.get()?.try_into().ok())
}
