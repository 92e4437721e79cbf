use domain::{Family, GroupId, Source, group::Event};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Lenient, Number, When,
    tencent::{Account, Noted, changed::changed},
};

/// `Group.CallbackAfterGroupInfoChanged`: a client or the REST API changed the name, the introduction, the notice or
/// the picture of a group.
///
/// Tencent Chat sends nothing about other fields, nor about fields of the app's own.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34378>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterGroupInfoChanged {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group, in an old word or a new one: `Private` is `Work`, and `ChatRoom` is `Meeting`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The user who changed it.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// The new name. Absent if it did not change, empty if it was cleared.
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<FreeText>,
    /// The new introduction. Absent if it did not change, empty if it was cleared.
    #[serde(rename = "Introduction", skip_serializing_if = "Option::is_none")]
    pub introduction: Option<FreeText>,
    /// The new notice. Absent if it did not change, empty if it was cleared.
    #[serde(rename = "Notification", skip_serializing_if = "Option::is_none")]
    pub notice: Option<FreeText>,
    /// The URL of the new picture. Absent if it did not change, empty if it was cleared.
    #[serde(rename = "FaceUrl", skip_serializing_if = "Option::is_none")]
    pub face_url: Option<FreeText>,
    /// Whether all members are muted. It is in no document, and absent if it did not change.
    #[serde(rename = "ShutUpAllMember", skip_serializing_if = "Option::is_none")]
    pub all_muted: Option<FreeText>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl AfterGroupInfoChanged {
    /// The fields that changed, with their names in [`Event::GroupChanged`].
    #[must_use]
    pub fn changed(&self) -> Vec<String> {
        changed([
            ("name", &self.name),
            ("notice", &self.notice),
            ("introduction", &self.introduction),
            ("avatar", &self.face_url),
            ("all_muted", &self.all_muted),
        ])
    }
}

impl Callback for AfterGroupInfoChanged {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterGroupInfoChanged",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::After,
        since: None,
        sentence: "A group's data was changed.",
    };
    type Event = Event;
    type Answer = Noted;
}
