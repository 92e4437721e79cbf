use std::{fmt, slice, sync::OnceLock};

use domain::{
    Changeable, Words,
    message::{Content, Degrees, Kind},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{FreeText, Json, Members, Number, RawJson, read::quoted};

/// A message with more elements than this is not taken apart. Each element takes room in an event, also an empty one, and
/// Tencent Chat's clients send a few.
const MOST_ELEMENTS: usize = 100;

/// What a message contains: its elements, in their order. One message can mix elements of several types.
///
/// It may be any JSON, because senders write it. So it is kept as it came, and nothing in it makes a callback unreadable.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/33527>.
///
/// ```
/// use imhook_protocol::tencent::{Element, MsgBody};
///
/// let body = MsgBody::new([Element::text("hello")]).unwrap();
/// assert_eq!(
///     serde_json::to_string(&body).unwrap(),
///     r#"[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello"}}]"#,
/// );
/// assert_eq!(body.elements(), [Element::text("hello")]);
/// ```
#[derive(Clone, Default)]
pub struct MsgBody {
    json: RawJson,
    /// What it says, once it has been read.
    understood: OnceLock<Understood>,
}

/// One element of a message.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/33527>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Element {
    /// The type, such as `TIMTextElem`. The set is open.
    #[serde(rename = "MsgType", default)]
    pub msg_type: FreeText,
    /// The content: usually an object, whose keys depend on the type.
    #[serde(
        rename = "MsgContent",
        default,
        skip_serializing_if = "RawJson::is_missing"
    )]
    pub content: RawJson,
}

/// What a message says.
#[derive(Clone)]
struct Understood {
    /// The kind of each element, by its type.
    kinds: Vec<Kind>,
    content: Option<Content>,
    /// Whether the elements are taken apart.
    is_whole: bool,
}

impl Element {
    /// An element of this type. `None` if the content is not the text of a JSON object.
    #[must_use]
    pub fn new(msg_type: &str, content: &str) -> Option<Self> {
        Json::new(content).ok()?.is_object().then_some(())?;
        Some(Self {
            msg_type: msg_type.into(),
            content: RawJson::new(content)?,
        })
    }

    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let content = format!("{{\"Text\":{}}}", quoted(text));
        Self {
            msg_type: TEXT.into(),
            content: RawJson::new(&content).unwrap_or_default(),
        }
    }

    /// The kind in words of neither server.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &*self.msg_type {
            TEXT => Kind::Text,
            "TIMLocationElem" => Kind::Location,
            "TIMFaceElem" => Kind::Face,
            "TIMCustomElem" => Kind::Custom,
            "TIMSoundElem" => Kind::Sound,
            "TIMImageElem" => Kind::Picture,
            "TIMFileElem" => Kind::File,
            "TIMVideoFileElem" => Kind::Video,
            "TIMRelayElem" => Kind::Merged,
            _ => Kind::Other,
        }
    }

    /// The text, if it is a text that can be read.
    fn as_text(&self) -> Option<String> {
        match self.read()? {
            Content::Text { text } => Some(text),
            _ => None,
        }
    }

    /// This text with other words, and with all else that is in it. `None` if it is not a text.
    fn with_text(&self, text: &str) -> Option<Self> {
        self.as_text()?;
        let content = self.content.json()?.with_text("Text", text)?;
        Some(Self {
            msg_type: self.msg_type.clone(),
            content: RawJson::new(&content)?,
        })
    }

    /// Reads the content. `None` if it has not the form of its type.
    fn read(&self) -> Option<Content> {
        let json = self.content.json()?;
        json.is_object().then_some(())?;
        Some(match self.kind() {
            Kind::Text => {
                let it: Text = element(json)?;
                Content::Text { text: it.text? }
            }
            Kind::Location => {
                let it: Location = element(json)?;
                Content::Location {
                    latitude: Some(Degrees::new(it.latitude?)?),
                    longitude: Some(Degrees::new(it.longitude?)?),
                    description: it.description.unwrap_or_default(),
                }
            }
            Kind::Face => {
                let it: Face = element(json)?;
                Content::Face {
                    index: it.index.get(),
                    data: it.data.unwrap_or_default(),
                }
            }
            Kind::Custom => {
                let it: Custom = element(json)?;
                Content::Custom {
                    data: it.data.unwrap_or_default(),
                    description: it.description.unwrap_or_default(),
                    extension: it.extension.unwrap_or_default(),
                }
            }
            // Old clients send no URLs. What they send instead is kept as it came.
            Kind::Sound => {
                let it: Sound = element(json)?;
                Content::Sound {
                    url: it.url?,
                    bytes: positive(it.size),
                    seconds: positive(it.seconds),
                }
            }
            Kind::Picture => {
                let it: Picture = element(json)?;
                let mut files = it.files.into_iter();
                let first = files.next()?;
                let original = match first.size_of.get() {
                    Some(ORIGINAL) => first,
                    _ => files
                        .find(|it| it.size_of.get() == Some(ORIGINAL))
                        .unwrap_or(first),
                };
                Content::Picture {
                    url: original.url?,
                    bytes: positive(original.size),
                    width: positive(original.width),
                    height: positive(original.height),
                }
            }
            Kind::File => {
                let it: File = element(json)?;
                Content::File {
                    url: it.url?,
                    name: it.name.unwrap_or_default(),
                    bytes: positive(it.size),
                }
            }
            Kind::Video => {
                let it: Video = element(json)?;
                Content::Video {
                    url: it.url?,
                    bytes: positive(it.size),
                    seconds: positive(it.seconds),
                    picture: it.picture.unwrap_or_default(),
                }
            }
            Kind::Merged => {
                let it: Merged = element(json)?;
                Content::Merged {
                    title: it.title.unwrap_or_default(),
                    summary: it.summary.unwrap_or_default().join("\n"),
                    messages: it.messages.as_str().to_owned(),
                }
            }
            _ => return None,
        })
    }
}

impl MsgBody {
    /// A message with these elements. `None` if there are none.
    #[must_use]
    pub fn new(elements: impl IntoIterator<Item = Element>) -> Option<Self> {
        let elements: Vec<Element> = elements.into_iter().collect();
        (!elements.is_empty()).then_some(())?;
        let json = serde_json::to_string(&elements).ok()?;
        Some(Self {
            json: RawJson::new(&json)?,
            understood: OnceLock::new(),
        })
    }

    /// The JSON as it came. Empty if it is missing.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.json.as_str()
    }

    pub(in crate::tencent) fn into_json(self) -> RawJson {
        self.json
    }

    /// The elements, except those that are not JSON objects.
    #[must_use]
    pub fn elements(&self) -> Vec<Element> {
        let elements = self.list().unwrap_or_default().into_iter();
        elements.filter_map(|(_, element)| element).collect()
    }

    /// What kind of content it has, by the types of its elements.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.understood().kinds[..] {
            [] => Kind::Other,
            [kind] => kind,
            [..] => Kind::Several,
        }
    }

    /// The kinds of its elements, if it has several.
    pub(super) fn parts(&self) -> &[Kind] {
        match &self.understood().kinds[..] {
            [_] => &[],
            parts => parts,
        }
    }

    /// What it says, in words of neither server. An element that has not the form of its type is [`Content::Other`]. `None`
    /// if there are no elements.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        self.understood().content.as_ref()
    }

    /// The texts that people read, and whether an answer can change them. Only the text of the only [`Element::text`] can
    /// be changed. One of them is [`Words::Unreadable`] if a text cannot be read, or if there is no list of elements.
    pub(super) fn texts(&self) -> Vec<(Words<'_>, Changeable)> {
        let Understood {
            kinds,
            content,
            is_whole,
        } = self.understood();
        if !is_whole {
            return vec![(Words::Unreadable, Changeable::Never)];
        }
        let parts = match content {
            Some(Content::Several { parts }) => parts,
            Some(one) => slice::from_ref(one),
            None => &[],
        };
        let is_only_text = kinds.iter().filter(|kind| **kind == Kind::Text).count() == 1;
        let mut texts = Vec::new();
        for (kind, part) in kinds.iter().zip(parts) {
            match (kind, part) {
                (Kind::Text, Content::Text { text }) => {
                    let change = match is_only_text {
                        true => Changeable::Now,
                        false => Changeable::Never,
                    };
                    texts.push((Words::Text(text), change));
                }
                (Kind::Text, _) => texts.push((Words::Unreadable, Changeable::Never)),
                (_, part) => {
                    let words = part.texts().into_iter().map(Words::Text);
                    texts.extend(words.map(|words| (words, Changeable::Never)));
                }
            }
        }
        texts
    }

    /// This message with another text in its only text element, and with all its other elements. `None` if it has not
    /// exactly one text element.
    #[must_use]
    pub fn with_text(&self, text: &str) -> Option<Self> {
        let list = self.list()?;
        let is_text =
            |element: &Option<Element>| element.as_ref().is_some_and(|it| it.kind() == Kind::Text);
        (list.iter().filter(|(_, it)| is_text(it)).count() == 1).then_some(())?;
        let mut elements = Vec::with_capacity(list.len());
        for (json, element) in list {
            elements.push(match element {
                Some(element) if element.kind() == Kind::Text => {
                    serde_json::to_string(&element.with_text(text)?).ok()?
                }
                _ => json.as_str().to_owned(),
            });
        }
        Some(Self {
            json: RawJson::new(&format!("[{}]", elements.join(",")))?,
            understood: OnceLock::new(),
        })
    }

    /// Each element as it came, and read if it is an object. `null` is no element. `None` if there is no list.
    fn list(&self) -> Option<Vec<(RawJson, Option<Element>)>> {
        let elements: Vec<RawJson> = element(self.json.json()?)?;
        let elements = elements.into_iter().filter(|json| json.as_str() != "null");
        let read = elements.map(|json| {
            let read = json.json().and_then(element);
            (json, read)
        });
        Some(read.collect())
    }

    fn understood(&self) -> &Understood {
        self.understood.get_or_init(|| {
            let raw = || Content::Other {
                raw: self.as_str().to_owned(),
            };
            let Some(list) = self.list() else {
                let is_nothing = matches!(self.as_str(), "" | "null");
                return Understood {
                    kinds: Vec::new(),
                    content: (!is_nothing).then(raw),
                    is_whole: false,
                };
            };
            let kind =
                |element: &Option<Element>| element.as_ref().map_or(Kind::Other, Element::kind);
            let kinds = list.iter().map(|(_, element)| kind(element)).collect();
            if list.len() > MOST_ELEMENTS {
                return Understood {
                    kinds,
                    content: Some(raw()),
                    is_whole: false,
                };
            }
            let parts = list.into_iter().map(|(json, element)| {
                let content = element.and_then(|element| element.read());
                content.unwrap_or_else(|| Content::Other {
                    raw: json.as_str().to_owned(),
                })
            });
            let mut parts: Vec<Content> = parts.collect();
            let content = match parts.len() {
                0 | 1 => parts.pop(),
                _ => Some(Content::Several { parts }),
            };
            Understood {
                kinds,
                content,
                is_whole: true,
            }
        })
    }

    pub(super) fn is_missing(&self) -> bool {
        self.json.is_missing()
    }
}

/// Only the length, because contents must not be in logs.
impl fmt::Debug for MsgBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MsgBody({} bytes)", self.as_str().len())
    }
}

impl PartialEq for MsgBody {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl Eq for MsgBody {}

impl<'de> Deserialize<'de> for MsgBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self {
            json: RawJson::deserialize(deserializer)?,
            understood: OnceLock::new(),
        })
    }
}

impl Serialize for MsgBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

const TEXT: &str = "TIMTextElem";

/// The type of the largest of a picture's files.
const ORIGINAL: i64 = 1;

// The contents by type, and of them only what an event keeps. A text that is missing or null is empty.

#[derive(Deserialize)]
struct Text {
    #[serde(rename = "Text")]
    text: Option<String>,
}

#[derive(Deserialize)]
struct Location {
    #[serde(rename = "Desc")]
    description: Option<String>,
    #[serde(rename = "Latitude")]
    latitude: Option<f64>,
    #[serde(rename = "Longitude")]
    longitude: Option<f64>,
}

#[derive(Deserialize)]
struct Face {
    #[serde(rename = "Index", default)]
    index: Number,
    #[serde(rename = "Data")]
    data: Option<String>,
}

#[derive(Deserialize)]
struct Custom {
    #[serde(rename = "Data")]
    data: Option<String>,
    #[serde(rename = "Desc")]
    description: Option<String>,
    #[serde(rename = "Ext")]
    extension: Option<String>,
}

#[derive(Deserialize)]
struct Sound {
    #[serde(rename = "Url")]
    url: Option<String>,
    #[serde(rename = "Size", default)]
    size: Number,
    #[serde(rename = "Second", default)]
    seconds: Number,
}

#[derive(Deserialize)]
struct Picture {
    #[serde(rename = "ImageInfoArray")]
    files: Members<PictureFile>,
}

#[derive(Deserialize)]
struct PictureFile {
    /// 1 the original, 2 a large one, 3 a small one.
    #[serde(rename = "Type", default)]
    size_of: Number,
    #[serde(rename = "Size", default)]
    size: Number,
    #[serde(rename = "Width", default)]
    width: Number,
    #[serde(rename = "Height", default)]
    height: Number,
    #[serde(rename = "URL", alias = "Url")]
    url: Option<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "Url")]
    url: Option<String>,
    #[serde(rename = "FileName")]
    name: Option<String>,
    #[serde(rename = "FileSize", default)]
    size: Number,
}

#[derive(Deserialize)]
struct Video {
    #[serde(rename = "VideoUrl")]
    url: Option<String>,
    #[serde(rename = "VideoSize", default)]
    size: Number,
    #[serde(rename = "VideoSecond", default)]
    seconds: Number,
    #[serde(rename = "ThumbUrl")]
    picture: Option<String>,
}

#[derive(Deserialize)]
struct Merged {
    #[serde(rename = "Title")]
    title: Option<String>,
    #[serde(rename = "AbstractList")]
    summary: Option<Vec<String>>,
    #[serde(rename = "MsgList", default)]
    messages: RawJson,
}

fn element<T: serde::de::DeserializeOwned>(json: Json<'_>) -> Option<T> {
    Some(json.read().ok()?.callback)
}

/// A size or a duration. Clients write 0 if they do not know it.
fn positive(number: Number) -> Option<i64> {
    number.get().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn body(json: &Value) -> MsgBody {
        crate::read(json.to_string().as_bytes()).unwrap()
    }

    fn one(msg_type: &str, content: Value) -> MsgBody {
        body(&json!([{"MsgType": msg_type, "MsgContent": content}]))
    }

    fn stored(body: &MsgBody) -> Value {
        serde_json::to_value(body.content()).unwrap()
    }

    #[test]
    fn each_type_of_element_is_a_kind_of_content() {
        for (msg_type, content, kind, expected) in [
            (
                "TIMTextElem",
                json!({"Text": "hi"}),
                Kind::Text,
                json!({"kind": "text", "text": "hi"}),
            ),
            (
                "TIMLocationElem",
                json!({"Desc": "d", "Latitude": 52.5, "Longitude": -13.4}),
                Kind::Location,
                json!({"kind": "location", "latitude": 52.5, "longitude": -13.4, "description": "d"}),
            ),
            (
                "TIMFaceElem",
                json!({"Index": 6, "Data": "smile"}),
                Kind::Face,
                json!({"kind": "face", "index": 6, "data": "smile"}),
            ),
            (
                "TIMCustomElem",
                json!({"Data": "{}", "Desc": "d", "Ext": "e", "Sound": "s"}),
                Kind::Custom,
                json!({"kind": "custom", "data": "{}", "description": "d", "extension": "e"}),
            ),
            (
                "TIMSoundElem",
                json!({"Url": "u", "UUID": "i", "Size": 62351, "Second": 1, "Download_Flag": 2}),
                Kind::Sound,
                json!({"kind": "sound", "url": "u", "bytes": 62351, "seconds": 1}),
            ),
            (
                "TIMImageElem",
                json!({"UUID": "i", "ImageFormat": 1, "ImageInfoArray": [
                    {"Type": 3, "Size": 1, "Width": 1, "Height": 1, "URL": "small"},
                    {"Type": 1, "Size": 1853095, "Width": 2448, "Height": 3264, "URL": "u"},
                ]}),
                Kind::Picture,
                json!({"kind": "picture", "url": "u", "bytes": 1_853_095, "width": 2448, "height": 3264}),
            ),
            (
                "TIMImageElem",
                json!({"ImageInfoArray": [{"Type": 3, "URL": "small"}, {"Type": 2, "URL": "large"}]}),
                Kind::Picture,
                json!({"kind": "picture", "url": "small"}),
            ),
            (
                "TIMFileElem",
                json!({"Url": "u", "UUID": "i", "FileSize": 1773552, "FileName": "n", "Download_Flag": 2}),
                Kind::File,
                json!({"kind": "file", "url": "u", "name": "n", "bytes": 1_773_552}),
            ),
            (
                "TIMVideoFileElem",
                json!({"VideoUrl": "u", "VideoSize": 1194603, "VideoSecond": 5, "VideoFormat": "mp4", "ThumbUrl": "p"}),
                Kind::Video,
                json!({"kind": "video", "url": "u", "bytes": 1_194_603, "seconds": 5, "picture": "p"}),
            ),
            (
                "TIMRelayElem",
                json!({"Title": "t", "MsgNum": 2, "CompatibleText": "c", "AbstractList": ["a", "b"], "MsgList": [{"x":1}]}),
                Kind::Merged,
                json!({"kind": "merged", "title": "t", "summary": "a\nb", "messages": "[{\"x\":1}]"}),
            ),
        ] {
            let body = one(msg_type, content);
            assert_eq!((body.kind(), stored(&body)), (kind, expected), "{msg_type}");
        }
    }

    #[test]
    fn content_without_the_form_of_its_type_stays_as_it_came() {
        for (msg_type, content, kind) in [
            ("TIMTextElem", json!({"Text": 7}), Kind::Text),
            ("TIMTextElem", json!("hi"), Kind::Text),
            ("TIMSoundElem", json!({"UUID": "i"}), Kind::Sound),
            ("TIMImageElem", json!({"ImageInfoArray": []}), Kind::Picture),
            (
                "TIMLocationElem",
                json!({"Latitude": 1e9, "Longitude": 0}),
                Kind::Location,
            ),
            ("TIMNewElem", json!({"Text": "hi"}), Kind::Other),
        ] {
            let element = json!({"MsgType": msg_type, "MsgContent": content});
            let body = body(&json!([element]));
            assert_eq!(body.kind(), kind, "{element}");
            assert_eq!(
                stored(&body),
                json!({"kind": "other", "raw": element.to_string()})
            );
        }
        for (odd, content) in [
            (json!(null), Value::Null),
            (json!([]), Value::Null),
            (
                json!({"a": 1}),
                json!({"kind": "other", "raw": "{\"a\":1}"}),
            ),
            (json!(["x"]), json!({"kind": "other", "raw": "\"x\""})),
        ] {
            let body = body(&odd);
            assert_eq!((body.kind(), stored(&body)), (Kind::Other, content));
            assert_eq!(serde_json::to_value(&body).unwrap(), odd);
        }
        assert_eq!(MsgBody::default().content(), None);
    }

    #[test]
    fn a_message_with_several_elements_has_the_content_of_each() {
        let mixed = body(&json!([
            {"MsgType": "TIMTextElem", "MsgContent": {"Text": "look"}},
            {"MsgType": "TIMFaceElem", "MsgContent": {"Index": 1}},
            7,
        ]));
        assert_eq!(mixed.kind(), Kind::Several);
        assert_eq!(
            stored(&mixed),
            json!({"kind": "several", "parts": [
                {"kind": "text", "text": "look"}, {"kind": "face", "index": 1}, {"kind": "other", "raw": "7"},
            ]})
        );
        assert_eq!(mixed.elements().len(), 2);
    }

    #[test]
    fn a_message_with_very_many_elements_is_not_taken_apart() {
        let many = vec![Element::text("x"); MOST_ELEMENTS + 1];
        let body = MsgBody::new(many).unwrap();
        assert_eq!(body.kind(), Kind::Several);
        assert!(matches!(body.content(), Some(Content::Other { .. })));
        assert_eq!(body.texts(), [(Words::Unreadable, Changeable::Never)]);
    }

    #[test]
    fn only_the_only_text_can_be_changed() {
        let text =
            |text: &str| json!({"MsgType": "TIMTextElem", "MsgContent": {"Text": text, "New": 1}});
        let custom =
            json!({"MsgType": "TIMCustomElem", "MsgContent": {"Data": "d"}, "More": [1.50]});
        let (now, never) = (Changeable::Now, Changeable::Never);
        for (elements, texts, changed) in [
            (
                json!([text("a")]),
                vec![(Words::Text("a"), now)],
                Some(json!([text("new")])),
            ),
            (
                json!([custom, text("a"), 7]),
                vec![
                    (Words::Text("d"), never),
                    (Words::Text("a"), now),
                    (Words::Text("7"), never),
                ],
                Some(json!([custom, text("new"), 7])),
            ),
            (
                json!([text("a"), text("b")]),
                vec![(Words::Text("a"), never), (Words::Text("b"), never)],
                None,
            ),
            (json!([custom]), vec![(Words::Text("d"), never)], None),
            (
                json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": 7}}]),
                vec![(Words::Unreadable, never)],
                None,
            ),
            (json!([null]), vec![], None),
            (
                json!([null, text("a")]),
                vec![(Words::Text("a"), now)],
                Some(json!([text("new")])),
            ),
            (json!({}), vec![(Words::Unreadable, never)], None),
        ] {
            let body = body(&elements);
            assert_eq!(body.texts(), texts, "{elements}");
            let with_text = body.with_text("new");
            assert_eq!(
                with_text.map(|body| serde_json::to_value(body).unwrap()),
                changed,
                "{elements}"
            );
        }
        let missing = MsgBody::default();
        assert_eq!(missing.texts(), [(Words::Unreadable, never)]);
    }

    #[test]
    fn an_element_needs_an_object_and_a_message_needs_an_element() {
        assert!(Element::new("TIMFaceElem", "[]").is_none());
        assert!(Element::new("TIMFaceElem", "{").is_none());
        let face = Element::new("TIMFaceElem", r#"{"Index":1}"#).unwrap();
        assert_eq!(MsgBody::new([face]).unwrap().kind(), Kind::Face);
        assert_eq!(MsgBody::new([]), None);
    }

    #[test]
    fn debug_shows_no_text() {
        let body = MsgBody::new([Element::text("hunter2")]).unwrap();
        let shown = format!("{body:?} {:?}", body.elements());
        assert!(!shown.contains("hunter"), "{shown}");
    }
}
