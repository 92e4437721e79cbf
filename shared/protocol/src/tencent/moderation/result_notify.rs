use domain::{
    Conversation, Family, GroupId, Source, UserId,
    message::{Kind, MessageRef},
    moderation::{self, Scene, Suggestion},
};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Lenient, Members, Needs, Number, When,
    read::list_or_none,
    tencent::{Noted, TextOrNumber},
};

/// `ContentCallback.ResultNotify`: the moderation of the cloud judged a text, a picture, a sound or a video.
///
/// By default Tencent Chat sends it only about violations. The body does not name the command, and has no time.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/78240>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResultNotify {
    /// What was judged: `C2C` and `Group` for messages, `C2CCustom` and `GroupCustom` for messages of the app's own form,
    /// `GroupInfo`, `GroupMemberInfo`, `RelationChain` or `UserInfo`.
    #[serde(rename = "Scene", default)]
    pub scene_name: FreeText,
    /// The app.
    // `SdkAppid` in the query.
    #[serde(rename = "SdkAppId", default, skip_serializing_if = "Number::is_none")]
    pub sdk_app_id: Number,
    /// The user who wrote it.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// For whom a message was meant.
    #[serde(
        rename = "ContactItem",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub contact: Lenient<Contact>,
    /// `Text`, `Image`, `Audio` or `Video`.
    #[serde(rename = "ContentType", default)]
    pub content_type: FreeText,
    /// The text. Only a message of the app's own form has more than one.
    #[serde(
        rename = "TextContent",
        default,
        deserialize_with = "list_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub texts: Option<Members<FreeText>>,
    /// Where the file is.
    #[serde(rename = "FileURL", skip_serializing_if = "Option::is_none")]
    pub file_url: Option<FreeText>,
    /// The `MsgKey` of a message between two users, or the number of a message in a group. A message in a group that was
    /// not delivered has none.
    #[serde(
        rename = "MsgID",
        default,
        skip_serializing_if = "TextOrNumber::is_missing"
    )]
    pub msg_id: TextOrNumber,
    /// 1 if Tencent Chat blocked it, 0 if it let it through.
    #[serde(
        rename = "CtxcbResult",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub result: Number,
    /// The id of the judgement.
    #[serde(
        rename = "CtxcbRequestId",
        default,
        skip_serializing_if = "TextOrNumber::is_missing"
    )]
    pub request_id: TextOrNumber,
    /// The words that were found.
    #[serde(
        rename = "CtxcbKeywords",
        default,
        deserialize_with = "list_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub keywords: Option<Members<FreeText>>,
    /// `Block`, `Review` or `Normal`.
    #[serde(rename = "CtxcbSuggestion", skip_serializing_if = "Option::is_none")]
    pub advice: Option<FreeText>,
    /// What it was found to be: `Normal`, `Illegal`, `Abuse`, `Polity`, `Ad`, `Porn`, `Sexy`, `Terror`, `Composite`, …
    #[serde(rename = "CtxcbLabel", skip_serializing_if = "Option::is_none")]
    pub label: Option<FreeText>,
    /// The same in more detail.
    #[serde(rename = "CtxcbSubLabel", skip_serializing_if = "Option::is_none")]
    pub sub_label: Option<FreeText>,
    /// Words about it.
    #[serde(rename = "CtxcbSubLabelDesc", skip_serializing_if = "Option::is_none")]
    pub sub_label_words: Option<FreeText>,
    /// The list of words in which they were found.
    #[serde(rename = "CtxcbLibName", skip_serializing_if = "Option::is_none")]
    pub list_name: Option<FreeText>,
    /// Text of the app's own that came with the message.
    #[serde(rename = "CloudCustomData", skip_serializing_if = "Option::is_none")]
    pub cloud_custom_data: Option<FreeText>,
}

/// For whom a message was meant.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/78240>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Contact {
    /// 1 for a user, 2 for a group.
    #[serde(
        rename = "ContactType",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub contact_type: Number,
    /// The user.
    #[serde(rename = "To_Account", skip_serializing_if = "Option::is_none")]
    pub to: Option<FreeText>,
    /// The group.
    // `GroupId` in the other commands.
    #[serde(rename = "ToGroupId", skip_serializing_if = "Option::is_none")]
    pub group: Option<FreeText>,
}

/// The longest word of Tencent's that an event takes over, in characters.
const WORD: usize = 64;

/// A word of Tencent's, if there is one.
fn word(text: Option<&FreeText>) -> Option<String> {
    let word: String = text?.chars().take(WORD).collect();
    (!word.is_empty()).then_some(word)
}

impl ResultNotify {
    /// Where it was to be seen.
    #[must_use]
    pub fn scene(&self) -> Scene {
        match &*self.scene_name {
            "C2C" | "Group" => Scene::Message,
            "C2CCustom" | "GroupCustom" => Scene::CustomMessage,
            "GroupInfo" => Scene::GroupProfile,
            "GroupMemberInfo" => Scene::MemberProfile,
            "RelationChain" => Scene::Friends,
            "UserInfo" => Scene::UserProfile,
            _ => Scene::Other,
        }
    }

    /// Where the message was sent.
    #[must_use]
    pub fn conversation(&self) -> Option<Conversation> {
        let contact = self.contact.get()?;
        let group = contact.group.as_ref().map(|group| GroupId::new(&**group));
        if let Some(Ok(group)) = group {
            return Some(Conversation::Group(group));
        }
        let to = contact.to.as_ref().and_then(FreeText::user_id)?;
        Some(Conversation::between(self.from.clone(), to))
    }

    /// The message's ids.
    #[must_use]
    pub fn message(&self) -> Option<MessageRef> {
        let id = self.msg_id.some()?;
        // In a group, it is the number of the message.
        let is_in_group = matches!(self.conversation(), Some(Conversation::Group(_)));
        Some(match id.parse() {
            Ok(seq) if is_in_group => MessageRef {
                seq: Some(seq),
                ..MessageRef::default()
            },
            _ => MessageRef {
                id: Some(id),
                ..MessageRef::default()
            },
        })
    }

    /// What was judged.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &*self.content_type {
            "Text" => Kind::Text,
            "Image" => Kind::Picture,
            "Audio" => Kind::Sound,
            "Video" => Kind::Video,
            _ => Kind::Other,
        }
    }

    /// Whether Tencent Chat blocked it. `None` if it does not say it.
    #[must_use]
    pub fn is_blocked(&self) -> Option<bool> {
        self.result.get().map(|result| result != 0)
    }

    /// What is advised.
    #[must_use]
    pub fn suggestion(&self) -> Option<Suggestion> {
        match &**self.advice.as_ref()? {
            "Normal" | "Pass" => Some(Suggestion::Pass),
            "Review" => Some(Suggestion::Review),
            "Block" => Some(Suggestion::Block),
            _ => None,
        }
    }

    /// What it was found to be.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        word(self.label.as_ref())
    }

    /// The same in more detail.
    #[must_use]
    pub fn sub_label(&self) -> Option<String> {
        word(self.sub_label.as_ref())
    }

    /// The id of the judgement.
    #[must_use]
    pub fn request(&self) -> Option<String> {
        self.request_id.some()
    }
}

impl Callback for ResultNotify {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "ContentCallback.ResultNotify",
        earlier: &[],
        switch: None,
        family: Family::Moderation,
        when: When::After,
        since: None,
        sentence: "The moderation of the cloud judged what a user wrote.",
    };
    const NEEDS: Option<Needs> = Some(Needs {
        probably: Some("sold separately"),
        ..Needs::feature("cloud moderation")
    });
    type Event = moderation::Event;
    type Answer = Noted;
}
