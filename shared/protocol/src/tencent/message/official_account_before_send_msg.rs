use domain::Change;

use super::parts::*;
use crate::{
    Rules,
    tencent::{MessageCode, MessageDecision},
};

of_an_official_account! {
/// `OfficialAccount.CallbackBeforeSendMsg`: an official account is about to send a message to its subscribers.
///
/// A client or the REST API sends it; the body does not say who. The message has no id yet. Its codes are those of messages
/// between two users, but a refusal with 1 shows the sender 10016, as in groups.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60803> and
/// <https://cloud.tencent.com/document/product/269/102323>.
pub struct OfficialAccountBeforeSendMsg {}
}

impl Callback for OfficialAccountBeforeSendMsg {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "OfficialAccount.CallbackBeforeSendMsg",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::Before(Rules {
            asks: "message.send_to_subscribers",
            amends: &["text"],
            by_subject: &[
                "messages.bots",
                "messages.senders",
                "messages.hours",
                "messages.contentTypes",
                "messages.text",
                "messages.links",
                "messages.limit",
            ],
            ..Rules::NONE
        }),
        since: None,
        sentence: "An official account is about to send a message to its subscribers.",
    };
    type Event = message::Event;
    type Answer = MessageDecision<MessageCode>;

    fn questions(&self) -> Vec<Question<'_>> {
        vec![super::question(&self.channel, [], &self.body)]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        super::amended(&self.body, change).map(MessageDecision::Amend)
    }
}
