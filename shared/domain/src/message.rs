//! Messages between users and in groups.

use serde::{Deserialize, Serialize};

use crate::{
    Conversation, Subject, Timestamp, UserId,
    events::Filed,
    split::{Continues, Split, halve_list, halve_text},
};

/// One fact about messages.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A user sent a message.
    MessageSent {
        /// Where it was sent.
        conversation: Conversation,
        /// The user who sent it.
        from: UserId,
        /// Its ids.
        message: MessageRef,
        /// What kind of content it has.
        kind: Kind,
        /// When it was sent, by the server's clock or the sender's. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent_at: Option<Timestamp>,
        /// The mentioned users.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<UserId>,
        /// The content. Absent if contents are not kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<Content>,
    },
    /// The server gave a message its number in the conversation.
    MessageNumbered {
        /// Where it was sent.
        conversation: Conversation,
        /// Its ids, with the number.
        message: MessageRef,
    },
    /// Messages were recalled.
    MessagesRecalled {
        /// Where they were sent.
        conversation: Conversation,
        /// The messages.
        messages: Vec<MessageRef>,
        /// The user who recalled them. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// A user read messages.
    MessagesRead {
        /// Where they were sent. Absent if the server does not say it: OpenIM does not say which group was read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<Conversation>,
        /// The user who read them.
        reader: UserId,
        /// The messages that the reader's client named; may be empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        messages: Vec<MessageRef>,
        /// The number of the last message that was read. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        up_to: Option<i64>,
    },
}

/// How servers identify a message. Each of these may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    /// The server's id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The id that the sender's client gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its number in the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
}

/// What kind of content a message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Plain text.
    Text,
    /// A picture.
    Picture,
    /// A voice message.
    Sound,
    /// A video.
    Video,
    /// A file.
    File,
    /// Text that mentions users.
    Mention,
    /// A place.
    Location,
    /// A user's card.
    Card,
    /// Text that quotes another message.
    Quote,
    /// Several messages in one.
    Merged,
    /// Content of the app's own.
    Custom,
    /// A sticker.
    Face,
    /// Text in Markdown.
    Markdown,
    /// A sign that the sender is typing.
    Typing,
    /// A notice of the server itself.
    Notification,
    /// Any other kind.
    #[serde(other)]
    Other,
}

/// What a message says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The content as the server sent it, as JSON text.
    pub json: String,
}

/// Only the length, because contents must not be in logs.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({} bytes)", self.json.len())
    }
}

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        match self {
            Self::MessageSent { conversation, .. }
            | Self::MessageNumbered { conversation, .. }
            | Self::MessagesRecalled { conversation, .. }
            | Self::MessagesRead {
                conversation: Some(conversation),
                ..
            } => Some(Subject::Conversation(conversation)),
            Self::MessagesRead { reader, .. } => Some(Subject::User(reader)),
        }
    }
}

impl Split for Event {
    fn split_off_half(&mut self) -> Option<(Continues, Self)> {
        let mut half = self.clone();
        match (self, &mut half) {
            (
                Self::MessagesRecalled { messages, .. } | Self::MessagesRead { messages, .. },
                Self::MessagesRecalled { messages: more, .. }
                | Self::MessagesRead { messages: more, .. },
            ) => {
                *more = halve_list(messages)?;
                Some((Continues::List, half))
            }
            (
                Self::MessageSent {
                    content: Some(content),
                    ..
                },
                Self::MessageSent {
                    content: Some(more),
                    ..
                },
            ) => {
                more.json = halve_text(&mut content.json)?;
                Some((Continues::Text, half))
            }
            _ => None,
        }
    }

    fn join(&mut self, _: Continues, half: Self) -> Option<Self> {
        match (self, half) {
            (
                Self::MessagesRecalled { messages, .. } | Self::MessagesRead { messages, .. },
                Self::MessagesRecalled { messages: more, .. }
                | Self::MessagesRead { messages: more, .. },
            ) => messages.extend(more),
            (
                Self::MessageSent {
                    content: Some(content),
                    ..
                },
                Self::MessageSent {
                    content: Some(more),
                    ..
                },
            ) => content.json.push_str(&more.json),
            (_, half) => return Some(half),
        }
        None
    }
}
