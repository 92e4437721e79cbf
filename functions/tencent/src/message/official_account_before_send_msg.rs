//! `OfficialAccount.CallbackBeforeSendMsg`: an official account is about to send a message to its subscribers.

use protocol::tencent::{MessageCode, MessageDecision, OfficialAccountBeforeSendMsg};

/// Decides what is sent. `MessageDecision::Amend` changes the elements and the app's own text, `Drop` lets the message
/// disappear, and the sender does not learn it. Change this function to decide what an official account may write in your
/// app.
pub fn handle(_callback: OfficialAccountBeforeSendMsg) -> MessageDecision<MessageCode> {
    MessageDecision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_official_account_may_write() {
        let callback = json!({
            "Official_Account": "@TOA#_hut",
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        });
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            MessageDecision::Allow
        );
    }
}
