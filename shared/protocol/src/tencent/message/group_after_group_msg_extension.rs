use super::{Extension, OperateType, parts::*};
use crate::Members;

/// `Group.CallbackAfterGroupMsgExtension`: key-value pairs of a message in a group changed. Sent since the end of 2025.
///
/// The body names no topic.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/76007>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupAfterGroupMsgExtension {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The number of the message.
    #[serde(rename = "MsgSeq")]
    pub seq: i64,
    /// What was done.
    #[serde(
        rename = "OperateType",
        default,
        skip_serializing_if = "OperateType::is_none"
    )]
    pub operate_type: OperateType,
    /// The keys. Empty if all were cleared.
    #[serde(
        rename = "ExtensionList",
        default,
        deserialize_with = "crate::read::list_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub extensions: Option<Members<Extension>>,
    /// The version of all keys of the message.
    #[serde(rename = "Seq", default, skip_serializing_if = "Number::is_none")]
    pub version: Number,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl GroupAfterGroupMsgExtension {
    /// The ids of the message.
    #[must_use]
    pub fn message(&self) -> MessageRef {
        super::numbered(self.seq, None)
    }

    /// The keys that were set or deleted.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        super::extension::keys(self.extensions.as_ref())
    }
}

impl Callback for GroupAfterGroupMsgExtension {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterGroupMsgExtension",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: Some("2025-12"),
        sentence: "Key-value pairs of a message in a group changed.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
