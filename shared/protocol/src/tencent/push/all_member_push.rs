use domain::{
    Family, Source, Timestamp, UserId,
    push::{self, Stage},
};
use serde::{Deserialize, Serialize};

use super::{failure, stage, vendor};
use crate::{
    Callback, Command, FreeText, Members, Number, When,
    tencent::{Noted, TextOrNumber},
};

/// `Push.AllMemberPush`: pushes of tasks were sent, arrived or were clicked. A task is a push that the app sent by itself:
/// to everybody, to users with a tag, or to single users.
///
/// The command is not at the top of the body but in each member of the list. Tencent Chat sends at most 1,000 of these
/// callbacks a second, and those beyond that later.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/67551>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AllMemberPush {
    /// Up to 100 pushes.
    #[serde(rename = "Events")]
    pub pushes: Members<TaskPush>,
}

/// How far the push of a task to one user came.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/67551>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskPush {
    /// The command once more.
    #[serde(rename = "CallbackCommand", skip_serializing_if = "Option::is_none")]
    pub command: Option<FreeText>,
    /// 1 through a vendor's channel, 2 to an app that was connected. It means something else in `OfflinePush`.
    #[serde(rename = "EventType", default, skip_serializing_if = "Number::is_none")]
    pub event_type: Number,
    /// The id of the task.
    #[serde(
        rename = "TaskId",
        default,
        skip_serializing_if = "TextOrNumber::is_missing"
    )]
    pub task_id: TextOrNumber,
    /// The id that the app gave the task. Sent since 2025.
    #[serde(
        rename = "DataId",
        default,
        skip_serializing_if = "TextOrNumber::is_missing"
    )]
    pub data_id: TextOrNumber,
    /// When the task began, in Unix seconds.
    #[serde(rename = "TaskTime", default, skip_serializing_if = "Number::is_none")]
    pub task_time: Number,
    /// The time of the event, in Unix seconds.
    // Most other commands write milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
    /// The user to whom it is pushed.
    #[serde(rename = "To_Account")]
    pub to: UserId,
    /// The vendor of the channel, in the numbers of [`MessagePush`](super::MessagePush).
    #[serde(
        rename = "PushPlatform",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub platform: Number,
    /// The kind of device of an app that was connected, in the same numbers. Sent since 2025.
    #[serde(
        rename = "DeviceType",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub device_type: Number,
    /// 1 sent, 2 arrived, 3 clicked.
    #[serde(rename = "PushStage", default, skip_serializing_if = "Number::is_none")]
    pub push_stage: Number,
    /// 0, or the code of what went wrong.
    #[serde(rename = "ErrCode", default, skip_serializing_if = "Number::is_none")]
    pub err_code: Number,
    /// Words about it.
    #[serde(rename = "ErrInfo", skip_serializing_if = "Option::is_none")]
    pub err_info: Option<FreeText>,
}

impl TaskPush {
    /// Whether the app was connected.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.event_type.get() == Some(2)
    }

    /// The id of the task, if it has one.
    #[must_use]
    pub fn task(&self) -> Option<String> {
        self.task_id.some()
    }

    /// The id that the app gave the task, if it gave one.
    #[must_use]
    pub fn app_task(&self) -> Option<String> {
        self.data_id.some()
    }

    /// The time of `event_time`, if it is one.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.event_time.time_in_seconds()
    }

    /// When the task began, if it is a time.
    #[must_use]
    pub fn began_at(&self) -> Option<Timestamp> {
        self.task_time.time_in_seconds()
    }

    /// How far it came. `None` if that has no known number.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        stage(self.push_stage)
    }

    /// The vendor of the channel in one word, or its number.
    #[must_use]
    pub fn channel(&self) -> Option<String> {
        vendor(self.platform)
    }

    /// The kind of device in one word, or its number.
    #[must_use]
    pub fn device(&self) -> Option<String> {
        vendor(self.device_type)
    }

    /// The code of what went wrong, if anything did.
    #[must_use]
    pub fn failure(&self) -> Option<i64> {
        failure(self.err_code)
    }
}

impl Callback for AllMemberPush {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Push.AllMemberPush",
        earlier: &[],
        switch: None,
        family: Family::Push,
        when: When::After,
        since: None,
        sentence: "Pushes of the app's own were sent, arrived or were clicked.",
    };
    type Event = push::Event;
    type Answer = Noted;
}
