//! The options of `imhook history`: whose history is read, and how much of it.

use std::num::NonZeroUsize;

use clap::{Args, builder::PossibleValuesParser};
use domain::{Conversation, Family, GroupId, UserId};
use store::{HistoryOf, Reading};

use crate::Result;

#[derive(Args)]
pub(crate) struct Wanted {
    #[command(flatten)]
    of: Of,
    /// The newest first
    #[arg(long)]
    newest: bool,
    /// At most this many callbacks
    #[arg(long, value_name = "NUMBER")]
    limit: Option<NonZeroUsize>,
    /// Go on after the page that ended with this place
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
    /// Only this family of events
    #[arg(long, value_parser = PossibleValuesParser::new(Family::ALL.iter().map(|it| it.as_str())))]
    family: Option<String>,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Of {
    /// The same as --user
    #[arg(value_name = "USER")]
    filed_under: Option<String>,
    /// What is filed under a user
    #[arg(long)]
    user: Option<String>,
    /// What is filed under a group, with its messages
    #[arg(long)]
    group: Option<String>,
    /// The messages between two users, or in the conversation with an id that does not say who is in it
    #[arg(long, value_name = "USER USER, or ID", num_args = 1..=2)]
    conversation: Option<Vec<String>>,
    /// The callbacks of a command that are filed under nobody
    #[arg(long)]
    command: Option<String>,
}

impl Wanted {
    pub(crate) fn parsed(self) -> Result<(HistoryOf, Reading)> {
        let family = |name: String| Family::ALL.iter().copied().find(|it| it.as_str() == name);
        let reading = Reading {
            newest_first: self.newest,
            after: self.after,
            limit: self.limit,
            family: self.family.and_then(family),
        };
        Ok((self.of.parsed()?, reading))
    }
}

impl Of {
    fn parsed(self) -> Result<HistoryOf> {
        if let Some(user) = self.user.or(self.filed_under) {
            return Ok(HistoryOf::User(UserId::new(user)?));
        }
        if let Some(group) = self.group {
            return Ok(HistoryOf::Group(GroupId::new(group)?));
        }
        if let Some(command) = self.command {
            return Ok(HistoryOf::Command(command));
        }
        let mut ids = self.conversation.unwrap_or_default().into_iter();
        let conversation = match (ids.next(), ids.next()) {
            (Some(one), Some(other)) => {
                Conversation::between(UserId::new(one)?, UserId::new(other)?)
            }
            (one, _) => Conversation::Id(one.unwrap_or_default()),
        };
        Ok(HistoryOf::Conversation(conversation))
    }
}
