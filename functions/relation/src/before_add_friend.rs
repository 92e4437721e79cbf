//! `callbackBeforeAddFriendCommand`: somebody asks for a friendship.

use protocol::openim::{BeforeAddFriend, Decision, NoAmendment};

/// Decides whether OpenIM stores the request and shows it to the other user. The answer cannot change its text. Change
/// this function to decide who may ask whom in your app.
pub fn handle(_callback: BeforeAddFriend) -> Decision<NoAmendment> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_ask() {
        let callback = json!({"fromUserID": "ana", "toUserID": "leo", "reqMsg": "hi"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
