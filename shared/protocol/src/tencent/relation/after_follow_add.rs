//! `Follow.CallbackAfterFollowAdd`, since 2025.
//!
//! <https://www.tencentcloud.com/document/product/1047/70355>

use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, Members, Number, When, tencent::Noted};

/// A user follows others, through a client or the REST API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterFollowAdd {
    /// Who follows.
    #[serde(rename = "From_Account")]
    pub follower: UserId,
    /// Who is followed now, and was not before.
    // A list of objects here, a list of texts in the callback about the end of it.
    #[serde(rename = "FollowList")]
    pub followed: Members<Followed>,
    /// Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// One user who is followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Followed {
    /// Who. The documents' words for it, "who succeeds in following", are a mistranslation.
    #[serde(rename = "To_Account")]
    pub to: UserId,
}

impl Callback for AfterFollowAdd {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Follow.CallbackAfterFollowAdd",
        earlier: &[],
        switch: None,
        family: Family::Relation,
        when: When::After,
        since: Some("2025"),
        sentence: "A user follows others.",
    };
    type Event = relation::Event;
    type Answer = Noted;
}
