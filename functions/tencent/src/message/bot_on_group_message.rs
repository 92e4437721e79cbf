//! `Bot.OnGroupMessage`: a user mentioned bots in a group.

use domain::{Conversation, message::Event};
use protocol::tencent::BotOnGroupMessage;

/// The same event as for any other message in a group. If `Group.CallbackAfterSendMsg` is switched on, too, it is stored
/// twice, with the same number. Change this function if the callback means something else to your app.
pub fn handle(callback: BotOnGroupMessage) -> Vec<Event> {
    vec![Event::MessageSent {
        topic: callback.topic(),
        message: callback.message(),
        kind: callback.body.kind(),
        sent_at: callback.sent_at(),
        mentions: callback.mentions(),
        mentions_everybody: false,
        // The receiver sets it, by the policies.
        bot: false,
        content: callback.body.content().cloned(),
        app_text: callback.app_text(),
        conversation: Conversation::Group(callback.group_id),
        from: callback.from,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_bots_are_the_mentioned_users() {
        let callback = json!({
            "GroupId": "g", "From_Account": "ana", "MsgSeq": 4, "MsgTime": 1_700_000_004,
            "AtRobots_Account": ["@RBT#guide"], "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        });
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "message_sent", "conversation": {"group": "g"}, "from": "ana", "message": {"seq": 4},
                "kind": "text", "sent_at": "2023-11-14T22:13:24.000Z", "mentions": ["@RBT#guide"],
                "content": {"kind": "text", "text": "hi"},
            }])
        );
    }
}
