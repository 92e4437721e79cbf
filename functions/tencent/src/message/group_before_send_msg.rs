//! `Group.CallbackBeforeSendMsg`: a user is about to send a message to a group.

use protocol::tencent::{GroupBeforeSendMsg, GroupCode, MessageDecision};

/// Decides what is sent. `MessageDecision::Amend` changes the elements and the app's own text, `Drop` lets the message
/// disappear, and the sender does not learn it. Change this
/// function to decide who may write what in a group of your app.
pub fn handle(_callback: GroupBeforeSendMsg) -> MessageDecision<GroupCode> {
    MessageDecision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_member_may_write() {
        let callback = json!({
            "GroupId": "g", "From_Account": "ana",
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        });
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            MessageDecision::Allow
        );
    }
}
