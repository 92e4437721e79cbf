//! `callbackAfterDeleteFriendCommand` (`afterDeleteFriend` in `webhooks.yml`), sent since v3.4.2.
//!
//! <https://docs.openim.io/platform-api/webhooks/relation/after-delete-friend>

use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, When, openim::Noted};

/// A user, or an administrator for that user, removed one person from that user's own friend list.
///
/// One direction only: the other side still lists the owner until it deletes too. Since v3.8.0 it is
/// also sent when there was no such friendship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterDeleteFriend {
    /// Whose friend list changed.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// Who was removed from it.
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
