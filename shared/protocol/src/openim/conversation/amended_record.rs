use serde::{Serialize, Serializer};

use crate::openim::Amendment;

/// What a new record of a conversation has instead of the usual values. Fields that are left out stay as they were asked
/// for.
///
/// The server does not check the values, so this type has only those in their documented range. It has no `groupAtType`,
/// because no message has mentioned the user yet.
///
/// Source: OpenIM, `pkg/callbackstruct/conversation.go`, `CallbackBeforeCreateSingleChatConversationsResp` and
/// `CallbackBeforeCreateGroupChatConversationsResp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AmendedRecord {
    #[serde(rename = "recvMsgOpt", skip_serializing_if = "Option::is_none")]
    receive_option: Option<ReceiveOption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_pinned: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_private_chat: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    burn_duration: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attached_info: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ex: Option<String>,
}

/// How messages reach a user.
///
/// Source: OpenIM, `constant/constant.go` of `openimsdk/protocol`, `ReceiveMessage` and the two after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiveOption {
    /// Normally.
    Normally,
    /// Not at all.
    NotAtAll,
    /// Without a notification.
    WithoutNotification,
}

impl Serialize for ReceiveOption {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(match self {
            Self::Normally => 0,
            Self::NotAtAll => 1,
            Self::WithoutNotification => 2,
        })
    }
}

impl AmendedRecord {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how messages reach the user.
    #[must_use]
    pub fn receive_option(self, option: ReceiveOption) -> Self {
        Self {
            receive_option: Some(option),
            ..self
        }
    }

    /// Sets whether the conversation is at the top of the user's list.
    #[must_use]
    pub fn pinned(self, is_pinned: bool) -> Self {
        Self {
            is_pinned: Some(is_pinned),
            ..self
        }
    }

    /// Sets whether messages disappear after they were read.
    #[must_use]
    pub fn private_chat(self, is_private_chat: bool) -> Self {
        Self {
            is_private_chat: Some(is_private_chat),
            ..self
        }
    }

    /// Sets after how many seconds a read message disappears. The most is `i32::MAX`.
    #[must_use]
    pub fn burn_duration(self, seconds: u32) -> Self {
        Self {
            burn_duration: Some(i32::try_from(seconds).unwrap_or(i32::MAX)),
            ..self
        }
    }

    /// Sets the attached free text.
    #[must_use]
    pub fn attached_info(self, text: impl Into<String>) -> Self {
        Self {
            attached_info: Some(text.into()),
            ..self
        }
    }

    /// Sets the free text of the app.
    #[must_use]
    pub fn ex(self, text: impl Into<String>) -> Self {
        Self {
            ex: Some(text.into()),
            ..self
        }
    }
}

impl Amendment for AmendedRecord {
    fn over(self, earlier: Self) -> Self {
        Self {
            receive_option: self.receive_option.or(earlier.receive_option),
            is_pinned: self.is_pinned.or(earlier.is_pinned),
            is_private_chat: self.is_private_chat.or(earlier.is_private_chat),
            burn_duration: self.burn_duration.or(earlier.burn_duration),
            attached_info: self.attached_info.or(earlier.attached_info),
            ex: self.ex.or(earlier.ex),
        }
    }
}
