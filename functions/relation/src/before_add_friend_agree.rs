//! `callbackBeforeAddFriendAgreeCommand`: somebody is about to accept a friend request.

use protocol::openim::{BeforeAddFriendAgree, Decision, NoAmendment};

/// Decides whether both users become friends. The answer cannot change anything else. Change this function to decide who
/// may accept whom in your app.
pub fn handle(_callback: BeforeAddFriendAgree) -> Decision<NoAmendment> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_accept() {
        let callback = json!({"fromUserID": "ana", "blackUserID": "leo", "HandleResult": 1});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
