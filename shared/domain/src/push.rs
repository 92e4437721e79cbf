//! What goes to devices.

use serde::{Deserialize, Serialize};

use crate::{
    Conversation, Subject, Timestamp, UserId,
    events::Filed,
    message::MessageRef,
    split::{Continues, Split},
};

/// One fact about what went to devices. OpenIM reports none.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// How far a push to one user came. It is about a message, or about a task: a push that the app sent by itself.
    PushReported {
        /// The user to whom it was pushed.
        to: UserId,
        /// How far it came: `sent` (to the channel, or to the connected app), `arrived` (on the device) or `clicked`. Absent
        /// if the server does not say it in a known way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stage: Option<Stage>,
        /// The server's code of what went wrong. Absent if nothing did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<i64>,
        /// When it came so far. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
        /// Whose channel it took: `apns`, `fcm`, `honor`, `huawei`, `meizu`, `oppo`, `vivo`, `xiaomi`, or the server's
        /// number of another one. Absent if the server does not know it, or if the app was connected.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<String>,
        /// Whether the app was connected, so that it needed no channel.
        #[serde(default, skip_serializing_if = "is_false")]
        online: bool,
        /// The kind of device of an app that was connected, in the words of `channel`. Absent if the server does not say
        /// it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<String>,
        /// The server's id of the push. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        push: Option<String>,
        /// The user who wrote the message. Absent for a task.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<UserId>,
        /// Where the message was sent. Absent for a task.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<Conversation>,
        /// The message's ids. Absent for a task.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageRef>,
        /// The server's id of the task. Absent for a message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
        /// The id that the app gave the task. Absent if it gave none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        app_task: Option<String>,
        /// When the message was sent, or when the task began. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent_at: Option<Timestamp>,
    },
}

// serde passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !value
}

/// How far a push came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// It was given to the channel, or to the connected app.
    Sent,
    /// It is on the device.
    Arrived,
    /// The user clicked it.
    Clicked,
}

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        match self {
            Self::PushReported { to, .. } => Some(Subject::User(to)),
        }
    }
}

impl Split for Event {
    fn split_off_half(&mut self) -> Option<(Continues, Self)> {
        None
    }

    fn join(&mut self, _: Continues, half: Self) -> Option<Self> {
        Some(half)
    }
}
