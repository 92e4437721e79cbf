//! `callbackAfterSendGroupMsgCommand`: a user sent a message to a group.

use domain::{
    Conversation,
    message::{AppText, Event},
};
use protocol::openim::AfterSendGroupMsg;

/// The message has no number yet. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterSendGroupMsg) -> Vec<Event> {
    vec![Event::MessageSent {
        message: callback.message(),
        kind: callback.content_type.kind(),
        sent_at: callback.sent_at(),
        mentions: callback.mentions().cloned().collect(),
        mentions_everybody: callback.mentions_everybody(),
        // The receiver sets it, by the policies.
        bot: false,
        content: callback.content().cloned(),
        conversation: Conversation::Group(callback.group_id),
        topic: None,
        app_text: AppText(callback.ex.into()),
        from: callback.send_id,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn stored(callback: Value) -> Value {
        let events = handle(serde_json::from_value(callback).unwrap());
        serde_json::to_value(events).unwrap()
    }

    #[test]
    fn a_message_is_filed_under_the_group_with_the_users_whom_it_mentions() {
        let callback = json!({
            "sendID": "ana", "groupID": "g", "serverMsgID": "s", "contentType": 106, "seq": 0,
            "content": "{\"text\":\"@leo\",\"atUserList\":[\"leo\"]}", "atUserList": ["leo", "AtAllTag"],
        });
        assert_eq!(
            stored(callback),
            json!([{
                "type": "message_sent", "conversation": {"group": "g"}, "from": "ana", "message": {"id": "s"},
                "kind": "mention", "mentions": ["leo"], "mentions_everybody": true,
                "content": {"kind": "mention", "text": "@leo"},
            }])
        );
    }
}
