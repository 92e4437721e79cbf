//! What a text or an event says about one person, and what is left of it without that person.

use std::ops::Range;

use domain::{Conversation, Events, FiledUnder, Reception, UserId};
use serde_json::Value;

use super::tree::{Node, tree};
use crate::Result;

/// What stands where the id stood in a text.
pub(super) const FORGOTTEN: &str = "[forgotten]";

/// A shorter number in JSON is no id. It is mostly a count, and an id is rarely written as a number at all.
const SHORTEST_NUMBER: usize = 5;

/// One person.
pub(super) struct Person {
    id: String,
}

/// What becomes of one event.
#[derive(Debug, PartialEq)]
pub(super) enum Fate {
    /// It is not about the person.
    Stays,
    /// This is left of it.
    Changes(Value),
    /// Nothing is left of it.
    Goes,
}

/// What becomes of a reception.
#[derive(Debug, PartialEq)]
pub(super) struct Judgement {
    /// What becomes of each event, in their order.
    pub(super) events: Vec<Fate>,
    /// The caller's own id of the request has the id in it.
    pub(super) operation_id_goes: bool,
    /// What came says something about the person, and the events beside it say the rest.
    pub(super) body_goes: bool,
    /// Nothing is left of the reception.
    pub(super) goes: bool,
}

impl Judgement {
    /// The reception says nothing about the person.
    pub(super) fn stays(&self) -> bool {
        self.all_but_the_body_stays() && !self.body_goes
    }

    /// The events say nothing about the person, but the body beside them does.
    pub(super) fn only_body_goes(&self) -> bool {
        self.all_but_the_body_stays() && self.body_goes
    }

    fn all_but_the_body_stays(&self) -> bool {
        !self.goes && !self.operation_id_goes && self.events.iter().all(|fate| *fate == Fate::Stays)
    }
}

/// What the other parts of an event are judged by.
struct Event {
    kind: String,
    /// The event may go on in another part of its reception, so it stays even if its list is empty here.
    in_part: bool,
}

impl Person {
    pub(super) fn new(user: &UserId) -> Self {
        let id = user.to_string();
        Self { id }
    }

    /// Whether this is the person's id.
    pub(super) fn is(&self, id: &str) -> bool {
        self.id == id
    }

    /// Whether the characters of the id stand anywhere in the text, also inside of longer words.
    pub(super) fn looks_like(&self, text: &str) -> bool {
        text.contains(&self.id)
    }

    /// Whether the id stands in the text as a whole word. See [`blanked`](Self::blanked).
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.blanked(text).is_some()
    }

    /// The text without the id; `None` if it is not there as a whole word.
    ///
    /// A text that is JSON is taken apart, because the id can be escaped in it. There, an object in a list goes if one of its
    /// values is the id: it is a member, or a message of that user.
    pub(super) fn blanked(&self, text: &str) -> Option<String> {
        if !self.looks_like(text) && !text.contains('\\') {
            return None;
        }
        if text.trim_start().starts_with(['{', '['])
            && let Ok(json) = serde_json::from_str::<Value>(text)
        {
            let mut changed = false;
            let json = self.without(json, &mut changed);
            return changed.then(|| json.to_string());
        }
        let words = self.words(text);
        let mut blanked = String::with_capacity(text.len());
        let mut end = 0;
        for word in &words {
            blanked.push_str(&text[end..word.start]);
            blanked.push_str(FORGOTTEN);
            end = word.end;
        }
        blanked.push_str(&text[end..]);
        (!words.is_empty()).then_some(blanked)
    }

    /// Where the id stands in the text as a whole word: neither a letter, a digit, `_` nor `-` is next to it. Or where
    /// OpenIM's id of a conversation with the person stands, such as `si_ana_leo`.
    fn words(&self, text: &str) -> Vec<Range<usize>> {
        let mut words: Vec<Range<usize>> = Vec::new();
        let mut from = 0;
        while let Some(found) = text[from..].find(&self.id) {
            let (begin, end) = (from + found, from + found + self.id.len());
            let word = match text[..begin].rfind(is_no_part_of_ids) {
                Some(before) => before + text[before..].chars().next().map_or(0, char::len_utf8),
                None => 0,
            };
            let word_end = text[end..].find(is_no_part_of_ids);
            let word_end = word_end.map_or(text.len(), |length| end + length);
            let (before, after) = (&text[word..begin], &text[end..word_end]);
            let of_two = before.starts_with("si_") || before.starts_with("sn_");
            let is_first = before.len() == 3 && after.len() > 1 && after.starts_with('_');
            let is_last = before.len() > 4 && before.ends_with('_') && after.is_empty();
            if before.is_empty() && after.is_empty() || of_two && (is_first || is_last) {
                words.push(word..word_end);
                from = word_end;
            } else {
                from = begin + text[begin..].chars().next().map_or(1, char::len_utf8);
            }
        }
        words
    }

    /// JSON without the id.
    fn without(&self, json: Value, changed: &mut bool) -> Value {
        match json {
            Value::String(text) => match self.blanked(&text) {
                Some(text) => {
                    *changed = true;
                    text.into()
                }
                None => text.into(),
            },
            Value::Number(number) if self.is_number(&number) => {
                *changed = true;
                Value::Null
            }
            Value::Array(mut values) => {
                let all = values.len();
                values.retain(|value| !self.is_named_by(value));
                *changed |= values.len() < all;
                let values = values.into_iter();
                values.map(|value| self.without(value, changed)).collect()
            }
            Value::Object(members) => {
                let mut left = serde_json::Map::new();
                for (name, value) in members {
                    let name = self
                        .blanked(&name)
                        .inspect(|_| *changed = true)
                        .unwrap_or(name);
                    left.insert(name, self.without(value, changed));
                }
                left.into()
            }
            other => other,
        }
    }

    /// Whether a member of a list is the id, or an object of which one value is the id.
    fn is_named_by(&self, value: &Value) -> bool {
        match value {
            Value::Object(members) => members.values().any(|value| self.is_value(value)),
            value => self.is_value(value),
        }
    }

    fn is_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.is(text),
            Value::Number(number) => self.is_number(number),
            _ => false,
        }
    }

    fn is_number(&self, number: &serde_json::Number) -> bool {
        self.id.len() >= SHORTEST_NUMBER && self.is(&number.to_string())
    }

    /// What becomes of a reception.
    pub(super) fn judge(&self, reception: &Reception) -> Result<Judgement> {
        let subject = reception
            .part
            .as_ref()
            .and_then(|part| part.subject.as_ref());
        let of_subject = match subject {
            Some(FiledUnder::User(user)) => self.is(user.as_str()),
            Some(FiledUnder::Conversation { conversation }) => match conversation {
                Conversation::Users(users) => users.iter().any(|user| self.is(user.as_str())),
                Conversation::Channel(account) => self.is(account.as_str()),
                Conversation::Id(id) => self.is_in(id),
                Conversation::Group(_) => false,
            },
            Some(FiledUnder::Group { .. } | FiledUnder::Command { .. }) | None => false,
        };
        let is_unknown = reception.events == Events::Unknown;
        let operation_id = reception.operation_id.as_deref();
        let came = [&reception.body, &reception.target].into_iter().flatten();
        // Nobody knows what a body means. So it cannot be cut.
        let in_body = came.into_iter().any(|text| self.is_in(text));
        let mut judgement = Judgement {
            events: Vec::new(),
            operation_id_goes: operation_id.is_some_and(|id| self.is_in(id)),
            body_goes: in_body && !is_unknown,
            goes: of_subject || is_unknown && (in_body || self.is_in(&reception.command)),
        };
        for event in events(reception)? {
            judgement
                .events
                .push(self.fate(event, reception.part.is_some()));
        }
        judgement.goes |= match judgement.events.is_empty() {
            true => judgement.body_goes && reception.part.is_none(),
            false => judgement.events.iter().all(|fate| *fate == Fate::Goes),
        };
        // A body that names the person otherwise than the events do would not be found.
        let changes = judgement.events.iter().any(|fate| *fate != Fate::Stays);
        judgement.body_goes |= changes && (reception.body.is_some() || reception.target.is_some());
        Ok(judgement)
    }

    /// The reception without the person; `None` if nothing is left.
    pub(super) fn forgotten(&self, reception: &Reception) -> Result<Option<Reception>> {
        let judgement = self.judge(reception)?;
        if judgement.goes {
            return Ok(None);
        }
        let (operation_id_goes, body_goes) = (judgement.operation_id_goes, judgement.body_goes);
        let mut left = serde_json::to_value(reception)?;
        if let Some(events) = left.get_mut("events").and_then(Value::as_array_mut) {
            *events = judgement.left_of(std::mem::take(events), |json| json);
        }
        let mut left: Reception = serde_json::from_value(left)?;
        if operation_id_goes {
            left.operation_id = None;
        }
        if body_goes {
            (left.body, left.target) = (None, None);
        }
        Ok(Some(left))
    }

    fn fate(&self, event: Node, in_part: bool) -> Fate {
        let Node::Object(members) = &event else {
            return Fate::Stays;
        };
        let kind = members.iter().find(|(name, _)| name == "type");
        let kind = match kind {
            Some((_, Node::Plain(Value::String(kind)))) => kind.clone(),
            _ => String::new(),
        };
        // Who edited a message wrote what it says now.
        let edited = |(name, node): &(String, Node)| name == "by" && self.may_be_named(node);
        if kind == "message_edited" && members.iter().any(edited) {
            return Fate::Goes;
        }
        let mut changed = false;
        match self.cut(event, &Event { kind, in_part }, &mut changed) {
            Some(left) if changed => Fate::Changes(left.json()),
            Some(_) => Fate::Stays,
            None => Fate::Goes,
        }
    }

    /// What is left of a value without the person; `None` if it means nothing without.
    ///
    /// An id that may be missing is cut out, and the texts beside it are emptied, because that user wrote them or is described
    /// by them. An id that must be there takes with it what it is in: a member of a list, or the whole event.
    fn cut(&self, node: Node, event: &Event, changed: &mut bool) -> Option<Node> {
        Some(match node {
            Node::Plain(value) => Node::Plain(value),
            Node::User(id) if self.is(&id) => return None,
            Node::User(id) => Node::User(id),
            Node::Conversation(id) if self.is_in(&id) => return None,
            Node::Conversation(id) => Node::Conversation(id),
            Node::Text(text) => Node::Text(match self.blanked(&text) {
                Some(text) => {
                    *changed = true;
                    text
                }
                None => text,
            }),
            Node::Optional(inner) => Node::Optional(Box::new(self.cut(*inner, event, changed)?)),
            Node::Together(nodes) => {
                let nodes = nodes.into_iter().map(|node| self.cut(node, event, changed));
                Node::Together(nodes.collect::<Option<_>>()?)
            }
            Node::List(nodes) => {
                let all = nodes.len();
                let nodes = nodes
                    .into_iter()
                    .filter_map(|node| self.cut(node, event, changed));
                let nodes: Vec<Node> = nodes.collect();
                *changed |= nodes.len() < all;
                Node::List(nodes)
            }
            Node::Object(members) => {
                let beside = members.iter().any(|(_, node)| self.may_be_named(node));
                let mut left = Vec::new();
                for (name, node) in members {
                    let was_empty = is_empty(&node);
                    let optional = matches!(node, Node::Optional(_));
                    match (node, beside) {
                        (Node::Text(_), true) => left.push((name, Node::Text(String::new()))),
                        (node, _) => match self.cut(node, event, changed) {
                            None if optional => *changed = true,
                            None => return None,
                            Some(node) => {
                                if is_empty(&node)
                                    && !was_empty
                                    && !event.in_part
                                    && !may_be_empty(&event.kind, &name)
                                {
                                    return None;
                                }
                                left.push((name, node));
                            }
                        },
                    }
                }
                Node::Object(left)
            }
        })
    }

    /// Whether this is the person's id at a place where it may be missing.
    fn may_be_named(&self, node: &Node) -> bool {
        match node {
            Node::Optional(inner) => matches!(&**inner, Node::User(id) if self.is(id)),
            _ => false,
        }
    }

    /// The events that are about the person, for the person. If the person has a role in the event, it is there as a whole.
    /// Otherwise its lists of users have only the person, and not the others.
    ///
    /// `stored` is the reception as JSON. A body beside the events goes, because it says what they say, and more about others.
    pub(super) fn share_of(&self, reception: &Reception, stored: &mut Value) -> Result<()> {
        let Some(stored) = stored.as_object_mut() else {
            return Ok(());
        };
        if let Some(events) = stored.get_mut("events") {
            *events = self.share(reception)?.into();
            stored.retain(|name, _| name != "body" && name != "target");
        }
        Ok(())
    }

    fn share(&self, reception: &Reception) -> Result<Vec<Value>> {
        let mut share = Vec::new();
        for event in events(reception)? {
            if self.fate(event.clone(), reception.part.is_some()) == Fate::Stays {
                continue;
            }
            share.push(match event {
                Node::Object(members) => {
                    let has_role = members.iter().any(|(_, node)| self.has_role(node));
                    let members = members.into_iter().map(|(name, node)| match node {
                        Node::List(nodes) if !has_role => (name, self.own(nodes)),
                        node => (name, node),
                    });
                    Node::Object(members.collect()).json()
                }
                event => event.json(),
            });
        }
        Ok(share)
    }

    /// Whether a field of an event makes the person the one whom it is about, also as one of two in a conversation.
    fn has_role(&self, node: &Node) -> bool {
        match node {
            Node::User(id) => self.is(id),
            Node::Conversation(id) => self.is_in(id),
            Node::Optional(inner) => self.has_role(inner),
            Node::Together(nodes) => nodes.iter().any(|node| self.has_role(node)),
            Node::Object(members) => match &members[..] {
                // A conversation: an object whose only member says what it is.
                [(name, node)] if matches!(name.as_str(), "users" | "channel" | "id") => {
                    self.has_role(node)
                }
                _ => false,
            },
            Node::Plain(_) | Node::Text(_) | Node::List(_) => false,
        }
    }

    /// A list without the other users.
    fn own(&self, nodes: Vec<Node>) -> Node {
        let is_other = |node: &Node| match node {
            Node::User(id) => !self.is(id),
            Node::Object(members) => {
                let mut users = members.iter().filter_map(|(_, node)| match node {
                    Node::User(id) => Some(id),
                    _ => None,
                });
                users.any(|id| !self.is(id))
            }
            _ => false,
        };
        Node::List(nodes.into_iter().filter(|node| !is_other(node)).collect())
    }
}

impl Judgement {
    /// The events that stay, as they are stored, and what is left of those that change.
    pub(super) fn left_of<T>(self, stored: Vec<T>, new: impl Fn(Value) -> T) -> Vec<T> {
        let events = stored.into_iter().zip(self.events);
        let left = events.filter_map(|(stored, fate)| match fate {
            Fate::Stays => Some(stored),
            Fate::Changes(left) => Some(new(left)),
            Fate::Goes => None,
        });
        left.collect()
    }
}

/// The events of a reception as trees.
fn events(reception: &Reception) -> Result<Vec<Node>> {
    let Node::Object(members) = tree(&reception.events)? else {
        return Ok(Vec::new());
    };
    let events = members.into_iter().find(|(name, _)| name == "events");
    Ok(match events {
        Some((_, Node::List(events))) => events,
        _ => Vec::new(),
    })
}

fn is_empty(node: &Node) -> bool {
    matches!(node, Node::List(nodes) if nodes.is_empty())
}

/// Whether an event still says something when this list of users has become empty.
fn may_be_empty(event: &str, list: &str) -> bool {
    matches!(
        (event, list),
        ("message_sent", "mentions")
            | ("decided", "others")
            | ("call_members_changed", "members")
            // It ends all memberships, also of those whom it does not name.
            | ("group_dissolved", "members")
    )
}

/// Whether a character ends a word. Scripts without capital letters, such as Chinese, have no spaces between words, so each of
/// their characters does.
fn is_no_part_of_ids(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || c.is_lowercase() || c.is_uppercase() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::{Events, Source, Timestamp};
    use serde_json::json;

    use super::*;

    fn person(id: &str) -> Person {
        Person::new(&UserId::new(id).unwrap())
    }

    fn reception(family: &str, events: &Value) -> Reception {
        let events = json!({"family": family, "events": events});
        Reception {
            id: "r".to_owned(),
            received_at: Timestamp::from_unix_millis(1_700_000_000_123).unwrap(),
            source: Source::OpenIm,
            command: "c".to_owned(),
            operation_id: None,
            events: serde_json::from_value(events).unwrap(),
            body: None,
            target: None,
            part: None,
        }
    }

    /// What is left of one event when `leo` is forgotten; `None` if nothing is.
    fn without_leo(family: &str, event: Value) -> Option<Value> {
        let left = person("leo").forgotten(&reception(family, &json!([event])));
        let left = serde_json::to_value(left.unwrap()?).unwrap();
        Some(left["events"][0].clone())
    }

    #[test]
    fn an_id_counts_in_a_text_only_as_a_whole_word() {
        for (id, text, blanked) in [
            ("ana", "ana", Some("[forgotten]")),
            (
                "ana",
                "@ana, ana! and banana",
                Some("@[forgotten], [forgotten]! and banana"),
            ),
            ("ana", "anaïs, ana-2, ana_2, ana2, bana", None),
            ("ana", "你好ana你好", Some("你好[forgotten]你好")),
            (
                "ana",
                "https://x.example/ana/1.png",
                Some("https://x.example/[forgotten]/1.png"),
            ),
            (
                "ana",
                "si_ana_leo and si_leo_ana",
                Some("[forgotten] and [forgotten]"),
            ),
            ("ana", "si_ana_, si__ana, xsi_ana_leo, sg_ana", None),
            (
                "1",
                "1 or 12, 21 and 1.",
                Some("[forgotten] or 12, 21 and [forgotten]."),
            ),
            ("@TOA#_n", "from @TOA#_n", Some("from [forgotten]")),
            ("é😀", "é😀 éé😀", Some("[forgotten] éé😀")),
            ("aa", "aaa aa", Some("aaa [forgotten]")),
        ] {
            let person = person(id);
            assert_eq!(person.blanked(text).as_deref(), blanked, "{id} in {text}");
            let again = blanked.and_then(|text| person.blanked(text));
            assert_eq!(again, None, "{id} in {text}");
        }
    }

    #[test]
    fn a_text_that_is_json_is_taken_apart() {
        for (id, text, blanked) in [
            (
                "ana",
                r#"{"a":"\u0061na","b":"banana"}"#,
                Some(r#"{"a":"[forgotten]","b":"banana"}"#),
            ),
            (
                "ana",
                r#"[{"sendID":"ana","text":"x"},{"sendID":"leo","text":"hi ana"}]"#,
                Some(r#"[{"sendID":"leo","text":"hi [forgotten]"}]"#),
            ),
            (
                "ana",
                r#"{"at":["ana","leo"],"ana":1}"#,
                Some(r#"{"[forgotten]":1,"at":["leo"]}"#),
            ),
            (
                "ana",
                r#"{"data":"{\"to\":\"ana\"}"}"#,
                Some(r#"{"data":"{\"to\":\"[forgotten]\"}"}"#),
            ),
            (
                "12345",
                r#"{"id":12345,"n":[1,12345]}"#,
                Some(r#"{"id":null,"n":[1]}"#),
            ),
            ("1", r#"{"seq":1}"#, None),
            ("ana", r#"{ "a" : "\n" }"#, None),
        ] {
            let person = person(id);
            assert_eq!(person.blanked(text).as_deref(), blanked, "{id} in {text}");
        }
    }

    #[test]
    fn what_is_left_of_an_event_says_nothing_about_the_person_and_keeps_the_others() {
        let sent = |more: &Value| {
            let mut event = json!({"type": "message_sent", "conversation": {"group": "leo"}, "from": "ana", "message": {},
                "kind": "text"});
            let members = more.as_object().unwrap().clone();
            event.as_object_mut().unwrap().extend(members);
            event
        };
        for (family, event, left) in [
            (
                "relation",
                json!({"type": "friend_added", "owner": "ana", "friend": "leo"}),
                None,
            ),
            (
                "relation",
                json!({"type": "friends_imported", "owner": "ana", "friends": ["bob", "leo"]}),
                Some(json!({"type": "friends_imported", "owner": "ana", "friends": ["bob"]})),
            ),
            (
                "relation",
                json!({"type": "friends_imported", "owner": "ana", "friends": ["leo"]}),
                None,
            ),
            (
                "relation",
                json!({"type": "remark_set", "owner": "ana", "friend": "bob", "remark": "leo's friend"}),
                Some(
                    json!({"type": "remark_set", "owner": "ana", "friend": "bob", "remark": "[forgotten]'s friend"}),
                ),
            ),
            (
                "group",
                json!({"type": "group_created", "group": "leo", "name": "Leo's", "owner": "leo",
                    "members": [{"user": "leo", "role": "owner"}, {"user": "ana"}]}),
                Some(
                    json!({"type": "group_created", "group": "leo", "name": "", "members": [{"user": "ana"}]}),
                ),
            ),
            (
                "group",
                json!({"type": "members_left", "group": "g", "members": ["ana"], "how": "removed", "by": "leo", "reason": "x"}),
                Some(
                    json!({"type": "members_left", "group": "g", "members": ["ana"], "how": "removed"}),
                ),
            ),
            (
                "group",
                json!({"type": "group_dissolved", "group": "g", "owner": "leo", "members": ["leo"]}),
                Some(json!({"type": "group_dissolved", "group": "g", "members": []})),
            ),
            ("message", sent(&json!({"from": "leo"})), None),
            (
                "message",
                sent(&json!({"conversation": {"users": ["ana", "leo"]}})),
                None,
            ),
            (
                "message",
                sent(&json!({"conversation": {"id": "si_ana_leo"}})),
                None,
            ),
            (
                "message",
                sent(&json!({"conversation": {"channel": "leo"}})),
                None,
            ),
            (
                "message",
                sent(
                    &json!({"mentions": ["leo"], "content": {"kind": "text", "text": "@leo lunch?"}}),
                ),
                Some(sent(
                    &json!({"content": {"kind": "text", "text": "@[forgotten] lunch?"}}),
                )),
            ),
            (
                "message",
                sent(&json!({"content": {"kind": "quote", "text": "yes",
                    "quoted": {"message": {"seq": 3}, "from": "leo", "excerpt": "lunch?"}}})),
                Some(sent(
                    &json!({"content": {"kind": "quote", "text": "yes", "quoted": {"message": {"seq": 3}}}}),
                )),
            ),
            (
                "message",
                sent(
                    &json!({"content": {"kind": "card", "user": "leo", "name": "Leo", "picture": "p"}}),
                ),
                Some(sent(&json!({"content": {"kind": "card"}}))),
            ),
            (
                "message",
                json!({"type": "message_edited", "conversation": {"group": "g"}, "message": {}, "by": "leo", "kind": "text",
                    "content": {"kind": "text", "text": "x"}}),
                None,
            ),
            (
                "decision",
                json!({"type": "decided", "decision": "refused", "by": "policies", "actor": "ana", "others": ["leo"],
                    "conversation": {"users": ["ana", "leo"]}}),
                Some(
                    json!({"type": "decided", "decision": "refused", "by": "policies", "actor": "ana"}),
                ),
            ),
            (
                "call",
                json!({"type": "call_members_changed", "changes": [{"user": "ana", "what": "joined"}],
                    "members": [{"user": "leo"}]}),
                Some(
                    json!({"type": "call_members_changed", "changes": [{"user": "ana", "what": "joined"}]}),
                ),
            ),
            (
                "push",
                json!({"type": "push_reported", "to": "ana", "channel": "fcm", "from": "leo",
                    "conversation": {"users": ["ana", "leo"]}}),
                Some(json!({"type": "push_reported", "to": "ana", "channel": "fcm"})),
            ),
        ] {
            assert_eq!(without_leo(family, event.clone()), left, "{event}");
        }
    }

    #[test]
    fn a_body_that_was_kept_as_it_came_goes_if_it_names_the_person() {
        let body = |body: &str| Reception {
            events: Events::Unknown,
            body: Some(body.to_owned()),
            ..reception("unknown", &json!(null))
        };
        for (text, goes) in [
            (r#"{"userID":"leo"}"#, true),
            (r#"{"userID":"\u006ceo"}"#, true),
            (r#"{"userID":"leon"}"#, false),
            ("not JSON, but leo", true),
        ] {
            let left = person("leo").forgotten(&body(text)).unwrap();
            assert_eq!(left.is_none(), goes, "{text}");
        }
    }

    #[test]
    fn a_body_beside_events_goes_if_it_names_the_person_and_the_events_stay() {
        let event = json!({"type": "members_joined", "group": "g", "members": ["ana", "leo"], "how": "applied"});
        let group = |event: &Value| reception("group", &json!([event]));
        let came = |event: &Value, body: &str, target: &str| Reception {
            body: Some(body.to_owned()),
            target: Some(target.to_owned()),
            ..group(event)
        };
        let of_others =
            json!({"type": "members_joined", "group": "g", "members": ["ana"], "how": "applied"});
        for (event, body, target, stays) in [
            (&event, r#"{"userIDs":["ana","leo"]}"#, "/x", false),
            (&of_others, r#"{"userIDs":["ana"]}"#, "/x", true),
            (&of_others, r#"{"userIDs":["ana"],"op":"leo"}"#, "/x", false),
            (
                &of_others,
                r#"{"userIDs":["ana"]}"#,
                "/x?key=si_ana_leo",
                false,
            ),
            // The events name the person, so the body is not trusted.
            (&event, r#"{"userIDs":"YW5h"}"#, "/x", false),
        ] {
            let came = came(event, body, target);
            let left = person("leo").forgotten(&came).unwrap().unwrap();
            assert_eq!(left.events, group(&of_others).events);
            let stayed = stays.then(|| (body.to_owned(), target.to_owned()));
            assert_eq!(left.body.zip(left.target), stayed, "{body} {target}");
        }
        let nothing_happened = Reception {
            body: Some(r#"{"userID":"leo"}"#.to_owned()),
            events: Events::none(domain::Family::Group),
            ..group(&of_others)
        };
        assert_eq!(person("leo").forgotten(&nothing_happened).unwrap(), None);
    }

    /// The members of stored events that hold users' ids. This list is the test's own: the program reads the types.
    const USERS: &[&str] = &[
        "actor",
        "blocked",
        "by",
        "caller",
        "changes",
        "channel",
        "creator",
        "followed",
        "follower",
        "friend",
        "friends",
        "from",
        "member",
        "members",
        "mentions",
        "others",
        "owner",
        "reader",
        "subscribers",
        "to",
        "user",
        "users",
    ];

    fn users(json: &Value, of_users: bool, found: &mut BTreeSet<String>) {
        match json {
            Value::String(text) if of_users => {
                found.insert(text.clone());
            }
            Value::Array(values) => values
                .iter()
                .for_each(|value| users(value, of_users, found)),
            Value::Object(members) => {
                for (name, value) in members {
                    // In these two, the word means something else.
                    let other = json["type"] == "push_reported" && name == "channel"
                        || json["type"] == "decided" && name == "by";
                    users(value, USERS.contains(&name.as_str()) && !other, found);
                }
            }
            _ => {}
        }
    }

    fn users_in(json: &Value) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        users(json, false, &mut found);
        found
    }

    #[test]
    fn every_user_in_every_recorded_event_can_be_forgotten() {
        let (mut forgotten, mut kept, mut kinds) = (0, 0, BTreeSet::new());
        for payload in models::payloads() {
            let whole = Reception {
                events: payload.events.clone(),
                ..reception("unknown", &json!(null))
            };
            let events = serde_json::to_value(&payload.events).unwrap()["events"].clone();
            for id in users_in(&events) {
                let person = person(&id);
                forgotten += 1;
                let judgement = person.judge(&whole).unwrap();
                assert!(!judgement.stays(), "{}: {id}", payload.name);
                for (event, fate) in events.as_array().unwrap().iter().zip(&judgement.events) {
                    let before = users_in(event);
                    assert_eq!(
                        before.contains(&id),
                        *fate != Fate::Stays,
                        "{}: {id}",
                        payload.name
                    );
                    if let Fate::Changes(left) = fate {
                        let mut expected = before;
                        expected.remove(&id);
                        // In a conversation of two, the other one is named only with the first.
                        let after = users_in(left);
                        let lost: Vec<_> = expected.difference(&after).collect();
                        assert!(lost.is_empty(), "{}: {id}: {lost:?}", payload.name);
                        kept += 1;
                    }
                    kinds.insert(event["type"].to_string());
                }
                let Some(left) = person.forgotten(&whole).unwrap() else {
                    continue;
                };
                assert!(
                    person.judge(&left).unwrap().stays(),
                    "{}: {id}",
                    payload.name
                );
                let left = serde_json::to_value(&left.events).unwrap();
                assert!(!users_in(&left).contains(&id), "{}: {id}", payload.name);
            }
        }
        assert!(
            forgotten > 300 && kept > 50 && kinds.len() > 50,
            "{forgotten} {kept} {}",
            kinds.len()
        );
    }

    #[test]
    fn an_export_has_the_person_and_not_the_others_of_a_list() {
        let leo = person("leo");
        for (family, event, share) in [
            (
                "relation",
                json!({"type": "friends_imported", "owner": "ana", "friends": ["bob", "leo"]}),
                json!([{"type": "friends_imported", "owner": "ana", "friends": ["leo"]}]),
            ),
            (
                "relation",
                json!({"type": "friends_imported", "owner": "leo", "friends": ["bob", "ana"]}),
                json!([{"type": "friends_imported", "owner": "leo", "friends": ["bob", "ana"]}]),
            ),
            (
                "user",
                json!({"type": "users_registered", "users": [{"user": "ana", "nickname": "A"}, {"user": "leo", "nickname": "L"}]}),
                json!([{"type": "users_registered", "users": [{"user": "leo", "nickname": "L"}]}]),
            ),
            (
                "message",
                json!({"type": "messages_recalled", "conversation": {"users": ["ana", "leo"]}, "messages": [{"seq": 1}]}),
                json!([{"type": "messages_recalled", "conversation": {"users": ["ana", "leo"]}, "messages": [{"seq": 1}]}]),
            ),
            (
                "relation",
                json!({"type": "friend_added", "owner": "ana", "friend": "bob"}),
                json!([]),
            ),
        ] {
            let events = leo.share(&reception(family, &json!([event])));
            assert_eq!(json!(events.unwrap()), share);
        }
    }
}
