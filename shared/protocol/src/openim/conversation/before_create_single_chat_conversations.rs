use domain::{Family, Source, UserId, conversation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Lenient, Number, Rules, When,
    openim::{AmendedRecord, Before, Decision, NoRefusal},
};

record! {
/// `callbackBeforeCreateSingleChatConversationsCommand`: the first message between two users is stored, and the server is
/// about to make a record of the conversation for each of them.
///
/// It must never be refused. The server asks only once in the life of a chat, and stores the message anyway. After a
/// refusal, or without an answer that it can read, neither user can ever synchronise that chat. Only devices that are
/// connected at the moment of a message get it.
///
/// The server asks twice, and the second body repeats the first user. The first answer counts for both records. An
/// amendment in the second answer changes nothing. About a notification account it asks once.
///
/// Source: OpenIM, `pkg/callbackstruct/conversation.go`, `CallbackBeforeCreateSingleChatConversationsReq`;
/// <https://docs.openim.io/platform-api/webhooks/conversation/before-create-single-chat-conversations>.
pub struct BeforeCreateSingleChatConversations {
    /// The user who wrote the message, or whom a notification account notifies.
    #[serde(default)]
    pub owner_user_id: Lenient<UserId>,
    /// The other user.
    #[serde(default)]
    pub user_id: Lenient<UserId>,
}
}

impl Callback for BeforeCreateSingleChatConversations {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeCreateSingleChatConversationsCommand",
        earlier: &[],
        switch: Some("beforeCreateSingleChatConversations"),
        family: Family::Conversation,
        when: When::Before(Rules {
            caution: Some(
                "If this is refused or the answer cannot be read, that chat can never be synchronised again.",
            ),
            ..Rules::NONE
        }),
        since: Some("main"),
        sentence: "Two users are about to get records of their conversation.",
    };
    type Event = conversation::Event;
    type Answer = Decision<AmendedRecord, NoRefusal>;
}

impl Before for BeforeCreateSingleChatConversations {
    type Amendment = AmendedRecord;
}
