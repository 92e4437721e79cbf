use domain::{Family, Source, Timestamp, operations};
use serde::{Deserialize, Serialize};

use crate::{Callback, Command, Needs, Number, Switch, When, tencent::Noted};

/// `Group.CallbackOnDailyGroupQuotaAlarm`: the app has created more than 70 % of the groups that it may create in a day.
/// It is about the app and not about a group.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/57455>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OnDailyGroupQuotaAlarm {
    /// How many groups were created today, without those that were dissolved.
    #[serde(rename = "QuotaUsed", default, skip_serializing_if = "Number::is_none")]
    pub quota_used: Number,
    /// How many it may be in a day.
    #[serde(rename = "Quota", default, skip_serializing_if = "Number::is_none")]
    pub quota: Number,
    /// The time of the event, in Unix milliseconds. The document's sample has a text.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

impl OnDailyGroupQuotaAlarm {
    /// The time of `event_time`, if it is one.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.event_time.time()
    }
}

impl Callback for OnDailyGroupQuotaAlarm {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackOnDailyGroupQuotaAlarm",
        earlier: &[],
        switch: None,
        family: Family::Operations,
        when: When::After,
        since: None,
        sentence: "The app has created almost as many groups today as it may.",
    };
    const NEEDS: Option<Needs> = Some(Needs {
        switch: Switch::OwnOrOf("Group.CallbackAfterGroupInfoChanged"),
        ..Needs::SWITCH
    });
    type Event = operations::Event;
    type Answer = Noted;
}
