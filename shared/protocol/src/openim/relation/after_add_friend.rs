use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, FreeText, When, openim::Noted};

/// `callbackAfterAddFriendCommand`: a friend request was stored, or an old one was renewed, and waits for an answer.
///
/// **Not a friendship.** The title of the document is "after agreeing to add a friend", but the server sends this when
/// it has stored the *request* ([deviation](crate::openim::deviations#add-friend-is-a-request)).
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackAfterAddFriendReq`;
/// <https://docs.openim.io/platform-api/webhooks/relation/after-add-friend>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AfterAddFriend {
    /// The user who asks for the friendship.
    #[serde(rename = "fromUserID")]
    pub from_user_id: UserId,
    /// The user who is asked.
    #[serde(rename = "toUserID")]
    pub to_user_id: UserId,
    /// The greeting; may be empty.
    #[serde(default)]
    pub req_msg: FreeText,
}

impl Callback for AfterAddFriend {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterAddFriendCommand",
        earlier: &[],
        switch: Some("afterAddFriend"),
        family: Family::Relation,
        when: When::After,
        since: Some("v3.4.2"),
        sentence: "Somebody asked another user for friendship.",
    };
    type Event = relation::Event;
    type Answer = Noted;
}
