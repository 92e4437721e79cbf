//! What becomes of the items of each table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Reception;
use serde_json::Value;
use store::item::{self, FAMILY, PK};

use super::person::Person;
use crate::Result;

pub(super) type Item = HashMap<String, AttributeValue>;

/// A table that can hold something about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Events,
    Relationships,
    Limits,
}

impl Place {
    pub(super) const ALL: [Self; 3] = [Self::Events, Self::Relationships, Self::Limits];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Relationships => "relationships",
            Self::Limits => "limits",
        }
    }

    /// What becomes of an item of this table. An item with a part of a reception is judged by itself.
    pub(super) fn judge(self, person: &Person, item: &Item) -> Result<Action> {
        match self {
            Self::Events => event(person, item),
            Self::Relationships => Ok(row(person, item)),
            Self::Limits => Ok(match person.is(counted(text(item, PK))) {
                true => Action::Delete,
                false => Action::Keep,
            }),
        }
    }
}

/// What to do with an item.
#[derive(Debug, PartialEq)]
pub(super) enum Action {
    Keep,
    Delete,
    /// Gives these attributes new values, or removes them.
    Set(Vec<(&'static str, Option<AttributeValue>)>),
    /// Nobody knows, because this program cannot read it, and the id stands in it.
    Unreadable,
}

impl Action {
    /// The same, and what came goes from an item that stays. Its events stay.
    pub(super) fn without_body(self, item: &Item) -> Self {
        let mut set = match self {
            Self::Keep => Vec::new(),
            Self::Set(set) => set,
            other => return other,
        };
        set.retain(|(name, _)| !CAME.contains(name));
        let came = CAME.into_iter().filter(|name| item.contains_key(*name));
        set.extend(came.map(|name| (name, None)));
        match set.is_empty() {
            true => Self::Keep,
            false => Self::Set(set),
        }
    }

    /// Whether it takes away what came.
    pub(super) fn is_of_body(&self, item: &Item) -> bool {
        match self {
            Self::Set(set) => set.iter().any(|(name, _)| CAME.contains(name)),
            Self::Delete => item.contains_key("body"),
            Self::Keep | Self::Unreadable => false,
        }
    }
}

/// The attributes that say what came.
const CAME: [&str; 2] = ["body", "target"];

pub(super) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map_or("", String::as_str)
}

/// The family of an event, or the kind of a row. It is a heading of what is counted.
pub(super) fn kind(place: Place, item: &Item) -> String {
    let kind = match place {
        Place::Events => text(item, FAMILY),
        Place::Relationships => match text(item, "aspect") {
            "" => "membership",
            aspect => aspect,
        },
        Place::Limits => "count",
    };
    kind.to_owned()
}

/// Whether any text of the item passes.
pub(super) fn any_text(item: &Item, passes: &impl Fn(&str) -> bool) -> bool {
    fn any(value: &AttributeValue, passes: &impl Fn(&str) -> bool) -> bool {
        match value {
            AttributeValue::S(text) => passes(text),
            AttributeValue::Ss(texts) => texts.iter().any(|text| passes(text)),
            AttributeValue::L(values) => values.iter().any(|value| any(value, passes)),
            AttributeValue::M(members) => any_text(members, passes),
            _ => false,
        }
    }
    item.iter()
        .any(|(name, value)| passes(name) || any(value, passes))
}

/// What an item has, as JSON.
pub(super) fn json(item: Item) -> Result<Value> {
    Ok(serde_dynamo::from_item(item)?)
}

fn event(person: &Person, item: &Item) -> Result<Action> {
    // Such a marker has only a digest, and the id of a reception.
    if text(item, FAMILY) == "retry" {
        return Ok(Action::Keep);
    }
    // The key cannot be changed, so all of the item goes.
    if is_filed_under(person, text(item, PK)) {
        return Ok(Action::Delete);
    }
    let Ok(reception) = item::to_reception(item.clone()) else {
        return Ok(match any_text(item, &|text| person.is_in(text)) {
            true => Action::Unreadable,
            false => Action::Keep,
        });
    };
    let judgement = person.judge(&reception)?;
    if judgement.stays() {
        return Ok(Action::Keep);
    }
    if judgement.goes {
        return Ok(Action::Delete);
    }
    let body_goes = judgement.body_goes;
    let mut set = Vec::new();
    if judgement.operation_id_goes {
        set.push(("operation_id", None));
    }
    if let Some(AttributeValue::L(stored)) = item.get("events") {
        let new = judgement.left_of(stored.iter().map(|it| Ok(it.clone())).collect(), |left| {
            serde_dynamo::to_attribute_value(left)
        });
        let new = new
            .into_iter()
            .collect::<std::result::Result<Vec<_>, _>>()?;
        if new != *stored {
            set.push(("events", Some(AttributeValue::L(new))));
        }
    }
    let action = Action::Set(set);
    Ok(match body_goes {
        true => action.without_body(item),
        false => action,
    })
}

/// The reception of a part's item; `None` if the item is no part.
pub(super) fn part(item: &Item) -> Option<Reception> {
    item.get("part")?;
    item::to_reception(item.clone()).ok()
}

/// Whether a partition is about the person. `store::item` lists the forms.
fn is_filed_under(person: &Person, pk: &str) -> bool {
    match pk.split_once('#') {
        Some(("user", user)) => person.is(user),
        Some(("users", pair)) => {
            let users = pair.split_once('#').and_then(|(length, users)| {
                let (one, other) = users.split_at_checked(length.parse().ok()?)?;
                Some([one, other.strip_prefix('#')?])
            });
            users.is_some_and(|users| users.into_iter().any(|user| person.is(user)))
        }
        Some(("conversation" | "unknown", name)) => person.is_in(name),
        _ => false,
    }
}

/// The user in the key of a counter: `requests#<command>#<seconds>#<begin>#<user>` or `messages#<seconds>#<begin>#<user>`.
fn counted(pk: &str) -> &str {
    let words = match pk.starts_with("requests#") {
        true => 5,
        false => 4,
    };
    pk.splitn(words, '#').nth(words - 1).unwrap_or("")
}

fn row(person: &Person, item: &Item) -> Action {
    let users = [text(item, "owner"), text(item, "other")];
    if users.into_iter().any(|user| person.is(user)) || is_filed_under(person, text(item, PK)) {
        return Action::Delete;
    }
    // Of versions up to 0.2.0, and of later ones.
    let texts = ["remark", "message"].into_iter().filter_map(|name| {
        let left = person.blanked(text(item, name))?;
        Some((name, Some(AttributeValue::S(left))))
    });
    let facts = [("friend_remark", "remark"), ("friend_request", "message")];
    let facts = facts.into_iter().filter_map(|(name, of)| {
        let fact = item.get(name)?.as_m().ok()?;
        let left = person.blanked(text(fact, of))?;
        let mut fact = fact.clone();
        fact.insert(of.to_owned(), AttributeValue::S(left));
        Some((name, Some(AttributeValue::M(fact))))
    });
    let set: Vec<_> = texts.chain(facts).collect();
    match set.is_empty() {
        true => Action::Keep,
        false => Action::Set(set),
    }
}

#[cfg(test)]
mod tests {
    use domain::UserId;

    use super::*;

    fn person(id: &str) -> Person {
        Person::new(&UserId::new(id).unwrap())
    }

    #[test]
    fn the_id_goes_from_texts_about_others_in_every_form_of_row() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let fact = |name: &str, said: &str| {
            AttributeValue::M(
                [
                    (name.to_owned(), text(said)),
                    ("as_of".to_owned(), text("1")),
                ]
                .into(),
            )
        };
        for (name, value, left) in [
            ("remark", text("ana's boss"), text("[forgotten]'s boss")),
            (
                "friend_remark",
                fact("remark", "ana's boss"),
                fact("remark", "[forgotten]'s boss"),
            ),
            (
                "friend_request",
                fact("message", "I know ana"),
                fact("message", "I know [forgotten]"),
            ),
        ] {
            let item: Item = [
                ("pk", text("user#leo")),
                ("owner", text("leo")),
                ("other", text("bob")),
                (name, value),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
            let Action::Set(set) = row(&person("ana"), &item) else {
                panic!("{name}");
            };
            assert_eq!(set, [(name, Some(left))]);
            assert!(matches!(row(&person("eve"), &item), Action::Keep), "{name}");
        }
    }

    #[test]
    fn the_users_in_every_form_of_key_are_found() {
        for (pk, user, found) in [
            ("user#ana", "ana", true),
            ("user#ana", "an", false),
            ("users#3#ana#leo", "ana", true),
            ("users#3#ana#leo", "leo", true),
            ("users#3#a#b#leo", "a#b", true),
            ("users#3#a#b#leo", "a", false),
            ("users#900#ana#leo", "ana", false),
            ("users#x", "x", false),
            ("group#ana", "ana", false),
            ("group-messages#07#ana", "ana", false),
            ("conversation#si_ana_leo", "leo", true),
            ("conversation#ana-7", "ana", false),
            ("unknown#callbackAfterAnaCommand#1", "ana", false),
        ] {
            assert_eq!(is_filed_under(&person(user), pk), found, "{pk} {user}");
        }
        let command = "requests#callbackBeforeAddFriendCommand#60#1700000000#";
        for (pk, user) in [
            (format!("{command}ana"), "ana"),
            (format!("{command}a#b"), "a#b"),
            ("messages#60#1700000000#a#b".to_owned(), "a#b"),
            ("messages#60".to_owned(), ""),
        ] {
            assert_eq!(counted(&pk), user);
        }
    }
}
