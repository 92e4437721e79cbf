use domain::{Family, Source, UserId, message};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, Number, When, openim::Noted};

/// `callbackAfterGroupMsgReadCommand`: a user read a group's messages.
///
/// The body does not name the group, and its keys mislead
/// ([deviation](crate::openim::deviations#a-read-group-has-no-name)). The server sends it for every call, even if nothing
/// new was read.
///
/// Source: OpenIM, `pkg/callbackstruct/message.go`, `CallbackGroupMsgReadReq`;
/// <https://docs.openim.io/platform-api/webhooks/message/after-group-message-read>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterGroupMsgRead {
    /// The user who read.
    // The wire calls the reader a sender.
    #[serde(rename = "sendID")]
    pub reader: UserId,
    /// The same user.
    #[serde(rename = "receiveID", default)]
    pub receive_id: FreeText,
    /// The number of the last message that was read, as the client sent it.
    // The wire calls it a count of unread messages.
    #[serde(rename = "unreadMsgNum")]
    pub up_to: i64,
    /// 3: the type of the conversation.
    // The wire calls it the type of a content.
    #[serde(rename = "contentType", default)]
    pub session_type: Number,
}

impl Callback for AfterGroupMsgRead {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterGroupMsgReadCommand",
        earlier: &["callbackGroupMsgReadCommand"],
        switch: Some("afterGroupMsgRead"),
        family: Family::Message,
        when: When::After,
        since: Some("v3.7.0"),
        sentence: "A user read messages of a group.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
