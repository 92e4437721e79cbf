//! What a moderation service says about what users wrote, and what became of messages that were refused after they were sent.

use serde::{Deserialize, Serialize};

use crate::{
    Conversation, Subject, Timestamp, TopicId, UserId,
    events::Filed,
    message::{Kind, MessageRef},
    split::{Continues, Split},
};

/// One fact about the moderation of what users wrote. No server reports `message_refused`: this receiver records it itself.
/// OpenIM reports none of the others.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A moderation service judged what a user wrote. The event does not hold what the user wrote, nor the words that
    /// were found in it.
    ContentJudged {
        /// The user who wrote it.
        from: UserId,
        /// Where it was to be seen: `message`, `custom_message` (in a form of the app's own), `group_profile`,
        /// `member_profile` (what a group knows about one member), `user_profile`, `friends` (requests and remarks), or
        /// `other`.
        scene: Scene,
        /// Where the message was sent. Absent if it is no message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<Conversation>,
        /// The message's ids. Absent if it is no message, or one that was not delivered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageRef>,
        /// What was judged: `text`, `picture`, `sound`, `video` or `other`.
        kind: Kind,
        /// Whether the server blocked it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        blocked: Option<bool>,
        /// What the service advises: `pass`, `review` (a person should look at it) or `block`. Absent if it does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        suggestion: Option<Suggestion>,
        /// What it was found to be, in the service's words, such as `Ad`. Absent if the service does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// The same in more detail.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sub_label: Option<String>,
        /// The service's id of the judgement. Absent if it does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
    },
    /// The app's own service refused a message after it was sent. `withdrawal` says what became of it then. The event is stored
    /// with the time of the message. It does not hold what the message said.
    MessageRefused {
        /// Where the message was sent.
        conversation: Conversation,
        /// The topic of the group in which it was sent. Absent outside topics.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicId>,
        /// The user who sent it.
        from: UserId,
        /// Its ids.
        message: MessageRef,
        /// What kind of content it has.
        kind: Kind,
        /// The service's code for the refusal.
        code: i32,
        /// What became of the message: `withdrawn`, `gone` (somebody had recalled or deleted it before) or `failed` (users
        /// still see it).
        withdrawal: Withdrawal,
        /// The server's code for the failure. Absent if it did not fail, or if the server could not be asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<i64>,
        /// When it was withdrawn, or when that failed.
        refused_at: Timestamp,
    },
}

/// What became of a message that was refused after it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Withdrawal {
    /// Nobody sees it any longer.
    Withdrawn,
    /// Somebody had recalled or deleted it before.
    Gone,
    /// The server will never withdraw it. Users still see it.
    Failed,
}

/// Where something was to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scene {
    /// In a message.
    Message,
    /// In a message of a form of the app's own.
    CustomMessage,
    /// In the name, notice or introduction of a group.
    GroupProfile,
    /// In what a group knows about one member.
    MemberProfile,
    /// In a user's profile.
    UserProfile,
    /// In a request for friendship, or a remark about a friend.
    Friends,
    /// Anywhere else.
    #[serde(other)]
    Other,
}

/// What a moderation service advises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Suggestion {
    /// Nothing is wrong with it.
    Pass,
    /// A person should look at it.
    Review,
    /// Nobody should see it.
    Block,
}

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        match self {
            Self::ContentJudged { from, .. } | Self::MessageRefused { from, .. } => {
                Some(Subject::User(from))
            }
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
