use super::parts::*;

in_a_group! {
/// `Group.CallbackSendMsgException`: a message to a group could not be delivered.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/49462>.
pub struct GroupSendMsgException {
    /// Why, such as 10023: too many messages.
    // The answer has fields with these two names.
    #[serde(rename = "ErrorCode", default, skip_serializing_if = "Number::is_none")]
    pub error_code: Number,
    /// The same in words.
    #[serde(rename = "ErrorInfo", skip_serializing_if = "Option::is_none")]
    pub error_info: Option<FreeText>,
}
}

impl GroupSendMsgException {
    /// The id on clients, if there is one. A message that was not delivered has no number.
    #[must_use]
    pub fn message(&self) -> MessageRef {
        MessageRef {
            client_id: self.client_id.as_ref().and_then(|id| super::id(id)),
            ..MessageRef::default()
        }
    }

    /// The code of the failure.
    #[must_use]
    pub fn failure(&self) -> Option<i64> {
        super::failure(self.error_code)
    }
}

impl Callback for GroupSendMsgException {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackSendMsgException",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: None,
        sentence: "A message to a group could not be delivered.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
