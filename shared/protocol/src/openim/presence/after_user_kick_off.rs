use domain::{Family, Source, Timestamp, UserId, presence};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, Number, When, openim::Noted};

connection! {
/// `callbackAfterUserKickOffCommand`: another login ended a user's connection. No version of the server sends it, though
/// its documents and its `webhooks.yml` have it: [`NEVER_SENT`](crate::NEVER_SENT).
///
/// Source: OpenIM, `pkg/callbackstruct/msg_gateway.go`, `CallbackUserKickOffReq`. Nothing calls
/// `webhookAfterUserKickOff` in `internal/msggateway/callback.go`;
/// <https://docs.openim.io/platform-api/webhooks/presence/after-user-kick-off>.
pub struct AfterUserKickOff {}
}

impl Callback for AfterUserKickOff {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterUserKickOffCommand",
        earlier: &["callbackUserKickOffCommand"],
        switch: Some("afterUserKickOff"),
        family: Family::Presence,
        when: When::After,
        since: None,
        sentence: "Another login ended a user's connection.",
    };
    type Event = presence::Event;
    type Answer = Noted;
}
