//! `callbackBeforeMsgModifyCommand`: a message is about to be sent and can be changed.

use protocol::openim::{AmendedMessage, BeforeMsgModify, Decision};

/// Decides what is sent. `Decision::Amend` changes the content, the mentioned users and the free text of the app. Change this
/// function to decide what a message contains in your app.
pub fn handle(_callback: BeforeMsgModify) -> Decision<AmendedMessage> {
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_message_is_sent_as_it_was_written() {
        let callback =
            json!({"sendID": "ana", "contentType": 101, "content": "{\"content\":\"hi\"}"});
        assert_eq!(
            handle(serde_json::from_value(callback).unwrap()),
            Decision::Allow
        );
    }
}
