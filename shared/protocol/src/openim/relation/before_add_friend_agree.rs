use domain::{Family, Question, Role, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Number, Rules, Text, When,
    openim::{Before, Decision, NoAmendment},
};

/// `callbackBeforeAddFriendAgreeCommand`: a user is about to accept a friend request.
///
/// The server sends this before it looks for the request, which may not exist or may be answered already. If a user
/// refuses a request, the server sends no callback.
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackBeforeAddFriendAgreeReq`;
/// <https://docs.openim.io/platform-api/webhooks/relation/before-add-friend-agree>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeAddFriendAgree {
    /// The user who had asked for the friendship, and does not act now.
    #[serde(rename = "fromUserID")]
    pub from_user_id: UserId,
    /// The user who was asked and accepts.
    // The wire name has nothing to do with block lists: see `deviations`.
    #[serde(rename = "blackUserID")]
    pub to_user_id: UserId,
    /// Always 1, "accepted".
    // The wire names of this field and the next begin with a capital.
    #[serde(rename = "HandleResult", default)]
    pub handle_result: Number,
    /// The text of the accepting user; may be empty.
    #[serde(rename = "HandleMsg", default)]
    pub handle_msg: FreeText,
}

impl Callback for BeforeAddFriendAgree {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackBeforeAddFriendAgreeCommand",
        earlier: &[],
        switch: Some("beforeAddFriendAgree"),
        family: Family::Relation,
        when: When::Before(Rules {
            asks: "relation.accept_friend",
            texts: &[Text::fixed(Role::Message, "HandleMsg")],
            ..Rules::USERS
        }),
        since: Some("v3.4.2"),
        sentence: "Somebody is about to accept a friend request.",
    };
    type Event = relation::Event;
    type Answer = Decision<NoAmendment>;

    /// The user who accepts is the actor.
    fn questions(&self) -> Vec<Question<'_>> {
        let others = [&self.from_user_id];
        vec![Question::new(&self.to_user_id, others).message(&self.handle_msg)]
    }
}

impl Before for BeforeAddFriendAgree {
    type Amendment = NoAmendment;
}
