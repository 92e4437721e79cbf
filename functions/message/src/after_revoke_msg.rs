//! `callbackBeforeAfterMsgCommand`: a message was recalled. Only its name says "before".

use domain::message::{Event, MessageRef};
use protocol::openim::AfterRevokeMsg;

/// The message is known by its number. Change this function if the callback means something else to your app.
pub fn handle(callback: AfterRevokeMsg) -> Vec<Event> {
    vec![Event::MessagesRecalled {
        conversation: callback.conversation(),
        topic: None,
        messages: vec![MessageRef {
            seq: Some(callback.seq),
            ..MessageRef::default()
        }],
        by: Some(callback.user_id),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_message_was_recalled_by_a_user() {
        let callback = json!({"conversationID": "si_ana_leo", "seq": 18, "userID": "ana"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "messages_recalled", "conversation": {"users": ["ana", "leo"]}, "messages": [{"seq": 18}],
                "by": "ana",
            }])
        );
    }

    #[test]
    fn an_administrator_who_is_not_in_the_conversation_cannot_tell_who_is() {
        let callback = json!({"conversationID": "si_ana_leo", "seq": 18, "userID": "admin"});
        let events = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(
            serde_json::to_value(events).unwrap()[0]["conversation"],
            json!({"id": "si_ana_leo"})
        );
    }
}
