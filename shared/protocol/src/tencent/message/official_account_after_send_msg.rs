use super::parts::*;

of_an_official_account! {
/// `OfficialAccount.CallbackAfterSendMsg`: an official account sent a message to its subscribers.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60804> and
/// <https://cloud.tencent.com/document/product/269/102324>.
pub struct OfficialAccountAfterSendMsg {
    /// Its id.
    #[serde(rename = "MsgKey", skip_serializing_if = "Option::is_none")]
    pub key: Option<FreeText>,
    /// When it was sent, in Unix seconds.
    #[serde(rename = "MsgTime", default, skip_serializing_if = "Number::is_none")]
    pub time: Number,
}
}

impl OfficialAccountAfterSendMsg {
    /// Its ids.
    #[must_use]
    pub fn message(&self) -> MessageRef {
        super::keyed(self.key.as_deref().unwrap_or_default(), None)
    }

    /// When it was sent, if the server says it.
    #[must_use]
    pub fn sent_at(&self) -> Option<Timestamp> {
        self.time.time_in_seconds()
    }

    /// Free text of the app.
    #[must_use]
    pub fn app_text(&self) -> AppText {
        super::app_text(self.custom_data.as_ref())
    }
}

impl Callback for OfficialAccountAfterSendMsg {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "OfficialAccount.CallbackAfterSendMsg",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: None,
        sentence: "An official account sent a message to its subscribers.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
