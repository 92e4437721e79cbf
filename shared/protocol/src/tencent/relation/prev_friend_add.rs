//! `Sns.CallbackPrevFriendAdd`.
//!
//! <https://www.tencentcloud.com/document/product/1047/43468>

use domain::{Family, Question, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Members, Number, Rules, Text, When,
    tencent::{Before, Decisions, Person, unreadable},
};

/// A client asks for friendships, and nothing is done yet.
///
/// The REST API's `friend_add` does not send it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PrevFriendAdd {
    /// Who is logged in; the same as `from` in practice.
    #[serde(rename = "Requester_Account", skip_serializing_if = "Option::is_none")]
    pub requester: Option<FreeText>,
    /// For whom friends are asked.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// Who is asked, one by one.
    #[serde(rename = "FriendItem")]
    pub friends: Members<AskedFriend>,
    /// `Add_Type_Both` or `Add_Type_Single`.
    #[serde(rename = "AddType", skip_serializing_if = "Option::is_none")]
    pub add_type: Option<FreeText>,
    /// 1 when it is forced.
    // `ForceFlag` in the callback after.
    #[serde(
        rename = "ForceAddFlags",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub force_add_flags: Number,
    /// Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// One person who is asked for friendship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AskedFriend {
    /// Who.
    #[serde(rename = "To_Account")]
    pub to: UserId,
    /// The private name that `from` gives.
    #[serde(rename = "Remark", skip_serializing_if = "Option::is_none")]
    pub remark: Option<FreeText>,
    /// The group of friends to put the person into.
    // `TagName` in the callback about the answer.
    #[serde(rename = "GroupName", skip_serializing_if = "Option::is_none")]
    pub group: Option<FreeText>,
    /// `AddSource_Type_` and a word of the client.
    #[serde(rename = "AddSource", skip_serializing_if = "Option::is_none")]
    pub source: Option<FreeText>,
    /// The message to the person.
    #[serde(rename = "AddWording", skip_serializing_if = "Option::is_none")]
    pub message: Option<FreeText>,
}

impl Callback for PrevFriendAdd {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Sns.CallbackPrevFriendAdd",
        earlier: &[],
        switch: None,
        family: Family::Relation,
        when: When::Before(Rules {
            is_request: true,
            message: Text::fixed("AddWording"),
            name: Text::fixed("Remark"),
            bypass: crate::Bypass::unasked(
                "The REST API (friend_add, friend_import) never asks, and nobody is asked when a remark is changed later.",
            ),
            ..Rules::USERS
        }),
        since: None,
        sentence: "A client is about to ask users for friendship.",
    };
    type Event = relation::Event;
    type Answer = Decisions;

    fn questions(&self) -> Vec<Question<'_>> {
        let people = self.friends.iter().map(|person| {
            let question = Question::new(&self.from, [&person.to]).name(person.remark.as_ref());
            match &person.message {
                Some(message) => question.message(message),
                None => question,
            }
        });
        people.chain(unreadable(&self.friends)).collect()
    }
}

impl Before for PrevFriendAdd {
    type Item = AskedFriend;

    const LIST: &'static str = "FriendItem";

    fn people(&self) -> &Members<AskedFriend> {
        &self.friends
    }
}

impl Person for AskedFriend {
    fn to(&self) -> &UserId {
        &self.to
    }
}
