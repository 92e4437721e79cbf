//! `callbackAfterUpdateUserInfoExCommand` (`afterUpdateUserInfoEx` in `webhooks.yml`), sent since v3.5.0.
//!
//! <https://docs.openim.io/platform-api/webhooks/user/after-update-user-info-ex>

use domain::{Family, Source, UserId, user};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, When, openim::Noted};

/// A user's profile was changed through `POST /user/update_user_info_ex`, the route of current clients.
///
/// What was not changed is null. The app's own text, `ex`, is null even when it was changed. The API call can
/// still report an error after this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterUpdateUserInfoEx {
    /// Whose profile.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The new name; empty when it was cleared.
    #[serde(rename = "nickName", default)]
    pub nickname: Option<FreeText>,
    /// The new address of the picture; empty when it was cleared.
    #[serde(rename = "faceURL", default)]
    pub face_url: Option<FreeText>,
    /// Never filled by the server.
    #[serde(default)]
    pub ex: Option<FreeText>,
}

impl AfterUpdateUserInfoEx {
    /// The fields that changed, in the words of [`user::Event::ProfileChanged`].
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
