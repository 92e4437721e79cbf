use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Kind, MessageRef};
use crate::UserId;

/// What a message says, in words of neither server.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed. A text
/// that is empty is not written, except for the main text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    },
    /// A picture.
    Picture {
        /// Where the original is.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        url: String,
        /// Its size in bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<i64>,
        /// Its width in pixels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        width: Option<i64>,
        /// Its height in pixels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        height: Option<i64>,
    },
    /// A voice message.
    Sound {
        /// Where it is.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        url: String,
        /// Its size in bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<i64>,
        /// How long it lasts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<i64>,
    },
    /// A video.
    Video {
        /// Where it is.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        url: String,
        /// Its size in bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<i64>,
        /// How long it lasts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<i64>,
        /// Where the picture is that is shown before it plays.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        picture: String,
    },
    /// A file.
    File {
        /// Where it is.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        url: String,
        /// Its name.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        name: String,
        /// Its size in bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<i64>,
    },
    /// Text that mentions users. The event says whom.
    Mention {
        /// The text.
        text: String,
        /// The message that it quotes, if it quotes one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quoted: Option<Quoted>,
    },
    /// A place.
    Location {
        /// Degrees north of the equator; negative in the south.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        latitude: Option<Degrees>,
        /// Degrees east of Greenwich; negative in the west.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        longitude: Option<Degrees>,
        /// The place in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        description: String,
    },
    /// A user's card.
    Card {
        /// The user. Absent if the sender's client does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserId>,
        /// The name on the card.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        name: String,
        /// Where the picture on the card is.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        picture: String,
    },
    /// Text that quotes another message.
    Quote {
        /// The text.
        text: String,
        /// The quoted message, as the sender's client describes it.
        quoted: Quoted,
    },
    /// Several messages in one.
    Merged {
        /// The title.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        title: String,
        /// Lines that show what is in it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        summary: String,
        /// The messages as the server sent them, as JSON text.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        messages: String,
    },
    /// Content of the app's own.
    Custom {
        /// What the app's clients read, often JSON.
        data: String,
        /// What is shown of it, for example in a notification.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        description: String,
        /// More for the app's clients.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        extension: String,
    },
    /// A sticker.
    Face {
        /// Its number in the app's set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        index: Option<i64>,
        /// Its name, or where it is.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        data: String,
    },
    /// Text in Markdown.
    Markdown {
        /// The text.
        text: String,
    },
    /// Several contents in one message: Tencent Chat's messages can mix elements.
    // It is a kind of its own, and not the kind of the first part. Whoever knows only single contents would otherwise
    // take a part for the whole, and a rule about files would not see the file behind a text.
    Several {
        /// The contents, in the order of the message. None of them is `several`.
        parts: Vec<Content>,
    },
    /// Anything else, and content that has not the form of its kind.
    Other {
        /// The content as the server sent it, usually JSON.
        raw: String,
    },
}

/// A message that another one quotes, as the sender's client describes it. The client can say anything here.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quoted {
    /// Its ids.
    pub message: MessageRef,
    /// The user who sent it. Absent if the client does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<UserId>,
    /// Its text. Empty if it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub excerpt: String,
}

impl Content {
    /// The kind of message that has this content.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Text { .. } => Kind::Text,
            Self::Picture { .. } => Kind::Picture,
            Self::Sound { .. } => Kind::Sound,
            Self::Video { .. } => Kind::Video,
            Self::File { .. } => Kind::File,
            Self::Mention { .. } => Kind::Mention,
            Self::Location { .. } => Kind::Location,
            Self::Card { .. } => Kind::Card,
            Self::Quote { .. } => Kind::Quote,
            Self::Merged { .. } => Kind::Merged,
            Self::Custom { .. } => Kind::Custom,
            Self::Face { .. } => Kind::Face,
            Self::Markdown { .. } => Kind::Markdown,
            Self::Several { .. } => Kind::Several,
            Self::Other { .. } => Kind::Other,
        }
    }

    /// The texts that people read, for those who judge what is written. URLs are not among them. Empty texts are left
    /// out.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        let texts: Vec<&str> = match self {
            Self::Text { text } | Self::Markdown { text } => vec![text],
            Self::Picture { .. } | Self::Sound { .. } | Self::Video { .. } => Vec::new(),
            Self::File { name, .. } | Self::Card { name, .. } => vec![name],
            Self::Mention { text, quoted } => {
                let excerpt = quoted.as_ref().map_or("", |quoted| &quoted.excerpt);
                vec![text, excerpt]
            }
            Self::Location { description, .. } => vec![description],
            Self::Quote { text, quoted } => vec![text, &quoted.excerpt],
            Self::Merged {
                title,
                summary,
                messages,
            } => vec![title, summary, messages],
            Self::Custom {
                data,
                description,
                extension,
            } => vec![data, description, extension],
            Self::Face { data, .. } => vec![data],
            Self::Several { parts } => parts.iter().flat_map(Self::texts).collect(),
            Self::Other { raw } => vec![raw],
        };
        texts.into_iter().filter(|text| !text.is_empty()).collect()
    }

    /// All texts, in an order that depends only on the kind, and on the kinds of the parts.
    pub(super) fn texts_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Text { text } | Self::Markdown { text } => vec![text],
            Self::Picture { url, .. } | Self::Sound { url, .. } => vec![url],
            Self::Video { url, picture, .. } => vec![url, picture],
            Self::File { url, name, .. } => vec![url, name],
            Self::Mention { text, quoted } => {
                let excerpt = quoted.as_mut().map(|quoted| &mut quoted.excerpt);
                [text].into_iter().chain(excerpt).collect()
            }
            Self::Location { description, .. } => vec![description],
            Self::Card { name, picture, .. } => vec![name, picture],
            Self::Quote { text, quoted } => vec![text, &mut quoted.excerpt],
            Self::Merged {
                title,
                summary,
                messages,
            } => vec![title, summary, messages],
            Self::Custom {
                data,
                description,
                extension,
            } => vec![data, description, extension],
            Self::Face { data, .. } => vec![data],
            Self::Several { parts } => parts.iter_mut().flat_map(Self::texts_mut).collect(),
            Self::Other { raw } => vec![raw],
        }
    }
}

/// Only the kind and the length, because contents must not be in logs.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: usize = self.texts().iter().map(|text| text.len()).sum();
        write!(f, "{:?}({bytes} bytes)", self.kind())
    }
}

/// Only the length, because contents must not be in logs.
impl fmt::Debug for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quoted({} bytes)", self.excerpt.len())
    }
}

/// A latitude or a longitude, exact to ten-millionths of a degree, which is about a centimetre.
///
/// It is a number in JSON. DynamoDB does not take all numbers that JSON can hold, but it takes all of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(into = "f64", try_from = "f64")]
pub struct Degrees(i32);

impl Degrees {
    const IN_ONE: f64 = 10_000_000.0;

    /// Rounds a number. `None` if it is not between -180 and 180.
    #[must_use]
    pub fn new(degrees: f64) -> Option<Self> {
        #[allow(clippy::cast_possible_truncation)]
        (-180.0..=180.0)
            .contains(&degrees)
            .then_some(Self((degrees * Self::IN_ONE).round() as i32))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        f64::from(self.0) / Self::IN_ONE
    }
}

impl From<Degrees> for f64 {
    fn from(degrees: Degrees) -> Self {
        degrees.get()
    }
}

impl TryFrom<f64> for Degrees {
    type Error = &'static str;

    fn try_from(degrees: f64) -> Result<Self, Self::Error> {
        Self::new(degrees).ok_or("not between -180 and 180")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    /// Every kind with all its fields, its stored form, and what people read of it.
    fn every_kind() -> Vec<(Content, serde_json::Value, &'static [&'static str])> {
        let user = UserId::new("leo").unwrap();
        let quoted = Quoted {
            message: MessageRef {
                id: Some(text("m")),
                client_id: Some(text("c")),
                seq: Some(3),
            },
            from: Some(user.clone()),
            excerpt: text("lunch?"),
        };
        let stored = json!({"message": {"id": "m", "client_id": "c", "seq": 3}, "from": "leo", "excerpt": "lunch?"});
        vec![
            (
                Content::Text { text: text("hi") },
                json!({"kind": "text", "text": "hi"}),
                &["hi"],
            ),
            (
                Content::Picture {
                    url: text("u"),
                    bytes: Some(1),
                    width: Some(2),
                    height: Some(3),
                },
                json!({"kind": "picture", "url": "u", "bytes": 1, "width": 2, "height": 3}),
                &[],
            ),
            (
                Content::Sound {
                    url: text("u"),
                    bytes: Some(1),
                    seconds: Some(2),
                },
                json!({"kind": "sound", "url": "u", "bytes": 1, "seconds": 2}),
                &[],
            ),
            (
                Content::Video {
                    url: text("u"),
                    bytes: Some(1),
                    seconds: Some(2),
                    picture: text("p"),
                },
                json!({"kind": "video", "url": "u", "bytes": 1, "seconds": 2, "picture": "p"}),
                &[],
            ),
            (
                Content::File {
                    url: text("u"),
                    name: text("n"),
                    bytes: Some(1),
                },
                json!({"kind": "file", "url": "u", "name": "n", "bytes": 1}),
                &["n"],
            ),
            (
                Content::Mention {
                    text: text("@leo"),
                    quoted: Some(quoted.clone()),
                },
                json!({"kind": "mention", "text": "@leo", "quoted": stored}),
                &["@leo", "lunch?"],
            ),
            (
                Content::Location {
                    latitude: Degrees::new(52.5),
                    longitude: Degrees::new(-13.401_234_56),
                    description: text("d"),
                },
                json!({"kind": "location", "latitude": 52.5, "longitude": -13.401_234_6, "description": "d"}),
                &["d"],
            ),
            (
                Content::Card {
                    user: Some(user),
                    name: text("n"),
                    picture: text("p"),
                },
                json!({"kind": "card", "user": "leo", "name": "n", "picture": "p"}),
                &["n"],
            ),
            (
                Content::Quote {
                    text: text("yes"),
                    quoted,
                },
                json!({"kind": "quote", "text": "yes", "quoted": stored}),
                &["yes", "lunch?"],
            ),
            (
                Content::Merged {
                    title: text("t"),
                    summary: text("s"),
                    messages: text("[]"),
                },
                json!({"kind": "merged", "title": "t", "summary": "s", "messages": "[]"}),
                &["t", "s", "[]"],
            ),
            (
                Content::Custom {
                    data: text("{}"),
                    description: text("d"),
                    extension: text("e"),
                },
                json!({"kind": "custom", "data": "{}", "description": "d", "extension": "e"}),
                &["{}", "d", "e"],
            ),
            (
                Content::Face {
                    index: Some(1),
                    data: text("f"),
                },
                json!({"kind": "face", "index": 1, "data": "f"}),
                &["f"],
            ),
            (
                Content::Markdown { text: text("*hi*") },
                json!({"kind": "markdown", "text": "*hi*"}),
                &["*hi*"],
            ),
            (
                Content::Several {
                    parts: vec![
                        Content::Text { text: text("look") },
                        Content::File {
                            url: text("u"),
                            name: text("n"),
                            bytes: None,
                        },
                    ],
                },
                json!({"kind": "several", "parts": [
                    {"kind": "text", "text": "look"}, {"kind": "file", "url": "u", "name": "n"},
                ]}),
                &["look", "n"],
            ),
            (
                Content::Other { raw: text("{}") },
                json!({"kind": "other", "raw": "{}"}),
                &["{}"],
            ),
        ]
    }

    #[test]
    fn the_stored_form_of_every_content_is_fixed() {
        for (content, stored, texts) in every_kind() {
            assert_eq!(serde_json::to_value(&content).unwrap(), stored);
            assert_eq!(
                serde_json::from_value::<Content>(stored.clone()).unwrap(),
                content
            );
            assert_eq!(
                serde_json::to_value(content.kind()).unwrap(),
                stored["kind"]
            );
            assert_eq!(content.texts(), texts, "{stored}");
        }
    }

    #[test]
    fn a_content_without_its_optional_fields_is_read() {
        for stored in [
            json!({"kind": "picture"}),
            json!({"kind": "location"}),
            json!({"kind": "card"}),
            json!({"kind": "quote", "text": "", "quoted": {"message": {}}}),
            json!({"kind": "merged"}),
            json!({"kind": "face"}),
        ] {
            let content: Content = serde_json::from_value(stored.clone()).unwrap();
            assert_eq!(serde_json::to_value(&content).unwrap(), stored);
            assert!(content.texts().is_empty(), "{stored}");
        }
    }

    #[test]
    fn debug_shows_only_the_kind_and_the_length() {
        let secret = text("hunter2");
        let quoted = Quoted {
            excerpt: secret.clone(),
            ..Quoted::default()
        };
        assert_eq!(format!("{quoted:?}"), "Quoted(7 bytes)");
        let content = Content::Quote {
            text: secret.clone(),
            quoted,
        };
        assert_eq!(format!("{content:?}"), "Quote(14 bytes)");
        let raw = Content::Other { raw: secret };
        assert_eq!(format!("{raw:?}"), "Other(7 bytes)");
        let parts = vec![content, raw];
        assert_eq!(
            format!("{:?}", Content::Several { parts }),
            "Several(21 bytes)"
        );
    }

    #[test]
    fn degrees_are_rounded_and_stay_on_the_earth() {
        for (degrees, rounded) in [
            (0.0, 0.0),
            (1e-300, 0.0),
            (-180.0, -180.0),
            (180.0, 180.0),
            (29.340_656_774_469_956, 29.340_656_8),
        ] {
            assert_eq!(Degrees::new(degrees).map(Degrees::get), Some(rounded));
        }
        for nowhere in [180.1, -1e9, f64::NAN, f64::INFINITY] {
            assert_eq!(Degrees::new(nowhere), None);
        }
    }
}
