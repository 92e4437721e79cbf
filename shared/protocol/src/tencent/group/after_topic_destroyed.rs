use domain::{Family, GroupId, Source, TopicId, group::Event};
use serde::{Deserialize, Serialize};

use super::topic::topics;
use crate::{Callback, Command, FreeText, Members, Needs, When, tencent::Noted};

/// `Group.CallbackAfterTopicDestroyed`: a client or the REST API dissolved topics of a community.
///
/// It has the switch of [`AfterGroupDestroyed`](super::AfterGroupDestroyed) in the console. The body does not say who
/// did it, and has no time.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/49465>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterTopicDestroyed {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group: always `Community`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The topics. The documents call it a text, and show a list. One text is read as a list of one.
    #[serde(rename = "TopicIdList", deserialize_with = "topics")]
    pub topics: Members<TopicId>,
}

impl Callback for AfterTopicDestroyed {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterTopicDestroyed",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::After,
        since: None,
        sentence: "Topics were dissolved.",
    };
    const NEEDS: Option<Needs> = Some(Needs::topics("Group.CallbackAfterGroupDestroyed"));
    type Event = Event;
    type Answer = Noted;
}
