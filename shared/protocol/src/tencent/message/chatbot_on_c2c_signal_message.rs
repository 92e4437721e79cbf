use super::parts::*;
use crate::tencent::Reply;

/// `Chatbot.OnC2CSignalMessage`: a user sent data to an intelligent bot, which waits for the answer.
///
/// It is the one command after something happened whose answer counts: [`Reply`] goes to the bot.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/59057>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatbotOnC2cSignalMessage {
    /// The user who sent it.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// The bot.
    #[serde(rename = "To_Account")]
    pub to: UserId,
    /// Its sequence number.
    #[serde(rename = "MsgSeq", default, skip_serializing_if = "Number::is_none")]
    pub seq: Number,
    /// Its random number.
    #[serde(rename = "MsgRandom", default, skip_serializing_if = "Number::is_none")]
    pub random: Number,
    /// Its id.
    #[serde(rename = "MsgKey", skip_serializing_if = "Option::is_none")]
    pub key: Option<FreeText>,
    /// The data, in the sample a JSON text.
    #[serde(rename = "Data", skip_serializing_if = "Option::is_none")]
    pub data: Option<FreeText>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl ChatbotOnC2cSignalMessage {
    /// Its ids.
    #[must_use]
    pub fn message(&self) -> MessageRef {
        MessageRef {
            seq: self.seq.get(),
            ..super::keyed(self.key.as_deref().unwrap_or_default(), None)
        }
    }

    /// The conversation of the user and the bot.
    #[must_use]
    pub fn conversation(&self) -> Conversation {
        Conversation::between(self.from.clone(), self.to.clone())
    }

    /// When it was sent, if the server says it.
    #[must_use]
    pub fn sent_at(&self) -> Option<Timestamp> {
        self.event_time.time()
    }
}

impl Callback for ChatbotOnC2cSignalMessage {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Chatbot.OnC2CSignalMessage",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: None,
        sentence: "A user sent data to an intelligent bot, which waits for the answer.",
    };
    const NEEDS: Option<Needs> = Some(Needs::feature("an intelligent bot of the Chatbot plugin"));
    type Event = message::Event;
    type Answer = Reply;
}
