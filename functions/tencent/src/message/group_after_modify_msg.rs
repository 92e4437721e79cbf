//! `Group.CallbackAfterModifyMsg`: a message in a group was edited.

use domain::{
    Conversation,
    message::{AppText, Event},
};
use protocol::tencent::GroupAfterModifyMsg;

/// The event has the message as it is now. Change this function if the callback means something else to your app.
pub fn handle(callback: GroupAfterModifyMsg) -> Vec<Event> {
    vec![Event::MessageEdited {
        topic: callback.topic(),
        message: callback.message(),
        by: callback.operator.user(),
        kind: callback.body.kind(),
        content: callback.body.content().cloned(),
        // The server does not say it.
        app_text: AppText::default(),
        conversation: Conversation::Group(callback.group_id),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_event_has_the_new_content_and_who_edited_it_if_that_is_known() {
        let mut callback = json!({
            "Operator_Account": "bob", "GroupId": "g", "TopicId": "t", "MsgSeq": 4,
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        });
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "message_edited", "conversation": {"group": "g"}, "topic": "t", "message": {"seq": 4},
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
