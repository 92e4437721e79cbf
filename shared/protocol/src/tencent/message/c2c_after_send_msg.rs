use super::parts::*;

between_users! {
/// `C2C.CallbackAfterSendMsg`: a user sent a message to another user.
///
/// It comes even if the message was not delivered, but not if `C2C.CallbackBeforeSendMsg` refused it. A call of the REST
/// API can switch it off.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34365>.
pub struct C2cAfterSendMsg {
    /// 0 if it was delivered, and otherwise why not.
    #[serde(
        rename = "SendMsgResult",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub result: Number,
    /// `send msg succeed`, or what went wrong.
    // The answer has a field of the same name.
    #[serde(rename = "ErrorInfo", skip_serializing_if = "Option::is_none")]
    pub error_info: Option<FreeText>,
    /// How many messages the user who gets it has not read, in all conversations. -1 if it was not delivered.
    #[serde(
        rename = "UnreadMsgNum",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub unread: Number,
}
}

impl C2cAfterSendMsg {
    /// The code of the failure, if it was not delivered.
    #[must_use]
    pub fn failure(&self) -> Option<i64> {
        super::failure(self.result)
    }
}

impl Callback for C2cAfterSendMsg {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "C2C.CallbackAfterSendMsg",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: None,
        sentence: "A user sent a message to another user.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
