use serde::{Deserialize, Serialize};

use crate::{Events, Timestamp};

/// One accepted callback: the events it carried, who said so, and when it reached us.
///
/// Nothing in a callback identifies it: OpenIM's `operationID` is chosen by the client, bodies carry
/// no time, and the same body twice can be two real events. So an event's identity is its reception:
/// the same [`id`](Self::id) twice is one reception, two ids are two, whatever they carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reception {
    /// The gateway's id of the request, and the event's idempotency key.
    pub id: String,
    /// When the gateway received the request.
    pub received_at: Timestamp,
    /// The chat server that said it.
    pub source: Source,
    /// The callback command, spelled as that server spells it.
    pub command: String,
    /// What the caller calls the request, when it says so: OpenIM's `operationID` header, Tencent Chat's
    /// `RequestId`. OpenIM's is chosen by clients and repeats; Tencent's is undocumented, and may be how a
    /// retried callback can be told from a new one. Good for finding a request in the other side's log, not
    /// for telling events apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// What happened, in the order in which the callback listed it.
    #[serde(flatten)]
    pub events: Events,
    /// The callback's body as it came, where it is kept: that of an unknown command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// The chat server that sent a callback, and whose words the answer uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A self-hosted OpenIM server.
    OpenIm,
    /// Tencent Chat.
    Tencent,
}
