use domain::{
    Family, GroupId, Source,
    group::{Edited, Event},
};
use serde::{Deserialize, Serialize};

use crate::{
    Callback, Command, FreeText, Lenient, Members, Number, When,
    tencent::{Account, Noted},
};

/// `Group.CallbackAfterGroupAttrChanged`: a client or the REST API changed attributes of a group, which are keys and
/// values of the app's own.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60394>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AfterGroupAttrChanged {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group, in an old word or a new one: `Private` is `Work`, and `ChatRoom` is `Meeting`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The user who changed them.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
    /// `set`, `modify`, `delete` or `clear`.
    #[serde(rename = "OptionType", skip_serializing_if = "Option::is_none")]
    pub option_type: Option<FreeText>,
    /// The attributes. What the list has after `clear` is not documented.
    #[serde(
        rename = "GroupAttr",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub attributes: Lenient<Members<GroupAttribute>>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// An attribute of a group.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60394>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupAttribute {
    /// The name. Other lists have `Key`.
    pub key: String,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<FreeText>,
}

impl AfterGroupAttrChanged {
    /// How they changed.
    #[must_use]
    pub fn how(&self) -> Edited {
        match self.option_type.as_deref() {
            Some("set") => Edited::Set,
            Some("modify") => Edited::Modified,
            Some("delete") => Edited::Deleted,
            Some("clear") => Edited::Cleared,
            _ => Edited::Unknown,
        }
    }

    /// The names of the attributes.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let attributes = self.attributes.get().into_iter().flatten();
        attributes.map(|attribute| attribute.key.clone()).collect()
    }
}

impl Callback for AfterGroupAttrChanged {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterGroupAttrChanged",
        earlier: &[],
        switch: None,
        family: Family::Group,
        when: When::After,
        since: Some("2024-05"),
        sentence: "Attributes of a group changed.",
    };
    type Event = Event;
    type Answer = Noted;
}
