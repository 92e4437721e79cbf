use domain::{Family, GroupId, Source, TopicId, group::Event};
use serde::{Deserialize, Serialize};

use super::CustomField;
use crate::{
    Callback, Command, FreeText, Lenient, Members, Needs, When,
    tencent::{Account, Noted},
};

/// `Group.CallbackAfterCreateTopic`: a client or the REST API created a topic in a community.
///
/// It has the switch of [`AfterCreateGroup`](super::AfterCreateGroup) in the console. The body has no time.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/49464>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterCreateTopic {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The topic.
    #[serde(rename = "TopicId")]
    pub topic: TopicId,
    /// The user who created it.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// The owner of the community.
    #[serde(
        rename = "Owner_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub owner: Lenient<Account>,
    /// The kind of group: always `Community`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The name.
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<FreeText>,
    /// Fields of the app's own. Only in apps for which Tencent Chat has enabled it.
    #[serde(
        rename = "UserDefinedDataList",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub custom_fields: Lenient<Members<CustomField>>,
}

impl Callback for AfterCreateTopic {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterCreateTopic",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::After,
        since: None,
        sentence: "A topic was created.",
    };
    const NEEDS: Option<Needs> = Some(Needs::topics("Group.CallbackAfterCreateGroup"));
    type Event = Event;
    type Answer = Noted;
}
