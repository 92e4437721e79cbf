//! `callbackBeforeAddFriendAgreeCommand`: somebody is about to accept a friend request.

use protocol::openim::{BeforeAddFriendAgree, Decision, NoAmendment};

/// Whether both become friends; nothing about it can be changed. Edit here who may accept whom in your app.
pub fn handle(_callback: BeforeAddFriendAgree) -> Decision<NoAmendment> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may() {
        let callback = json!({"fromUserID": "ana", "blackUserID": "leo", "HandleResult": 1});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
