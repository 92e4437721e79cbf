//! `callbackAfterSendSingleMsgCommand`: a user sent a message to another user.

use domain::{
    Conversation,
    message::{AppText, Event},
};
use protocol::openim::AfterSendSingleMsg;

/// The message has no number yet. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterSendSingleMsg) -> Vec<Event> {
    vec![Event::MessageSent {
        message: callback.message(),
        kind: callback.content_type.kind(),
        sent_at: callback.sent_at(),
        mentions: callback.mentions().cloned().collect(),
        mentions_everybody: callback.mentions_everybody(),
        // The receiver sets it, by the policies.
        bot: false,
        content: callback.content().cloned(),
        conversation: Conversation::between(callback.send_id.clone(), callback.recv_id),
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
    fn a_message_is_filed_under_the_two_users_in_either_direction() {
        let callback = |from: &str, to: &str| {
            json!({
                "sendID": from, "recvID": to, "serverMsgID": "s", "clientMsgID": "c", "contentType": 101, "seq": 0,
                "sendTime": 1_700_000_000_123_i64, "content": "{\"content\":\"hi\"}", "atUserList": null, "ex": "e",
            })
        };
        let sent = |from: &str| {
            json!([{
                "type": "message_sent", "conversation": {"users": ["ana", "leo"]}, "from": from,
                "message": {"id": "s", "client_id": "c"}, "kind": "text", "sent_at": "2023-11-14T22:13:20.123Z",
                "content": {"kind": "text", "text": "hi"}, "app_text": "e",
            }])
        };
        assert_eq!(stored(callback("leo", "ana")), sent("leo"));
        assert_eq!(stored(callback("ana", "leo")), sent("ana"));
    }

    #[test]
    fn a_message_of_which_only_the_users_can_be_read_is_stored() {
        let odd = json!({
            "sendID": "ana", "recvID": "leo", "serverMsgID": 7, "contentType": "x", "sendTime": 0, "content": {"a": 1},
        });
        assert_eq!(
            stored(odd),
            json!([{
                "type": "message_sent", "conversation": {"users": ["ana", "leo"]}, "from": "ana", "message": {},
                "kind": "other",
            }])
        );
    }
}
