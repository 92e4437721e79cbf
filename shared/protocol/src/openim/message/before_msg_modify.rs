use domain::Change;

use super::parts::*;
use crate::openim::{Amendment, Before, Decision};

about_a_message! {
/// `callbackBeforeMsgModifyCommand`: a message that passed all checks is about to be sent, and an answer can change it.
///
/// It comes after `callbackBeforeSendSingleMsgCommand` or `callbackBeforeSendGroupMsgCommand`, with the same ids. It does
/// not say who gets the message. Releases up to v3.8.3-patch.16 send it for text messages only.
///
/// Source: OpenIM, `pkg/callbackstruct/message.go`, `CallbackMsgModifyCommandReq`;
/// <https://docs.openim.io/platform-api/webhooks/message/before-message-modify>.
pub struct BeforeMsgModify {}
}

impl Callback for BeforeMsgModify {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeMsgModifyCommand",
        earlier: &["callbackMsgModifyCommand"],
        switch: Some("beforeMsgModify"),
        family: Family::Message,
        when: When::Before(Rules {
            asks: "message.change",
            amends: &["text"],
            other_user: false,
            texts: &[Text::amendable(Role::Message, "content")],
            by_subject: &[
                "messages.bots",
                "messages.senders",
                "messages.hours",
                "messages.contentTypes",
                "messages.text",
                "messages.links",
            ],
            bypass: crate::Bypass::unasked(
                "It does not say who gets the message, and releases up to v3.8.3-patch.16 ask about plain text only.",
            ),
            ..Rules::USERS
        }),
        since: Some("v3.7.0"),
        sentence: "A message is about to be sent and can be changed.",
    };
    type Event = message::Event;
    type Answer = Decision<AmendedMessage>;

    fn questions(&self) -> Vec<Question<'_>> {
        let Self {
            send_id,
            content_type,
            ..
        } = self;
        let texts = self.texts();
        vec![question(send_id, *content_type, texts, Changeable::Now)]
    }

    fn amended(&self, change: &Change) -> Option<Self::Answer> {
        let Change::Message(text) = change else {
            return None;
        };
        let amended = AmendedMessage::new().text(self, text)?;
        Some(Decision::Amend(amended))
    }

    fn is_signal(&self) -> bool {
        self.content_type.is_signal()
    }
}

impl Before for BeforeMsgModify {
    type Amendment = AmendedMessage;
}

/// What is sent instead of the message that was written. What is left out stays as it was written.
///
/// The server would also take another recipient, other ids, and other types, and would check none of them. It would crash
/// on push information for a message that has none, which the callback does not say. So this type has none of these.
///
/// Source: OpenIM, `pkg/callbackstruct/message.go`, `CallbackMsgModifyCommandResp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AmendedMessage {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<JsonText>,
    // The callback calls it `atUserList`.
    #[serde(rename = "atUserIDList", skip_serializing_if = "Option::is_none")]
    mentions: Option<Vec<UserId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ex: Option<String>,
}

impl AmendedMessage {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the text that the sender wrote, and keeps all else in the content. `None` if the message does not consist
    /// of text, or if its content is not a JSON object.
    #[must_use]
    pub fn text(self, asked: &BeforeMsgModify, text: &str) -> Option<Self> {
        let content = asked.content.with_text(asked.content_type, text)?;
        Some(Self {
            content: Some(content.as_str().into()),
            ..self
        })
    }

    /// Replaces the content. It has to fit the type of the message, which stays. `None` if it is not the text of a JSON
    /// object: the server would not send the message.
    #[must_use]
    pub fn content(self, content: &str) -> Option<Self> {
        crate::Json::new(content).ok()?.is_object().then(|| Self {
            content: Some(content.into()),
            ..self
        })
    }

    /// Replaces the mentioned users. The text of the message stays.
    #[must_use]
    pub fn mentions(self, mentions: impl IntoIterator<Item = UserId>) -> Self {
        Self {
            mentions: Some(mentions.into_iter().collect()),
            ..self
        }
    }

    /// Replaces the free text of the app; may be empty.
    #[must_use]
    pub fn ex(self, ex: impl Into<String>) -> Self {
        Self {
            ex: Some(ex.into()),
            ..self
        }
    }
}

impl Amendment for AmendedMessage {
    fn over(self, earlier: Self) -> Self {
        Self {
            content: self.content.or(earlier.content),
            mentions: self.mentions.or(earlier.mentions),
            ex: self.ex.or(earlier.ex),
        }
    }
}
