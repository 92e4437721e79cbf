use domain::{Changeable, Question, Role};

use super::parts::*;
use crate::{
    FreeText, Lenient, Rules,
    tencent::{Decision, MessageCode},
};

/// `OfficialAccount.CallbackBeforeCreateOfficialAccount`: the REST API is about to create an official account. It has no id
/// yet.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60795> and
/// <https://cloud.tencent.com/document/product/269/102315>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeCreateOfficialAccount {
    /// The user who creates it.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// The owner.
    #[serde(rename = "Owner_Account")]
    pub owner: UserId,
    /// The name.
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<FreeText>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl Callback for BeforeCreateOfficialAccount {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "OfficialAccount.CallbackBeforeCreateOfficialAccount",
        earlier: &[],
        switch: None,
        family: Family::Channel,
        when: When::Before(Rules {
            asks: "channel.create",
            ..Rules::NONE
        }),
        since: None,
        sentence: "An official account is about to be created.",
    };
    type Event = Event;
    type Answer = Decision<MessageCode>;

    fn questions(&self) -> Vec<Question<'_>> {
        let question = Question::new(&self.owner, []);
        vec![match &self.name {
            Some(name) => question.text(Role::Name, name, Changeable::Never),
            None => question,
        }]
    }
}
