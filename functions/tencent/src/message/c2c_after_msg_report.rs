//! `C2C.CallbackAfterMsgReport`: a user read the messages of another user.

use domain::message::Event;
use protocol::tencent::C2cAfterMsgReport;

/// The server says until when, and not which messages. Change this function if the callback means something else to your
/// app.
pub fn handle(callback: C2cAfterMsgReport) -> Vec<Event> {
    vec![Event::MessagesRead {
        conversation: Some(callback.conversation()),
        messages: Vec::new(),
        up_to: None,
        until: callback.until(),
        everywhere: false,
        reader: callback.reader,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_conversation_was_read_until_a_time() {
        let callback =
            json!({"Report_Account": "leo", "Peer_Account": "ana", "LastReadTime": 1_700_000_005});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "messages_read", "conversation": {"users": ["ana", "leo"]}, "reader": "leo",
                "until": "2023-11-14T22:13:25.000Z",
            }])
        );
    }
}
