use super::parts::*;
use crate::Members;

/// `Group.CallbackAfterRecallMsg`: messages in a group were recalled. Between two users, the command is called
/// `WithDraw`.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/46979>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupAfterRecallMsg {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The user who recalled them.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// The messages.
    #[serde(rename = "MsgSeqList")]
    pub recalled: Members<RecalledMessage>,
    /// The topic of the community. Missing outside topics.
    #[serde(rename = "TopicId", skip_serializing_if = "Option::is_none")]
    pub topic_id: Option<FreeText>,
    /// The time of the event, in Unix milliseconds. A text in some documents.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// One message that was recalled.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/46979>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecalledMessage {
    /// Its number in the group, or in the topic.
    #[serde(rename = "MsgSeq")]
    pub seq: i64,
    /// Its id on clients. Sent since 2025.
    #[serde(rename = "MsgId", skip_serializing_if = "Option::is_none")]
    pub client_id: Option<FreeText>,
}

impl RecalledMessage {
    /// Its ids.
    #[must_use]
    pub fn message(&self) -> MessageRef {
        super::numbered(self.seq, self.client_id.as_ref())
    }
}

impl GroupAfterRecallMsg {
    /// The topic in which they were sent.
    #[must_use]
    pub fn topic(&self) -> Option<TopicId> {
        super::topic(self.topic_id.as_ref())
    }
}

impl Callback for GroupAfterRecallMsg {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterRecallMsg",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: None,
        sentence: "Messages in a group were recalled.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
