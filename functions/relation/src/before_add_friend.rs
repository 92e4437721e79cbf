//! `callbackBeforeAddFriendCommand`: somebody asks for a friendship.

use protocol::openim::{BeforeAddFriend, Decision, NoAmendment};

/// Whether the request is stored and reaches the other user; its text cannot be changed. Edit here who may ask
/// whom in your app.
pub fn handle(_callback: BeforeAddFriend) -> Decision<NoAmendment> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may() {
        let callback = json!({"fromUserID": "ana", "toUserID": "leo", "reqMsg": "hi"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
