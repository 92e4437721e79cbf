use domain::Change;

use super::parts::*;
use crate::{
    Rules,
    tencent::{GroupCode, MessageDecision},
};

in_a_group! {
/// `Group.CallbackBeforeSendMsg`: a user is about to send a message to a group.
///
/// A client or the REST API sends it. The message has no number yet.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34374>.
pub struct GroupBeforeSendMsg {}
}

impl Callback for GroupBeforeSendMsg {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackBeforeSendMsg",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::Before(Rules {
            asks: "message.send_to_group",
            amends: &["text"],
            by_subject: &[
                "messages.bots",
                "messages.senders",
                "messages.groups",
                "messages.hours",
                "messages.contentTypes",
                "messages.text",
                "messages.links",
                "messages.limit",
            ],
            ..Rules::NONE
        }),
        since: None,
        sentence: "A user is about to send a message to a group.",
    };
    type Event = message::Event;
    type Answer = MessageDecision<GroupCode>;

    fn questions(&self) -> Vec<Question<'_>> {
        vec![super::question(&self.from, [], &self.body).group(&self.group_id)]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        super::amended(&self.body, change).map(MessageDecision::Amend)
    }
}
