//! `C2C.CallbackAfterMsgReadAll`: a user marked all conversations as read.

use domain::{Conversation, message::Event};
use protocol::tencent::C2cAfterMsgReadAll;

/// One event for everything, and one for each group that the server names. Change this function if the callback means
/// something else to your app.
pub fn handle(callback: C2cAfterMsgReadAll) -> Vec<Event> {
    let everything = Event::MessagesRead {
        conversation: None,
        reader: callback.reader.clone(),
        messages: Vec::new(),
        up_to: None,
        until: callback.at(),
        everywhere: true,
    };
    let groups = callback.groups.into_iter().flatten();
    let groups = groups.map(|group| Event::MessagesRead {
        conversation: Some(Conversation::Group(group.group_id)),
        reader: callback.reader.clone(),
        messages: Vec::new(),
        up_to: group.up_to.get(),
        until: None,
        everywhere: false,
    });
    [everything].into_iter().chain(groups).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_is_one_event_and_each_group_another() {
        let callback = json!({
            "Report_Account": "leo", "GroupReadInfo": [{"GroupId": "g", "MsgSeq": 100}], "EventTime": 1_700_000_000_123_i64,
        });
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([
                {"type": "messages_read", "reader": "leo", "until": "2023-11-14T22:13:20.123Z", "everywhere": true},
                {"type": "messages_read", "conversation": {"group": "g"}, "reader": "leo", "up_to": 100},
            ])
        );
        let callback = json!({"Report_Account": "leo"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "messages_read", "reader": "leo", "everywhere": true}])
        );
    }
}
