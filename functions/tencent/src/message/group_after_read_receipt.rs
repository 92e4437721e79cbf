//! `Group.CallbackAfterReadReceipt`: members of a group sent receipts for messages.

use domain::{Conversation, message::Event};
use protocol::tencent::GroupAfterReadReceipt;

/// One event for each reader. Change this function if the callback means something else to your app.
pub fn handle(callback: GroupAfterReadReceipt) -> Vec<Event> {
    let readers = callback.by_reader().into_iter();
    readers
        .map(|(reader, messages)| Event::MessagesRead {
            conversation: Some(Conversation::Group(callback.group_id.clone())),
            reader,
            messages,
            up_to: None,
            until: None,
            everywhere: false,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_reader_has_one_event_with_all_messages() {
        let readers = |users: &[&str]| {
            users
                .iter()
                .map(|user| json!({"Member_Account": user}))
                .collect::<Vec<_>>()
        };
        let callback = json!({"GroupId": "g", "GroupMsgReceiptList": [
            {"MsgSeq": 4, "ReadNum": 2, "UnreadNum": 1, "ReadReceiptMembers": readers(&["leo", "bob"])},
            {"MsgSeq": 5, "ReadNum": 1, "UnreadNum": 2, "ReadReceiptMembers": readers(&["leo"])},
        ]});
        let events = handle(serde_json::from_value(callback).unwrap());
        let read = |reader: &str, messages| {
            json!({
                "type": "messages_read", "conversation": {"group": "g"}, "reader": reader, "messages": messages,
            })
        };
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([
                read("leo", json!([{"seq": 4}, {"seq": 5}])),
                read("bob", json!([{"seq": 4}]))
            ])
        );
    }
}
