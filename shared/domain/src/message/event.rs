use std::fmt;

use serde::{Deserialize, Serialize};

use super::Content;
use crate::{
    Conversation, Subject, Timestamp, TopicId, UserId,
    events::Filed,
    split::{Continues, Split, halve_list, halve_text},
};

/// One fact about messages.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
// A callback has one event or a few, so the size of the largest does not matter.
#[allow(clippy::large_enum_variant)]
pub enum Event {
    /// A user sent a message.
    MessageSent {
        /// Where it was sent.
        conversation: Conversation,
        /// The topic of the group in which it was sent. Absent outside topics.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicId>,
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
        /// Whether everybody in the conversation is mentioned.
        #[serde(default, skip_serializing_if = "is_false")]
        mentions_everybody: bool,
        /// Whether an account sent it that the policies name as a bot. Such a message is not passed on to the app, because
        /// bots could answer each other for ever.
        #[serde(default, skip_serializing_if = "is_false")]
        bot: bool,
        /// What the message says. Its `kind` is the message's, or `other` if it does not have the form of that kind.
        /// Absent if contents are not kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<Content>,
        /// Text of the app's own that came with it: OpenIM's `ex`, Tencent Chat's `CloudCustomData`. Absent if there is
        /// none, or if contents are not kept.
        #[serde(default, skip_serializing_if = "AppText::is_empty")]
        app_text: AppText,
    },
    /// The server could not deliver a message. Nobody got it, so the event does not say what is in it.
    MessageFailed {
        /// Where it should have been sent.
        conversation: Conversation,
        /// The topic of the group. Absent outside topics.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicId>,
        /// The user who wrote it.
        from: UserId,
        /// Its ids.
        message: MessageRef,
        /// What kind of content it has.
        kind: Kind,
        /// The server's code for the failure. Absent if it gives none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<i64>,
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
        /// The topic of the group in which they were sent. Absent outside topics.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicId>,
        /// The messages.
        messages: Vec<MessageRef>,
        /// The user who recalled them. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// A user read messages.
    MessagesRead {
        /// Where they were sent. Absent if the server does not say it, as OpenIM does not say which group was read. Also
        /// absent if `everywhere` is true.
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
        /// Everything up to this time was read. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// Whether the user read everything, in all conversations.
        #[serde(default, skip_serializing_if = "is_false")]
        everywhere: bool,
    },
    /// A message was edited.
    MessageEdited {
        /// Where it was sent.
        conversation: Conversation,
        /// The topic of the group in which it was sent. Absent outside topics.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicId>,
        /// Its ids.
        message: MessageRef,
        /// The user who edited it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
        /// What kind of content it has now.
        kind: Kind,
        /// What it says now. Its `kind` is the message's, or `other` if it does not have the form of that kind. Absent if
        /// contents are not kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<Content>,
        /// Text of the app's own that comes with it now. Absent if there is none, if the server does not say it, or if
        /// contents are not kept.
        #[serde(default, skip_serializing_if = "AppText::is_empty")]
        app_text: AppText,
    },
    /// Key-value pairs of a message changed, such as a reaction. The event does not hold the values, so they are not
    /// stored.
    MessageExtended {
        /// Where it was sent.
        conversation: Conversation,
        /// Its ids.
        message: MessageRef,
        /// How they changed.
        how: ExtensionChange,
        /// The keys that the server names. Absent if contents are not kept, because users' clients choose them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        keys: Vec<String>,
    },
}

/// How key-value pairs changed: `set` (new, or with another value), `deleted`, `cleared` (all are gone), or `unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExtensionChange {
    /// They are new, or have another value.
    Set,
    /// They are gone.
    Deleted,
    /// All pairs of the message are gone.
    Cleared,
    /// The server does not say it, or in a word that is not known here.
    #[serde(other)]
    Unknown,
}

// serde passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !value
}

/// How servers identify a message. Each of these may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Several contents in one message.
    Several,
    /// A sign that the sender is typing.
    Typing,
    /// A notice of the server or the app to clients, such as a receipt.
    Notification,
    /// Any other kind.
    #[serde(other)]
    Other,
}

impl Kind {
    /// All kinds.
    pub const ALL: &[Self] = &[
        Self::Text,
        Self::Picture,
        Self::Sound,
        Self::Video,
        Self::File,
        Self::Mention,
        Self::Location,
        Self::Card,
        Self::Quote,
        Self::Merged,
        Self::Custom,
        Self::Face,
        Self::Markdown,
        Self::Several,
        Self::Typing,
        Self::Notification,
        Self::Other,
    ];

    /// The word by which it is stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Picture => "picture",
            Self::Sound => "sound",
            Self::Video => "video",
            Self::File => "file",
            Self::Mention => "mention",
            Self::Location => "location",
            Self::Card => "card",
            Self::Quote => "quote",
            Self::Merged => "merged",
            Self::Custom => "custom",
            Self::Face => "face",
            Self::Markdown => "markdown",
            Self::Several => "several",
            Self::Typing => "typing",
            Self::Notification => "notification",
            Self::Other => "other",
        }
    }
}

/// Text of the app's own that came with a message.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct AppText(pub String);

impl AppText {
    /// Whether there is no such text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Only the length, because contents must not be in logs.
impl fmt::Debug for AppText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppText({} bytes)", self.0.len())
    }
}

impl Event {
    /// Removes what users and apps wrote.
    pub(crate) fn remove_contents(&mut self) {
        match self {
            Self::MessageSent {
                content, app_text, ..
            }
            | Self::MessageEdited {
                content, app_text, ..
            } => {
                *content = None;
                *app_text = AppText::default();
            }
            Self::MessageExtended { keys, .. } => keys.clear(),
            Self::MessageFailed { .. }
            | Self::MessageNumbered { .. }
            | Self::MessagesRecalled { .. }
            | Self::MessagesRead { .. } => {}
        }
    }

    /// The list that can be cut.
    fn list_mut(&mut self) -> Option<&mut Vec<MessageRef>> {
        match self {
            Self::MessagesRecalled { messages, .. } | Self::MessagesRead { messages, .. } => {
                Some(messages)
            }
            Self::MessageSent { .. }
            | Self::MessageFailed { .. }
            | Self::MessageNumbered { .. }
            | Self::MessageEdited { .. }
            | Self::MessageExtended { .. } => None,
        }
    }

    /// The keys of an extended message.
    fn keys_mut(&mut self) -> Option<&mut Vec<String>> {
        match self {
            Self::MessageExtended { keys, .. } => Some(keys),
            _ => None,
        }
    }

    /// What a sent or edited message consists of: the mentioned users, and the texts in an order that depends only on the
    /// kind.
    fn written_mut(&mut self) -> Option<(Option<&mut Vec<UserId>>, Vec<&mut String>)> {
        let (mentions, content, app_text) = match self {
            Self::MessageSent {
                mentions,
                content,
                app_text,
                ..
            } => (Some(mentions), content, app_text),
            Self::MessageEdited {
                content, app_text, ..
            } => (None, content, app_text),
            _ => return None,
        };
        let mut texts = content.as_mut().map_or_else(Vec::new, Content::texts_mut);
        texts.push(&mut app_text.0);
        Some((mentions, texts))
    }
}

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        match self {
            Self::MessageSent { conversation, .. }
            | Self::MessageFailed { conversation, .. }
            | Self::MessageEdited { conversation, .. }
            | Self::MessageExtended { conversation, .. }
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
        if let (Some(messages), Some(more)) = (self.list_mut(), half.list_mut()) {
            *more = halve_list(messages)?;
            return Some((Continues::List, half));
        }
        if let (Some(keys), Some(more)) = (self.keys_mut(), half.keys_mut()) {
            return match halve_list(keys) {
                Some(end) => {
                    *more = end;
                    Some((Continues::List, half))
                }
                None => {
                    *more = vec![halve_text(keys.last_mut()?)?];
                    Some((Continues::Text, half))
                }
            };
        }
        let ((mut mentions, mut texts), (mut more, rest)) =
            (self.written_mut()?, half.written_mut()?);
        if let Some(more) = &mut more {
            more.clear();
        }
        let longest = (0..texts.len()).max_by_key(|n| texts[*n].len())?;
        if let Some(end) = halve_text(texts[longest]) {
            for (n, text) in rest.into_iter().enumerate() {
                text.clear();
                if n == longest {
                    text.push_str(&end);
                }
            }
            return Some((Continues::Text, half));
        }
        if let (Some(end), Some(more)) = (mentions.as_mut().and_then(|it| halve_list(it)), more) {
            rest.into_iter().for_each(String::clear);
            *more = end;
            return Some((Continues::List, half));
        }
        // All of them are short. The last one goes to the second half, if it leaves anything in the first.
        let last = (0..texts.len()).rfind(|n| !texts[*n].is_empty())?;
        let mentions_nobody = mentions.is_none_or(|mentions| mentions.is_empty());
        if mentions_nobody && texts[..last].iter().all(|text| text.is_empty()) {
            return None;
        }
        for text in &mut rest.into_iter().take(last) {
            text.clear();
        }
        texts[last].clear();
        Some((Continues::Text, half))
    }

    fn join(&mut self, continues: Continues, mut half: Self) -> Option<Self> {
        if std::mem::discriminant(self) != std::mem::discriminant(&half) {
            return Some(half);
        }
        if let (Some(messages), Some(more)) = (self.list_mut(), half.list_mut()) {
            messages.append(more);
            return None;
        }
        if let (Some(keys), Some(more)) = (self.keys_mut(), half.keys_mut()) {
            let mut more = more.drain(..);
            if let (Continues::Text, Some(last)) = (continues, keys.last_mut()) {
                last.extend(more.next());
            }
            keys.extend(more);
            return None;
        }
        match (self.written_mut(), half.written_mut()) {
            (Some((mentions, texts)), Some((more, rest))) if texts.len() == rest.len() => {
                if let (Some(mentions), Some(more)) = (mentions, more) {
                    mentions.append(more);
                }
                for (text, end) in texts.into_iter().zip(rest) {
                    text.push_str(end);
                }
                None
            }
            _ => Some(half),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Events, GroupId};

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    fn sent() -> Event {
        Event::MessageSent {
            conversation: Conversation::between(user("leo"), user("ana")),
            topic: None,
            from: user("leo"),
            message: MessageRef {
                id: Some("s".to_owned()),
                client_id: Some("c".to_owned()),
                seq: None,
            },
            kind: Kind::Text,
            sent_at: Timestamp::from_unix_millis(1_700_000_000_123).ok(),
            mentions: vec![user("ana")],
            mentions_everybody: true,
            bot: true,
            content: Some(Content::Text {
                text: "hunter2".to_owned(),
            }),
            app_text: AppText("hunter3".to_owned()),
        }
    }

    fn in_group() -> Conversation {
        Conversation::Group(GroupId::new("g").unwrap())
    }

    fn topic() -> TopicId {
        TopicId::new("t").unwrap()
    }

    fn numbered(seq: i64) -> MessageRef {
        MessageRef {
            seq: Some(seq),
            ..MessageRef::default()
        }
    }

    fn edited() -> Event {
        Event::MessageEdited {
            conversation: in_group(),
            topic: Some(topic()),
            message: numbered(3),
            by: Some(user("ana")),
            kind: Kind::Text,
            content: Some(Content::Text {
                text: "hunter2".to_owned(),
            }),
            app_text: AppText("hunter3".to_owned()),
        }
    }

    fn extended(how: ExtensionChange) -> Event {
        Event::MessageExtended {
            conversation: in_group(),
            message: numbered(3),
            how,
            keys: vec!["hunter2".to_owned()],
        }
    }

    #[test]
    fn the_stored_form_of_every_event_is_fixed() {
        let group = in_group();
        for (event, stored) in [
            (
                sent(),
                json!({
                    "type": "message_sent", "conversation": {"users": ["ana", "leo"]}, "from": "leo",
                    "message": {"id": "s", "client_id": "c"}, "kind": "text", "sent_at": "2023-11-14T22:13:20.123Z",
                    "mentions": ["ana"], "mentions_everybody": true, "bot": true, "content": {"kind": "text", "text": "hunter2"},
                    "app_text": "hunter3",
                }),
            ),
            (
                Event::MessageNumbered {
                    conversation: group.clone(),
                    message: numbered(3),
                },
                json!({"type": "message_numbered", "conversation": {"group": "g"}, "message": {"seq": 3}}),
            ),
            (
                Event::MessagesRecalled {
                    conversation: group.clone(),
                    topic: Some(topic()),
                    messages: vec![numbered(3)],
                    by: Some(user("ana")),
                },
                json!({
                    "type": "messages_recalled", "conversation": {"group": "g"}, "topic": "t", "messages": [{"seq": 3}],
                    "by": "ana",
                }),
            ),
            (
                Event::MessagesRead {
                    conversation: None,
                    reader: user("ana"),
                    messages: Vec::new(),
                    up_to: Some(3),
                    until: None,
                    everywhere: false,
                },
                json!({"type": "messages_read", "reader": "ana", "up_to": 3}),
            ),
            (
                Event::MessagesRead {
                    conversation: None,
                    reader: user("ana"),
                    messages: Vec::new(),
                    up_to: None,
                    until: Timestamp::from_unix_millis(1_700_000_000_123).ok(),
                    everywhere: true,
                },
                json!({
                    "type": "messages_read", "reader": "ana", "until": "2023-11-14T22:13:20.123Z", "everywhere": true,
                }),
            ),
            (
                Event::MessageFailed {
                    conversation: group.clone(),
                    topic: Some(topic()),
                    from: user("ana"),
                    message: MessageRef::default(),
                    kind: Kind::Several,
                    code: Some(10023),
                },
                json!({
                    "type": "message_failed", "conversation": {"group": "g"}, "topic": "t", "from": "ana", "message": {},
                    "kind": "several", "code": 10023,
                }),
            ),
            (
                edited(),
                json!({
                    "type": "message_edited", "conversation": {"group": "g"}, "topic": "t", "message": {"seq": 3},
                    "by": "ana", "kind": "text", "content": {"kind": "text", "text": "hunter2"}, "app_text": "hunter3",
                }),
            ),
            (
                extended(ExtensionChange::Set),
                json!({
                    "type": "message_extended", "conversation": {"group": "g"}, "message": {"seq": 3}, "how": "set",
                    "keys": ["hunter2"],
                }),
            ),
        ] {
            assert_eq!(serde_json::to_value(&event).unwrap(), stored);
            assert_eq!(serde_json::from_value::<Event>(stored).unwrap(), event);
        }
    }

    #[test]
    fn without_contents_an_event_still_says_who_wrote_where_and_when() {
        assert!(!format!("{:?}", sent()).contains("hunter"), "{:?}", sent());
        let mut events =
            Events::Message(vec![sent(), edited(), extended(ExtensionChange::Cleared)]);
        events.remove_contents();
        assert_eq!(
            serde_json::to_value(&events).unwrap()["events"],
            json!([{
                "type": "message_sent", "conversation": {"users": ["ana", "leo"]}, "from": "leo",
                "message": {"id": "s", "client_id": "c"}, "kind": "text", "sent_at": "2023-11-14T22:13:20.123Z",
                "mentions": ["ana"], "mentions_everybody": true, "bot": true,
            }, {
                "type": "message_edited", "conversation": {"group": "g"}, "topic": "t", "message": {"seq": 3}, "by": "ana",
                "kind": "text",
            }, {
                "type": "message_extended", "conversation": {"group": "g"}, "message": {"seq": 3}, "how": "cleared",
            }])
        );
    }

    #[test]
    fn every_way_of_an_extension_has_its_word() {
        for (how, word) in [
            (ExtensionChange::Set, "set"),
            (ExtensionChange::Deleted, "deleted"),
            (ExtensionChange::Cleared, "cleared"),
            (ExtensionChange::Unknown, "unknown"),
        ] {
            assert_eq!(serde_json::to_value(how).unwrap(), word);
        }
    }

    #[test]
    fn every_kind_has_its_word() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }

    #[test]
    fn a_half_of_another_kind_of_event_is_not_joined() {
        let recalled = Event::MessagesRecalled {
            conversation: Conversation::between(user("leo"), user("ana")),
            topic: None,
            messages: Vec::new(),
            by: None,
        };
        assert_eq!(
            sent().join(Continues::List, recalled.clone()),
            Some(recalled)
        );
    }
}
