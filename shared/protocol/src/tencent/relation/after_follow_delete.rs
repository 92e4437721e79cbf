use domain::{Family, Source, UserId, relation};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, Members, Number, When, tencent::Noted};

/// `Follow.CallbackAfterFollowDelete`: a user stopped following others, through a client or the REST API. Sent since
/// 2025.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/70356>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterFollowDelete {
    /// The user who followed.
    #[serde(rename = "From_Account")]
    pub follower: UserId,
    /// The users who were followed until now.
    // The wire name is that of one account, but the value is a list of texts.
    #[serde(rename = "To_Account")]
    pub followed: Members<UserId>,
    /// The time of the event, in Unix milliseconds.
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
