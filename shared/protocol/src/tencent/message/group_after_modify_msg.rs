use super::parts::*;

/// `Group.CallbackAfterModifyMsg`: a message in a group was edited. Sent since 2026.
///
/// The body has the message as it is now, but neither its sender nor `CloudCustomData`.
///
/// Source: Tencent Chat, <https://cloud.tencent.com/document/product/269/129193>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupAfterModifyMsg {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The user who edited it.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// The topic of the community. Empty outside topics.
    #[serde(rename = "TopicId", skip_serializing_if = "Option::is_none")]
    pub topic_id: Option<FreeText>,
    /// The number of the message in the group, or in the topic.
    #[serde(rename = "MsgSeq")]
    pub seq: i64,
    /// The content as it is now.
    #[serde(
        rename = "MsgBody",
        default,
        skip_serializing_if = "MsgBody::is_missing"
    )]
    pub body: MsgBody,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl GroupAfterModifyMsg {
    /// Its ids.
    #[must_use]
    pub fn message(&self) -> MessageRef {
        super::numbered(self.seq, None)
    }

    /// The topic in which it was sent.
    #[must_use]
    pub fn topic(&self) -> Option<TopicId> {
        super::topic(self.topic_id.as_ref())
    }
}

impl Callback for GroupAfterModifyMsg {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterModifyMsg",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: Some("2026-03"),
        sentence: "A message in a group was edited.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
