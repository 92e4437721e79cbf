use domain::{Family, GroupId, Source, conversation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Lenient, Number, Rules, When,
    openim::{AmendedRecord, Before, Decision, NoRefusal},
};

record! {
/// `callbackBeforeCreateGroupChatConversationsCommand`: the server is about to make records of a group's conversation for
/// its first members, or for newcomers.
///
/// It must never be refused. The server asks only once for these members, and they join anyway. After a refusal, or
/// without an answer that it can read, they can never synchronise the group's chat. Only devices that are connected at
/// the moment of a message get it.
///
/// The body does not say which members. One answer counts for all of them.
///
/// Source: OpenIM, `pkg/callbackstruct/conversation.go`, `CallbackBeforeCreateGroupChatConversationsReq`;
/// <https://docs.openim.io/platform-api/webhooks/conversation/before-create-group-chat-conversations>.
pub struct BeforeCreateGroupChatConversations {
    /// Always empty.
    #[serde(default)]
    pub owner_user_id: FreeText,
    /// The group.
    #[serde(default)]
    pub group_id: Lenient<GroupId>,
}
}

impl Callback for BeforeCreateGroupChatConversations {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeCreateGroupChatConversationsCommand",
        earlier: &[],
        switch: Some("beforeCreateGroupChatConversations"),
        family: Family::Conversation,
        when: When::Before(Rules {
            caution: Some(
                "If this is refused or the answer cannot be read, these members can never synchronise the group's chat.",
            ),
            ..Rules::NONE
        }),
        since: Some("main"),
        sentence: "Members of a group are about to get records of its conversation.",
    };
    type Event = conversation::Event;
    type Answer = Decision<AmendedRecord, NoRefusal>;
}

impl Before for BeforeCreateGroupChatConversations {
    type Amendment = AmendedRecord;
}
