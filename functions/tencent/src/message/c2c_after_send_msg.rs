//! `C2C.CallbackAfterSendMsg`: a user sent a message to another user.

use domain::message::Event;
use protocol::tencent::C2cAfterSendMsg;

/// A message that was not delivered is another event, without its content. A message that only connected clients get is
/// sent like any other. Change this function if the callback means something else to your app.
pub fn handle(callback: C2cAfterSendMsg) -> Vec<Event> {
    if let Some(code) = callback.failure() {
        return vec![Event::MessageFailed {
            conversation: callback.conversation(),
            topic: None,
            message: callback.message(),
            kind: callback.body.kind(),
            code: Some(code),
            from: callback.from,
        }];
    }
    vec![Event::MessageSent {
        topic: None,
        message: callback.message(),
        kind: callback.body.kind(),
        sent_at: callback.sent_at(),
        mentions: Vec::new(),
        mentions_everybody: false,
        // The receiver sets it, by the policies.
        bot: false,
        content: callback.body.content().cloned(),
        app_text: callback.app_text(),
        conversation: callback.conversation(),
        from: callback.from,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_that_was_not_delivered_is_no_sent_message() {
        let mut callback = json!({
            "From_Account": "leo", "To_Account": "ana", "MsgSeq": 1, "MsgRandom": 2, "MsgTime": 1_700_000_004,
            "MsgKey": "1_2_1700000004", "MsgId": "c", "OnlineOnlyFlag": 1, "SendMsgResult": 0, "CloudCustomData": "e",
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        });
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "message_sent", "conversation": {"users": ["ana", "leo"]}, "from": "leo",
                "message": {"id": "1_2_1700000004", "client_id": "c", "seq": 1}, "kind": "text",
                "sent_at": "2023-11-14T22:13:24.000Z", "content": {"kind": "text", "text": "hi"}, "app_text": "e",
            }])
        );
        callback["SendMsgResult"] = json!(20006);
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "message_failed", "conversation": {"users": ["ana", "leo"]}, "from": "leo",
                "message": {"id": "1_2_1700000004", "client_id": "c", "seq": 1}, "kind": "text", "code": 20006,
            }])
        );
    }

    #[test]
    fn an_old_message_without_a_key_has_the_id_that_the_key_would_have() {
        let callback = json!({"From_Account": "leo", "To_Account": "ana", "MsgSeq": 1, "MsgRandom": 2, "MsgTime": 3});
        let callback: C2cAfterSendMsg = serde_json::from_value(callback).unwrap();
        assert_eq!(callback.message().id.as_deref(), Some("1_2_3"));
    }
}
