//! The bodies of the smoke test. Every id in them begins with the run's prefix, so no user of the app is touched, and all
//! that is stored can be found again.

use std::collections::BTreeSet;

use domain::{Conversation, GroupId, UserId};
use serde_json::Value;
use store::HistoryOf;

/// What a value in a body names.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Names {
    User,
    Group,
    Conversation,
}

/// What the values with this key name; `None` if they are no ids of the chat.
fn names(key: &str) -> Option<Names> {
    const USERS: [&str; 10] = [
        "userid",
        "userids",
        "useridlist",
        "atuserlist",
        "ownerid",
        "membersid",
        "sendid",
        "recvid",
        "receiveid",
        "applyid",
    ];
    const GROUPS: [&str; 3] = ["groupid", "topicid", "topicidlist"];
    let key = key.to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| key.ends_with(end));
    if key.ends_with("conversationid") {
        Some(Names::Conversation)
    } else if ends(&GROUPS) {
        Some(Names::Group)
    } else if ends(&USERS) || key.ends_with("_account") {
        Some(Names::User)
    } else {
        None
    }
}

/// The id with the run's prefix. What tells the kind of an id in Tencent Chat stays in front: `@TGS#`, `@TOA#_`, `@RBT#`.
fn prefixed(id: &str, prefix: &str) -> String {
    let (whole, topic) = match id.find("@TOPIC#") {
        Some(at) => id.split_at(at),
        None => (id, ""),
    };
    let at = whole.rfind('#').map_or(0, |at| at + 1);
    let (kind, own) = whole.split_at(at);
    match own.strip_prefix('_').filter(|_| at > 0) {
        Some(own) => format!("{kind}_{prefix}-{own}{topic}"),
        None => format!("{kind}{prefix}-{own}{topic}"),
    }
}

/// OpenIM's id of a conversation: its kind, and the ids of two users or of a group.
fn prefixed_conversation(id: &str, prefix: &str) -> String {
    let mut parts = id.split('_');
    let kind = parts.next().unwrap_or_default();
    let parts = parts.map(|id| format!("_{}", prefixed(id, prefix)));
    format!("{kind}{}", String::from_iter(parts))
}

/// The body of a sample with the run's prefix in every id.
pub(super) fn with_prefix(sample: &str, prefix: &str) -> serde_json::Result<String> {
    let mut body = serde_json::from_str(sample)?;
    replace(&mut body, None, prefix);
    Ok(body.to_string())
}

fn replace(value: &mut Value, key: Option<&str>, prefix: &str) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                replace(value, Some(key), prefix);
            }
        }
        Value::Array(values) => {
            for value in values {
                replace(value, key, prefix);
            }
        }
        Value::String(text) => match key.and_then(names) {
            _ if text.is_empty() => {}
            Some(Names::Conversation) => *text = prefixed_conversation(text, prefix),
            Some(_) => *text = prefixed(text, prefix),
            // The content of a message is JSON in a text. It can name users, too.
            None if key == Some("content") => {
                if let Ok(mut content) = serde_json::from_str::<Value>(text) {
                    replace(&mut content, None, prefix);
                    *text = content.to_string();
                }
            }
            None => {}
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whom the callbacks of a run name: everything that they can be filed under.
#[derive(Default)]
pub(super) struct Named {
    users: BTreeSet<String>,
    groups: BTreeSet<String>,
    /// Users who are in one body, and so can be in one conversation.
    pairs: BTreeSet<[String; 2]>,
    conversations: BTreeSet<String>,
    commands: BTreeSet<String>,
}

impl Named {
    /// Adds the ids in a body. Other ids than the run's are left out: nothing of theirs is ever deleted.
    pub(super) fn add(&mut self, command: &str, body: &str, prefix: &str) {
        self.commands.insert(command.to_owned());
        let mut ids = Vec::new();
        collect(
            &serde_json::from_str(body).unwrap_or_default(),
            None,
            &mut ids,
        );
        let mut users = BTreeSet::new();
        for (names, id) in ids.into_iter().filter(|(_, id)| id.contains(prefix)) {
            match names {
                Names::User => {
                    users.insert(id);
                }
                Names::Group => {
                    self.groups.insert(id);
                }
                Names::Conversation => {
                    let (kind, members) = id.split_once('_').unwrap_or_default();
                    match kind {
                        "sg" => {
                            self.groups.insert(members.to_owned());
                        }
                        _ => users.extend(members.split('_').map(ToOwned::to_owned)),
                    }
                    self.conversations.insert(id);
                }
            }
        }
        for one in &users {
            let others = users.iter().filter(|other| one < *other);
            let pairs = others.map(|other| [one.clone(), other.clone()]);
            self.pairs.extend(pairs);
        }
        self.users.append(&mut users);
    }

    pub(super) fn users(&self) -> Vec<UserId> {
        self.users.iter().flat_map(UserId::new).collect()
    }

    pub(super) fn groups(&self) -> Vec<GroupId> {
        self.groups.iter().flat_map(GroupId::new).collect()
    }

    /// All histories that can contain something of the run.
    pub(super) fn histories(&self) -> Vec<HistoryOf> {
        let users = self.users().into_iter().map(HistoryOf::User);
        let groups = self.groups().into_iter().map(HistoryOf::Group);
        let pairs = self.pairs.iter().filter_map(|[one, other]| {
            let (one, other) = (UserId::new(one).ok()?, UserId::new(other).ok()?);
            Some(Conversation::between(one, other))
        });
        let conversations = self.conversations.iter().cloned().map(Conversation::Id);
        let conversations = pairs.chain(conversations).map(HistoryOf::Conversation);
        let commands = self.commands.iter().cloned().map(HistoryOf::Command);
        users
            .chain(groups)
            .chain(conversations)
            .chain(commands)
            .collect()
    }
}

fn collect(value: &Value, key: Option<&str>, ids: &mut Vec<(Names, String)>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                collect(value, Some(key), ids);
            }
        }
        Value::Array(values) => {
            for value in values {
                collect(value, key, ids);
            }
        }
        Value::String(text) => match key.and_then(names) {
            Some(names) if !text.is_empty() => ids.push((names, text.clone())),
            _ => {}
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{OPENIM, TENCENT};

    const PREFIX: &str = "smoke-0-0";

    #[test]
    fn every_id_in_every_sample_gets_the_prefix() {
        let samples = || OPENIM.iter().chain(TENCENT);
        // Every id that any sample has.
        let mut known = BTreeSet::new();
        for sample in samples() {
            let mut ids = Vec::new();
            collect(&serde_json::from_str(sample.body).unwrap(), None, &mut ids);
            known.extend(ids.into_iter().map(|(_, id)| id));
        }
        assert!(known.len() > 50);
        for sample in samples() {
            let body = with_prefix(sample.body, PREFIX).unwrap();
            let body: Value = serde_json::from_str(&body).unwrap();
            let mut texts = Vec::new();
            all_texts(&body, &mut texts);
            // Texts that only look like somebody's id.
            texts.retain(|text| !matches!(&**text, "x" | "ID" | "id"));
            for text in texts {
                assert!(!known.contains(&text), "{}: {text}", sample.command);
            }
        }
    }

    fn all_texts(value: &Value, texts: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.values().for_each(|it| all_texts(it, texts)),
            Value::Array(values) => values.iter().for_each(|it| all_texts(it, texts)),
            Value::String(text) => {
                texts.push(text.clone());
                if let Ok(inside @ Value::Object(_)) = serde_json::from_str(text) {
                    all_texts(&inside, texts);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    #[test]
    fn the_kind_of_an_id_stays_in_front_of_the_prefix() {
        for (id, with) in [
            ("ana", "smoke-0-0-ana"),
            ("@TGS#2EXAMPLE1", "@TGS#smoke-0-0-2EXAMPLE1"),
            ("@TGS#_@TGS#cE", "@TGS#_@TGS#smoke-0-0-cE"),
            (
                "@TGS#_@TGS#cE@TOPIC#_Trails",
                "@TGS#_@TGS#smoke-0-0-cE@TOPIC#_Trails",
            ),
            ("@TOA#_news", "@TOA#_smoke-0-0-news"),
            ("@RBT#helper", "@RBT#smoke-0-0-helper"),
        ] {
            assert_eq!(prefixed(id, PREFIX), with);
        }
        assert_eq!(
            prefixed_conversation("si_a_b", PREFIX),
            "si_smoke-0-0-a_smoke-0-0-b"
        );
    }

    #[test]
    fn an_id_of_somebody_else_is_never_named() {
        let mut named = Named::default();
        let body = r#"{"ownerUserID":"ana","friendUserID":"smoke-0-0-leo","groupID":"climbers"}"#;
        named.add("callbackX", body, PREFIX);
        assert_eq!(named.users(), [UserId::new("smoke-0-0-leo").unwrap()]);
        assert_eq!(named.groups(), []);
    }
}
