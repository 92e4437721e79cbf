use super::{Extension, OperateType, parts::*};
use crate::Members;

/// `C2C.CallbackAfterC2CMsgExtension`: key-value pairs of a message between two users changed. Sent since the end of 2025.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/76006>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct C2cAfterC2cMsgExtension {
    /// The user who sent the message.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// The user who got it.
    #[serde(rename = "To_Account")]
    pub to: UserId,
    /// The id of the message.
    #[serde(rename = "MsgKey")]
    pub key: String,
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

impl C2cAfterC2cMsgExtension {
    /// The ids of the message.
    #[must_use]
    pub fn message(&self) -> MessageRef {
        super::keyed(&self.key, None)
    }

    /// The conversation of the two users.
    #[must_use]
    pub fn conversation(&self) -> Conversation {
        Conversation::between(self.from.clone(), self.to.clone())
    }

    /// The keys that were set or deleted.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        super::extension::keys(self.extensions.as_ref())
    }
}

impl Callback for C2cAfterC2cMsgExtension {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "C2C.CallbackAfterC2CMsgExtension",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: Some("2025-12"),
        sentence: "Key-value pairs of a message between two users changed.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
