use super::parts::*;
use crate::Members;

/// `C2C.CallbackAfterMsgReadAll`: a user marked all conversations as read. Sent since 2026.
///
/// It is also about groups, although its name says C2C.
///
/// Source: Tencent Chat, <https://cloud.tencent.com/document/product/269/128225>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct C2cAfterMsgReadAll {
    /// The user who read.
    #[serde(rename = "Report_Account")]
    pub reader: UserId,
    /// How far the user's groups were read.
    #[serde(
        rename = "GroupReadInfo",
        default,
        deserialize_with = "crate::read::list_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub groups: Option<Members<ReadGroup>>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// One group that was read.
///
/// Source: Tencent Chat, <https://cloud.tencent.com/document/product/269/128225>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReadGroup {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The number of the last message that was read.
    #[serde(rename = "MsgSeq", default, skip_serializing_if = "Number::is_none")]
    pub up_to: Number,
}

impl C2cAfterMsgReadAll {
    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        self.event_time.time()
    }
}

impl Callback for C2cAfterMsgReadAll {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "C2C.CallbackAfterMsgReadAll",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: Some("2026-02"),
        sentence: "A user marked all conversations as read.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
