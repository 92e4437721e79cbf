use domain::{Family, GroupId, Question, Source, TopicId, group::Event};
use serde::{Deserialize, Serialize};

use super::GroupMember;
use crate::{
    Callback, Command, FreeText, Lenient, Members, Number, Rules, When,
    tencent::{Account, GroupCode, KeptOut, LetsIn, unreadable},
};

/// `Group.CallbackBeforeInviteJoinGroup`: a client or the REST API is about to bring users into a group, or into a
/// private topic of it.
///
/// If the app lets only friends invite each other, Tencent Chat checks that first.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34371>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeInviteJoinGroup {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group, in an old word or a new one: `Private` is `Work`, and `ChatRoom` is `Meeting`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The user who invites them.
    #[serde(rename = "Operator_Account")]
    pub operator: Account,
    /// The users.
    // Objects here, and plain texts in the answer.
    #[serde(rename = "DestinationMembers")]
    pub invited: Members<GroupMember>,
    /// The private topic that it is about. Absent if it is about the group itself.
    #[serde(rename = "TopicId", default, skip_serializing_if = "Lenient::is_none")]
    pub topic: Lenient<TopicId>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl Callback for BeforeInviteJoinGroup {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackBeforeInviteJoinGroup",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::Before(Rules {
            asks: "group.invite",
            by_subject: &["groups.invitations.groups", "groups.invitations.users"],
            ..Rules::NONE
        }),
        since: None,
        sentence: "Users are about to be invited into a group.",
    };
    type Event = Event;
    type Answer = KeptOut<GroupCode>;

    fn questions(&self) -> Vec<Question<'_>> {
        let people = self.invited.iter().map(|person| {
            Question::about([&person.user])
                .by(self.operator.user())
                .group(&self.group_id)
        });
        people
            .chain(unreadable(&self.invited, Self::NAME))
            .collect()
    }
}

impl LetsIn for BeforeInviteJoinGroup {
    type Item = GroupMember;
    type Code = GroupCode;

    const LIST: &'static str = "DestinationMembers";
    const NAME: &'static str = GroupMember::NAME;
    const KEPT_OUT: &'static str = "RefusedMembers_Account";

    fn people(&self) -> &Members<GroupMember> {
        &self.invited
    }
}
