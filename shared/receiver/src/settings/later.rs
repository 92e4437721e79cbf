//! The kinds of messages that the app's own service judges after they were sent.

use std::collections::BTreeSet;

use domain::{
    Question,
    message::{Content, Event, Kind},
};

/// The kinds of messages that the app's own service judges only after they were sent, because that takes longer than a user
/// waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JudgedLater(BTreeSet<Kind>);

/// Nobody can judge these: signs for clients, and what nothing is known about. A message of several contents has the kinds of
/// these.
const NEVER: [Kind; 4] = [Kind::Several, Kind::Typing, Kind::Notification, Kind::Other];

impl JudgedLater {
    /// Reads `MODERATE_LATER`: kinds with commas between. An empty list means none. A list needs `DECISION_URL`, and kept
    /// contents, because the question about a sent message comes from the events table.
    pub fn from_env(get: impl Fn(&str) -> Option<String>, wrong: &mut Vec<String>) -> Self {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let later = Self::read(&get("MODERATE_LATER").unwrap_or_default(), wrong);
        if !later.is_none() {
            if get("DECISION_URL").is_none() {
                wrong.push("MODERATE_LATER is set, but DECISION_URL is not".to_owned());
            }
            if get("MESSAGE_CONTENT").as_deref() == Some("drop") {
                wrong.push("MODERATE_LATER needs MESSAGE_CONTENT keep".to_owned());
            }
        }
        later
    }

    /// Reads a list of kinds.
    pub fn read(list: &str, wrong: &mut Vec<String>) -> Self {
        let mut later = BTreeSet::new();
        let words = list.split(',').map(str::trim);
        for word in words.filter(|word| !word.is_empty()) {
            let mut kinds = Kind::ALL.iter().filter(|kind| !NEVER.contains(kind));
            match kinds.find(|kind| kind.word() == word) {
                Some(kind) => {
                    later.insert(*kind);
                }
                None => wrong.push(format!(
                    "MODERATE_LATER has {word}, which is no kind of message that can be judged"
                )),
            }
        }
        Self(later)
    }

    /// Whether no message is judged later.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the question about a message that is about to be sent is only asked later. A message of several contents is also
    /// asked about at once, if one of these is of another kind.
    pub(crate) fn postpones(&self, question: &Question<'_>) -> bool {
        match question.parts.as_slice() {
            [] => question.kind.is_some_and(|kind| self.0.contains(&kind)),
            parts => parts.iter().all(|kind| self.0.contains(kind)),
        }
    }

    /// Whether an event says that a message was sent that is judged now. Of several contents, one of these kinds is enough.
    #[must_use]
    pub fn means(&self, event: &Event) -> bool {
        let Event::MessageSent { kind, content, .. } = event else {
            return false;
        };
        let is_part = |part: &Content| self.0.contains(&part.kind());
        let has_part = match content {
            Some(Content::Several { parts }) => parts.iter().any(is_part),
            _ => false,
        };
        self.0.contains(kind) || has_part
    }
}

#[cfg(test)]
mod tests {
    use domain::{Conversation, GroupId, UserId, message::MessageRef};

    use super::*;

    fn later(list: &str) -> JudgedLater {
        let mut wrong = Vec::new();
        let later = JudgedLater::read(list, &mut wrong);
        assert_eq!(wrong, [""; 0]);
        later
    }

    #[test]
    fn a_word_that_is_no_kind_that_can_be_judged_is_a_mistake() {
        for word in ["pictures", "typing", "several", "other", "Picture"] {
            let mut wrong = Vec::new();
            JudgedLater::read(&format!("picture, {word}"), &mut wrong);
            assert_eq!(
                wrong,
                [format!(
                    "MODERATE_LATER has {word}, which is no kind of message that can be judged"
                )]
            );
        }
    }

    #[test]
    fn a_list_needs_a_service_and_kept_contents() {
        let read = |set: &[(&str, &str)]| {
            let mut wrong = Vec::new();
            let get = |name: &str| {
                let found = set.iter().find(|(it, _)| *it == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            JudgedLater::from_env(get, &mut wrong);
            wrong
        };
        let (list, url) = (("MODERATE_LATER", "picture"), ("DECISION_URL", "https://a"));
        let (keep, drop) = (("MESSAGE_CONTENT", "keep"), ("MESSAGE_CONTENT", "drop"));
        assert_eq!(read(&[list, url]), [""; 0]);
        assert_eq!(read(&[list, url, keep]), [""; 0]);
        assert_eq!(read(&[drop]), [""; 0]);
        assert_eq!(
            read(&[list, drop]),
            [
                "MODERATE_LATER is set, but DECISION_URL is not",
                "MODERATE_LATER needs MESSAGE_CONTENT keep"
            ]
        );
    }

    #[test]
    fn a_message_of_several_contents_is_judged_at_once_and_later_if_they_differ() {
        let question = |parts: &[Kind]| Question::default().kind(Kind::Several).parts(parts);
        let event = |kind, content| Event::MessageSent {
            conversation: Conversation::Group(GroupId::new("g").unwrap()),
            topic: None,
            from: UserId::new("ana").unwrap(),
            message: MessageRef::default(),
            kind,
            sent_at: None,
            mentions: Vec::new(),
            mentions_everybody: false,
            bot: false,
            content,
            app_text: domain::message::AppText::default(),
        };
        let text = || Content::Text { text: "hi".into() };
        let picture = || Content::Picture {
            url: String::new(),
            bytes: None,
            width: None,
            height: None,
        };
        let several = |parts| event(Kind::Several, Some(Content::Several { parts }));
        let later = later("picture,video");
        for (parts, event, expected) in [
            (
                &[Kind::Picture, Kind::Text][..],
                several(vec![picture(), text()]),
                [false, true],
            ),
            (
                &[Kind::Picture, Kind::Video],
                several(vec![picture(), picture()]),
                [true, true],
            ),
            (
                &[Kind::Text, Kind::Text],
                several(vec![text(), text()]),
                [false, false],
            ),
        ] {
            let found = [later.postpones(&question(parts)), later.means(&event)];
            assert_eq!(found, expected, "{parts:?}");
        }
        let single = |kind| Question::default().kind(kind);
        assert!(later.postpones(&single(Kind::Picture)) && !later.postpones(&single(Kind::Text)));
        // Also a picture that cannot be read: clients may show it.
        assert!(later.means(&event(Kind::Picture, None)));
        assert!(!later.means(&event(Kind::Text, Some(text()))));
    }
}
