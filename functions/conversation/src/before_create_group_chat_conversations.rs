//! `callbackBeforeCreateGroupChatConversationsCommand`: OpenIM is about to make records of a group's conversation.

use protocol::openim::{AmendedRecord, BeforeCreateGroupChatConversations, Decision, NoRefusal};

/// Decides what the new records say, with `Decision::Amend`: for example that they are pinned, for all members whom it concerns. It
/// cannot refuse: OpenIM asks only once, and a refusal breaks the chat for good. Change this function to decide it.
pub fn handle(_callback: BeforeCreateGroupChatConversations) -> Decision<AmendedRecord, NoRefusal> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_are_made_as_usual() {
        let callback = json!({"ownerUserId": "", "groupId": "team1", "conversationId": "sg_team1"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
