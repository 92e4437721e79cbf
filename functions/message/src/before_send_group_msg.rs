//! `callbackBeforeSendGroupMsgCommand`: a user is about to send a message to a group.

use protocol::openim::{BeforeSendGroupMsg, Decision, NoAmendment};

/// Decides whether the message is sent. Change this function to decide who may write what in a group of your app.
pub fn handle(_callback: BeforeSendGroupMsg) -> Decision<NoAmendment> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_member_may_write() {
        let callback = json!({"sendID": "ana", "groupID": "g", "contentType": 101, "content": "{\"content\":\"hi\"}"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
