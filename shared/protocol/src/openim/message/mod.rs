//! Messages: sent, changed, recalled and read.

mod content;
mod conversation_id;

use domain::{Changeable, Question, Role, UserId, Words};

use crate::{FreeText, Members, Text};

pub use content::{ContentType, JsonText};

/// Declares a callback about one message. All of them have the fields that are written here; `fields` are its own.
macro_rules! about_a_message {
    (
        $(#[$attribute:meta])*
        $vis:vis struct $Type:ident {
            $($fields:tt)*
        }
    ) => {
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        $(#[$attribute])*
        #[serde(rename_all = "camelCase")]
        #[non_exhaustive]
        $vis struct $Type {
            /// The user who sent it.
            #[serde(rename = "sendID")]
            pub send_id: UserId,
            /// The id that the server gave to this sending. A client that repeats it gets another one.
            #[serde(rename = "serverMsgID", default)]
            pub server_msg_id: FreeText,
            /// The id that the client gave to it. One call that sends to many users gives all of them the same.
            #[serde(rename = "clientMsgID", default)]
            pub client_msg_id: FreeText,
            /// The same as in the header.
            // After the message was saved: the ids of up to 500 calls, joined with `$`.
            #[serde(rename = "operationID", default)]
            pub operation_id: FreeText,
            /// The platform of the sender's client: 1 iOS, 2 Android, 5 Web, 10 the REST API, …
            #[serde(rename = "senderPlatformID", default)]
            pub sender_platform_id: Number,
            /// The sender's name, as the message has it.
            #[serde(default)]
            pub sender_nickname: FreeText,
            /// 1 between two users, 3 in a group, 4 with a notification account.
            #[serde(default)]
            pub session_type: Number,
            /// 100 from a client, 200 through the REST API.
            #[serde(default)]
            pub msg_from: Number,
            /// What kind of content it has.
            #[serde(default)]
            pub content_type: ContentType,
            /// 1 while the client sends it, 2 once it is sent, 0 through the REST API.
            #[serde(default)]
            pub status: Number,
            /// When it was sent, in Unix milliseconds, by the server's clock unless the sender set it. Servers up to
            /// v3.8.0 do not send it.
            #[serde(default, skip_serializing_if = "Number::is_none")]
            pub send_time: Number,
            /// When it was written, in Unix milliseconds, by the client's clock.
            #[serde(default)]
            pub create_time: Number,
            /// The content.
            #[serde(default)]
            pub content: JsonText,
            /// Its number in the conversation. 0 until the server gives it a number
            /// ([deviation](crate::openim::deviations#a-new-message-has-no-number)).
            #[serde(default)]
            pub seq: Number,
            /// The mentioned users. `AtAllTag` stands for everybody.
            // Null if nobody is mentioned. The answer to beforeMsgModify calls it `atUserIDList`.
            #[serde(default, deserialize_with = "crate::read::list_or_none")]
            pub at_user_list: Option<Members<UserId>>,
            /// The URL of the sender's picture.
            // The answer to beforeMsgModify calls it `senderFaceURL`.
            #[serde(rename = "faceURL", default)]
            pub sender_face_url: FreeText,
            /// Free text of the app.
            #[serde(default)]
            pub ex: FreeText,
            $($fields)*
        }

        impl $Type {
            /// Its ids.
            #[must_use]
            pub fn message(&self) -> MessageRef {
                MessageRef {
                    id: super::id(&self.server_msg_id),
                    client_id: super::id(&self.client_msg_id),
                    seq: self.seq.get().filter(|seq| *seq > 0),
                }
            }

            /// When it was sent, if the server says it.
            #[must_use]
            pub fn sent_at(&self) -> Option<Timestamp> {
                self.send_time.time()
            }

            /// What it says, in words of neither server. `None` if the content is not a text.
            #[must_use]
            pub fn content(&self) -> Option<&Content> {
                self.content.read(self.content_type)
            }

            /// The texts that people read. One of them is [`Words::Unreadable`] if the content should be text and cannot be
            /// read.
            #[must_use]
            pub fn texts(&self) -> Vec<Words<'_>> {
                self.content.words(self.content_type)
            }

            /// The mentioned users, without the word for everybody.
            pub fn mentions(&self) -> impl Iterator<Item = &UserId> {
                super::mentioned(&self.at_user_list).filter(|user| user.as_str() != EVERYBODY)
            }

            /// Whether everybody in the conversation is mentioned.
            #[must_use]
            pub fn mentions_everybody(&self) -> bool {
                super::mentioned(&self.at_user_list).any(|user| user.as_str() == EVERYBODY)
            }
        }
    };
}

/// The names that every file with a callback about one message needs.
mod parts {
    pub(super) use domain::{
        Changeable, Family, Question, Role, Source, Timestamp, UserId, Words,
        message::{self, Content, MessageRef},
    };
    pub(super) use serde::{Deserialize, Serialize};

    pub(super) use super::{ContentType, EVERYBODY, JsonText, TEXT, question};
    pub(super) use crate::{Callback, Command, FreeText, Members, Number, Rules, Text, When};
}

commands! {
    after_group_msg_read::AfterGroupMsgRead,
    after_msg_save_db::AfterMsgSaveDb,
    after_revoke_msg::AfterRevokeMsg,
    after_send_group_msg::AfterSendGroupMsg,
    after_send_single_msg::AfterSendSingleMsg,
    after_single_msg_read::AfterSingleMsgRead,
    before_msg_modify::BeforeMsgModify,
    before_send_group_msg::BeforeSendGroupMsg,
    before_send_single_msg::BeforeSendSingleMsg,
}

/// The texts of a message before an answer can change them.
const TEXT: &[Text] = &[Text::fixed(Role::Message, "content")];

/// The question about a message. `change` says whether plain text can be changed. Texts of another type cannot, because
/// releases up to v3.8.3-patch.16 ask about changes of plain text only.
fn question<'a>(
    from: &'a UserId,
    content_type: ContentType,
    texts: Vec<Words<'a>>,
    change: Changeable,
) -> Question<'a> {
    let change = match content_type {
        ContentType::Text => change,
        _ => Changeable::Never,
    };
    let question = Question::new(from, []).kind(content_type.kind());
    let texts = texts.into_iter();
    texts.fold(question, |question, text| {
        question.text(Role::Message, text, change)
    })
}

/// The word in a list of mentioned users that means everybody.
const EVERYBODY: &str = "AtAllTag";

fn mentioned(users: &Option<Members<UserId>>) -> impl Iterator<Item = &UserId> {
    users.iter().flat_map(|users| users.iter())
}

/// An id of a message. `None` if it is missing, or too long to be one: clients choose some of them.
fn id(text: &FreeText) -> Option<String> {
    (1..=UserId::MAX_BYTES)
        .contains(&text.len())
        .then(|| text.to_string())
}
