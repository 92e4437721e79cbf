//! What was answered to callbacks that ask before something happens.

use serde::{Deserialize, Serialize};

use crate::{
    Conversation, GroupId, Subject, UserId,
    events::Filed,
    split::{Continues, Split, halve_list},
};

/// One decision.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A callback that asks was answered.
    Decided {
        /// `allowed`, `refused` or `amended`.
        decision: String,
        /// Who decided: `policies`, `handler`, or `failure` if nobody could.
        by: String,
        /// The code of the refusal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<i32>,
        /// The rule in the policies that refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
        /// The user who acts. Absent if the callback does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<UserId>,
        /// The users whom the action is about.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        others: Vec<UserId>,
        /// The group that the action is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<GroupId>,
        /// The conversation that the action is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conversation: Option<Conversation>,
    },
}

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        let Self::Decided {
            actor,
            others,
            group,
            conversation,
            ..
        } = self;
        let user = actor.as_ref().or(others.first()).map(Subject::User);
        user.or_else(|| group.as_ref().map(Subject::Group))
            .or_else(|| conversation.as_ref().map(Subject::Conversation))
            .or(Some(Subject::UnknownCommand))
    }
}

impl Split for Event {
    fn split_off_half(&mut self) -> Option<(Continues, Self)> {
        let mut half = self.clone();
        let Self::Decided { others, .. } = self;
        let second = halve_list(others)?;
        let Self::Decided { others, .. } = &mut half;
        *others = second;
        Some((Continues::List, half))
    }

    fn join(&mut self, _: Continues, half: Self) -> Option<Self> {
        let (Self::Decided { others, .. }, Self::Decided { others: more, .. }) = (self, half);
        others.extend(more);
        None
    }
}
