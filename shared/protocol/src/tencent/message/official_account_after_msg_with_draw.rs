use super::parts::*;
use crate::Members;

about_an_official_account! {
/// `OfficialAccount.CallbackAfterMsgWithDraw`: messages of an official account were recalled.
///
/// The body does not say who recalled them.
///
/// The example of the document writes the account as `#TOA#_` and a name.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60805>.
pub struct OfficialAccountAfterMsgWithDraw {
    /// The messages.
    #[serde(rename = "WithdrawMsgList")]
    pub recalled: Members<WithdrawnMessage>,
}
}

/// One message that was recalled.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60805>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WithdrawnMessage {
    /// Its id.
    #[serde(rename = "MsgKey")]
    pub key: String,
}

impl WithdrawnMessage {
    /// Its ids.
    #[must_use]
    pub fn message(&self) -> MessageRef {
        super::keyed(&self.key, None)
    }
}

impl Callback for OfficialAccountAfterMsgWithDraw {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "OfficialAccount.CallbackAfterMsgWithDraw",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: None,
        sentence: "Messages of an official account were recalled.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
