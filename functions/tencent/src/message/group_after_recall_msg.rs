//! `Group.CallbackAfterRecallMsg`: messages in a group were recalled.

use domain::{Conversation, message::Event};
use protocol::tencent::{GroupAfterRecallMsg, RecalledMessage};

/// One event for all messages. Change this function if the callback means something else to your app.
pub fn handle(callback: GroupAfterRecallMsg) -> Vec<Event> {
    if callback.recalled.is_empty() {
        return Vec::new();
    }
    let messages = callback.recalled.iter().map(RecalledMessage::message);
    vec![Event::MessagesRecalled {
        topic: callback.topic(),
        messages: messages.collect(),
        by: callback.operator.user(),
        conversation: Conversation::Group(callback.group_id),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_messages_are_one_event_and_an_empty_list_is_no_event() {
        let mut callback = json!({
            "GroupId": "g", "TopicId": "t", "Operator_Account": "ana",
            "MsgSeqList": [{"MsgSeq": 4}, {"MsgSeq": 5, "MsgId": "c"}],
        });
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "messages_recalled", "conversation": {"group": "g"}, "topic": "t",
                "messages": [{"seq": 4}, {"client_id": "c", "seq": 5}], "by": "ana",
            }])
        );
        callback["MsgSeqList"] = json!([]);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
