use domain::{Family, GroupId, Source, UserId, group::Event};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Lenient, Number, When,
    tencent::{Account, Noted},
};

/// `Group.CallbackAfterChangeGroupOwner`: a client or the REST API gave a group to a new owner. The former owner stays
/// as an ordinary member.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60396>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterChangeGroupOwner {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group, in an old word or a new one: `Private` is `Work`, and `ChatRoom` is `Meeting`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The user who did it.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// The former owner.
    #[serde(
        rename = "OldOwner_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub old_owner: Lenient<Account>,
    /// The new owner.
    #[serde(rename = "NewOwner_Account")]
    pub new_owner: UserId,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl Callback for AfterChangeGroupOwner {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterChangeGroupOwner",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::After,
        since: Some("2024-05"),
        sentence: "A group has a new owner.",
    };
    type Event = Event;
    type Answer = Noted;
}
