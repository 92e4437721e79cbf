//! `callbackAfterSingleMsgReadCommand`: a user read messages.

use domain::message::{Event, MessageRef};
use protocol::openim::AfterSingleMsgRead;

/// The list is what the reader's client sent, and may be empty. Change this function if the callback means something else
/// to your app.
pub fn handle(callback: AfterSingleMsgRead) -> Vec<Event> {
    let seqs = callback.seqs.iter().flat_map(|seqs| seqs.iter());
    let messages = seqs.map(|seq| MessageRef {
        seq: Some(*seq),
        ..MessageRef::default()
    });
    vec![Event::MessagesRead {
        conversation: Some(callback.conversation()),
        messages: messages.collect(),
        up_to: None,
        until: None,
        everywhere: false,
        reader: callback.user_id,
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_messages_that_the_client_named_are_read_and_may_be_none() {
        for (seqs, messages) in [
            (json!([17, 18]), Some(json!([{"seq": 17}, {"seq": 18}]))),
            (json!(null), None),
            (json!([]), None),
        ] {
            let callback = json!({"conversationID": "si_ana_leo", "userID": "leo", "Seqs": seqs, "contentType": 1});
            let events = handle(serde_json::from_value(callback).unwrap());
            let mut read = json!([{
                "type": "messages_read", "conversation": {"users": ["ana", "leo"]}, "reader": "leo",
            }]);
            if let Some(messages) = messages {
                read[0]["messages"] = messages;
            }
            assert_eq!(serde_json::to_value(events).unwrap(), read);
        }
    }
}
