use domain::{Change, Family, Question, Role, Source, UserId, user};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Rules, Text, When,
    openim::{Amendment, Before, Decision},
};

/// `callbackBeforeUpdateUserInfoExCommand`: a user's profile is about to be changed through
/// `POST /user/update_user_info_ex`, the route of current clients.
///
/// A field that is not to change is null. The app's own text, `ex`, is null even if it is to change, so nobody can
/// decide about it.
///
/// Source: OpenIM, `pkg/callbackstruct/user.go`, `CallbackBeforeUpdateUserInfoExReq`;
/// <https://docs.openim.io/platform-api/webhooks/user/before-update-user-info-ex>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeUpdateUserInfoEx {
    /// The user whose profile is to change.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The proposed name. An empty one clears the old name.
    #[serde(rename = "nickName", default)]
    pub nickname: Option<FreeText>,
    /// The proposed URL of the picture. An empty one clears the old URL.
    #[serde(rename = "faceURL", default)]
    pub face_url: Option<FreeText>,
    /// The server never fills it.
    #[serde(default)]
    pub ex: Option<FreeText>,
}

impl Callback for BeforeUpdateUserInfoEx {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeUpdateUserInfoExCommand",
        earlier: &[],
        switch: Some("beforeUpdateUserInfoEx"),
        family: Family::User,
        when: When::Before(Rules {
            asks: "user.update_profile",
            amends: &["name"],
            other_user: false,
            texts: &[Text::amendable(Role::Name, "nickName")],
            by_subject: &["users.nicknames", "users.reservedNames", "users.avatars"],
            bypass: crate::Bypass::asked_with(
                "callbackBeforeUpdateUserInfoCommand",
                "POST /user/update_user_info, the old route, asks with callbackBeforeUpdateUserInfoCommand.",
            ),
            ..Rules::USERS
        }),
        since: Some("v3.5.0"),
        sentence: "A user's profile is about to be changed.",
    };
    type Event = user::Event;
    type Answer = Decision<AmendedProfileEx>;

    fn questions(&self) -> Vec<Question<'_>> {
        let question = Question::new(&self.user_id, []).name(self.nickname.as_ref());
        vec![question.picture(self.face_url.as_ref())]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        match change {
            Change::Name(nickname) => {
                let same = str::to_owned;
                AmendedProfileEx::of(self, |_| nickname.clone(), same).map(Decision::Amend)
            }
            _ => None,
        }
    }
}

impl Before for BeforeUpdateUserInfoEx {
    type Amendment = AmendedProfileEx;
}

/// The profile that is stored instead of the proposed one. Fields that are left out stay as they were asked for.
///
/// It never has a field that the request does not change: the server's handler would crash, and the user's change would
/// be lost.
///
/// Source: OpenIM, `pkg/callbackstruct/user.go`, `CallbackBeforeUpdateUserInfoExResp`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AmendedProfileEx {
    #[serde(rename = "nickName", skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
    #[serde(rename = "faceURL", skip_serializing_if = "Option::is_none")]
    face_url: Option<String>,
}

impl AmendedProfileEx {
    /// Changes the proposed name with `nickname` and the proposed URL with `face_url`. A field for which nothing is
    /// proposed stays so. An empty text clears the field. `None` if both functions change nothing.
    #[must_use]
    pub fn of(
        asked: &BeforeUpdateUserInfoEx,
        nickname: impl FnOnce(&str) -> String,
        face_url: impl FnOnce(&str) -> String,
    ) -> Option<Self> {
        fn changed(
            asked: Option<&FreeText>,
            change: impl FnOnce(&str) -> String,
        ) -> Option<String> {
            let asked = asked?;
            let changed = change(asked);
            (changed != **asked).then_some(changed)
        }

        let amended = Self {
            nickname: changed(asked.nickname.as_ref(), nickname),
            face_url: changed(asked.face_url.as_ref(), face_url),
        };
        (amended.nickname.is_some() || amended.face_url.is_some()).then_some(amended)
    }
}

impl Amendment for AmendedProfileEx {
    fn over(self, earlier: Self) -> Self {
        Self {
            nickname: self.nickname.or(earlier.nickname),
            face_url: self.face_url.or(earlier.face_url),
        }
    }
}
