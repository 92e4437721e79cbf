//! `callbackAfterImportFriendsCommand` (`afterImportFriends` in `webhooks.yml`), sent since v3.4.2.
//!
//! <https://docs.openim.io/platform-api/webhooks/relation/after-import-friends>

use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, Members, When, openim::Noted};

/// An administrator made one user and a list of users friends, in both directions.
///
/// Some may have been friends before; their entries were left as they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterImportFriends {
    /// Who got the friends.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// Who they are, as the callback before left the list: 1 to 1,000 users, or as many as it asked for.
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
