use super::parts::*;
use crate::Members;

in_a_group! {
/// `Bot.OnGroupMessage`: a user mentioned bots in a group.
///
/// It does not come if everybody is mentioned.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/68953>.
pub struct BotOnGroupMessage {
    /// Its number in the group, or in the topic.
    #[serde(rename = "MsgSeq", default, skip_serializing_if = "Number::is_none")]
    pub seq: Number,
    /// When it was sent, in Unix seconds, by the server's clock.
    #[serde(rename = "MsgTime", default, skip_serializing_if = "Number::is_none")]
    pub time: Number,
    /// The bots.
    #[serde(
        rename = "AtRobots_Account",
        default,
        deserialize_with = "crate::read::list_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub bots: Option<Members<UserId>>,
}
}

impl BotOnGroupMessage {
    /// Its ids.
    #[must_use]
    pub fn message(&self) -> MessageRef {
        MessageRef {
            id: None,
            client_id: self.client_id.as_ref().and_then(|id| super::id(id)),
            seq: self.seq.get(),
        }
    }

    /// When it was sent, if the server says it.
    #[must_use]
    pub fn sent_at(&self) -> Option<Timestamp> {
        self.time.time_in_seconds()
    }

    /// The mentioned bots.
    #[must_use]
    pub fn mentions(&self) -> Vec<UserId> {
        let bots = self.bots.iter().flat_map(|bots| bots.iter());
        bots.cloned().collect()
    }

    /// Free text of the app.
    #[must_use]
    pub fn app_text(&self) -> AppText {
        super::app_text(self.custom_data.as_ref())
    }
}

impl Callback for BotOnGroupMessage {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Bot.OnGroupMessage",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: None,
        sentence: "A user mentioned bots in a group.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
