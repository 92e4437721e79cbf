use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, Members, When, openim::Noted};

/// `callbackAfterImportFriendsCommand`: an administrator made one user and a list of users friends, in both directions.
///
/// Some may have been friends before. Their entries did not change.
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackAfterImportFriendsReq`;
/// <https://docs.openim.io/platform-api/webhooks/relation/after-import-friends>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterImportFriends {
    /// The user who got the friends.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// The friends: 1 to 1,000 users, or the list that the answer to the "before" callback asked for.
    #[serde(rename = "friendUserIDs")]
    pub friend_user_ids: Members<UserId>,
}

impl Callback for AfterImportFriends {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterImportFriendsCommand",
        earlier: &[],
        switch: Some("afterImportFriends"),
        family: Family::Relation,
        when: When::After,
        since: Some("v3.4.2"),
        sentence: "An administrator made users friends.",
    };
    type Event = relation::Event;
    type Answer = Noted;
}
