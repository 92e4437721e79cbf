use domain::{Change, Family, Question, Role, Source, UserId, user};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Rules, Text, When,
    openim::{Amendment, Before, Decision},
};

/// `callbackBeforeUpdateUserInfoCommand`: a user's profile is about to be changed through
/// `POST /user/update_user_info`, which is deprecated.
///
/// A field that is not to change is empty. The app's own text, `ex`, is null even if it is to change, so nobody can
/// decide about it.
///
/// Source: OpenIM, `pkg/callbackstruct/user.go`, `CallbackBeforeUpdateUserInfoReq`;
/// <https://docs.openim.io/platform-api/webhooks/user/before-update-user-info>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeUpdateUserInfo {
    /// The user whose profile is to change.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The proposed name. Empty if it is not to change.
    #[serde(rename = "nickName", default)]
    pub nickname: Option<FreeText>,
    /// The proposed URL of the picture. Empty if it is not to change.
    #[serde(rename = "faceURL", default)]
    pub face_url: Option<FreeText>,
    /// The server never fills it.
    #[serde(default)]
    pub ex: Option<FreeText>,
}

impl Callback for BeforeUpdateUserInfo {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeUpdateUserInfoCommand",
        earlier: &[],
        switch: Some("beforeUpdateUserInfo"),
        family: Family::User,
        when: When::Before(Rules {
            asks: "user.update_profile",
            amends: &["name"],
            other_user: false,
            texts: &[Text::amendable(Role::Name, "nickName")],
            by_subject: &["users.nicknames", "users.reservedNames", "users.avatars"],
            bypass: crate::Bypass::asked_with(
                "callbackBeforeUpdateUserInfoExCommand",
                "POST /user/update_user_info_ex, the newer route, asks with callbackBeforeUpdateUserInfoExCommand.",
            ),
            ..Rules::USERS
        }),
        since: Some("v3.4.0"),
        sentence: "A user's profile is about to be changed through the old route.",
    };
    type Event = user::Event;
    type Answer = Decision<AmendedProfile>;

    fn questions(&self) -> Vec<Question<'_>> {
        fn changed(field: &Option<FreeText>) -> Option<&FreeText> {
            let field = field.as_ref();
            field.filter(|text| text.is_odd() || !text.is_empty())
        }

        let question = Question::new(&self.user_id, []).name(changed(&self.nickname));
        vec![question.picture(changed(&self.face_url))]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        match change {
            Change::Name(nickname) => {
                Some(Decision::Amend(AmendedProfile::new().nickname(nickname)))
            }
            _ => None,
        }
    }
}

impl Before for BeforeUpdateUserInfo {
    type Amendment = AmendedProfile;
}

/// The profile that is stored instead of the proposed one. Fields that are left out stay as they were asked for.
///
/// Source: OpenIM, `pkg/callbackstruct/user.go`, `CallbackBeforeUpdateUserInfoResp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AmendedProfile {
    #[serde(rename = "nickName", skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
    #[serde(rename = "faceURL", skip_serializing_if = "Option::is_none")]
    face_url: Option<String>,
}

impl AmendedProfile {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets this name, also if no name was proposed. An empty name keeps the user's old name, even if another was
    /// proposed.
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
}

impl Amendment for AmendedProfile {
    fn over(self, earlier: Self) -> Self {
        Self {
            nickname: self.nickname.or(earlier.nickname),
            face_url: self.face_url.or(earlier.face_url),
        }
    }
}
