//! `Bot.OnC2CMessage`: a user wrote to a bot.

use domain::message::Event;
use protocol::tencent::BotOnC2cMessage;

/// The same event as for any other message between two users. If `C2C.CallbackAfterSendMsg` is switched on, too, it can be
/// stored twice, with the same ids. Change this function if the callback means something else to your app.
pub fn handle(callback: BotOnC2cMessage) -> Vec<Event> {
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
    fn a_message_to_a_bot_is_a_message_between_two_users() {
        let mut callback = json!({
            "From_Account": "ana", "To_Account": "@RBT#helper", "MsgKey": "1_2_3", "MsgTime": 1_700_000_004,
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        });
        let events = handle(serde_json::from_value(callback.clone()).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "message_sent", "conversation": {"users": ["@RBT#helper", "ana"]}, "from": "ana",
                "message": {"id": "1_2_3"}, "kind": "text", "sent_at": "2023-11-14T22:13:24.000Z",
                "content": {"kind": "text", "text": "hi"},
            }])
        );
        callback["SendMsgResult"] = json!(1);
        let events = handle(serde_json::from_value(callback).unwrap());
        assert!(matches!(events[..], [Event::MessageFailed { .. }]));
    }
}
