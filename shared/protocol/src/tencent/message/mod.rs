//! Messages: sent, edited, recalled, read and extended, between users, in groups, to bots and of official accounts.

mod extension;
mod msg_body;

use domain::{Change, Changeable, Question, Role, UserId, message::MessageRef};

use crate::{FreeText, Number, tencent::AmendedMessage};

pub use extension::{Extension, OperateType};
pub use msg_body::{Element, MsgBody};

/// Declares a callback about one message between two users. All of them have the fields that are written here; `fields`
/// are its own.
macro_rules! between_users {
    (
        $(#[$attribute:meta])*
        $vis:vis struct $Type:ident {
            $($fields:tt)*
        }
    ) => {
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        $(#[$attribute])*
        #[non_exhaustive]
        $vis struct $Type {
            /// The user who sent it.
            #[serde(rename = "From_Account")]
            pub from: UserId,
            /// The user who gets it.
            #[serde(rename = "To_Account")]
            pub to: UserId,
            /// Its sequence number.
            #[serde(rename = "MsgSeq", default, skip_serializing_if = "Number::is_none")]
            pub seq: Number,
            /// Its random number.
            #[serde(rename = "MsgRandom", default, skip_serializing_if = "Number::is_none")]
            pub random: Number,
            /// When it was sent, in Unix seconds.
            #[serde(rename = "MsgTime", default, skip_serializing_if = "Number::is_none")]
            pub time: Number,
            /// Its id, for the REST API: `<MsgSeq>_<MsgRandom>_<MsgTime>`. Absent before about 2020.
            #[serde(rename = "MsgKey", skip_serializing_if = "Option::is_none")]
            pub key: Option<FreeText>,
            /// Its id on clients. Sent since 2024.
            #[serde(rename = "MsgId", skip_serializing_if = "Option::is_none")]
            pub client_id: Option<FreeText>,
            /// 1 if it goes only to clients that are connected, and is not kept.
            #[serde(rename = "OnlineOnlyFlag", default, skip_serializing_if = "Number::is_none")]
            pub online_only: Number,
            /// The content.
            #[serde(rename = "MsgBody", default, skip_serializing_if = "MsgBody::is_missing")]
            pub body: MsgBody,
            /// Free text of the app. Missing or empty if the sender set none.
            #[serde(rename = "CloudCustomData", skip_serializing_if = "Option::is_none")]
            pub custom_data: Option<FreeText>,
            /// The time of the event, in Unix milliseconds.
            #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
            pub event_time: Number,
            $($fields)*
        }

        impl $Type {
            /// Its ids.
            #[must_use]
            pub fn message(&self) -> MessageRef {
                let made = || Some(format!("{}_{}_{}", self.seq.get()?, self.random.get()?, self.time.get()?));
                MessageRef {
                    id: self.key.as_ref().and_then(|key| super::id(key)).or_else(made),
                    client_id: self.client_id.as_ref().and_then(|id| super::id(id)),
                    seq: self.seq.get(),
                }
            }

            /// The conversation of the two users.
            #[must_use]
            pub fn conversation(&self) -> Conversation {
                Conversation::between(self.from.clone(), self.to.clone())
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
    };
}

/// Declares a callback after one message between two users, like `between_users`.
macro_rules! sent_between_users {
    (
        $(#[$attribute:meta])*
        $vis:vis struct $Type:ident;
    ) => {
        between_users! {
            $(#[$attribute])*
            $vis struct $Type {
                /// 0 if it was delivered, and otherwise why not.
                #[serde(rename = "SendMsgResult", default, skip_serializing_if = "Number::is_none")]
                pub result: Number,
                /// `send msg succeed`, or what went wrong.
                // The answer has a field of the same name.
                #[serde(rename = "ErrorInfo", skip_serializing_if = "Option::is_none")]
                pub error_info: Option<FreeText>,
                /// How many messages the user who gets it has not read, in all conversations. -1 if it was not
                /// delivered.
                #[serde(rename = "UnreadMsgNum", default, skip_serializing_if = "Number::is_none")]
                pub unread: Number,
            }
        }

        impl $Type {
            /// The code of the failure, if it was not delivered.
            #[must_use]
            pub fn failure(&self) -> Option<i64> {
                super::failure(self.result)
            }
        }
    };
}

/// Declares a callback about one message in a group, like `between_users`.
macro_rules! in_a_group {
    (
        $(#[$attribute:meta])*
        $vis:vis struct $Type:ident {
            $($fields:tt)*
        }
    ) => {
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        $(#[$attribute])*
        #[non_exhaustive]
        $vis struct $Type {
            /// The group.
            #[serde(rename = "GroupId")]
            pub group_id: GroupId,
            /// The kind of group, such as `Public`. Old and new names of a kind occur.
            #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
            pub group_type: Option<FreeText>,
            /// The user who sent it.
            #[serde(rename = "From_Account")]
            pub from: UserId,
            /// Who made the request: another one than the sender if an administrator sent it.
            #[serde(rename = "Operator_Account", default, skip_serializing_if = "Lenient::is_none")]
            pub operator: Lenient<Account>,
            /// A random number. A client that sends the message again repeats it.
            // `MsgRandom` between two users.
            #[serde(rename = "Random", default, skip_serializing_if = "Number::is_none")]
            pub random: Number,
            /// Its id on clients. Sent since 2024.
            #[serde(rename = "MsgId", skip_serializing_if = "Option::is_none")]
            pub client_id: Option<FreeText>,
            /// 1 if it goes only to clients that are connected, and is not kept. Always 0 in `AVChatRoom` groups.
            #[serde(rename = "OnlineOnlyFlag", default, skip_serializing_if = "Number::is_none")]
            pub online_only: Number,
            /// The content.
            #[serde(rename = "MsgBody", default, skip_serializing_if = "MsgBody::is_missing")]
            pub body: MsgBody,
            /// Free text of the app. Missing or empty if the sender set none.
            #[serde(rename = "CloudCustomData", skip_serializing_if = "Option::is_none")]
            pub custom_data: Option<FreeText>,
            /// The topic of the community. Missing outside topics.
            #[serde(rename = "TopicId", skip_serializing_if = "Option::is_none")]
            pub topic_id: Option<FreeText>,
            /// `High`, `Normal`, `Low` or `Lowest`. No document has it, but it was seen.
            #[serde(rename = "MsgPriority", skip_serializing_if = "Option::is_none")]
            pub priority: Option<FreeText>,
            /// The time of the event, in Unix milliseconds. Missing before 2022. A text in some documents.
            #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
            pub event_time: Number,
            $($fields)*
        }

        impl $Type {
            /// The topic in which it was sent.
            #[must_use]
            pub fn topic(&self) -> Option<TopicId> {
                super::topic(self.topic_id.as_ref())
            }
        }
    };
}

/// Declares a callback about one message of an official account, like `between_users`.
macro_rules! of_an_official_account {
    (
        $(#[$attribute:meta])*
        $vis:vis struct $Type:ident {
            $($fields:tt)*
        }
    ) => {
        about_an_official_account! {
            $(#[$attribute])*
            $vis struct $Type {
                $($fields)*
                /// 1 if it goes only to clients that are connected, and is not kept.
                #[serde(rename = "OnlineOnlyFlag", default, skip_serializing_if = "Number::is_none")]
                pub online_only: Number,
                /// The content.
                #[serde(rename = "MsgBody", default, skip_serializing_if = "MsgBody::is_missing")]
                pub body: MsgBody,
                /// Free text of the app. Missing or empty if the sender set none.
                #[serde(rename = "CloudCustomData", skip_serializing_if = "Option::is_none")]
                pub custom_data: Option<FreeText>,
            }
        }
    };
}

/// The names that the files with a callback about one message need.
mod parts {
    pub(super) use domain::{
        Conversation, Family, GroupId, Question, Source, Timestamp, TopicId, UserId,
        message::{self, AppText, MessageRef},
    };
    pub(super) use serde::{Deserialize, Serialize};

    pub(super) use crate::{
        Callback, Command, FreeText, Lenient, Needs, Number, When,
        tencent::{Account, MsgBody, Noted},
    };
}

commands! {
    bot_on_c2c_message::BotOnC2cMessage,
    bot_on_group_message::BotOnGroupMessage,
    c2c_after_c2c_msg_extension::C2cAfterC2cMsgExtension,
    c2c_after_modify_msg::C2cAfterModifyMsg,
    c2c_after_msg_read_all::C2cAfterMsgReadAll,
    c2c_after_msg_read_receipt::C2cAfterMsgReadReceipt,
    c2c_after_msg_report::C2cAfterMsgReport,
    c2c_after_msg_with_draw::C2cAfterMsgWithDraw,
    c2c_after_send_msg::C2cAfterSendMsg,
    c2c_before_send_msg::C2cBeforeSendMsg,
    chatbot_on_c2c_signal_message::ChatbotOnC2cSignalMessage,
    group_after_group_msg_extension::GroupAfterGroupMsgExtension,
    group_after_modify_msg::GroupAfterModifyMsg,
    group_after_read_receipt::GroupAfterReadReceipt,
    group_after_recall_msg::GroupAfterRecallMsg,
    group_after_send_msg::GroupAfterSendMsg,
    group_before_send_msg::GroupBeforeSendMsg,
    group_send_msg_exception::GroupSendMsgException,
    official_account_after_msg_with_draw::OfficialAccountAfterMsgWithDraw,
    official_account_after_send_msg::OfficialAccountAfterSendMsg,
    official_account_before_send_msg::OfficialAccountBeforeSendMsg,
}

/// The question about a message.
// An element that a client shows as a sign of typing is the app's own, and for the server it is a message. So no message
// is a sign for clients here, as some are on the other server.
fn question<'a>(
    from: &'a UserId,
    others: impl IntoIterator<Item = &'a UserId>,
    body: &'a MsgBody,
) -> Question<'a> {
    let question = Question::new(from, others)
        .kind(body.kind())
        .parts(body.parts());
    let texts = body.texts().into_iter();
    texts.fold(question, |question, (words, change): (_, Changeable)| {
        question.text(Role::Message, words, change)
    })
}

/// The message with a policy's change, if the answer can express it.
fn amended(body: &MsgBody, change: &Change) -> Option<AmendedMessage> {
    let Change::Message(text) = change else {
        return None;
    };
    Some(AmendedMessage::new().body(body.with_text(text)?))
}

/// An id of a message. `None` if it is missing, or too long to be one.
fn id(text: &str) -> Option<String> {
    (1..=UserId::MAX_BYTES)
        .contains(&text.len())
        .then(|| text.to_owned())
}

/// A message that its number in a group identifies.
fn numbered(seq: i64, client_id: Option<&FreeText>) -> MessageRef {
    MessageRef {
        id: None,
        client_id: client_id.and_then(|it| id(it)),
        seq: Some(seq),
    }
}

/// A message that its `MsgKey` identifies.
fn keyed(key: &str, client_id: Option<&FreeText>) -> MessageRef {
    MessageRef {
        id: id(key),
        client_id: client_id.and_then(|it| id(it)),
        seq: None,
    }
}

/// A topic. Some commands write an empty text if there is none.
fn topic(id: Option<&FreeText>) -> Option<domain::TopicId> {
    domain::TopicId::new(&**id?).ok()
}

fn app_text(custom_data: Option<&FreeText>) -> domain::message::AppText {
    domain::message::AppText(custom_data.map_or_else(String::new, ToString::to_string))
}

/// The code of a failure, of which 0 is none.
fn failure(code: Number) -> Option<i64> {
    code.get().filter(|code| *code != 0)
}
