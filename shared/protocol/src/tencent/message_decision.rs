use domain::message::AppText;
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{
    Code as _, MsgBody, OwnCode, Refusal,
    answer::{begin, write},
};
use crate::{Answer, Callback, Json, RawJson, Reason};

/// The `ErrorCode` with which a message disappears.
const DROPPED: i32 = 2;

/// The answer to a callback about a message that is about to be sent. `Code` is [`GroupCode`](super::GroupCode) in a
/// group. It is [`MessageCode`](super::MessageCode) between two users, and for official accounts.
///
/// Its `ActionStatus` is always `OK`, because the documents do not say what `FAIL` does here. Only an answer with
/// `ErrorCode` 0 can change the message.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34364> and
/// <https://www.tencentcloud.com/document/product/1047/34374>.
///
/// ```
/// use imhook_protocol::tencent::{AmendedMessage, Element, MessageCode, MessageDecision, MsgBody};
///
/// let checked = MsgBody::new([Element::text("hello (checked)")]).unwrap();
/// let amended = MessageDecision::<MessageCode>::Amend(AmendedMessage::new().body(checked));
/// assert_eq!(
///     serde_json::to_string(&amended).unwrap(),
///     concat!(
///         r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","#,
///         r#""MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello (checked)"}}]}"#
///     ),
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageDecision<Code> {
    /// The message is sent as it was written.
    Allow,
    /// The message is sent with this change.
    Amend(AmendedMessage),
    /// The message is not sent, and the sender's client gets the reason.
    Refuse(Refusal<Code>),
    /// Nobody gets the message, and the sender's client says that it was sent.
    Drop,
}

/// What is sent instead of the message that was written. What is left out stays as it was written.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/34364>.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AmendedMessage {
    body: Option<RawJson>,
    custom_data: Option<AppText>,
}

impl AmendedMessage {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces all elements. [`MsgBody::with_text`] makes a body in which only a text differs.
    #[must_use]
    pub fn body(self, body: MsgBody) -> Self {
        Self {
            body: Some(body.into_json()),
            ..self
        }
    }

    /// Replaces the app's own text, `CloudCustomData`; may be empty.
    #[must_use]
    pub fn custom_data(self, custom_data: impl Into<String>) -> Self {
        Self {
            custom_data: Some(AppText(custom_data.into())),
            ..self
        }
    }

    fn over(self, earlier: Self) -> Self {
        Self {
            body: self.body.or(earlier.body),
            custom_data: self.custom_data.or(earlier.custom_data),
        }
    }
}

impl<C: Callback, const FIRST: i32, const LAST: i32> Answer<C>
    for MessageDecision<OwnCode<FIRST, LAST>>
{
    fn unchanged(_: &C) -> Self {
        Self::Allow
    }

    fn unread(_: Json<'_>) -> Option<Self> {
        Some(Self::Allow)
    }

    fn questions(&self) -> usize {
        1
    }

    fn refuse(&mut self, _: usize, reason: &Reason) {
        *self = Self::Refuse(Refusal::new(OwnCode::of(reason), &reason.message));
    }

    fn refused(&self, _: usize) -> Option<i32> {
        match self {
            Self::Allow | Self::Amend(_) => None,
            Self::Refuse(refusal) => Some(refusal.code.get()),
            Self::Drop => Some(DROPPED),
        }
    }

    fn over(self, earlier: Self) -> Self {
        match (self, earlier) {
            (_, stopped @ (Self::Refuse(_) | Self::Drop))
            | (stopped @ (Self::Refuse(_) | Self::Drop), _) => stopped,
            (Self::Amend(later), Self::Amend(earlier)) => Self::Amend(later.over(earlier)),
            (Self::Allow, earlier) => earlier,
            (later, Self::Allow) => later,
        }
    }
}

impl<const FIRST: i32, const LAST: i32> Serialize for MessageDecision<OwnCode<FIRST, LAST>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let AmendedMessage { body, custom_data } = match self {
            Self::Allow => return write(serializer, "OK", 0, ""),
            Self::Refuse(Refusal { code, info }) => {
                return write(serializer, "OK", code.get(), info);
            }
            Self::Drop => return write(serializer, "OK", DROPPED, ""),
            Self::Amend(amended) => amended,
        };
        let more = usize::from(body.is_some()) + usize::from(custom_data.is_some());
        let mut fields = begin(serializer, more, "OK", 0, "")?;
        if let Some(body) = body {
            fields.serialize_field("MsgBody", body)?;
        }
        if let Some(custom_data) = custom_data {
            fields.serialize_field("CloudCustomData", custom_data)?;
        }
        fields.end()
    }
}
