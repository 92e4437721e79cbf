//! Conversations, and the records that users keep of them.

use serde::{Deserialize, Serialize};

use crate::{
    GroupId, Subject, UserId,
    events::Filed,
    split::{Continues, Split},
};

/// Where messages are exchanged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Conversation {
    /// Between two users, in the order of their ids. One of them can be a notification account.
    Users([UserId; 2]),
    /// In a group.
    Group(GroupId),
    /// From an official account to its subscribers.
    Channel(UserId),
    /// The server's own id, if it does not say who is in the conversation.
    Id(String),
}

impl Conversation {
    /// The conversation of two users, in any order.
    #[must_use]
    pub fn between(one: UserId, other: UserId) -> Self {
        let mut users = [one, other];
        users.sort();
        Self::Users(users)
    }

    /// The group, if it is the conversation of a group.
    #[must_use]
    pub fn group(&self) -> Option<&GroupId> {
        match self {
            Self::Group(group) => Some(group),
            Self::Users(_) | Self::Channel(_) | Self::Id(_) => None,
        }
    }
}

/// One fact about a user's record of a conversation.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// Users got a record of a conversation, so it is on their list of conversations now.
    ConversationCreated {
        /// The user whose record it is. Absent for a group: then it is about members whom the server does not name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
        /// The conversation.
        conversation: Conversation,
    },
}

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        match self {
            Self::ConversationCreated {
                owner: Some(owner), ..
            } => Some(Subject::User(owner)),
            Self::ConversationCreated { conversation, .. } => Some(match conversation.group() {
                Some(group) => Subject::Group(group),
                None => Subject::Conversation(conversation),
            }),
        }
    }
}

impl Split for Event {
    fn split_off_half(&mut self) -> Option<(Continues, Self)> {
        None
    }

    fn join(&mut self, _: Continues, half: Self) -> Option<Self> {
        Some(half)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_stored_form_is_fixed_and_does_not_depend_on_the_order_of_users() {
        let user = |id: &str| UserId::new(id).unwrap();
        let group = GroupId::new("g").unwrap();
        for (conversation, stored) in [
            (
                Conversation::between(user("b"), user("a")),
                json!({"users": ["a", "b"]}),
            ),
            (
                Conversation::between(user("a"), user("b")),
                json!({"users": ["a", "b"]}),
            ),
            (Conversation::Group(group), json!({"group": "g"})),
            (Conversation::Channel(user("c")), json!({"channel": "c"})),
            (Conversation::Id("x".into()), json!({"id": "x"})),
        ] {
            assert_eq!(serde_json::to_value(&conversation).unwrap(), stored);
            let read: Conversation = serde_json::from_value(stored).unwrap();
            assert_eq!(read, conversation);
        }
    }
}
