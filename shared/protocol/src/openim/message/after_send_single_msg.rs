use super::parts::*;
use crate::openim::Noted;

about_a_message! {
/// `callbackAfterSendSingleMsgCommand`: the server accepted a message to a user.
///
/// It is in the server's queue and has no number yet. A user whose client repeats a message sends two, with the same
/// `clientMsgID`.
///
/// Source: OpenIM, `pkg/callbackstruct/message.go`, `CallbackAfterSendSingleMsgReq`;
/// <https://docs.openim.io/platform-api/webhooks/message/after-send-single-message>.
pub struct AfterSendSingleMsg {
    /// The user who gets it.
    #[serde(rename = "recvID")]
    pub recv_id: UserId,
}
}

impl Callback for AfterSendSingleMsg {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterSendSingleMsgCommand",
        earlier: &[],
        switch: Some("afterSendSingleMsg"),
        family: Family::Message,
        when: When::After,
        since: Some("v3.0.0"),
        sentence: "A user sent a message to another user.",
    };
    type Event = message::Event;
    type Answer = Noted;

    fn is_signal(&self) -> bool {
        self.content_type.is_signal()
    }
}
