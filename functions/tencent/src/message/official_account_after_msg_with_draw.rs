//! `OfficialAccount.CallbackAfterMsgWithDraw`: messages of an official account were recalled.

use domain::{Conversation, message::Event};
use protocol::tencent::{OfficialAccountAfterMsgWithDraw, WithdrawnMessage};

/// One event for all messages. The server does not say who recalled them. Change this function if the callback means
/// something else to your app.
pub fn handle(callback: OfficialAccountAfterMsgWithDraw) -> Vec<Event> {
    if callback.recalled.is_empty() {
        return Vec::new();
    }
    let messages = callback.recalled.iter().map(WithdrawnMessage::message);
    vec![Event::MessagesRecalled {
        topic: None,
        messages: messages.collect(),
        by: None,
        conversation: Conversation::Channel(callback.channel),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_messages_are_one_event_and_an_empty_list_is_no_event() {
        let mut callback = json!({"Official_Account": "@TOA#_hut", "WithdrawMsgList": [{"MsgKey": "1_2_3"}, {"MsgKey": "4_5_6"}]});
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{"type": "messages_recalled", "conversation": {"channel": "@TOA#_hut"},
                "messages": [{"id": "1_2_3"}, {"id": "4_5_6"}]}])
        );
        callback["WithdrawMsgList"] = json!([]);
        assert_eq!(handle(serde_json::from_value(callback).unwrap()), []);
    }
}
