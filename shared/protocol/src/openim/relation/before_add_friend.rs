use domain::{Family, Question, Role, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Rules, Text, When,
    openim::{Before, Decision, NoAmendment},
};

/// `callbackBeforeAddFriendCommand`: a user asks for a friendship, and nothing is stored yet.
///
/// The server also sends this for a repeated request, and if both are already friends. The asked user may not exist:
/// the server checks that afterwards.
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackBeforeAddFriendReq`;
/// <https://docs.openim.io/platform-api/webhooks/relation/before-add-friend>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BeforeAddFriend {
    /// The user who asks for the friendship.
    #[serde(rename = "fromUserID")]
    pub from_user_id: UserId,
    /// The user who is asked.
    #[serde(rename = "toUserID")]
    pub to_user_id: UserId,
    /// The greeting; may be empty.
    #[serde(default)]
    pub req_msg: FreeText,
    /// Free text of the app; may be empty. The "after" callback does not have it.
    // The example in the document does not have it either.
    #[serde(default, skip_serializing_if = "FreeText::is_empty")]
    pub ex: FreeText,
}

impl Callback for BeforeAddFriend {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeAddFriendCommand",
        earlier: &[],
        switch: Some("beforeAddFriend"),
        family: Family::Relation,
        when: When::Before(Rules {
            asks: "relation.request_friend",
            is_request: true,
            texts: &[Text::fixed(Role::Message, "reqMsg")],
            ..Rules::USERS
        }),
        since: Some("v3.0.0"),
        sentence: "Somebody is about to ask another user for friendship.",
    };
    type Event = relation::Event;
    type Answer = Decision<NoAmendment>;

    fn questions(&self) -> Vec<Question<'_>> {
        let others = [&self.to_user_id];
        vec![Question::new(&self.from_user_id, others).message(&self.req_msg)]
    }
}

impl Before for BeforeAddFriend {
    type Amendment = NoAmendment;
}
