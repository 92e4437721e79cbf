use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, When, openim::Noted};

/// `callbackAfterRemoveBlackCommand`: a user unblocked another user.
///
/// The documents say that this comes before the removal and can be refused. It comes after the removal, and the server
/// ignores the answer ([deviation](crate::openim::deviations#remove-black-is-after)). The server also sends it if the
/// user was not blocked.
///
/// Source: OpenIM, `pkg/callbackstruct/friend.go`, `CallbackAfterRemoveBlackReq`;
/// <https://docs.openim.io/platform-api/webhooks/relation/after-remove-black>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterRemoveBlack {
    /// The user who had blocked.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// The user who is no longer blocked.
    #[serde(rename = "blackUserID")]
    pub black_user_id: UserId,
}

impl Callback for AfterRemoveBlack {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterRemoveBlackCommand",
        earlier: &[],
        switch: Some("afterRemoveBlack"),
        family: Family::Relation,
        when: When::After,
        since: Some("v3.8.1"),
        sentence: "Somebody unblocked another user.",
    };
    type Event = relation::Event;
    type Answer = Noted;
}
