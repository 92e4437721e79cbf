//! `Chatbot.OnC2CSignalMessage`: a user sent data to an intelligent bot, which waits for the answer.

use domain::message::{AppText, Content, Event, Kind};
use protocol::tencent::{ChatbotOnC2cSignalMessage, Reply};

/// The data is a message with content of the app's own. The bot gets no data: `Reply::new` would give it some. Change this
/// function to answer for your bot.
pub fn handle(callback: ChatbotOnC2cSignalMessage) -> (Reply, Vec<Event>) {
    let sent = Event::MessageSent {
        conversation: callback.conversation(),
        topic: None,
        message: callback.message(),
        kind: Kind::Custom,
        sent_at: callback.sent_at(),
        mentions: Vec::new(),
        mentions_everybody: false,
        // The receiver sets it, by the policies.
        bot: false,
        content: callback.data.map(|data| Content::Custom {
            data: data.into(),
            description: String::new(),
            extension: String::new(),
        }),
        app_text: AppText::default(),
        from: callback.from,
    };
    (Reply::default(), vec![sent])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_data_is_a_message_and_the_bot_gets_none() {
        let callback = json!({
            "From_Account": "ana", "To_Account": "@RBT#helper", "MsgSeq": 1, "MsgKey": "1_2_3", "Data": "{}",
            "EventTime": 1_700_000_000_123_i64,
        });
        let (reply, events) = handle(serde_json::from_value(callback).unwrap());
        assert_eq!(reply, Reply::default());
        assert_eq!(
            serde_json::to_value(events).unwrap(),
            json!([{
                "type": "message_sent", "conversation": {"users": ["@RBT#helper", "ana"]}, "from": "ana",
                "message": {"id": "1_2_3", "seq": 1}, "kind": "custom", "sent_at": "2023-11-14T22:13:20.123Z",
                "content": {"kind": "custom", "data": "{}"},
            }])
        );
    }
}
