//! `C2C.CallbackAfterMsgReadReceipt`: a user sent receipts for messages of another user.

use domain::message::Event;
use protocol::tencent::{C2cAfterMsgReadReceipt, ReadMessage};

/// One event for all messages. Change this function if the callback means something else to your app.
pub fn handle(callback: C2cAfterMsgReadReceipt) -> Vec<Event> {
    if callback.read.is_empty() {
        return Vec::new();
    }
    let mut messages: Vec<_> = callback.read.iter().map(ReadMessage::message).collect();
    messages.dedup();
    vec![Event::MessagesRead {
        conversation: Some(callback.conversation()),
        messages,
        up_to: None,
        until: None,
        everywhere: false,
        reader: callback.reader,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_messages_are_one_event_and_an_empty_list_is_no_event() {
        let mut callback = json!({
            "Operator_Account": "leo", "Peer_Account": "ana", "C2CMsgInfo": [{"MsgKey": "1_2_3", "MsgId": "c"}],
        });
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "messages_read", "conversation": {"users": ["ana", "leo"]}, "reader": "leo",
                "messages": [{"id": "1_2_3", "client_id": "c"}],
            }])
        );
        callback["C2CMsgInfo"] = json!([]);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
