use super::parts::*;

/// `C2C.CallbackAfterMsgReport`: a user read the messages of another user, up to a time.
///
/// A client reported it, or `v4/openim/admin_set_msg_read`.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/43465>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct C2cAfterMsgReport {
    /// The user who read.
    #[serde(rename = "Report_Account")]
    pub reader: UserId,
    /// The other user.
    #[serde(rename = "Peer_Account")]
    pub peer: UserId,
    /// Everything before it was read. In Unix seconds.
    #[serde(
        rename = "LastReadTime",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub last_read_time: Number,
    /// How many messages the reader has not read, in all conversations.
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

impl C2cAfterMsgReport {
    /// The conversation of the two users.
    #[must_use]
    pub fn conversation(&self) -> Conversation {
        Conversation::between(self.reader.clone(), self.peer.clone())
    }

    /// Everything before this was read.
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        self.last_read_time.time_in_seconds()
    }
}

impl Callback for C2cAfterMsgReport {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "C2C.CallbackAfterMsgReport",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: None,
        sentence: "A user read the messages of another user.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
