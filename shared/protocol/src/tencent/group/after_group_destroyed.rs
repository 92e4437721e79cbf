use domain::{Family, GroupId, Source, group::Event};
use serde::{Deserialize, Serialize};

use super::GroupMember;
use crate::{
    Callback, Command, FreeText, Lenient, Members, Number, When,
    tencent::{Account, Noted},
};

/// `Group.CallbackAfterGroupDestroyed`: a client or the REST API dissolved a group.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34377>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterGroupDestroyed {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group, in an old word or a new one: `Private` is `Work`, and `ChatRoom` is `Meeting`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The last owner.
    #[serde(
        rename = "Owner_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub owner: Lenient<Account>,
    /// The name. A table of the documents lacks it.
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<FreeText>,
    /// The last members: all of them, or none in a community.
    #[serde(
        rename = "MemberList",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub members: Lenient<Members<GroupMember>>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl Callback for AfterGroupDestroyed {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterGroupDestroyed",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::After,
        since: None,
        sentence: "A group was dissolved.",
    };
    type Event = Event;
    type Answer = Noted;
}
