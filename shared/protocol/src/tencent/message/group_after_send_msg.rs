use super::parts::*;
use crate::Members;

in_a_group! {
/// `Group.CallbackAfterSendMsg`: a user sent a message to a group.
///
/// It does not come if `Group.CallbackBeforeSendMsg` refused the message.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34375>.
pub struct GroupAfterSendMsg {
    /// Its number in the group, or in the topic.
    #[serde(rename = "MsgSeq", default, skip_serializing_if = "Number::is_none")]
    pub seq: Number,
    /// When it was sent, in Unix seconds, by the server's clock.
    #[serde(rename = "MsgTime", default, skip_serializing_if = "Number::is_none")]
    pub time: Number,
    /// Whom it mentions. Missing if it mentions nobody. Sent since 2024.
    #[serde(
        rename = "GroupAtInfo",
        default,
        deserialize_with = "crate::read::list_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub mentioned: Option<Members<GroupAt>>,
}
}

/// A user who is mentioned, or everybody.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34375>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupAt {
    /// 1 if everybody is mentioned, and 0 if it is one user.
    #[serde(
        rename = "GroupAtAllFlag",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub everybody: Number,
    /// The user.
    #[serde(rename = "GroupAt_Account", skip_serializing_if = "Option::is_none")]
    pub user: Option<FreeText>,
}

impl GroupAfterSendMsg {
    /// Its ids.
    #[must_use]
    pub fn message(&self) -> MessageRef {
        MessageRef {
            id: None,
            client_id: self.client_id.as_ref().and_then(|id| super::id(id)),
            seq: self.seq.get(),
        }
    }

    /// When it was sent, if the server says it.
    #[must_use]
    pub fn sent_at(&self) -> Option<Timestamp> {
        self.time.time_in_seconds()
    }

    /// The mentioned users, without everybody.
    #[must_use]
    pub fn mentions(&self) -> Vec<UserId> {
        let users = self.at().filter(|it| it.everybody.get() != Some(1));
        users.filter_map(|it| it.user.as_ref()?.user_id()).collect()
    }

    /// Whether everybody in the group is mentioned.
    #[must_use]
    pub fn mentions_everybody(&self) -> bool {
        self.at().any(|it| it.everybody.get() == Some(1))
    }

    /// Free text of the app.
    #[must_use]
    pub fn app_text(&self) -> AppText {
        super::app_text(self.custom_data.as_ref())
    }

    fn at(&self) -> impl Iterator<Item = &GroupAt> {
        self.mentioned.iter().flat_map(|users| users.iter())
    }
}

impl Callback for GroupAfterSendMsg {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterSendMsg",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: None,
        sentence: "A user sent a message to a group.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
