use domain::message::AppText;
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::answer::begin;
use crate::{Answer, Callback, Json, Note, Reason};

/// The answer to `Chatbot.OnC2CSignalMessage`: data for the bot. It is empty if there is none, because the documents do not
/// say what happens without the field.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/59057>.
///
/// ```
/// use imhook_protocol::tencent::Reply;
///
/// assert_eq!(
///     serde_json::to_string(&Reply::new("sunny")).unwrap(),
///     r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","RspData":"sunny"}"#,
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply(AppText);

impl Reply {
    /// Data for the bot.
    #[must_use]
    pub fn new(data: impl Into<String>) -> Self {
        Self(AppText(data.into()))
    }
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = begin(serializer, 1, "OK", 0, "")?;
        fields.serialize_field("RspData", &self.0)?;
        fields.end()
    }
}

/// It refuses nothing, like the answers to other "after" callbacks.
impl Note for Reply {}

impl<C: Callback> Answer<C> for Reply {
    fn unchanged(_: &C) -> Self {
        Self::default()
    }

    fn unread(_: Json<'_>) -> Option<Self> {
        Some(Self::default())
    }

    fn questions(&self) -> usize {
        0
    }

    fn refuse(&mut self, _: usize, _: &Reason) {}

    fn refused(&self, _: usize) -> Option<i32> {
        None
    }

    fn over(self, earlier: Self) -> Self {
        match self.0.is_empty() {
            true => earlier,
            false => self,
        }
    }
}
