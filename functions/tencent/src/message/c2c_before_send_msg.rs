//! `C2C.CallbackBeforeSendMsg`: a user is about to send a message to another user.

use protocol::tencent::{C2cBeforeSendMsg, MessageCode, MessageDecision};

/// Decides what is sent. `MessageDecision::Amend` changes the elements and the app's own text, `Drop` lets the message
/// disappear, and the sender does not learn it. Change this
/// function to decide who may write to whom in your app, and what.
pub fn handle(_callback: C2cBeforeSendMsg) -> MessageDecision<MessageCode> {
    MessageDecision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_may_write_to_everybody() {
        let callback = json!({
            "From_Account": "ana", "To_Account": "leo",
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        });
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            MessageDecision::Allow
        );
    }
}
