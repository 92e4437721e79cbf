use domain::GroupId;

use super::parts::*;
use crate::openim::Noted;

about_a_message! {
/// `callbackAfterSendGroupMsgCommand`: the server accepted a message to a group.
///
/// It is in the server's queue and has no number yet. With any `attentionIds` in `webhooks.yml`, the server never sends
/// this: it compares them with the user who gets the message, and a group's message has none.
///
/// Source: OpenIM, `pkg/callbackstruct/message.go`, `CallbackAfterSendGroupMsgReq`;
/// <https://docs.openim.io/platform-api/webhooks/message/after-send-group-message>.
pub struct AfterSendGroupMsg {
    /// The group.
    #[serde(rename = "groupID")]
    pub group_id: GroupId,
}
}

impl Callback for AfterSendGroupMsg {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterSendGroupMsgCommand",
        earlier: &[],
        switch: Some("afterSendGroupMsg"),
        family: Family::Message,
        when: When::After,
        since: Some("v3.0.0"),
        sentence: "A user sent a message to a group.",
    };
    type Event = message::Event;
    type Answer = Noted;

    fn is_signal(&self) -> bool {
        self.content_type.is_signal()
    }
}
