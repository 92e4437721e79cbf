use domain::{Family, GroupId, Source, group::Event};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, Number, When, tencent::Noted};

/// `Group.CallbackAfterGroupFull`: a group has as many members as it can have.
///
/// It comes if the last place was taken, and again if somebody cannot join because of it. It has no kind of group.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34376>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterGroupFull {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl Callback for AfterGroupFull {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterGroupFull",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::After,
        since: None,
        sentence: "A group is full.",
    };
    type Event = Event;
    type Answer = Noted;
}
