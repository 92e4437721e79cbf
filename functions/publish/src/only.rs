use std::fmt;

use cloudevents::CloudEvent;
use domain::{Family, Reception};

/// Which events are meant: all, or those that a list names.
///
/// The list has values such as `family:relation`, `command:callbackAfterSendSingleMsgCommand`, `type:message.sent` and
/// `subject:user/support`, with commas between. A subject or a command that ends with `*` means all that begin so. Values of
/// one kind are alternatives. An event must fit one value of every kind that the list has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only(Vec<(Kind, Vec<String>)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Family,
    Command,
    Type,
    Subject,
}

/// What is wrong with a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOnly(String);

impl fmt::Display for InvalidOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidOnly {}

impl Only {
    /// Reads a list. An empty one means all events.
    ///
    /// # Errors
    ///
    /// When a value has no kind, or names a family that does not exist.
    pub fn new(list: &str) -> Result<Self, InvalidOnly> {
        let mut only = Self::default();
        let values = list.split(',').map(str::trim);
        for value in values.filter(|value| !value.is_empty()) {
            let (kind, value) = match value.split_once(':') {
                Some(("family", family)) => {
                    if !Family::ALL.iter().any(|known| known.as_str() == family) {
                        return Err(InvalidOnly(format!("names no family: {family}")));
                    }
                    (Kind::Family, family)
                }
                Some(("command", command)) => (Kind::Command, command),
                Some(("type", kind)) => (Kind::Type, kind),
                Some(("subject", subject)) => (Kind::Subject, subject),
                _ => {
                    return Err(InvalidOnly(format!(
                        "has {value} without a kind: write family:, type:, command: or subject: before it"
                    )));
                }
            };
            let value = value.to_owned();
            match only.0.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, values)) => values.push(value),
                None => only.0.push((kind, vec![value])),
            }
        }
        Ok(only)
    }

    /// Whether this event is meant.
    #[must_use]
    pub fn means(&self, event: &CloudEvent) -> bool {
        self.is_met(|kind| match kind {
            Kind::Family => event.family(),
            Kind::Command => &event.command,
            Kind::Type => &event.kind,
            Kind::Subject => event.subject.as_deref().unwrap_or_default(),
        })
    }

    /// Whether this callback is meant: one of its events is, or it has none, and its command or family is.
    pub(crate) fn means_callback(&self, reception: &Reception, events: &[CloudEvent]) -> bool {
        match events {
            [] => self.is_met(|kind| match kind {
                Kind::Family => reception.events.family().as_str(),
                Kind::Command => &reception.command,
                Kind::Type | Kind::Subject => "",
            }),
            events => events.iter().any(|event| self.means(event)),
        }
    }

    fn is_met<'a>(&self, is: impl Fn(Kind) -> &'a str) -> bool {
        self.0.iter().all(|(kind, values)| {
            let is = is(*kind);
            values.iter().any(|value| match value.strip_suffix('*') {
                Some(begin) => is.starts_with(begin),
                None => is == value,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use cloudevents::Key;
    use domain::{Events, Source, Timestamp, UserId, relation::Event};

    use super::*;

    fn event(owner: &str) -> CloudEvent {
        let id = |id: &str| UserId::new(id).unwrap();
        let reception = Reception {
            id: "r".into(),
            received_at: Timestamp::from_unix_millis(0).unwrap(),
            source: Source::OpenIm,
            command: "callbackAfterDeleteFriendCommand".into(),
            operation_id: None,
            events: vec![Event::FriendDeleted {
                owner: id(owner),
                friend: id("leo"),
            }]
            .into(),
            body: None,
            target: None,
            part: None,
        };
        cloudevents::from_reception(&reception, "s", Key { pk: "", sk: "" }).remove(0)
    }

    fn means(list: &str, owner: &str) -> bool {
        Only::new(list).unwrap().means(&event(owner))
    }

    #[test]
    fn an_empty_list_means_every_event() {
        assert!(means("", "ana") && means(" , ", "ana"));
    }

    #[test]
    fn values_of_one_kind_are_alternatives_and_every_kind_must_fit() {
        assert!(means("family:message, family:relation", "ana"));
        assert!(!means("family:message", "ana"));
        assert!(means("type:relation.friend_deleted", "ana"));
        assert!(!means("type:relation.friend_added", "ana"));
        assert!(means("command:callbackAfterDelete*", "ana"));
        assert!(means("subject:user/bot_*,family:relation", "bot_1"));
        assert!(!means("subject:user/bot_*,family:relation", "ana"));
        assert!(!means("subject:user/bot_*,family:message", "bot_1"));
        assert!(!means("subject:user/an", "ana"));
    }

    #[test]
    fn a_callback_without_events_is_meant_by_its_family_and_its_command() {
        let reception = Reception {
            id: "r".into(),
            received_at: Timestamp::from_unix_millis(0).unwrap(),
            source: Source::OpenIm,
            command: "callbackAfterQuitGroupCommand".into(),
            operation_id: None,
            events: Events::none(Family::Group),
            body: Some("{}".into()),
            target: Some("/callbackAfterQuitGroupCommand".into()),
            part: None,
        };
        for (list, is_meant) in [
            ("", true),
            ("family:group,command:callbackAfterQuit*", true),
            ("family:relation", false),
            ("type:group.members_left", false),
            ("subject:user/ana", false),
        ] {
            let only = Only::new(list).unwrap();
            assert_eq!(only.means_callback(&reception, &[]), is_meant, "{list}");
        }
    }

    #[test]
    fn a_value_that_means_nothing_is_an_error() {
        for (list, says) in [
            ("relation", "has relation without a kind"),
            ("family:friends", "names no family: friends"),
            ("user:ana", "has user:ana without a kind"),
        ] {
            let wrong = Only::new(list).unwrap_err().to_string();
            assert!(wrong.starts_with(says), "{wrong}");
        }
    }
}
