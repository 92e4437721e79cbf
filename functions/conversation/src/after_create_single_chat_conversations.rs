//! `callbackAfterCreateSingleChatConversationsCommand`: a user got a record of the conversation with another user.

use domain::{Conversation, conversation::Event};
use protocol::openim::AfterCreateSingleChatConversations;

/// The user has the conversation on their list now. The other user's record has a callback of its own. Change this
/// function if the callback means something else to your app.
pub fn handle(callback: AfterCreateSingleChatConversations) -> Vec<Event> {
    let (owner, other) = (callback.owner_user_id, callback.user_id);
    vec![Event::ConversationCreated {
        owner: Some(owner.clone()),
        conversation: Conversation::between(owner, other),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_of_two_users_has_a_record_of_the_same_conversation() {
        for (owner, other) in [("bob", "alice"), ("alice", "bob")] {
            let callback = json!({"ownerUserId": owner, "userId": other,
                "conversationId": "si_alice_bob", "conversationType": 1});
            let events = handle(serde_json::from_value(callback).unwrap());
            assert_eq!(
                serde_json::to_value(events).unwrap(),
                json!([{"type": "conversation_created", "owner": owner,
                    "conversation": {"users": ["alice", "bob"]}}])
            );
        }
    }
}
