//! `callbackBeforeSendSingleMsgCommand`: a user is about to send a message to another user.

use protocol::openim::{BeforeSendSingleMsg, Decision, NoAmendment};

/// Decides whether the message is sent. Change this function to decide who may write to whom in your app, and what.
pub fn handle(_callback: BeforeSendSingleMsg) -> Decision<NoAmendment> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_write_to_everybody() {
        let callback = json!({"sendID": "ana", "recvID": "leo", "contentType": 101, "content": "{\"content\":\"hi\"}"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
