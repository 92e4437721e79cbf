use domain::{Changeable, Family, Question, Role, Source, group::Event};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Needs, Rules, When,
    tencent::{Account, Decision, GroupCode},
};

/// `Group.CallbackBeforeCreateTopic`: a client or the REST API is about to create a topic in a community.
///
/// It has the switch of [`BeforeCreateGroup`](super::BeforeCreateGroup) in the console. The body does not say in which
/// community, and has no time.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/49463>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeCreateTopic {
    /// The user who creates it.
    #[serde(rename = "Operator_Account")]
    pub operator: Account,
    /// The kind of group: always `Community`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The name.
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<FreeText>,
}

impl Callback for BeforeCreateTopic {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackBeforeCreateTopic",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::Before(Rules {
            asks: "group.create_topic",
            by_subject: &["groups.names"],
            ..Rules::NONE
        }),
        since: None,
        sentence: "A topic is about to be created.",
    };
    const NEEDS: Option<Needs> = Some(Needs::topics("Group.CallbackBeforeCreateGroup"));
    type Event = Event;
    type Answer = Decision<GroupCode>;

    fn questions(&self) -> Vec<Question<'_>> {
        let question = Question::about([]).by(self.operator.user());
        vec![match &self.name {
            Some(name) => question.text(Role::Name, name, Changeable::Never),
            None => question,
        }]
    }
}
