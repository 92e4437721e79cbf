use domain::{
    Family, GroupId, Source, TopicId, UserId,
    group::{Event, Joined},
};
use serde::{Deserialize, Serialize};

use super::{GroupMember, topic::topic};
use crate::{
    Callback, Command, FreeText, Lenient, Members, Number, When,
    tencent::{Account, Noted},
};

/// `Group.CallbackAfterNewMemberJoin`: users joined a group, or got into a private topic of it.
///
/// It comes after an approval, after a request that needs none, after an invitation, and after a call of the REST API.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34372>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterNewMemberJoin {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group, in an old word or a new one: `Private` is `Work`, and `ChatRoom` is `Meeting`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// `Apply` or `Invited`.
    #[serde(rename = "JoinType", skip_serializing_if = "Option::is_none")]
    pub join_type: Option<FreeText>,
    /// The user who caused it: the new member, or the one who invited or approved.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// The new members.
    #[serde(rename = "NewMemberList")]
    pub members: Members<GroupMember>,
    /// The private topic that it is about. Absent if it is about the group itself.
    #[serde(
        rename = "TopicId",
        default,
        deserialize_with = "topic",
        skip_serializing_if = "Option::is_none"
    )]
    pub topic: Option<TopicId>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl AfterNewMemberJoin {
    /// How they joined.
    #[must_use]
    pub fn how(&self) -> Joined {
        match self.join_type.as_deref() {
            Some("Apply") => Joined::Applied,
            Some("Invited") => Joined::Invited,
            _ => Joined::Unknown,
        }
    }

    /// The user who invited or approved. `None` if the new members caused it themselves.
    #[must_use]
    pub fn by(&self) -> Option<UserId> {
        let operator = self.operator.user()?;
        let is_new = self.members.iter().any(|member| member.user == operator);
        (!is_new).then_some(operator)
    }
}

impl Callback for AfterNewMemberJoin {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterNewMemberJoin",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::After,
        since: None,
        sentence: "Users joined a group.",
    };
    type Event = Event;
    type Answer = Noted;
}
