use super::parts::*;

sent_between_users! {
/// `Bot.OnC2CMessage`: a user wrote to a bot.
///
/// The documents do not say whether `C2C.CallbackAfterSendMsg` comes, too.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/68952>.
pub struct BotOnC2cMessage;
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
