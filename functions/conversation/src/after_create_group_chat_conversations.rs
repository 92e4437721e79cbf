//! `callbackAfterCreateGroupChatConversationsCommand`: members of a group got records of its conversation.

use domain::{Conversation, conversation::Event};
use protocol::openim::AfterCreateGroupChatConversations;

/// Members have the group's conversation on their lists now. OpenIM does not say which members. Change this function if
/// the callback means something else to your app.
pub fn handle(callback: AfterCreateGroupChatConversations) -> Vec<Event> {
    vec![Event::ConversationCreated {
        owner: None,
        conversation: Conversation::Group(callback.group_id),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_groups_conversation_names_no_owner() {
        let callback = json!({"ownerUserId": "", "conversationId": "sg_team1",
            "conversationType": 3, "groupId": "team1"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "conversation_created", "conversation": {"group": "team1"}}])
        );
    }
}
