//! `Follow.CallbackAfterFollowDelete`, since 2025.
//!
//! <https://www.tencentcloud.com/document/product/1047/70356>

use domain::UserId;
use serde::{Deserialize, Serialize};

use super::{Callback, number::number_or_text};

/// A user stopped following others, through a client or the REST API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterFollowDelete {
    /// Who followed.
    #[serde(rename = "From_Account")]
    pub follower: UserId,
    /// Whom, until now.
    // A list of texts under the name of one account.
    #[serde(rename = "To_Account")]
    pub followed: Vec<UserId>,
    /// Unix milliseconds.
    #[serde(
        rename = "EventTime",
        default,
        deserialize_with = "number_or_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub event_time: Option<i64>,
}

impl Callback for AfterFollowDelete {
    const COMMAND: &'static str = "Follow.CallbackAfterFollowDelete";
}
