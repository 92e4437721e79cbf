use serde::{Deserialize, Serialize};

use crate::{
    Events, Subject, Timestamp, UserId,
    split::{Continues, halve, halve_text, join},
};

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
    /// The callback's body as it came, where no event says what it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Which part of the reception this is; `None` when it is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// One of several parts of a reception that is too large to be kept in one piece.
///
/// It has all that the reception has, with a piece of its events, or of its body. See [`Reception::parts`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Counted from 0.
    pub number: u32,
    /// How many parts there are.
    pub of: u32,
    /// Where its first event stands in the whole, counted from 0.
    pub first: u32,
    /// How its first event goes on with the last one of the part before; `None` when it is an event of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Continues>,
    /// The user under whom the whole is filed, where it is filed under a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<UserId>,
}

impl Reception {
    /// Under what it is filed: the subject of its first event; of a part, that of the whole. `None` when there is
    /// nothing to file.
    #[must_use]
    pub fn subject(&self) -> Option<Subject<'_>> {
        let of_whole = self.part.as_ref().and_then(|part| part.subject.as_ref());
        of_whole
            .map(Subject::User)
            .or_else(|| self.events.subject())
    }

    /// Parts of it that fit, in their order; itself, when that fits.
    ///
    /// Events are shared out; an event that is too large alone has its list or its text cut, and a body its text. The
    /// outcome depends on the reception and on `fits` alone. What cannot be cut any more is given as it is, fitting
    /// or not: ids, and texts of a few thousand bytes.
    #[must_use]
    pub fn parts(self, fits: impl Fn(&Self) -> bool) -> Vec<Self> {
        if self.part.is_some() || fits(&self) {
            return vec![self];
        }
        let subject = match self.events.subject() {
            Some(Subject::User(user)) => Some(user.clone()),
            Some(Subject::UnknownCommand) | None => None,
        };
        let mut rest = vec![Self {
            part: Some(Part {
                // Longer than what stands there at the end.
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

    /// Takes the second half of its events, or of its body, off; `None` when there are no halves.
    fn split_off_half(&mut self) -> Option<Self> {
        let (continues, events, body) = match &mut self.events {
            Events::Relation(events) => {
                let (continues, half) = halve(events)?;
                (continues, Events::Relation(half), None)
            }
            Events::User(events) => {
                let (continues, half) = halve(events)?;
                (continues, Events::User(half), None)
            }
            Events::Unknown => {
                let half = halve_text(self.body.as_mut()?)?;
                (None, Events::Unknown, Some(half))
            }
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
            part: Some(Part {
                first: part.first.saturating_add(before),
                continues,
                ..part.clone()
            }),
            ..*self
        })
    }

    /// The reception that these are all the parts of, in any order.
    ///
    /// # Errors
    ///
    /// Gives them back when one is missing, or when they are not of one reception.
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
            match (&mut whole.events, reception.events) {
                (Events::Relation(events), Events::Relation(more)) => join(events, continues, more),
                (Events::User(events), Events::User(more)) => join(events, continues, more),
                _ => {}
            }
            if let Some(more) = reception.body {
                whole.body.get_or_insert_default().push_str(&more);
            }
        }
        whole.part = None;
        Ok(whole)
    }
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
