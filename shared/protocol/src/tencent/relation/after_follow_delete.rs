//! `Follow.CallbackAfterFollowDelete`, since 2025.
//!
//! <https://www.tencentcloud.com/document/product/1047/70356>

use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, Members, Number, When, tencent::Noted};

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
    pub followed: Members<UserId>,
    /// Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl Callback for AfterFollowDelete {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Follow.CallbackAfterFollowDelete",
        earlier: &[],
        switch: None,
        family: Family::Relation,
        when: When::After,
        since: Some("2025"),
        sentence: "A user stopped following others.",
    };
    type Event = relation::Event;
    type Answer = Noted;
}
