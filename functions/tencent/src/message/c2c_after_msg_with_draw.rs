//! `C2C.CallbackAfterMsgWithDraw`: a message between two users was recalled.

use domain::message::Event;
use protocol::tencent::C2cAfterMsgWithDraw;

/// The server does not say who recalled it. Change this function if the callback means something else to your app.
pub fn handle(callback: C2cAfterMsgWithDraw) -> Vec<Event> {
    vec![Event::MessagesRecalled {
        conversation: callback.conversation(),
        topic: None,
        messages: vec![callback.message()],
        by: None,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_message_was_recalled_by_somebody() {
        let callback = json!({"From_Account": "leo", "To_Account": "ana", "MsgKey": "1_2_3"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "messages_recalled", "conversation": {"users": ["ana", "leo"]}, "messages": [{"id": "1_2_3"}],
            }])
        );
    }
}
