use domain::{Family, Source, Timestamp, UserId, presence};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, Number, When, openim::Noted};

connection! {
/// `callbackAfterUserOfflineCommand`: a connection of a user on a platform ended.
///
/// The user may still be connected: on another platform, through another gateway of the server, or even on the same
/// platform. In the last case an "online" for the platform comes too, and this callback comes last. The server sends
/// nothing when one of its gateways dies.
///
/// v3.8.0 and v3.8.1 did not send it.
///
/// Source: OpenIM, `pkg/callbackstruct/msg_gateway.go`, `CallbackUserOfflineReq`;
/// <https://docs.openim.io/platform-api/webhooks/presence/after-user-offline>.
pub struct AfterUserOffline {
    /// The connection. Empty since v3.8.2.
    #[serde(rename = "connID", default)]
    pub connection: FreeText,
}
}

impl Callback for AfterUserOffline {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterUserOfflineCommand",
        earlier: &["callbackUserOfflineCommand"],
        switch: Some("afterUserOffline"),
        family: Family::Presence,
        when: When::After,
        since: Some("v3.7.0"),
        sentence: "A connection of a user ended. The user may have another one.",
    };
    type Event = presence::Event;
    type Answer = Noted;
}
