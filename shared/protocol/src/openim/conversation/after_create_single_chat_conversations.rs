use domain::{Family, Source, UserId, conversation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, Lenient, Number, When, openim::Noted};

record! {
/// `callbackAfterCreateSingleChatConversationsCommand`: a user got a record of the conversation with another user.
///
/// It comes at the first message, and for each of the two users. For a notification account it comes once, for the user
/// who is notified. It also comes after an accepted friend request or an import, because the server itself writes the
/// first message then. It comes even if the server could not store the record.
///
/// Source: OpenIM, `pkg/callbackstruct/conversation.go`, `CallbackAfterCreateSingleChatConversationsReq`;
/// <https://docs.openim.io/platform-api/webhooks/conversation/after-create-single-chat-conversations>.
pub struct AfterCreateSingleChatConversations {
    /// The user whose record it is.
    pub owner_user_id: UserId,
    /// The other user.
    pub user_id: UserId,
}
}

impl Callback for AfterCreateSingleChatConversations {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterCreateSingleChatConversationsCommand",
        earlier: &[],
        switch: Some("afterCreateSingleChatConversations"),
        family: Family::Conversation,
        when: When::After,
        since: Some("main"),
        sentence: "A user got a record of the conversation with another user.",
    };
    type Event = conversation::Event;
    type Answer = Noted;
}
