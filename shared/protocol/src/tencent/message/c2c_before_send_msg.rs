use domain::Change;

use super::parts::*;
use crate::{
    Rules,
    tencent::{MessageCode, MessageDecision},
};

between_users! {
/// `C2C.CallbackBeforeSendMsg`: a user is about to send a message to another user.
///
/// A client or `v4/openim/sendmsg` sends it. A call of the REST API can switch the question off.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34364>.
pub struct C2cBeforeSendMsg {}
}

impl Callback for C2cBeforeSendMsg {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "C2C.CallbackBeforeSendMsg",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::Before(Rules {
            asks: "message.send",
            amends: &["text"],
            by_subject: &[
                "messages.bots",
                "messages.senders",
                "messages.recipients",
                "messages.hours",
                "messages.contentTypes",
                "messages.text",
                "messages.links",
                "messages.notWhenBlocked",
                "messages.friendsOnly",
                "messages.limit",
            ],
            ..Rules::NONE
        }),
        since: None,
        sentence: "A user is about to send a message to another user.",
    };
    type Event = message::Event;
    type Answer = MessageDecision<MessageCode>;

    fn questions(&self) -> Vec<Question<'_>> {
        vec![super::question(&self.from, [&self.to], &self.body)]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        super::amended(&self.body, change).map(MessageDecision::Amend)
    }
}
