//! `callbackBeforeAddBlackCommand` (`beforeAddBlack` in `webhooks.yml`), sent since v3.8.1.
//!
//! <https://docs.openim.io/platform-api/webhooks/relation/before-add-black>

use domain::UserId;
use serde::{Deserialize, Serialize};

use super::{Before, NoAmendment};

/// A user is about to block another one.
///
/// The only sign of a block: no callback comes after it
/// ([deviation](super::deviations#no-callback-comes-after-a-block)). It can still fail, because the other user
/// does not exist or is blocked already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BeforeAddBlack {
    /// Who wants to block.
    #[serde(rename = "ownerUserID")]
    pub owner_user_id: UserId,
    /// Who is to be blocked.
    #[serde(rename = "blackUserID")]
    pub black_user_id: UserId,
}

impl Before for BeforeAddBlack {
    const COMMAND: &'static str = "callbackBeforeAddBlackCommand";
    type Amendment = NoAmendment;
}
