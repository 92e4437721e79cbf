use domain::{Family, Source, Timestamp, UserId, presence};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, Lenient, Number, When, openim::Noted};

connection! {
/// `callbackAfterUserOnlineCommand`: a user is connected on a platform.
///
/// It does not say that something changed. The server sends it for every platform of a user when one of the user's
/// connections begins or ends, and again every 10 to 20 minutes. It can be up to a second late.
///
/// v3.8.0 and v3.8.1 did not send it.
///
/// Source: OpenIM, `pkg/callbackstruct/msg_gateway.go`, `CallbackUserOnlineReq`;
/// <https://docs.openim.io/platform-api/webhooks/presence/after-user-online>.
pub struct AfterUserOnline {
    /// Whether the app is in the background, on the first connection of that platform.
    #[serde(default)]
    pub is_app_background: Lenient<bool>,
    /// The connection. Empty since v3.8.2.
    #[serde(rename = "connID", default)]
    pub connection: FreeText,
}
}

impl Callback for AfterUserOnline {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterUserOnlineCommand",
        earlier: &["callbackUserOnlineCommand"],
        switch: Some("afterUserOnline"),
        family: Family::Presence,
        when: When::After,
        since: Some("v3.7.0"),
        sentence: "A user is connected. It is repeated as long as the connection lasts.",
    };
    type Event = presence::Event;
    type Answer = Noted;
}
