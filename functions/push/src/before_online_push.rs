//! `callbackBeforeOnlinePushCommand`: a message for one user, or a notice, is about to go to connected devices.

use protocol::openim::{BeforeOnlinePush, Decision, NoAmendment};

/// Decides whether the message goes to devices now. After a refusal there is no vendor push either, and clients get the
/// message when they synchronise next. Change this function to decide about your app's messages.
pub fn handle(_callback: BeforeOnlinePush) -> Decision<NoAmendment> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_message_may_go_to_devices() {
        let callback = json!({"userIDList": ["leo", "ana"], "sendID": "ana"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
