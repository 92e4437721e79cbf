//! `C2C.CallbackAfterModifyMsg`: a message between two users was edited.

use domain::message::Event;
use protocol::tencent::C2cAfterModifyMsg;

/// The event has the message as it is now. Change this function if the callback means something else to your app.
pub fn handle(callback: C2cAfterModifyMsg) -> Vec<Event> {
    vec![Event::MessageEdited {
        topic: None,
        message: callback.message(),
        by: callback.operator.user(),
        kind: callback.body.kind(),
        content: callback.body.content().cloned(),
        app_text: callback.app_text(),
        conversation: callback.conversation(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_event_has_the_new_content_and_who_edited_it_if_that_is_known() {
        let mut callback = json!({
            "Operator_Account": "bob", "From_Account": "ana", "To_Account": "leo", "MsgKey": "1_2_3",
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        });
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "message_edited", "conversation": {"users": ["ana", "leo"]}, "message": {"id": "1_2_3"},
                "by": "bob", "kind": "text", "content": {"kind": "text", "text": "hi"},
            }])
        );
        callback["Operator_Account"] = json!("@TLS#NOT_FOUND");
        let events = handle(serde_json::from_value(callback).unwrap());
        assert!(matches!(
            events[..],
            [Event::MessageEdited { by: None, .. }]
        ));
    }
}
