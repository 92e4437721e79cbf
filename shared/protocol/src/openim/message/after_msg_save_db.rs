use domain::{Conversation, GroupId};
use serde::{Deserializer, Serializer, de::Error as _};

use super::parts::*;
use crate::openim::Noted;

about_a_message! {
/// `callbackAfterMsgSaveDBCommand`: the server gave a message its number, and tried to save it.
///
/// The server sends it even if it could not save the message. It then tries again, and sends this again.
///
/// Source: OpenIM, `pkg/callbackstruct/message.go`, `CallbackAfterMsgSaveDBReq`;
/// <https://docs.openim.io/platform-api/webhooks/overview>.
#[serde(remote = "Self")]
pub struct AfterMsgSaveDb {
    /// The user who gets it. Empty for a message to a group.
    #[serde(rename = "recvID", default)]
    pub recv_id: FreeText,
    /// The group. Empty for a message to a user.
    #[serde(rename = "groupID", default)]
    pub group_id: FreeText,
}
}

impl AfterMsgSaveDb {
    /// Where it was sent. `None` if it names neither a group nor a user. No such callback can be read.
    #[must_use]
    pub fn conversation(&self) -> Option<Conversation> {
        let group = GroupId::new(&*self.group_id).ok();
        group.map(Conversation::Group).or_else(|| {
            let to = UserId::new(&*self.recv_id).ok()?;
            Some(Conversation::between(self.send_id.clone(), to))
        })
    }
}

impl<'de> Deserialize<'de> for AfterMsgSaveDb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The derived function.
        let callback = Self::deserialize(deserializer)?;
        match callback.conversation() {
            Some(_) => Ok(callback),
            None => Err(D::Error::custom("neither recvID nor groupID is an id")),
        }
    }
}

impl Serialize for AfterMsgSaveDb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl Callback for AfterMsgSaveDb {
    const COMMAND: Command = Command {
        source: Source::OpenIm,
        name: "callbackAfterMsgSaveDBCommand",
        earlier: &[],
        switch: Some("afterMsgSaveDB"),
        family: Family::Message,
        when: When::After,
        since: Some("main"),
        sentence: "A message got its number.",
    };
    type Event = message::Event;
    type Answer = Noted;

    fn is_signal(&self) -> bool {
        self.content_type.is_signal()
    }
}
