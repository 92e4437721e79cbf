use super::parts::*;

between_users! {
/// `Bot.OnC2CMessage`: a user wrote to a bot.
///
/// The documents do not say whether `C2C.CallbackAfterSendMsg` comes, too.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/68952>.
pub struct BotOnC2cMessage {
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

impl BotOnC2cMessage {
    /// The code of the failure, if it was not delivered.
    #[must_use]
    pub fn failure(&self) -> Option<i64> {
        super::failure(self.result)
    }
}

impl Callback for BotOnC2cMessage {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Bot.OnC2CMessage",
        // One receiver expects this spelling, too.
        earlier: &["Bot.OnC2cMessage"],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: None,
        sentence: "A user wrote to a bot.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
