//! `Group.CallbackAfterSendMsg`: a user sent a message to a group.

use domain::{Conversation, message::Event};
use protocol::tencent::GroupAfterSendMsg;

/// A message in a topic belongs to the topic's group. Change this function if the callback means something else to your app.
pub fn handle(callback: GroupAfterSendMsg) -> Vec<Event> {
    vec![Event::MessageSent {
        topic: callback.topic(),
        message: callback.message(),
        kind: callback.body.kind(),
        sent_at: callback.sent_at(),
        mentions: callback.mentions(),
        mentions_everybody: callback.mentions_everybody(),
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
    fn a_message_is_filed_under_the_group_with_its_topic_and_the_users_whom_it_mentions() {
        let callback = json!({
            "GroupId": "g", "TopicId": "t", "From_Account": "ana", "Operator_Account": "@TLS#NOT_FOUND", "MsgSeq": 4,
            "MsgId": "c", "MsgTime": 1_700_000_004,
            "GroupAtInfo": [{"GroupAtAllFlag": 1}, {"GroupAtAllFlag": 0, "GroupAt_Account": "leo"}],
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        });
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "message_sent", "conversation": {"group": "g"}, "topic": "t", "from": "ana",
                "message": {"client_id": "c", "seq": 4}, "kind": "text", "sent_at": "2023-11-14T22:13:24.000Z",
                "mentions": ["leo"], "mentions_everybody": true, "content": {"kind": "text", "text": "hi"},
            }])
        );
    }

    #[test]
    fn a_message_of_which_only_the_group_and_the_sender_can_be_read_is_stored() {
        let odd = json!({
            "GroupId": "g", "From_Account": "ana", "MsgSeq": "x", "MsgTime": 0, "MsgBody": {"a": 1}, "TopicId": "",
            "GroupAtInfo": 7, "CloudCustomData": [],
        });
        let events = handle(serde_json::from_value(odd).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "message_sent", "conversation": {"group": "g"}, "from": "ana", "message": {}, "kind": "other",
                "content": {"kind": "other", "raw": "{\"a\":1}"},
            }])
        );
    }
}
