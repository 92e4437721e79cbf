use super::parts::*;
use crate::Members;

/// `C2C.CallbackAfterMsgReadReceipt`: a user sent receipts for single messages of another user. Sent since 2026.
///
/// A client sent them, or `v4/openim/c2c_msg_read_receipt`.
///
/// Source: Tencent Chat, <https://cloud.tencent.com/document/product/269/128223>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct C2cAfterMsgReadReceipt {
    /// The user who read.
    #[serde(rename = "Operator_Account")]
    pub reader: UserId,
    /// The other user.
    #[serde(rename = "Peer_Account")]
    pub peer: UserId,
    /// The messages.
    #[serde(rename = "C2CMsgInfo")]
    pub read: Members<ReadMessage>,
    /// The time of the event, in Unix milliseconds.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// One message that was read.
///
/// Source: Tencent Chat, <https://cloud.tencent.com/document/product/269/128223>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReadMessage {
    /// The user who sent it.
    #[serde(rename = "From_Account", skip_serializing_if = "Option::is_none")]
    pub from: Option<FreeText>,
    /// The user who got it.
    #[serde(rename = "To_Account", skip_serializing_if = "Option::is_none")]
    pub to: Option<FreeText>,
    /// Its id.
    #[serde(rename = "MsgKey")]
    pub key: String,
    /// Its id on clients.
    #[serde(rename = "MsgId", skip_serializing_if = "Option::is_none")]
    pub client_id: Option<FreeText>,
}

impl ReadMessage {
    /// Its ids.
    #[must_use]
    pub fn message(&self) -> MessageRef {
        super::keyed(&self.key, self.client_id.as_ref())
    }
}

impl C2cAfterMsgReadReceipt {
    /// The conversation of the two users.
    #[must_use]
    pub fn conversation(&self) -> Conversation {
        Conversation::between(self.reader.clone(), self.peer.clone())
    }
}

impl Callback for C2cAfterMsgReadReceipt {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "C2C.CallbackAfterMsgReadReceipt",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: Some("2026-02"),
        sentence: "A user sent receipts for messages of another user.",
    };
    const NEEDS: Option<Needs> = Some(Needs {
        probably: Some(Needs::EDITIONS),
        ..Needs::SWITCH
    });
    type Event = message::Event;
    type Answer = Noted;
}
