use domain::{Conversation, Family, Source, UserId, message};
use serde::{Deserialize, Serialize};

use super::conversation_id::conversation;
use crate::{Callback, Command, Members, Number, When, openim::Noted};

/// `callbackAfterSingleMsgReadCommand`: a user read messages, usually of another user.
///
/// If a client marks single messages as read through `POST /msg/mark_msgs_as_read`, the conversation can also be that of
/// a group. The server sends it for every call, even if nothing new was read.
///
/// Source: OpenIM, `pkg/callbackstruct/message.go`, `CallbackSingleMsgReadReq`;
/// <https://docs.openim.io/platform-api/webhooks/message/after-single-message-read>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterSingleMsgRead {
    /// The server's id of the conversation.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// The user who read.
    #[serde(rename = "userID")]
    pub user_id: UserId,
    /// The numbers of the messages, as the client sent them. Null if it sent none.
    // The only key of this server's message callbacks that begins with a capital.
    #[serde(rename = "Seqs", default)]
    pub seqs: Option<Members<i64>>,
    /// The type of the conversation: 1 between two users, 3 in a group.
    // The wire calls it the type of a content.
    #[serde(rename = "contentType", default)]
    pub session_type: Number,
}

impl AfterSingleMsgRead {
    /// Where the messages are.
    #[must_use]
    pub fn conversation(&self) -> Conversation {
        conversation(&self.conversation_id, &self.user_id)
    }
}

impl Callback for AfterSingleMsgRead {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterSingleMsgReadCommand",
        // v3.4 had callbackSingleMsgRead, with another body, and never sent it.
        earlier: &[],
        switch: Some("afterSingleMsgRead"),
        family: Family::Message,
        when: When::After,
        since: Some("v3.7.0"),
        sentence: "A user read messages of another user.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
