use std::collections::BTreeSet;

use domain::{Change, Question, UserId, Words};

use crate::{RequestLimit, text::TextRules};

/// The answer of a command's rules to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// Allowed as asked.
    Allow,
    /// Refused.
    Refuse(&'a Refusal),
    /// Allowed with this change.
    Amend(Change),
    /// A rule needs a field that cannot be read.
    Unreadable,
}

/// Why the rules do not allow a question.
enum Stop<'a> {
    Refused(&'a Refusal),
    Unreadable,
}

impl<'a> From<&'a Refusal> for Stop<'a> {
    fn from(refusal: &'a Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The code and the texts with which a rule refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule's place below its command, for the log: `reqMsg.forbidden[0]`.
    pub rule: String,
    /// From 20001 to 29000 for a command of OpenIM, from 38000 to 38999 for a command of Tencent Chat.
    pub code: i32,
    /// The message for the end user: OpenIM's `errMsg`, Tencent Chat's `ResultInfo`. Not empty.
    pub message: String,
    /// OpenIM's `errDlt`; may be empty. Always empty for Tencent Chat, which has no field for it.
    pub detail: String,
}

/// The rules of one command.
///
/// They are checked in this order, and the first refusal is the answer: the acting user, the length of the list, the
/// other users (without those that were cut off), the message, the name. [`RequestLimit`] comes after them.
#[derive(Debug, Default)]
pub struct Rules {
    pub(crate) acting_user: Option<UserRule>,
    pub(crate) max_items: Option<MaxItems>,
    pub(crate) other_user: Option<UserRule>,
    pub(crate) message: TextRules,
    pub(crate) name: TextRules,
    pub(crate) request_limit: Option<RequestLimit>,
}

#[derive(Debug)]
pub(crate) struct UserRule {
    /// Whether `users` lists who may; if not, it lists who may not.
    pub(crate) allows: bool,
    pub(crate) users: BTreeSet<UserId>,
    pub(crate) refusal: Refusal,
}

impl UserRule {
    fn refuses(&self, user: &UserId) -> bool {
        self.users.contains(user) != self.allows
    }
}

#[derive(Debug)]
pub(crate) struct MaxItems {
    pub(crate) limit: usize,
    /// Whether a longer list is cut instead of refused.
    pub(crate) cut: bool,
    pub(crate) refusal: Refusal,
}

impl Rules {
    /// The answer of all rules except [`Rules::request_limit`].
    #[must_use]
    pub fn judge(&self, question: &Question<'_>) -> Outcome<'_> {
        match self.try_judge(question) {
            Ok(outcome) => outcome,
            Err(Stop::Refused(refusal)) => Outcome::Refuse(refusal),
            Err(Stop::Unreadable) => Outcome::Unreadable,
        }
    }

    fn try_judge(&self, question: &Question<'_>) -> Result<Outcome<'_>, Stop<'_>> {
        if let Some(rule) = &self.acting_user
            && question.actor.is_some_and(|actor| rule.refuses(actor))
        {
            return Err((&rule.refusal).into());
        }
        let mut others = question.others.as_slice();
        if let Some(max) = &self.max_items
            && others.len() > max.limit
        {
            if !max.cut {
                return Err((&max.refusal).into());
            }
            others = &others[..max.limit];
        }
        if let Some(rule) = &self.other_user
            && others.iter().any(|other| rule.refuses(other))
        {
            return Err((&rule.refusal).into());
        }
        let looks_at_others = self.other_user.is_some() || self.max_items.is_some();
        if question.means_unreadable_others && (looks_at_others || others.is_empty()) {
            return Err(Stop::Unreadable);
        }
        match question.message {
            // A changed message is ignored, because no server's answer can change a message.
            Words::Text(message) => {
                self.message.judge(message)?;
            }
            Words::Unreadable if self.message.is_empty() => {}
            Words::Unreadable => return Err(Stop::Unreadable),
        }
        let name = match question.name {
            Some(Words::Text(name)) => {
                let judged = self.name.judge(name)?;
                (judged != name).then(|| judged.into_owned())
            }
            Some(Words::Unreadable) if !self.name.is_empty() => return Err(Stop::Unreadable),
            Some(Words::Unreadable) | None => None,
        };
        Ok(if let Some(name) = name {
            Outcome::Amend(Change::Name(name))
        } else if others.len() < question.others.len() {
            Outcome::Amend(Change::KeepFirst(others.len()))
        } else {
            Outcome::Allow
        })
    }

    /// How many requests one user may send, if that is limited. Use it after [`Rules::judge`] has not refused.
    #[must_use]
    pub fn request_limit(&self) -> Option<&RequestLimit> {
        self.request_limit.as_ref()
    }

    /// The refusals of all rules in the document, in the order in which they are checked.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        let acting_user = self.acting_user.iter().map(|rule| &rule.refusal);
        acting_user
            .chain(self.max_items.iter().map(|rule| &rule.refusal))
            .chain(self.other_user.iter().map(|rule| &rule.refusal))
            .chain(self.message.refusals())
            .chain(self.name.refusals())
            .chain(self.request_limit.iter().map(|rule| &rule.refusal))
    }
}
