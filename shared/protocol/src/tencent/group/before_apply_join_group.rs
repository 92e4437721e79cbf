use domain::{Family, GroupId, Question, Source, TopicId, UserId, group::Event};
use serde::{Deserialize, Serialize};

use super::topic::topic;
use crate::{
    Callback, Command, FreeText, Number, Rules, When,
    tencent::{Decision, GroupCode},
};

/// `Group.CallbackBeforeApplyJoinGroup`: a client is about to ask to join a group, or to get into a private topic of
/// it.
///
/// If it is allowed and the group wants an administrator's approval, that is still needed. The REST API does not cause
/// it. Tencent Chat sends no callback about a request that waits for an approval.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34370>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeApplyJoinGroup {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group, in an old word or a new one: `Private` is `Work`, and `ChatRoom` is `Meeting`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The user who asks.
    // `Requester_Account` in the callbacks about friends.
    #[serde(rename = "Requestor_Account")]
    pub user: UserId,
    /// The text of the user.
    #[serde(rename = "ApplyMsg", skip_serializing_if = "Option::is_none")]
    pub message: Option<FreeText>,
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

impl Callback for BeforeApplyJoinGroup {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackBeforeApplyJoinGroup",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::Before(Rules {
            asks: "group.ask_to_join",
            by_subject: &["groups.joins.groups", "groups.joins.users"],
            ..Rules::NONE
        }),
        since: None,
        sentence: "A user is about to ask to join a group.",
    };
    type Event = Event;
    type Answer = Decision<GroupCode>;

    fn questions(&self) -> Vec<Question<'_>> {
        let question = Question::new(&self.user, []).group(&self.group_id);
        vec![match &self.message {
            Some(message) => question.message(message),
            None => question,
        }]
    }
}
