//! `callbackBeforeCreateSingleChatConversationsCommand`: OpenIM is about to make the records of a conversation of two users.

use protocol::openim::{AmendedRecord, BeforeCreateSingleChatConversations, Decision, NoRefusal};

/// Decides what the new records say, with `Decision::Amend`: for example that they are pinned, for both users. It
/// cannot refuse: OpenIM asks only once, and a refusal breaks the chat for good. Change this function to decide it.
pub fn handle(
    _callback: BeforeCreateSingleChatConversations,
) -> Decision<AmendedRecord, NoRefusal> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_are_made_as_usual() {
        let callback =
            json!({"ownerUserId": "bob", "userId": "alice", "conversationId": "si_alice_bob"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
