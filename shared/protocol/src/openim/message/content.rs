//! What messages contain, by content type.

use std::sync::OnceLock;

use domain::{
    UserId, Words,
    message::{Content, Degrees, Kind, MessageRef, Quoted},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

use super::id;
use crate::{FreeText, Json, Number, read::text};

/// Declares the content types, each with its number and its [`Kind`].
macro_rules! content_types {
    ($($(#[$doc:meta])+ $Name:ident = $number:literal, $Kind:ident;)+) => {
        /// What kind of content a message has, by OpenIM's number.
        ///
        /// Source: OpenIM, `openimsdk/protocol`, `constant/constant.go`; `openimsdk/openim-sdk-core`,
        /// `pkg/constant/constant.go`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ContentType {
            $($(#[$doc])+ $Name,)+
            /// Any other number from 1000 to 5000: a notification of the server to clients.
            Notification(i64),
            /// Any other number. 0 if the number is missing.
            Unknown(i64),
        }

        impl From<i64> for ContentType {
            fn from(number: i64) -> Self {
                match number {
                    $($number => Self::$Name,)+
                    1000..=5000 => Self::Notification(number),
                    other => Self::Unknown(other),
                }
            }
        }

        impl From<ContentType> for i64 {
            fn from(content_type: ContentType) -> Self {
                match content_type {
                    $(ContentType::$Name => $number,)+
                    ContentType::Notification(number) | ContentType::Unknown(number) => number,
                }
            }
        }

        impl ContentType {
            /// The kind in words of neither server.
            #[must_use]
            pub fn kind(self) -> Kind {
                match self {
                    $(Self::$Name => Kind::$Kind,)+
                    Self::Notification(_) => Kind::Notification,
                    Self::Unknown(_) => Kind::Other,
                }
            }
        }
    };
}

content_types! {
    /// Plain text.
    Text = 101, Text;
    /// A picture.
    Picture = 102, Picture;
    /// A voice message.
    Voice = 103, Sound;
    /// A video.
    Video = 104, Video;
    /// A file.
    File = 105, File;
    /// Text that mentions users.
    Mention = 106, Mention;
    /// Several messages in one.
    Merged = 107, Merged;
    /// A user's card.
    Card = 108, Card;
    /// A place.
    Location = 109, Location;
    /// Content of the app's own.
    Custom = 110, Custom;
    /// A sign that the sender is typing.
    Typing = 113, Typing;
    /// Text that quotes another message.
    Quote = 114, Quote;
    /// A sticker.
    Face = 115, Face;
    /// Text in which parts have a meaning, such as a link.
    AdvancedText = 117, Text;
    /// Text in Markdown.
    Markdown = 118, Markdown;
    /// Content of the app's own that makes no conversation appear.
    CustomWithoutConversation = 119, Custom;
    /// Content of the app's own for clients that are connected.
    CustomOnlineOnly = 120, Custom;
    /// A notice that the app's backend sends through the REST API.
    AppNotice = 1400, Notification;
    /// A message was recalled.
    Recall = 2101, Notification;
    /// Messages were deleted.
    Deletion = 2102, Notification;
    /// Messages were read.
    ReadReceipt = 2200, Notification;
}

impl ContentType {
    /// Whether such a message is a sign for clients and nothing that a person wrote: typing, a receipt, or another
    /// notification.
    #[must_use]
    pub fn is_signal(self) -> bool {
        matches!(self.kind(), Kind::Typing | Kind::Notification)
    }

    /// The key of the text that people write, if the content consists of such a text.
    pub(super) fn text_key(self) -> Option<&'static str> {
        match self {
            Self::Text | Self::Markdown => Some("content"),
            Self::Mention | Self::Quote | Self::AdvancedText => Some("text"),
            _ => None,
        }
    }
}

/// A value that is not a number counts as missing.
impl<'de> Deserialize<'de> for ContentType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer)?;
        Ok(number.get().unwrap_or_default().into())
    }
}

impl Serialize for ContentType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64((*self).into())
    }
}

impl Default for ContentType {
    fn default() -> Self {
        Self::Unknown(0)
    }
}

/// The content of a message as the server sends it: usually a JSON object, in a text.
///
/// It may be another JSON value, such as `null`, or no JSON at all, because clients write it.
///
/// Source: OpenIM, `openimsdk/protocol`, `sdkws.MsgData`.
#[derive(Clone, Default)]
pub struct JsonText {
    text: FreeText,
    /// The content, once it has been read.
    content: OnceLock<Content>,
}

impl JsonText {
    /// The text as it came. Empty if the value is not a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it says, if the message has this type. If it has not the form of that type, it is [`Content::Other`]. `None`
    /// if the value is not a text.
    pub(super) fn read(&self, content_type: ContentType) -> Option<&Content> {
        if self.text.is_odd() {
            return None;
        }
        Some(self.content.get_or_init(|| {
            read(content_type, &self.text).unwrap_or_else(|| Content::Other {
                raw: self.text.to_string(),
            })
        }))
    }

    /// The texts that people read, for policies. One of them cannot be read if the content is not a text, or if it has
    /// not the form of a type that consists of text.
    pub(super) fn words(&self, content_type: ContentType) -> Vec<Words<'_>> {
        match self.read(content_type) {
            None => vec![Words::Unreadable],
            Some(Content::Other { .. }) if content_type.text_key().is_some() => {
                vec![Words::Unreadable]
            }
            Some(content) => content.texts().into_iter().map(Words::Text).collect(),
        }
    }

    /// This object with another text that people write. `None` if this type does not consist of text, or if it is not
    /// an object.
    pub(super) fn with_text(&self, content_type: ContentType, new: &str) -> Option<String> {
        let json = text(self.text.as_bytes());
        Json::new(&json)
            .ok()?
            .with_text(content_type.text_key()?, new)
    }
}

impl From<&str> for JsonText {
    fn from(text: &str) -> Self {
        Self {
            text: text.into(),
            content: OnceLock::new(),
        }
    }
}

/// Only the length, because contents must not be in logs.
impl std::fmt::Debug for JsonText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JsonText({} bytes)", self.text.len())
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for JsonText {}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self {
            text: FreeText::deserialize(deserializer)?,
            content: OnceLock::new(),
        })
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

// The structures of openim-sdk-core's `sdk_struct/sdk_struct.go`, and from it only what an event keeps. A text that is
// missing or null is empty, as in Go.

#[derive(Deserialize)]
struct Text {
    content: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Picture {
    source_picture: Option<PictureFile>,
}

#[derive(Default, Deserialize)]
struct PictureFile {
    url: Option<String>,
    #[serde(default)]
    size: Number,
    #[serde(default)]
    width: Number,
    #[serde(default)]
    height: Number,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sound {
    source_url: Option<String>,
    #[serde(default)]
    data_size: Number,
    #[serde(default)]
    duration: Number,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Video {
    video_url: Option<String>,
    #[serde(default)]
    video_size: Number,
    #[serde(default)]
    duration: Number,
    snapshot_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    source_url: Option<String>,
    file_name: Option<String>,
    #[serde(default)]
    file_size: Number,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mention {
    text: Option<String>,
    quote_message: Option<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Merged {
    title: Option<String>,
    abstract_list: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Card {
    #[serde(rename = "userID", default)]
    user_id: FreeText,
    nickname: Option<String>,
    #[serde(rename = "faceURL")]
    face_url: Option<String>,
}

#[derive(Deserialize)]
struct Location {
    description: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

#[derive(Deserialize)]
struct Custom {
    data: Option<String>,
    description: Option<String>,
    extension: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Quote {
    text: Option<String>,
    quote_message: Option<Message>,
}

#[derive(Deserialize)]
struct Face {
    #[serde(default)]
    index: Number,
    data: Option<String>,
}

#[derive(Deserialize)]
struct AdvancedText {
    text: Option<String>,
}

/// A message inside another one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(rename = "serverMsgID", default)]
    server_msg_id: FreeText,
    #[serde(rename = "clientMsgID", default)]
    client_msg_id: FreeText,
    #[serde(default)]
    seq: Number,
    #[serde(rename = "sendID", default)]
    send_id: FreeText,
    #[serde(default)]
    content_type: ContentType,
    #[serde(default)]
    content: JsonText,
    text_elem: Option<Text>,
    at_text_elem: Option<AdvancedText>,
    quote_elem: Option<AdvancedText>,
    advanced_text_elem: Option<AdvancedText>,
    markdown_text_elem: Option<Text>,
}

impl From<Message> for Quoted {
    fn from(message: Message) -> Self {
        let from_elements = [
            message.text_elem.and_then(|it| it.content),
            message.at_text_elem.and_then(|it| it.text),
            message.quote_elem.and_then(|it| it.text),
            message.advanced_text_elem.and_then(|it| it.text),
            message.markdown_text_elem.and_then(|it| it.content),
        ];
        let json = text(message.content.as_str().as_bytes());
        let key = message.content_type.text_key();
        let from_content = Json::new(&json).ok().and_then(|json| json.member(key?));
        let from_content = from_content.and_then(Json::read_in_any_case::<String>);
        // The sender's client can write different texts here, and nobody knows which one other clients show.
        let mut texts: Vec<String> = from_elements
            .into_iter()
            .chain([from_content])
            .flatten()
            .collect();
        texts.retain(|text| !text.is_empty());
        texts.dedup();
        Self {
            message: MessageRef {
                id: id(&message.server_msg_id),
                client_id: id(&message.client_msg_id),
                seq: message.seq.get().filter(|seq| *seq > 0),
            },
            from: UserId::new(&*message.send_id).ok(),
            excerpt: texts.join("\n"),
        }
    }
}

/// Reads a content. `None` if it has not the form of its type.
fn read(content_type: ContentType, content: &FreeText) -> Option<Content> {
    let json = text(content.as_bytes());
    let json = Json::new(&json).ok()?;
    Some(match content_type {
        ContentType::Text => Content::Text {
            text: element::<Text>(json)?.content?,
        },
        ContentType::AdvancedText => Content::Text {
            text: element::<AdvancedText>(json)?.text?,
        },
        ContentType::Markdown => Content::Markdown {
            text: element::<Text>(json)?.content?,
        },
        ContentType::Picture => {
            let original = element::<Picture>(json)?.source_picture?;
            Content::Picture {
                url: original.url?,
                bytes: positive(original.size),
                width: positive(original.width),
                height: positive(original.height),
            }
        }
        ContentType::Voice => {
            let sound = element::<Sound>(json)?;
            Content::Sound {
                url: sound.source_url?,
                bytes: positive(sound.data_size),
                seconds: positive(sound.duration),
            }
        }
        ContentType::Video => {
            let video = element::<Video>(json)?;
            Content::Video {
                url: video.video_url?,
                bytes: positive(video.video_size),
                seconds: positive(video.duration),
                picture: video.snapshot_url.unwrap_or_default(),
            }
        }
        ContentType::File => {
            let file = element::<File>(json)?;
            Content::File {
                url: file.source_url?,
                name: file.file_name.unwrap_or_default(),
                bytes: positive(file.file_size),
            }
        }
        ContentType::Mention => {
            let mention = element::<Mention>(json)?;
            Content::Mention {
                text: mention.text?,
                quoted: mention.quote_message.map(Into::into),
            }
        }
        ContentType::Quote => {
            let quote = element::<Quote>(json)?;
            Content::Quote {
                text: quote.text?,
                quoted: quote.quote_message.map(Into::into).unwrap_or_default(),
            }
        }
        ContentType::Merged => {
            let merged = element::<Merged>(json)?;
            let messages = json.member("multiMessage")?;
            Content::Merged {
                title: merged.title.unwrap_or_default(),
                summary: merged.abstract_list.unwrap_or_default().join("\n"),
                messages: messages.as_str().to_owned(),
            }
        }
        ContentType::Card => {
            let card = element::<Card>(json)?;
            Content::Card {
                user: Some(UserId::new(&*card.user_id).ok()?),
                name: card.nickname.unwrap_or_default(),
                picture: card.face_url.unwrap_or_default(),
            }
        }
        ContentType::Location => {
            let location = element::<Location>(json)?;
            Content::Location {
                latitude: Some(Degrees::new(location.latitude?)?),
                longitude: Some(Degrees::new(location.longitude?)?),
                description: location.description.unwrap_or_default(),
            }
        }
        ContentType::Custom
        | ContentType::CustomWithoutConversation
        | ContentType::CustomOnlineOnly => {
            let custom = element::<Custom>(json)?;
            Content::Custom {
                data: custom.data?,
                description: custom.description.unwrap_or_default(),
                extension: custom.extension.unwrap_or_default(),
            }
        }
        ContentType::Face => {
            let face = element::<Face>(json)?;
            Content::Face {
                index: Some(face.index.get()?),
                data: face.data.unwrap_or_default(),
            }
        }
        ContentType::Typing
        | ContentType::AppNotice
        | ContentType::Recall
        | ContentType::Deletion
        | ContentType::ReadReceipt
        | ContentType::Notification(_)
        | ContentType::Unknown(_) => return None,
    })
}

/// Reads it as clients do, which ignore the case of keys: the server itself writes `Content` in some of its messages.
fn element<T: DeserializeOwned>(json: Json<'_>) -> Option<T> {
    json.read_in_any_case()
}

/// A size or a duration. Clients write 0 if they do not know it.
fn positive(number: Number) -> Option<i64> {
    number.get().filter(|number| *number > 0)
}
