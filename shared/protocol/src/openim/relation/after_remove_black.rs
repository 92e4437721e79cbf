//! `callbackAfterRemoveBlackCommand` (`afterRemoveBlack` in `webhooks.yml`), sent since v3.8.1.
//!
//! <https://docs.openim.io/platform-api/webhooks/relation/after-remove-black>

use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, When, openim::Noted};

/// A user unblocked another one.
///
/// The documents say that it comes before the removal and can refuse it; it comes after, and nothing
/// that is answered matters ([deviation](crate::openim::deviations#remove-black-is-after)). Also sent when that user was
/// not blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterRemoveBlack {
    /// Who had blocked.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// Who is not blocked any more.
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
