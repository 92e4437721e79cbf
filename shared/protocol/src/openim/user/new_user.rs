use domain::UserId;
use serde::{Deserialize, Serialize};

use crate::{FreeText, Number};

/// One account of a registration.
///
/// Source: OpenIM, `sdkws.UserInfo` of `openimsdk/protocol`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewUser {
    /// The id that the app's backend chose.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The name that others see; may be empty.
    // `nickName` in the callbacks about profiles.
    #[serde(default)]
    pub nickname: FreeText,
    /// The URL of the picture; may be empty.
    #[serde(rename = "faceURL", default)]
    pub face_url: FreeText,
    /// Free text of the app; may be empty.
    #[serde(default)]
    pub ex: FreeText,
    /// Unix milliseconds, as the caller of the API sent them. Usually 0, and not the time that the server stores.
    #[serde(default)]
    pub create_time: Number,
    /// 1 is an ordinary user, 2 an administrator, 3 an account for notifications. 0 is also sent for an ordinary user.
    // The wire name is misspelled.
    #[serde(rename = "appMangerLevel", default)]
    pub app_manager_level: Number,
    /// How messages reach the user: 0 normally, 1 not at all, 2 without a notification.
    #[serde(default)]
    pub global_recv_msg_opt: Number,
}
