//! `OfficialAccount.CallbackAfterSendMsg`: an official account sent a message to its subscribers.

use domain::{Conversation, message::Event};
use protocol::tencent::OfficialAccountAfterSendMsg;

/// The official account is the sender. Change this function if the callback means something else to your app.
pub fn handle(callback: OfficialAccountAfterSendMsg) -> Vec<Event> {
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
        conversation: Conversation::Channel(callback.channel.clone()),
        from: callback.channel,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_official_account_is_the_sender() {
        let callback = json!({
            "Official_Account": "@TOA#_hut", "MsgKey": "1_2_3", "MsgTime": 1_700_000_004, "CloudCustomData": "e",
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        });
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "message_sent", "conversation": {"channel": "@TOA#_hut"}, "from": "@TOA#_hut",
                "message": {"id": "1_2_3"}, "kind": "text", "sent_at": "2023-11-14T22:13:24.000Z",
                "content": {"kind": "text", "text": "hi"}, "app_text": "e",
            }])
        );
    }
}
