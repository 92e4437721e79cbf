//! `callbackAfterMsgSaveDBCommand`: a message got its number.

use domain::message::Event;
use protocol::openim::AfterMsgSaveDb;

/// The server sends this even if it could not save the message, so it only says which number the message got. Change this
/// function if the callback means something else to your app.
pub fn handle(callback: AfterMsgSaveDb) -> Vec<Event> {
    let message = callback.message();
    let conversation = callback.conversation().into_iter();
    conversation
        .map(|conversation| Event::MessageNumbered {
            conversation,
            message: message.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_message_to_a_user_or_to_a_group_got_a_number() {
        for (to, group, conversation) in [
            ("leo", "", json!({"users": ["ana", "leo"]})),
            ("", "g", json!({"group": "g"})),
        ] {
            let callback = json!({
                "sendID": "ana", "recvID": to, "groupID": group, "serverMsgID": "s", "clientMsgID": "c", "seq": 19,
                "content": "{\"content\":\"hi\"}",
            });
            let events = handle(serde_json::from_value(callback).unwrap());
            assert_eq!(
                serde_json::to_value(events).unwrap(),
                json!([{
                    "type": "message_numbered", "conversation": conversation,
                    "message": {"id": "s", "client_id": "c", "seq": 19},
                }])
            );
        }
    }

    #[test]
    fn a_message_to_nobody_cannot_be_read() {
        for (to, group) in [(json!(""), json!("")), (json!(null), json!(7))] {
            let callback: Value =
                json!({"sendID": "ana", "recvID": to, "groupID": group, "seq": 19});
            assert!(serde_json::from_value::<AfterMsgSaveDb>(callback).is_err());
        }
    }
}
