use domain::{
    Family, GroupId, Source, TopicId, UserId,
    group::{Event, Left},
};
use serde::{Deserialize, Serialize};

use super::{GroupMember, topic::topic};
use crate::{
    Callback, Command, FreeText, Lenient, Members, Number, When,
    tencent::{Account, Noted},
};

/// `Group.CallbackAfterMemberExit`: users left a group or a private topic of it, or were removed.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34373>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterMemberExit {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group, in an old word or a new one: `Private` is `Work`, and `ChatRoom` is `Meeting`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// `Kicked` or `Quit`.
    #[serde(rename = "ExitType", skip_serializing_if = "Option::is_none")]
    pub exit_type: Option<FreeText>,
    /// The user who caused it: with `Kicked`, the one who removed the others. The documents say that it is the user who
    /// leaves.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// The former members.
    #[serde(rename = "ExitMemberList")]
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

impl AfterMemberExit {
    /// How they left.
    #[must_use]
    pub fn how(&self) -> Left {
        match self.exit_type.as_deref() {
            Some("Quit") => Left::Left,
            Some("Kicked") => Left::Removed,
            _ => Left::Unknown,
        }
    }

    /// The user who removed them. `None` if they left by themselves.
    #[must_use]
    pub fn by(&self) -> Option<UserId> {
        let operator = self.operator.user()?;
        let left = self.members.iter().any(|member| member.user == operator);
        (!left && self.how() != Left::Left).then_some(operator)
    }
}

impl Callback for AfterMemberExit {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterMemberExit",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::After,
        since: None,
        sentence: "Users left a group, or were removed.",
    };
    type Event = Event;
    type Answer = Noted;
}
