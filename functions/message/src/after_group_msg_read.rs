//! `callbackAfterGroupMsgReadCommand`: a user read messages of a group.

use domain::message::Event;
use protocol::openim::AfterGroupMsgRead;

/// The server does not say which group it is, so the event is filed under the reader. Change this function if the callback
/// means something else to your app.
pub fn handle(callback: AfterGroupMsgRead) -> Vec<Event> {
    vec![Event::MessagesRead {
        conversation: None,
        reader: callback.reader,
        messages: Vec::new(),
        up_to: Some(callback.up_to),
        until: None,
        everywhere: false,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_group_without_a_name_was_read_up_to_a_number() {
        let callback =
            json!({"sendID": "leo", "receiveID": "leo", "unreadMsgNum": 42, "contentType": 3});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "messages_read", "reader": "leo", "up_to": 42}])
        );
    }
}
