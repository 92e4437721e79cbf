use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, Members, Number, When, tencent::Noted};

/// `Follow.CallbackAfterFollowAdd`: a user follows others, through a client or the REST API. Sent since 2025.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/70355>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterFollowAdd {
    /// The user who follows.
    #[serde(rename = "From_Account")]
    pub follower: UserId,
    /// The users who are followed now and were not before.
    // A list of objects here, but a list of texts in `AfterFollowDelete`.
    #[serde(rename = "FollowList")]
    pub followed: Members<Followed>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// One user who is followed.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/70355>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Followed {
    /// The user's id. The document's words for it, "who succeeds in following", seem to be a mistranslation.
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
