use domain::{Family, Question, Role, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Members, Number, Rules, Text, When,
    tencent::{Before, Decisions, Person, TO_ACCOUNT, unreadable},
};

/// `Sns.CallbackPrevFriendResponse`: a client answers friend requests, and nothing has happened yet.
///
/// Answers through the REST API do not cause it.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/43467>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PrevFriendResponse {
    /// The user who is logged in. In practice the same as `from`.
    #[serde(rename = "Requester_Account", skip_serializing_if = "Option::is_none")]
    pub requester: Option<FreeText>,
    /// The user who was asked and answers.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// The answers, one for each request.
    #[serde(rename = "ResponseFriendItem")]
    pub responses: Members<FriendResponse>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// The answer to one request.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/43467>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FriendResponse {
    /// The user who had asked.
    #[serde(rename = "To_Account")]
    pub to: UserId,
    /// The private name that `from` gives this user.
    #[serde(rename = "Remark", skip_serializing_if = "Option::is_none")]
    pub remark: Option<FreeText>,
    /// The group of friends to put this user into.
    // `GroupName` in `AskedFriend`.
    #[serde(rename = "TagName", skip_serializing_if = "Option::is_none")]
    pub group: Option<FreeText>,
    /// The answer.
    #[serde(rename = "ResponseAction", default)]
    pub action: ResponseAction,
}

/// An answer to a friend request.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/43467>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FreeText", into = "String")]
#[non_exhaustive]
pub enum ResponseAction {
    /// `Response_Action_Agree`: the user who asked gets the friend, and the other user does not.
    Agree,
    /// `Response_Action_AgreeAndAdd`: both users get each other as friends.
    AgreeAndAdd,
    /// `Response_Action_Reject`.
    Reject,
    /// A word that is not documented. Empty if there is no word.
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
            asks: "relation.answer_friend",
            texts: &[Text::fixed(Role::Name, "Remark")],
            bypass: crate::Bypass::unasked(
                "The REST API never asks about an answer, and a later change of a remark does not ask either.",
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
        people
            .chain(unreadable(&self.responses, TO_ACCOUNT))
            .collect()
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
