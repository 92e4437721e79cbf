//! What the fields of an answer change, by OpenIM's source and by trials: the file of the tests' model of OpenIM.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Field;

/// What an answer to a command can change.
#[derive(Deserialize)]
struct Rules {
    command: String,
    answer: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    name: String,
    #[serde(rename = "type")]
    kind: Kind,
    replaces: Replaces,
    must_be: Option<MustBe>,
    effect: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Replaces {
    WhenNotEmpty,
    WhenNotNull,
    Always,
    Never,
    InMembers,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum MustBe {
    JsonObjectOrNull,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Kind {
    Plain(String),
    /// A list of structures of these fields.
    Structures(Vec<Member>),
    /// A structure of these fields.
    Inlined {
        fields: Vec<Member>,
    },
}

#[derive(Deserialize)]
struct Member {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

static RULES: LazyLock<Vec<Rules>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../tests/models/openim-before.json"))
        .expect("openim-before.json has the expected form")
});

/// The effect of a field that the answer to a command does not have.
pub(super) const UNKNOWN: &str = "OpenIM reads no such field in the answer to this command";

/// What each field of an answer does. An error says why OpenIM cannot read the answer.
pub(super) fn read(
    command: &str,
    members: &Map<String, Value>,
    own: &[&str],
) -> Result<Vec<Field>, String> {
    let rules = RULES.iter().find(|it| it.command == command);
    let rules = rules.map_or(&[][..], |it| &it.answer);
    for rule in rules {
        let value = super::openim::member(members, &rule.name);
        if let Some(wrong) = value.and_then(|value| rule.kind.wrong(value)) {
            return Err(format!("{} {wrong}", rule.name));
        }
    }
    let field = |name: &&str| {
        let mut known = rules.iter();
        match known.find(|it| it.name.eq_ignore_ascii_case(name)) {
            Some(rule) => rule.field(rules, &members[*name]),
            None => Field::idle(name, UNKNOWN),
        }
    };
    Ok(own.iter().map(field).collect())
}

impl Rule {
    fn field(&self, all: &[Self], value: &Value) -> Field {
        let is_empty = value == "" || value.as_array().is_some_and(Vec::is_empty);
        let idle = |why: &str| Field::idle(&self.name, why);
        match self.replaces {
            Replaces::Never => idle(&self.effect(all)),
            Replaces::Always => Field::changing(&self.name, self.effect(all)),
            _ if value.is_null() => idle("null is the same as a missing field"),
            Replaces::WhenNotEmpty | Replaces::InMembers if is_empty => {
                idle("an empty value replaces nothing")
            }
            _ if self.must_be == Some(MustBe::JsonObjectOrNull) && !is_object_or_null(value) => {
                let effect = "it is not the text of a JSON object: the message is not sent (1001), except by OpenIM up to 3.8.3";
                Field::changing(&self.name, effect)
            }
            _ => Field::changing(&self.name, self.effect(all)),
        }
    }

    /// The effect. Some are written as that of another field, such as `as nickName`.
    fn effect(&self, all: &[Self]) -> String {
        let Some(reference) = self.effect.strip_prefix("as ") else {
            return self.effect.clone();
        };
        let (other, rest) = match reference.split_once("; ") {
            Some((other, rest)) => (other, format!("; {rest}")),
            None => (reference, String::new()),
        };
        match all.iter().find(|it| it.name == other) {
            Some(other) => format!("{}{rest}", other.effect),
            None => self.effect.clone(),
        }
    }
}

fn is_object_or_null(text: &Value) -> bool {
    let json = serde_json::from_str::<Value>(text.as_str().unwrap_or_default());
    json.is_ok_and(|json| json.is_object() || json.is_null())
}

impl Kind {
    /// Why Go cannot read the value.
    fn wrong(&self, value: &Value) -> Option<String> {
        match self {
            Self::Plain(kind) => wrong(kind, value),
            Self::Inlined { fields } => wrong_in(fields, value),
            Self::Structures(members) => match value.as_array() {
                None => Some(format!("is {}, and must be a list", kind_of(value))),
                Some(values) => values
                    .iter()
                    .filter(|it| !it.is_null())
                    .find_map(|it| wrong_in(members, it)),
            },
        }
    }
}

fn wrong_in(members: &[Member], value: &Value) -> Option<String> {
    let Some(object) = value.as_object() else {
        return Some(format!("has {}, and must have an object", kind_of(value)));
    };
    members.iter().find_map(|member| {
        let value = super::openim::member(object, &member.name)?;
        let wrong = wrong(&member.kind, value)?;
        Some(format!("has a {} that {wrong}", member.name))
    })
}

/// Why Go cannot read the value, which is not null, as this type.
fn wrong(kind: &str, value: &Value) -> Option<String> {
    let whole = |value: &Value| value.as_i64();
    let may_be_null = |is: fn(&Value) -> bool| move |it: &Value| it.is_null() || is(it);
    let (fits, must_be) = match kind.trim_end_matches('?') {
        "string" => (value.is_string(), "a text"),
        "string[]" => (
            value
                .as_array()
                .is_some_and(|it| it.iter().all(may_be_null(Value::is_string))),
            "a list of texts",
        ),
        "int32" => (
            whole(value).is_some_and(|it| i32::try_from(it).is_ok()),
            "a whole number (int32)",
        ),
        "int64" => (whole(value).is_some(), "a whole number"),
        "switches" => (
            value
                .as_object()
                .is_some_and(|it| it.values().all(may_be_null(Value::is_boolean))),
            "an object of true and false",
        ),
        "object" => (value.is_object(), "an object"),
        _ => (value.is_boolean(), "true or false"),
    };
    (!fits).then(|| format!("is {}, and must be {must_be}", kind_of(value)))
}

/// What a value is, without its contents.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use models::Outcome;
    use serde_json::json;

    use super::super::{Reads, openim};
    use super::*;

    /// A value that fits each type.
    fn fitting(kind: &Kind) -> Value {
        match kind {
            Kind::Plain(kind) => match kind.trim_end_matches('?') {
                "string" => json!("{}"),
                "string[]" => json!(["x"]),
                "int32" | "int64" => json!(7),
                "switches" | "object" => json!({}),
                _ => json!(true),
            },
            Kind::Structures(_) => json!([{"userID": "x"}]),
            Kind::Inlined { .. } => json!({"title": "x"}),
        }
    }

    #[test]
    fn every_field_is_read_as_the_model_of_openim_reads_it() {
        let (mut fields, mut proceeded) = (0, 0);
        for rules in RULES.iter() {
            let command = protocol::command(domain::Source::OpenIm, &rules.command).unwrap();
            for rule in &rules.answer {
                let values = [
                    fitting(&rule.kind),
                    json!([[]]),
                    json!(1.5),
                    json!({"a": 1}),
                ];
                for value in values {
                    let answer = json!({&rule.name: value, "groupID": "g"});
                    let answer = match rule.name.as_str() {
                        "groupID" => json!({"groupID": value}),
                        _ => answer,
                    };
                    let request = json!({&rule.name: "asked", "memberList": []});
                    let model =
                        models::openim_proceeds(command.name, &request, &answer.to_string());
                    let reading = openim::read(Some(command), &answer.to_string());
                    let fails = model == Outcome::Fails;
                    assert_eq!(
                        reading.reads == Reads::Unreadable,
                        fails,
                        "{answer} to {}: {model:?}",
                        command.name
                    );
                    // Of these two commands, fields that the answer does not have change the request, too.
                    let is_told = rule.replaces != Replaces::InMembers
                        && !protocol::plain_allow_fails(command.name);
                    if let Outcome::Proceeds(done) = model
                        && is_told
                    {
                        let changes = reading.fields.iter().any(|it| it.changes);
                        assert_eq!(changes, done != request, "{answer} to {}", command.name);
                        proceeded += 1;
                    }
                    fields += 1;
                }
            }
        }
        assert!(fields > 300 && proceeded > 60, "{fields}, {proceeded}");
    }

    #[test]
    fn every_effect_is_in_words_of_its_own() {
        for rules in RULES.iter() {
            for rule in &rules.answer {
                let effect = rule.effect(&rules.answer);
                assert!(!effect.starts_with("as "), "{}: {effect}", rules.command);
            }
        }
    }
}
