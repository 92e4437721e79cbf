//! `callbackBeforeUpdateUserInfoExCommand` (`beforeUpdateUserInfoEx` in `webhooks.yml`), sent since v3.5.0.
//!
//! <https://docs.openim.io/platform-api/webhooks/user/before-update-user-info-ex>

use domain::{Change, Family, Question, Source, UserId, user};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Rules, Text, When,
    openim::{Amendment, Before, Decision},
};

/// A user's profile is about to be changed through `POST /user/update_user_info_ex`, the route of current clients.
///
/// What is not to change is null. The app's own text, `ex`, is null even when it is to change, so nothing can be decided
/// about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeUpdateUserInfoEx {
    /// Whose profile.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The proposed name; empty to clear it.
    #[serde(rename = "nickName", default)]
    pub nickname: Option<FreeText>,
    /// The proposed address of the picture; empty to clear it.
    #[serde(rename = "faceURL", default)]
    pub face_url: Option<FreeText>,
    /// Never filled by the server.
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
            other_user: false,
            name: Text::amendable("nickName"),
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
        vec![Question::new(&self.user_id, []).name(self.nickname.as_ref())]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        match change {
            Change::Name(nickname) => {
                let same = str::to_owned;
                AmendedProfileEx::of(self, |_| nickname.clone(), same).map(Decision::Amend)
            }
            Change::KeepFirst(_) => None,
        }
    }
}

impl Before for BeforeUpdateUserInfoEx {
    type Amendment = AmendedProfileEx;
}

/// What is stored in the place of what was asked for.
///
/// Fields that are left out stay as they were asked for. A field that the request does not change cannot be answered:
/// the server crashes on it, and the user's change is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AmendedProfileEx {
    #[serde(rename = "nickName", skip_serializing_if = "Option::is_none")]
    nickname: Option<String>,
    #[serde(rename = "faceURL", skip_serializing_if = "Option::is_none")]
    face_url: Option<String>,
}

impl AmendedProfileEx {
    /// Of what is asked, with each field that it changes as `nickname` and `face_url` leave it. An empty text empties
    /// the field. `None` when nothing is different then.
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
