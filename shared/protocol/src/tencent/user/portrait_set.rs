use domain::{Family, Source, UserId, user};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Callback, Command, FreeText, Members, Needs, Number, When, read::Any, tencent::Noted};

/// `Profile.CallbackPortraitSet`: a client or the REST API changed fields of a user's profile.
///
/// Tencent Chat sends this only if the "profile change subscription" is also switched on in the console.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/48733>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortraitSet {
    /// The user who made the change.
    #[serde(rename = "Operator_Account", skip_serializing_if = "Option::is_none")]
    pub operator: Option<FreeText>,
    /// The user whose profile changed.
    #[serde(rename = "From_Account")]
    pub user: UserId,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
    /// The fields that changed, and no other fields.
    #[serde(rename = "ProfileItem")]
    pub fields: Members<ProfileField>,
}

/// One field of a profile, with its new value.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/48733>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProfileField {
    /// Tencent Chat's name of the field: `Tag_Profile_IM_…`, or `Tag_Profile_Custom_…` for a field of the app's own.
    #[serde(rename = "Tag")]
    pub tag: String,
    /// The new value.
    #[serde(rename = "Value", default)]
    pub value: ProfileValue,
}

/// The value of a field: a text or a number, depending on the field.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/48733>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ProfileValue {
    /// The value of birthday, language, level and role.
    Number(i64),
    /// The value of all other fields. A location can hold unprintable characters.
    Text(String),
    /// Nothing, or neither a text nor an integer of 64 bits.
    #[default]
    Other,
}

impl<'de> Deserialize<'de> for ProfileValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Any::deserialize(deserializer)? {
            Any::Integer(number) => Self::Number(number),
            Any::Text(text) => Self::Text(text),
            Any::Null | Any::Odd => Self::Other,
        })
    }
}

impl ProfileField {
    /// The name of the field in [`user::Event::ProfileChanged`](domain::user::Event::ProfileChanged).
    #[must_use]
    pub fn name(&self) -> String {
        if let Some(custom) = self.tag.strip_prefix("Tag_Profile_Custom_") {
            return format!("custom.{custom}");
        }
        match self.tag.as_str() {
            "Tag_Profile_IM_Nick" => "nickname",
            "Tag_Profile_IM_Image" => "avatar",
            "Tag_Profile_IM_Gender" => "gender",
            "Tag_Profile_IM_BirthDay" => "birthday",
            "Tag_Profile_IM_Location" => "location",
            "Tag_Profile_IM_SelfSignature" => "signature",
            "Tag_Profile_IM_Language" => "language",
            "Tag_Profile_IM_Level" => "level",
            "Tag_Profile_IM_Role" => "role",
            "Tag_Profile_IM_AllowType" => "friend_policy",
            "Tag_Profile_IM_AdminForbidType" => "messaging_ban",
            other => other,
        }
        .to_owned()
    }
}

impl Callback for PortraitSet {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Profile.CallbackPortraitSet",
        earlier: &[],
        switch: None,
        family: Family::User,
        when: When::After,
        since: None,
        sentence: "Fields of a user's profile changed.",
    };
    const NEEDS: Option<Needs> = Some(Needs::feature(
        "the feature \"user profile change subscription\"",
    ));
    type Event = user::Event;
    type Answer = Noted;
}
