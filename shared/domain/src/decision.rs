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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A callback that asks was answered. If it asks about several persons and the server reads an answer for each, each
    /// has its own event. The event does not hold what users wrote.
    Decided {
        /// The decision: `allowed`, `refused` or `amended`.
        decision: Verdict,
        /// Who decided: `policies`, `handler`, `service`, or `failure` if nobody could.
        by: By,
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

/// The decision in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may happen as it was asked for.
    Allowed,
    /// It must not happen.
    Refused,
    /// It may happen with a change.
    Amended,
}

impl Verdict {
    /// The word in tables and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Amended => "amended",
        }
    }
}

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The rules in the policies.
    Policies,
    /// The handler of the command.
    Handler,
    /// The app's own service, which `DecisionUrl` names.
    Service,
    /// Nobody could. The operator's setting for failures or for unknown commands counts.
    Failure,
}

impl By {
    /// The word in tables and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policies => "policies",
            Self::Handler => "handler",
            Self::Service => "service",
            Self::Failure => "failure",
        }
    }
}

/// The user who acts. Without one, the group, then the first user whom it is about, then the conversation.
impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        let Self::Decided {
            actor,
            others,
            group,
            conversation,
            ..
        } = self;
        let actor = actor.as_ref().map(Subject::User);
        actor
            .or_else(|| group.as_ref().map(Subject::Group))
            .or_else(|| others.first().map(Subject::User))
            .or_else(|| conversation.as_ref().map(Subject::Conversation))
            .or(Some(Subject::Command))
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
