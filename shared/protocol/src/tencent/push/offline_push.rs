use domain::{
    Conversation, Family, GroupId, Source, Timestamp, UserId,
    message::MessageRef,
    push::{self, Stage},
};
use serde::{Deserialize, Serialize};

use super::{failure, stage, vendor};
use crate::{Callback, Command, FreeText, Members, Number, When, tencent::Noted};

/// `Push.OfflinePush`: pushes for messages were sent, arrived or were clicked.
///
/// The command is not at the top of the body but in each member of the list. Tencent Chat sends at most 1,000 of these
/// callbacks a second, and those beyond that later.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/67552>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OfflinePush {
    /// Up to 100 pushes.
    #[serde(rename = "Events")]
    pub pushes: Members<MessagePush>,
}

/// How far the push of a message to one user came.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/67552>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessagePush {
    /// The command once more.
    #[serde(rename = "CallbackCommand", skip_serializing_if = "Option::is_none")]
    pub command: Option<FreeText>,
    /// 1 for a message between two users, 2 for one in a group. It means something else in `AllMemberPush`.
    #[serde(rename = "EventType", default, skip_serializing_if = "Number::is_none")]
    pub event_type: Number,
    /// The time of the event, in Unix seconds.
    // Most other commands write milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
    /// The user who wrote the message.
    #[serde(rename = "From_Account", skip_serializing_if = "Option::is_none")]
    pub from: Option<FreeText>,
    /// The user to whom it is pushed.
    #[serde(rename = "To_Account")]
    pub to: UserId,
    /// The vendor of the channel: 0 unknown, 1 APNs, 2 Xiaomi, 3 Huawei, 4 FCM, 5 Meizu, 6 OPPO, 7 vivo, 8 Honor.
    #[serde(
        rename = "PushPlatform",
        default,
        skip_serializing_if = "Number::is_none"
    )]
    pub platform: Number,
    /// 1 sent, 2 arrived, 3 clicked.
    #[serde(rename = "PushStage", default, skip_serializing_if = "Number::is_none")]
    pub push_stage: Number,
    /// The message's id, for a message between two users.
    #[serde(rename = "MsgKey", skip_serializing_if = "Option::is_none")]
    pub msg_key: Option<FreeText>,
    /// The group, for a message in one.
    // `GroupId` in the other commands.
    #[serde(rename = "GroupID", skip_serializing_if = "Option::is_none")]
    pub group: Option<FreeText>,
    /// The message's number.
    #[serde(rename = "MsgSeq", default, skip_serializing_if = "Number::is_none")]
    pub msg_seq: Number,
    /// The random number that the client gave the message.
    #[serde(rename = "MsgRandom", default, skip_serializing_if = "Number::is_none")]
    pub msg_random: Number,
    /// When the message was sent, in Unix seconds.
    #[serde(rename = "MsgTime", default, skip_serializing_if = "Number::is_none")]
    pub msg_time: Number,
    /// The id of the push. Sent since 2024.
    #[serde(rename = "PushID", skip_serializing_if = "Option::is_none")]
    pub push_id: Option<FreeText>,
    /// 0, or the code of what went wrong.
    #[serde(rename = "ErrCode", default, skip_serializing_if = "Number::is_none")]
    pub err_code: Number,
    /// Words about it.
    #[serde(rename = "ErrInfo", skip_serializing_if = "Option::is_none")]
    pub err_info: Option<FreeText>,
}

impl MessagePush {
    /// The time of `event_time`, if it is one.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.event_time.time_in_seconds()
    }

    /// When the message was sent, if it is a time.
    #[must_use]
    pub fn sent_at(&self) -> Option<Timestamp> {
        self.msg_time.time_in_seconds()
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

    /// The code of what went wrong, if anything did.
    #[must_use]
    pub fn failure(&self) -> Option<i64> {
        failure(self.err_code)
    }

    /// Where the message was sent.
    #[must_use]
    pub fn conversation(&self) -> Option<Conversation> {
        let group = self.group.as_ref().map(|group| GroupId::new(&**group));
        match (group, self.from.as_ref().and_then(FreeText::user_id)) {
            (Some(Ok(group)), _) => Some(Conversation::Group(group)),
            // In a group, this is only the sender.
            _ if self.event_type.get() == Some(2) => None,
            (_, from) => Some(Conversation::between(from?, self.to.clone())),
        }
    }

    /// The message's ids, if it has any.
    #[must_use]
    pub fn message(&self) -> Option<MessageRef> {
        let message = MessageRef {
            id: self
                .msg_key
                .as_ref()
                .filter(|key| !key.is_empty())
                .map(ToString::to_string),
            seq: self.msg_seq.get(),
            ..MessageRef::default()
        };
        (message != MessageRef::default()).then_some(message)
    }
}

impl Callback for OfflinePush {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Push.OfflinePush",
        earlier: &[],
        switch: None,
        family: Family::Push,
        when: When::After,
        since: None,
        sentence: "Pushes of messages were sent, arrived or were clicked.",
    };
    type Event = push::Event;
    type Answer = Noted;
}
