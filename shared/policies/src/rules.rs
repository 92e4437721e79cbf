use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use domain::{
    Change, Changeable, Question, Role, Timestamp, UserId, Words, Written, message::Kind,
};
use protocol::Codes;

use crate::{
    Limit,
    contacts::{ContactRule, Contacts},
    domains::Domains,
    fold::fold,
    hours::Hours,
    text::TextRules,
};

/// The answer of a command's rules to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// Allowed as asked.
    Allow,
    /// Allowed as asked, and nobody else is to decide about it.
    AllowAtOnce,
    /// Refused.
    Refuse(&'a Refusal),
    /// Allowed with these changes.
    Amend(Vec<Change>),
    /// A rule needs a field that cannot be read.
    Unreadable,
}

/// The code and the texts with which a rule refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule's place, for the log: `reqMsg.forbidden[0]` below its command, or `messages.words[0]`.
    pub rule: String,
    /// The number of the rule, from which its default codes follow.
    pub(crate) number: i32,
    /// The code that the document gives it.
    pub(crate) own_code: Option<i32>,
    /// The message for the end user: OpenIM's `errMsg`, Tencent Chat's `ResultInfo` or `ErrorInfo`. Not empty.
    pub message: String,
    /// OpenIM's `errDlt`; may be empty. Always empty for Tencent Chat, which has no field for it.
    pub detail: String,
}

impl Refusal {
    /// The code for a command. A rule by subject can apply to commands with different codes. If the document gives it a
    /// code that the command does not have, the command gets the default.
    #[must_use]
    pub fn code(&self, codes: Codes) -> i32 {
        let own = self.own_code.filter(|code| codes.own().contains(code));
        own.unwrap_or_else(|| codes.of_rule(self.number))
    }
}

/// The rules of one command: its own, and those by subject that apply to it.
///
/// They are checked in their order, and the first refusal is the answer. Then come [`Rules::contacts`] and
/// [`Rules::limit`], which need an answer from a table.
#[derive(Debug, Default)]
pub struct Rules {
    pub(crate) rules: Vec<Arc<Rule>>,
}

/// One rule.
#[derive(Debug)]
pub(crate) enum Rule {
    /// Messages of these accounts are never asked about.
    Bots(BTreeSet<String>),
    Users(Who, Listed),
    Groups(Listed),
    Kinds(Listed),
    Hours(Vec<Hours>),
    MaxItems(MaxItems),
    /// Refuses everything.
    Closed(Refusal),
    Texts(Vec<Role>, TextRules),
    Links(Domains),
    Pictures(Domains),
    /// Names that nobody may have, in folded form.
    Reserved(BTreeSet<String>, Refusal),
    /// What devices show instead of a message: a title and a text.
    Hide(String, String),
    FriendsOnly(ContactRule),
    NotWhenBlocked(ContactRule),
    Limit(Limit),
}

/// Which users of a question a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Actor,
    Others,
    /// All of them.
    Anybody,
}

/// A list of those who may, or who may not. It has texts, whatever they are, because each kind of set would make every
/// function a few kilobytes larger.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Whether it lists who may; if not, it lists who may not.
    pub(crate) allows: bool,
    pub(crate) members: BTreeSet<String>,
    pub(crate) refusal: Refusal,
}

impl Listed {
    fn refuses(&self, member: &str) -> bool {
        self.members.contains(member) != self.allows
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
    /// The answer of all rules except [`Rules::contacts`] and [`Rules::limit`].
    #[must_use]
    pub fn judge(&self, question: &Question<'_>, now: Timestamp) -> Outcome<'_> {
        if question.actor.is_some_and(|actor| self.exempts(actor)) {
            return Outcome::AllowAtOnce;
        }
        let mut judging = Judging::of(question, now);
        for rule in &self.rules {
            if let Err(refusal) = judging.apply(rule) {
                return Outcome::Refuse(refusal);
            }
        }
        judging.outcome()
    }

    /// Whether messages of this account are never asked about, nor passed on.
    #[must_use]
    pub fn exempts(&self, user: &UserId) -> bool {
        let mut rules = self.rules.iter();
        rules.any(|rule| matches!(&**rule, Rule::Bots(bots) if bots.contains(user.as_str())))
    }

    /// How often one user may do it, if that is limited. Use it after [`Rules::judge`] has not refused.
    #[must_use]
    pub fn limit(&self) -> Option<&Limit> {
        self.rules.iter().find_map(|rule| match &**rule {
            Rule::Limit(limit) => Some(limit),
            _ => None,
        })
    }

    /// The rules about what the other user keeps about the acting one, if there are some. Use them after
    /// [`Rules::judge`] has not refused.
    #[must_use]
    pub fn contacts(&self) -> Option<Contacts<'_>> {
        let mut contacts = Contacts {
            friends_only: None,
            not_when_blocked: None,
        };
        for rule in &self.rules {
            match &**rule {
                Rule::FriendsOnly(rule) => contacts.friends_only = Some(rule),
                Rule::NotWhenBlocked(rule) => contacts.not_when_blocked = Some(rule),
                _ => {}
            }
        }
        let any = contacts.friends_only.is_some() || contacts.not_when_blocked.is_some();
        any.then_some(contacts)
    }

    /// Makes now what would otherwise be made for the first question.
    pub fn prepare(&self) {
        for rule in &self.rules {
            if let Rule::Texts(_, rules) = &**rule {
                for list in &rules.words {
                    list.finder();
                }
            }
        }
    }

    /// The refusals of all rules in the document, in the order in which they are checked.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.rules.iter().flat_map(|rule| rule.refusals())
    }
}

impl Rule {
    pub(crate) fn refusals(&self) -> Vec<&Refusal> {
        match self {
            Self::Bots(_) | Self::Hide(..) => Vec::new(),
            Self::Users(_, rule) => vec![&rule.refusal],
            Self::Groups(rule) => vec![&rule.refusal],
            Self::Kinds(rule) => vec![&rule.refusal],
            Self::Hours(hours) => hours.iter().map(|rule| &rule.refusal).collect(),
            Self::MaxItems(rule) => vec![&rule.refusal],
            Self::Closed(refusal) | Self::Reserved(_, refusal) => vec![refusal],
            Self::Texts(_, rules) => rules.refusals().collect(),
            Self::Links(rule) | Self::Pictures(rule) => vec![&rule.refusal],
            Self::FriendsOnly(rule) | Self::NotWhenBlocked(rule) => vec![&rule.refusal],
            Self::Limit(rule) => vec![&rule.refusal],
        }
    }
}

/// What is left of a question after some rules.
struct Judging<'q> {
    question: &'q Question<'q>,
    now: Timestamp,
    others: &'q [&'q UserId],
    texts: Vec<Cow<'q, str>>,
    pushed: Option<Change>,
    unreadable: bool,
}

impl<'q> Judging<'q> {
    fn of(question: &'q Question<'q>, now: Timestamp) -> Self {
        let text = |written: &Written<'q>| match written.words {
            Words::Text(text) => Cow::Borrowed(text),
            Words::Unreadable => Cow::Borrowed(""),
        };
        Self {
            question,
            now,
            others: &question.others,
            texts: question.texts.iter().map(text).collect(),
            pushed: None,
            // A question about nobody that anybody can read.
            unreadable: question.means_unreadable_others && question.others.is_empty(),
        }
    }

    /// Applies a rule.
    ///
    /// # Errors
    ///
    /// Its refusal.
    fn apply<'r>(&mut self, rule: &'r Rule) -> Result<(), &'r Refusal> {
        let question = self.question;
        let refused = match rule {
            Rule::Users(who, rule) => {
                if *who != Who::Actor || question.actor.is_none() {
                    self.unreadable |= question.means_unreadable_others;
                }
                let actor = question.actor.filter(|_| *who != Who::Others);
                let others = self.others.iter().copied();
                let others = others.filter(|_| *who != Who::Actor);
                actor
                    .into_iter()
                    .chain(others)
                    .any(|user| rule.refuses(user.as_str()))
                    .then_some(&rule.refusal)
            }
            Rule::Groups(rule) => question
                .group
                .is_some_and(|group| rule.refuses(group.as_str()))
                .then_some(&rule.refusal),
            Rule::Kinds(rule) => {
                let names = |kind: Kind| rule.members.contains(kind.word());
                // A list that names `several` means all messages with several elements.
                let kinds = match &question.parts[..] {
                    parts @ [_, ..] if !question.kind.is_some_and(names) => parts,
                    _ => question.kind.as_slice(),
                };
                let refused = kinds.iter().any(|kind| rule.refuses(kind.word()));
                refused.then_some(&rule.refusal)
            }
            Rule::Hours(hours) => hours
                .iter()
                .find(|hours| hours.apply(question.group, self.now))
                .map(|hours| &hours.refusal),
            Rule::MaxItems(max) => {
                self.unreadable |= question.means_unreadable_others;
                let too_many = self.others.len() > max.limit;
                if too_many && max.cut {
                    self.others = &self.others[..max.limit];
                }
                (too_many && !max.cut).then_some(&max.refusal)
            }
            Rule::Closed(refusal) => Some(refusal),
            Rule::Texts(roles, rules) => return self.texts(roles, rules),
            Rule::Links(rule) => self
                .written(&[Role::Message])
                .any(|text| rule.refuse_links_in(text))
                .then_some(&rule.refusal),
            Rule::Reserved(names, refusal) => self
                .written(&[Role::Name, Role::NewName])
                .any(|name| names.contains(fold(name).trim()))
                .then_some(refusal),
            Rule::Pictures(rule) => {
                let mut urls = question.pictures.iter();
                self.unreadable |= question.pictures.contains(&Words::Unreadable);
                urls.any(|url| matches!(url, Words::Text(url) if rule.refuse_picture(url)))
                    .then_some(&rule.refusal)
            }
            Rule::Hide(title, text) => {
                self.pushed = Some(Change::Push {
                    title: title.clone(),
                    text: text.clone(),
                });
                None
            }
            Rule::Bots(_) | Rule::FriendsOnly(_) | Rule::NotWhenBlocked(_) | Rule::Limit(_) => None,
        };
        match refused {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    /// Applies the rules for texts with these roles.
    fn texts<'r>(&mut self, roles: &[Role], rules: &'r TextRules) -> Result<(), &'r Refusal> {
        self.note_unreadable(roles);
        for (written, text) in self.question.texts.iter().zip(&mut self.texts) {
            if !roles.contains(&written.role) || written.words == Words::Unreadable {
                continue;
            }
            let allowed = rules.judge(text)?;
            let Some(by) = allowed.changed_by else {
                continue;
            };
            if written.change == Changeable::Never {
                return Err(by);
            }
            *text = Cow::Owned(allowed.text.into_owned());
        }
        Ok(())
    }

    /// The texts with these roles that can be read.
    fn written(&mut self, roles: &[Role]) -> impl Iterator<Item = &str> {
        self.note_unreadable(roles);
        let texts = self.question.texts.iter().zip(&self.texts);
        texts
            .filter(|(written, _)| roles.contains(&written.role))
            .map(|(_, text)| &**text)
    }

    fn note_unreadable(&mut self, roles: &[Role]) {
        let mut texts = self.question.texts.iter();
        self.unreadable |= texts.any(|written| {
            // A user who cannot be read has a name that nobody has seen.
            let unseen = written.role == Role::NewName && self.question.means_unreadable_others;
            roles.contains(&written.role) && (unseen || written.words == Words::Unreadable)
        });
    }

    fn outcome<'r>(self) -> Outcome<'r> {
        if self.unreadable {
            return Outcome::Unreadable;
        }
        let mut changes = Vec::new();
        let mut names = Vec::new();
        let mut user = 0;
        for (written, text) in self.question.texts.iter().zip(self.texts) {
            let changed = match (written.words, written.change) {
                (Words::Text(asked), Changeable::Now) => asked != text,
                _ => false,
            };
            let place = user;
            user += usize::from(written.role == Role::NewName);
            if !changed {
                continue;
            }
            let text = text.into_owned();
            match written.role {
                Role::Name => changes.push(Change::Name(text)),
                Role::NewName => names.push((place, text)),
                Role::Notice => changes.push(Change::Notice(text)),
                Role::Introduction => changes.push(Change::Introduction(text)),
                _ => changes.push(Change::Message(text)),
            }
        }
        if !names.is_empty() {
            changes.push(Change::NewNames(names));
        }
        changes.extend(self.pushed);
        if self.others.len() < self.question.others.len() {
            changes.push(Change::KeepFirst(self.others.len()));
        }
        match changes.is_empty() {
            true => Outcome::Allow,
            false => Outcome::Amend(changes),
        }
    }
}
