use domain::{Family, GroupId, Source, TopicId, group::Event};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Lenient, Needs, When,
    tencent::{Account, Noted, changed::changed},
};

/// `Group.CallbackAfterTopicInfoChanged`: a client or the REST API changed the name, the introduction, the notice or
/// the picture of a topic.
///
/// It has the switch of [`AfterGroupInfoChanged`](super::AfterGroupInfoChanged) in the console. The documents do not
/// say that the body names the topic, and the body has no time.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/49466>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterTopicInfoChanged {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group: always `Community`.
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
    /// The topic. It is in no document.
    #[serde(rename = "TopicId", default, skip_serializing_if = "Lenient::is_none")]
    pub topic: Lenient<TopicId>,
}

impl AfterTopicInfoChanged {
    /// The fields that changed, with their names in [`Event::TopicChanged`].
    #[must_use]
    pub fn changed(&self) -> Vec<String> {
        changed([
            ("name", &self.name),
            ("notice", &self.notice),
            ("introduction", &self.introduction),
            ("avatar", &self.face_url),
        ])
    }
}

impl Callback for AfterTopicInfoChanged {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterTopicInfoChanged",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::After,
        since: None,
        sentence: "A topic's data was changed.",
    };
    const NEEDS: Option<Needs> = Some(Needs::topics("Group.CallbackAfterGroupInfoChanged"));
    type Event = Event;
    type Answer = Noted;
}
