use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, When, openim::Noted};

/// `callbackAfterDeleteFriendCommand`: a user, or an administrator for that user, removed one person from the user's
/// friend list.
///
/// Only one direction changes: the other user still lists the owner. Since v3.8.0 the server also sends this if there
/// was no such friendship.
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackAfterDeleteFriendReq`;
/// <https://docs.openim.io/platform-api/webhooks/relation/after-delete-friend>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterDeleteFriend {
    /// The user whose friend list changed.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// The user who was removed from it.
    #[serde(rename = "friendUserID")]
    pub friend_user_id: UserId,
}

impl Callback for AfterDeleteFriend {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterDeleteFriendCommand",
        earlier: &[],
        switch: Some("afterDeleteFriend"),
        family: Family::Relation,
        when: When::After,
        since: Some("v3.4.2"),
        sentence: "Somebody removed a friend from their list.",
    };
    type Event = relation::Event;
    type Answer = Noted;
}
