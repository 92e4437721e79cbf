use domain::{Family, Question, Role, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Members, Number, Rules, Text, When,
    tencent::{Before, Decisions, Person, TO_ACCOUNT, unreadable},
};

/// `Sns.CallbackPrevFriendAdd`: a client asks for friendships, and nothing has happened yet.
///
/// The REST API's `friend_add` does not cause it.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/43468>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PrevFriendAdd {
    /// The user who is logged in. In practice the same as `from`.
    #[serde(rename = "Requester_Account", skip_serializing_if = "Option::is_none")]
    pub requester: Option<FreeText>,
    /// The user for whom the client asks.
    #[serde(rename = "From_Account")]
    pub from: UserId,
    /// The people who are asked.
    #[serde(rename = "FriendItem")]
    pub friends: Members<AskedFriend>,
    /// `Add_Type_Both` or `Add_Type_Single`.
    #[serde(rename = "AddType", skip_serializing_if = "Option::is_none")]
    pub add_type: Option<FreeText>,
    /// 1 if the addition is forced.
    // `ForceFlag` in `FriendAdd`.
    #[serde(
        rename = "ForceAddFlags",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub force_add_flags: Number,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// One person who is asked for friendship.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/43468>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AskedFriend {
    /// The person's user id.
    #[serde(rename = "To_Account")]
    pub to: UserId,
    /// The private name that `from` gives the person.
    #[serde(rename = "Remark", skip_serializing_if = "Option::is_none")]
    pub remark: Option<FreeText>,
    /// The group of friends to put the person into.
    // `TagName` in `FriendResponse`.
    #[serde(rename = "GroupName", skip_serializing_if = "Option::is_none")]
    pub group: Option<FreeText>,
    /// `AddSource_Type_` and a keyword of the client.
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
            asks: "relation.request_friend",
            is_request: true,
            texts: &[
                Text::fixed(Role::Message, "AddWording"),
                Text::fixed(Role::Name, "Remark"),
            ],
            bypass: crate::Bypass::unasked(
                "The REST API (friend_add, friend_import) never asks, and a later change of a remark does not ask either.",
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
        people
            .chain(unreadable(&self.friends, TO_ACCOUNT))
            .collect()
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
