use domain::{Conversation, Family, Source, UserId, message};
use serde::{Deserialize, Serialize};

use super::conversation_id::conversation;
use crate::{Callback, Command, When, openim::Noted};

/// `callbackBeforeAfterMsgCommand`: a message was recalled.
///
/// The wire name is an accident
/// ([deviation](crate::openim::deviations#a-recalled-message-has-an-accidental-name)). The server sends it after the
/// message was recalled.
///
/// Source: OpenIM, `pkg/callbackstruct/revoke.go`, `CallbackAfterRevokeMsgReq`;
/// <https://docs.openim.io/platform-api/webhooks/message/after-revoke-message>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterRevokeMsg {
    /// The server's id of the conversation.
    #[serde(rename = "conversationID")]
    pub conversation_id: String,
    /// The number of the message.
    pub seq: i64,
    /// The user who recalled it: its sender, an administrator of the group, or one of the server.
    #[serde(rename = "userID")]
    pub user_id: UserId,
}

impl AfterRevokeMsg {
    /// Where the message was.
    #[must_use]
    pub fn conversation(&self) -> Conversation {
        conversation(&self.conversation_id, &self.user_id)
    }
}

impl Callback for AfterRevokeMsg {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeAfterMsgCommand",
        earlier: &[],
        switch: Some("afterRevokeMsg"),
        family: Family::Message,
        when: When::After,
        since: Some("v3.4.2"),
        sentence: "A message was recalled.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
