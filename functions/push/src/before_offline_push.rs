//! `callbackBeforeOfflinePushCommand`: a vendor is about to push a message to users who are not connected.

use protocol::openim::{AmendedPush, BeforeOfflinePush, Decision};

/// Decides whether the vendor pushes the message, to whom of the recipients (`AmendedPush::to`), and with which texts
/// (`AmendedPush::saying`). Change this function to decide about your app's pushes.
pub fn handle(_callback: BeforeOfflinePush) -> Decision<AmendedPush> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_message_may_be_pushed() {
        let callback = json!({"userIDList": ["leo"], "sendID": "ana", "title": "New message"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
