//! `Group.CallbackSendMsgException`: a message to a group could not be delivered.

use domain::{Conversation, message::Event};
use protocol::tencent::GroupSendMsgException;

/// Nobody got the message, so the event does not say what is in it. Change this function if the callback means something
/// else to your app.
pub fn handle(callback: GroupSendMsgException) -> Vec<Event> {
    vec![Event::MessageFailed {
        topic: callback.topic(),
        message: callback.message(),
        kind: callback.body.kind(),
        code: callback.failure(),
        conversation: Conversation::Group(callback.group_id),
        from: callback.from,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_event_has_the_code_and_not_the_content() {
        let callback = json!({
            "GroupId": "g", "From_Account": "ana", "Random": 7, "ErrorCode": 10023, "ErrorInfo": "too many messages",
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        });
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "message_failed", "conversation": {"group": "g"}, "from": "ana", "message": {}, "kind": "text",
                "code": 10023,
            }])
        );
    }
}
