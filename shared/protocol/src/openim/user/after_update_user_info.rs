use domain::{Family, Source, UserId, user};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, When, openim::Noted};

/// `callbackAfterUpdateUserInfoCommand`: a user's profile was changed through `POST /user/update_user_info`, which is
/// deprecated.
///
/// A field that did not change is empty. The app's own text, `ex`, is empty even if it changed. The API call can still
/// report an error after this.
///
/// Source: OpenIM, `pkg/callbackstruct/user.go`, `CallbackAfterUpdateUserInfoReq`;
/// <https://docs.openim.io/platform-api/webhooks/user/after-update-user-info>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterUpdateUserInfo {
    /// The user whose profile changed.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The new name. Empty if it did not change.
    #[serde(rename = "nickName", default)]
    pub nickname: Option<FreeText>,
    /// The new URL of the picture. Empty if it did not change.
    #[serde(rename = "faceURL", default)]
    pub face_url: Option<FreeText>,
    /// The server never fills it.
    #[serde(default)]
    pub ex: Option<FreeText>,
}

impl AfterUpdateUserInfo {
    /// The fields that changed, with their names in [`user::Event::ProfileChanged`].
    #[must_use]
    pub fn changed(&self) -> Vec<String> {
        let fields = [("nickname", &self.nickname), ("avatar", &self.face_url)];
        fields
            .into_iter()
            .filter(|(_, value)| value.as_deref().is_some_and(|value| !value.is_empty()))
            .map(|(name, _)| name.to_owned())
            .collect()
    }
}

impl Callback for AfterUpdateUserInfo {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterUpdateUserInfoCommand",
        earlier: &[],
        switch: Some("afterUpdateUserInfo"),
        family: Family::User,
        when: When::After,
        since: Some("v3.4.2"),
        sentence: "A user's profile was changed through the old route.",
    };
    type Event = user::Event;
    type Answer = Noted;
}
