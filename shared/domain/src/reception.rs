use serde::{Deserialize, Serialize};

use crate::{
    Conversation, Events, GroupId, Subject, Timestamp, UserId,
    split::{Continues, halve_text},
};

/// One accepted callback, with its events, its server and the time of its arrival.
///
/// Nothing in a callback of OpenIM identifies it. Clients choose its `operationID`, most bodies carry no time, and the same
/// body twice can be two real events. So an event's identity is its reception. The same [`id`](Self::id) twice is one
/// reception, and two ids are two receptions, even if everything else is equal. Only a retry of Tencent Chat can be recognized
/// by its [`operation_id`](Self::operation_id).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reception {
    /// The id that the gateway gave the request. It is the event's idempotency key.
    pub id: String,
    /// When the gateway received the request.
    pub received_at: Timestamp,
    /// The chat server that sent the callback, or that was asked: see [`RECONCILE`].
    pub source: Source,
    /// The command, in the server's spelling, or [`RECONCILE`].
    pub command: String,
    /// The caller's own id of the request, if it sends one: OpenIM's `operationID` header, Tencent Chat's `RequestId`.
    /// It finds a request in the server's log. OpenIM's does not tell events apart, because clients choose it. Tencent
    /// Chat's tells a retry from a new callback, together with the command and the events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// What happened, in the callback's order.
    #[serde(flatten)]
    pub events: Events,
    /// The body as it came, if no event says what it means, or if all bodies are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What the server appended to the receiver's address: a path, a query, or both. Only if all bodies are kept, and if
    /// nothing was taken out of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Which part of the reception this is. `None` for a whole reception.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// One of several parts of a large reception.
///
/// A part has everything that the whole reception has, but only a piece of its events or its body. See
/// [`Reception::parts`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The number of this part, counted from 0.
    pub number: u32,
    /// How many parts the reception has.
    pub of: u32,
    /// The place of this part's first event in the whole reception, counted from 0.
    pub first: u32,
    /// How this part's first event continues the last event of the part before. `None` if it is a new event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Continues>,
    /// What the whole reception is filed under, if the part's own events may not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<FiledUnder>,
}

/// What a part is filed under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FiledUnder {
    /// A user.
    User(UserId),
    /// A group.
    Group {
        /// Its id.
        group: GroupId,
    },
    /// A conversation.
    Conversation {
        /// Which one.
        conversation: Conversation,
    },
    /// The command, because no event names anybody.
    Command {
        /// Nothing. The name of this member tells the variants apart.
        command: (),
    },
}

impl FiledUnder {
    /// The same as a borrowed subject.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        match self {
            Self::User(user) => Subject::User(user),
            Self::Group { group } => Subject::Group(group),
            Self::Conversation { conversation } => Subject::Conversation(conversation),
            Self::Command { command: () } => Subject::Command,
        }
    }
}

/// The command of receptions that no callback brought. `imhook reconcile` asked the server, and found what the views did
/// not know. They have the time of the question, and are stored and read like all others.
pub const RECONCILE: &str = "reconcile";

impl Reception {
    /// Whether `imhook reconcile` made it. No server has a command of that name, so a callback with it has no such events.
    #[must_use]
    pub fn is_reconciled(&self) -> bool {
        self.command == RECONCILE && matches!(self.events, Events::Relation(_) | Events::Group(_))
    }

    /// What the reception is filed under: the subject of its first event, or its command if it only has a body. A part has
    /// the subject of the whole. `None` if there is nothing to file.
    #[must_use]
    pub fn subject(&self) -> Option<Subject<'_>> {
        let of_whole = self.part.as_ref().and_then(|part| part.subject.as_ref());
        of_whole
            .map(FiledUnder::subject)
            .or_else(|| self.events.subject())
            .or_else(|| self.body.is_some().then_some(Subject::Command))
    }

    /// Splits the reception into parts that fit, in their order. A reception that fits stays whole.
    ///
    /// The parts share the events, and the body comes after all of them. An event that does not fit by itself has its list or
    /// its text cut, and a body has its text cut. [`target`](Self::target) is in the first part. The result depends only on
    /// the reception and on `fits`. Ids, and texts of a few thousand bytes, are never cut, so a part that consists of these
    /// may not fit.
    #[must_use]
    pub fn parts(self, fits: impl Fn(&Self) -> bool) -> Vec<Self> {
        if self.part.is_some() || fits(&self) {
            return vec![self];
        }
        // Every event of a group or conversation names it, but a piece of the body has no event.
        let has_both = self.body.is_some() && !self.events.is_empty();
        let subject = match self.events.subject() {
            Some(Subject::User(user)) => Some(FiledUnder::User(user.clone())),
            Some(Subject::Group(group)) if has_both => Some(FiledUnder::Group {
                group: group.clone(),
            }),
            Some(Subject::Conversation(it)) if has_both => Some(FiledUnder::Conversation {
                conversation: it.clone(),
            }),
            Some(Subject::Command) | None if has_both => Some(FiledUnder::Command { command: () }),
            _ => None,
        };
        let mut rest = vec![Self {
            part: Some(Part {
                // The final numbers are not longer than these, so a part that fits now fits then, too.
                number: u32::MAX,
                of: u32::MAX,
                first: 0,
                continues: None,
                subject,
            }),
            ..self
        }];
        let mut parts = Vec::new();
        while let Some(mut next) = rest.pop() {
            let half = if fits(&next) {
                None
            } else {
                next.split_off_half()
            };
            match half {
                Some(half) => rest.extend([half, next]),
                None => parts.push(next),
            }
        }
        let of = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        for (number, reception) in (0..).zip(&mut parts) {
            match &mut reception.part {
                Some(part) if of > 1 => (part.number, part.of) = (number, of),
                part => *part = None,
            }
        }
        parts
    }

    /// Takes off the body, or the second half of the events or of the body. `None` if nothing can be taken off.
    fn split_off_half(&mut self) -> Option<Self> {
        let none = Events::none(self.events.family());
        let (continues, events, body) = if self.events.is_empty() {
            let half = halve_text(self.body.as_mut()?)?;
            (None, none, Some(half))
        } else if let Some(body) = self.body.take() {
            (None, none, Some(body))
        } else {
            let (continues, half) = self.events.split_off_half()?;
            (continues, half, None)
        };
        let before = self.events.len() - usize::from(continues.is_some());
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        let part = self.part.as_ref()?;
        Some(Self {
            id: self.id.clone(),
            command: self.command.clone(),
            operation_id: self.operation_id.clone(),
            events,
            body,
            target: None,
            part: Some(Part {
                first: part.first.saturating_add(before),
                continues,
                ..part.clone()
            }),
            ..*self
        })
    }

    /// Joins all parts of one reception, given in any order.
    ///
    /// # Errors
    ///
    /// Returns the parts if one is missing, or if they belong to different receptions.
    pub fn whole(mut parts: Vec<Self>) -> Result<Self, Vec<Self>> {
        let number = |reception: &Self| reception.part.as_ref().map(|part| part.number);
        parts.sort_by_key(number);
        let complete = parts.iter().zip(0..).all(|(reception, number)| {
            let fits = |part: &Part| part.number == number && part.of as usize == parts.len();
            reception.part.as_ref().is_some_and(fits)
                && (&reception.id, reception.received_at) == (&parts[0].id, parts[0].received_at)
                && reception.events.family() == parts[0].events.family()
        });
        if !complete || parts.is_empty() {
            return Err(parts);
        }
        let mut parts = parts.into_iter();
        let mut whole = parts.next().ok_or_else(Vec::new)?;
        for reception in parts {
            let continues = reception.part.and_then(|part| part.continues);
            whole.events.append(continues, reception.events);
            if let Some(more) = reception.body {
                whole.body.get_or_insert_default().push_str(&more);
            }
        }
        whole.part = None;
        Ok(whole)
    }
}

/// A chat server. It sends a callback and reads the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A self-hosted OpenIM server.
    OpenIm,
    /// Tencent Chat, a hosted service.
    Tencent,
}
