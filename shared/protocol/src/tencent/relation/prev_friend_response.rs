//! `Sns.CallbackPrevFriendResponse`.
//!
//! <https://www.tencentcloud.com/document/product/1047/43467>

use domain::{Family, Question, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Members, Number, Rules, Text, When,
    tencent::{Before, Decisions, Person, unreadable},
};

/// A client answers friend requests, and nothing is done yet.
///
/// Answers through the REST API do not send it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PrevFriendResponse {
    /// Who is logged in; the same as `from` in practice.
    #[serde(rename = "Requester_Account", skip_serializing_if = "Option::is_none")]
    pub requester: Option<FreeText>,
    /// Who was asked, and answers.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// Whose requests are answered, one by one.
    #[serde(rename = "ResponseFriendItem")]
    pub responses: Members<FriendResponse>,
    /// Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FriendResponse {
    /// Who had asked.
    #[serde(rename = "To_Account")]
    pub to: UserId,
    /// The private name that `from` gives.
    #[serde(rename = "Remark", skip_serializing_if = "Option::is_none")]
    pub remark: Option<FreeText>,
    /// The group of friends to put the person into.
    // `GroupName` in the callback about the request.
    #[serde(rename = "TagName", skip_serializing_if = "Option::is_none")]
    pub group: Option<FreeText>,
    /// What is answered.
    #[serde(rename = "ResponseAction", default)]
    pub action: ResponseAction,
}

/// What is answered to a friend request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FreeText", into = "String")]
#[non_exhaustive]
pub enum ResponseAction {
    /// `Response_Action_Agree`: who asked gets the friend, and nobody else.
    Agree,
    /// `Response_Action_AgreeAndAdd`: both get each other.
    AgreeAndAdd,
    /// `Response_Action_Reject`.
    Reject,
    /// A word that is not documented; empty when there is no word.
    Other(String),
}

impl Default for ResponseAction {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl From<FreeText> for ResponseAction {
    fn from(word: FreeText) -> Self {
        match &*word {
            "Response_Action_Agree" => Self::Agree,
            "Response_Action_AgreeAndAdd" => Self::AgreeAndAdd,
            "Response_Action_Reject" => Self::Reject,
            _ => Self::Other(word.into()),
        }
    }
}

impl From<ResponseAction> for String {
    fn from(action: ResponseAction) -> Self {
        match action {
            ResponseAction::Agree => "Response_Action_Agree".to_owned(),
            ResponseAction::AgreeAndAdd => "Response_Action_AgreeAndAdd".to_owned(),
            ResponseAction::Reject => "Response_Action_Reject".to_owned(),
            ResponseAction::Other(word) => word,
        }
    }
}

impl Callback for PrevFriendResponse {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Sns.CallbackPrevFriendResponse",
        earlier: &[],
        switch: None,
        family: Family::Relation,
        when: When::Before(Rules {
            name: Text::fixed("Remark"),
            bypass: crate::Bypass::unasked(
                "The REST API never asks about an answer, and nobody is asked when a remark is changed later.",
            ),
            ..Rules::USERS
        }),
        since: None,
        sentence: "A client is about to answer friend requests.",
    };
    type Event = relation::Event;
    type Answer = Decisions;

    fn questions(&self) -> Vec<Question<'_>> {
        let people = self
            .responses
            .iter()
            .map(|person| Question::new(&self.from, [&person.to]).name(person.remark.as_ref()));
        people.chain(unreadable(&self.responses)).collect()
    }
}

impl Before for PrevFriendResponse {
    type Item = FriendResponse;

    const LIST: &'static str = "ResponseFriendItem";

    fn people(&self) -> &Members<FriendResponse> {
        &self.responses
    }
}

impl Person for FriendResponse {
    fn to(&self) -> &UserId {
        &self.to
    }
}
