use super::parts::*;

sent_between_users! {
/// `C2C.CallbackAfterSendMsg`: a user sent a message to another user.
///
/// It comes even if the message was not delivered, but not if `C2C.CallbackBeforeSendMsg` refused it. A call of the REST
/// API can switch it off.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34365>.
pub struct C2cAfterSendMsg;
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
