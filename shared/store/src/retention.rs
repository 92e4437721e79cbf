use std::time::Duration;

use domain::Family;

/// How long receptions are kept, counted from when they were received. `None` keeps them for ever, and so does the
/// default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Everything that has no retention of its own.
    pub events: Option<Duration>,
    /// Messages, and decisions: most of these are about messages.
    pub messages: Option<Duration>,
    /// Who is connected.
    pub presence: Option<Duration>,
}

impl Retention {
    /// How long receptions of a family are kept.
    #[must_use]
    pub fn of(&self, family: Family) -> Option<Duration> {
        match family {
            Family::Message | Family::Decision => self.messages,
            Family::Presence => self.presence,
            Family::Relation
            | Family::User
            | Family::Group
            | Family::Channel
            | Family::Conversation
            | Family::Push
            | Family::Call
            | Family::Moderation
            | Family::Operations
            | Family::Unknown => self.events,
        }
    }
}
