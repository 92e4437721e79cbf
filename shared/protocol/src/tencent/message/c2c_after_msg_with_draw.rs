use super::parts::*;

/// `C2C.CallbackAfterMsgWithDraw`: a message between two users was recalled.
///
/// The body does not say who recalled it. In groups, the command is called `RecallMsg`.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/43466>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct C2cAfterMsgWithDraw {
    /// The user who sent it.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// The user who got it.
    #[serde(rename = "To_Account")]
    pub to: UserId,
    /// Its id.
    #[serde(rename = "MsgKey")]
    pub key: String,
    /// How many messages `to` has not read, in all conversations.
    #[serde(
        rename = "UnreadMsgNum",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub unread: Number,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl C2cAfterMsgWithDraw {
    /// Its ids.
    #[must_use]
    pub fn message(&self) -> MessageRef {
        super::keyed(&self.key, None)
    }

    /// The conversation of the two users.
    #[must_use]
    pub fn conversation(&self) -> Conversation {
        Conversation::between(self.from.clone(), self.to.clone())
    }
}

impl Callback for C2cAfterMsgWithDraw {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "C2C.CallbackAfterMsgWithDraw",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: None,
        sentence: "A message between two users was recalled.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
