use crate::{Outcome, Refusal};

/// The rules about what the recipient of a message keeps about its sender.
///
/// They are applied after [`Rules::judge`](crate::Rules::judge), because the caller has to read the relationships table.
#[derive(Debug)]
pub struct Contacts<'a> {
    pub(crate) friends_only: Option<&'a ContactRule>,
    pub(crate) not_when_blocked: Option<&'a ContactRule>,
}

/// What the relationships table says about the recipient of a message and its sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Whether the sender is on the recipient's friend list. `None` if no callback has said anything about it.
    pub friend: Option<bool>,
    /// Whether the recipient has blocked the sender, or was about to.
    pub blocked: bool,
}

#[derive(Debug)]
pub(crate) struct ContactRule {
    pub(crate) allow_when_unknown: bool,
    /// Whether somebody may write of whom the table says nothing.
    pub(crate) allow_without_record: bool,
    pub(crate) refusal: Refusal,
}

impl<'a> Contacts<'a> {
    /// The answer. `None` means that the table could not be read.
    #[must_use]
    pub fn judge(&self, known: Option<Known>) -> Outcome<'a> {
        let blocked = self.not_when_blocked.filter(|rule| match known {
            Some(known) => known.blocked,
            None => !rule.allow_when_unknown,
        });
        let stranger = self.friends_only.filter(|rule| match known {
            Some(known) => !known.friend.unwrap_or(rule.allow_without_record),
            None => !rule.allow_when_unknown,
        });
        match blocked.or(stranger) {
            Some(rule) => Outcome::Refuse(&rule.refusal),
            None => Outcome::Allow,
        }
    }
}
