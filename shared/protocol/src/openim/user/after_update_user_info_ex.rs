use domain::{Family, Source, UserId, user};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, When, openim::Noted};

/// `callbackAfterUpdateUserInfoExCommand`: a user's profile was changed through `POST /user/update_user_info_ex`, the
/// route of current clients.
///
/// A field that did not change is null. The app's own text, `ex`, is null even if it changed. The API call can still
/// report an error after this.
///
/// Source: OpenIM, `pkg/callbackstruct/user.go`, `CallbackAfterUpdateUserInfoExReq`;
/// <https://docs.openim.io/platform-api/webhooks/user/after-update-user-info-ex>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterUpdateUserInfoEx {
    /// The user whose profile changed.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The new name. Empty if it was cleared.
    #[serde(rename = "nickName", default)]
    pub nickname: Option<FreeText>,
    /// The new URL of the picture. Empty if it was cleared.
    #[serde(rename = "faceURL", default)]
    pub face_url: Option<FreeText>,
    /// The server never fills it.
    #[serde(default)]
    pub ex: Option<FreeText>,
}

impl AfterUpdateUserInfoEx {
    /// The fields that changed, with their names in [`user::Event::ProfileChanged`].
    #[must_use]
    pub fn changed(&self) -> Vec<String> {
        let fields = [("nickname", &self.nickname), ("avatar", &self.face_url)];
        fields
            .into_iter()
            .filter(|(_, value)| value.as_ref().is_some_and(|value| !value.is_odd()))
            .map(|(name, _)| name.to_owned())
            .collect()
    }
}

impl Callback for AfterUpdateUserInfoEx {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterUpdateUserInfoExCommand",
        earlier: &[],
        switch: Some("afterUpdateUserInfoEx"),
        family: Family::User,
        when: When::After,
        since: Some("v3.5.0"),
        sentence: "A user's profile was changed.",
    };
    type Event = user::Event;
    type Answer = Noted;
}
