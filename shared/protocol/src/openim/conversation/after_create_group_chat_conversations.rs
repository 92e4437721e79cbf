use domain::{Family, GroupId, Source, conversation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, Lenient, Number, When, openim::Noted};

record! {
/// `callbackAfterCreateGroupChatConversationsCommand`: members of a group got records of its conversation.
///
/// It comes once when the group is created, and again for newcomers. The body does not say which members, so both look
/// the same.
///
/// Source: OpenIM, `pkg/callbackstruct/conversation.go`, `CallbackAfterCreateGroupChatConversationsReq`;
/// <https://docs.openim.io/platform-api/webhooks/conversation/after-create-group-chat-conversations>.
pub struct AfterCreateGroupChatConversations {
    /// Always empty.
    #[serde(default)]
    pub owner_user_id: FreeText,
    /// The group.
    pub group_id: GroupId,
}
}

impl Callback for AfterCreateGroupChatConversations {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterCreateGroupChatConversationsCommand",
        earlier: &[],
        switch: Some("afterCreateGroupChatConversations"),
        family: Family::Conversation,
        when: When::After,
        since: Some("main"),
        sentence: "Members of a group got records of its conversation.",
    };
    type Event = conversation::Event;
    type Answer = Noted;
}
