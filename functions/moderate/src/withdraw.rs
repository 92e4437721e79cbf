//! Withdraws a message through the chat server's REST API.

use domain::{
    Conversation, Source, Timestamp, TopicId, UserId,
    message::{Event, MessageRef},
    moderation::Withdrawal,
};
use receiver::{OpenImAdmin, TencentAdmin};

use crate::{Sent, openim::OpenIm, tencent::Tencent};

/// Why a message was not withdrawn. The texts quote nothing that users wrote.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotWithdrawn {
    /// It may work later.
    Now(String),
    /// It will never work. Has the server's code, if the server was asked.
    Never(Option<i64>),
}

/// The chat servers that messages can be withdrawn from.
#[derive(Debug)]
pub(crate) struct Servers {
    openim: Option<OpenIm>,
    tencent: Option<Tencent>,
}

/// A message, in what a server needs to withdraw it.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub(crate) conversation: &'a Conversation,
    pub(crate) topic: Option<&'a TopicId>,
    pub(crate) from: &'a UserId,
    pub(crate) ids: &'a MessageRef,
    pub(crate) sent: &'a Sent,
}

impl Message<'_> {
    /// When it was sent, by the server's clock if the server says it.
    pub(crate) fn sent_at(&self) -> Timestamp {
        match &self.sent.event {
            Event::MessageSent {
                sent_at: Some(at), ..
            } => *at,
            _ => self.sent.time,
        }
    }
}

impl Servers {
    pub(crate) fn new(openim: Option<OpenImAdmin>, tencent: Option<TencentAdmin>) -> Self {
        Self {
            openim: openim.map(OpenIm::new),
            tencent: tencent.map(Tencent::new),
        }
    }

    /// Withdraws a message.
    pub(crate) async fn withdraw(&self, sent: &Sent) -> Result<Withdrawal, NotWithdrawn> {
        let Event::MessageSent {
            conversation,
            topic,
            from,
            message: ids,
            ..
        } = &sent.event
        else {
            return Err(NotWithdrawn::Never(None));
        };
        let message = Message {
            conversation,
            topic: topic.as_ref(),
            from,
            ids,
            sent,
        };
        let missing = |name| Err(NotWithdrawn::Now(format!("{name} is not set")));
        match (sent.source, &self.openim, &self.tencent) {
            (Source::OpenIm, Some(openim), _) => openim.withdraw(&message).await,
            (Source::OpenIm, None, _) => missing("OPENIM_API_URL"),
            (Source::Tencent, _, Some(tencent)) => tencent.withdraw(&message).await,
            (Source::Tencent, _, None) => missing("TENCENT_API_URL"),
        }
    }
}

/// The other one of two users.
pub(crate) fn other<'a>(users: &'a [UserId; 2], one: &UserId) -> &'a UserId {
    let [first, second] = users;
    if first == one { second } else { first }
}
