//! The events that both servers give: from which commands, and which fields only one server knows.
//!
//! It is computed from the events in `tests/payloads`. What payloads cannot show is in `tests/pairs`: bodies of both
//! servers that tell the same fact. A test sends them to the functions and compares the events.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

use domain::Source;
use protocol::Command;
use serde_json::Value;

use crate::{Stored, names, policies::cell};

/// Fields that hold one of several things. What is in them depends on which one it is, not on the server.
const WHOLE: [&str; 2] = ["conversation", "content"];

/// An event that both servers give.
pub struct Both {
    /// Its `type`.
    pub event: String,
    /// The commands that give it, of OpenIM and of Tencent Chat.
    pub commands: [Vec<&'static str>; 2],
    /// Its fields that only OpenIM knows, and those that only Tencent Chat knows.
    pub only: [Vec<String>; 2],
    /// Its fields that both servers know.
    pub shared: Vec<String>,
}

/// Two bodies that tell the same fact.
pub struct Pair {
    /// The file's name without its ending, `<event>.<case>`.
    pub name: String,
    /// The `type` of the events that must be equal.
    pub event: String,
    /// The command and the body of OpenIM and of Tencent Chat.
    pub bodies: [(String, Value); 2],
    /// Only events that have this field are compared. If it is `None`, all are.
    pub with: Option<String>,
    /// Fields that both servers know and that still differ here, with the reason.
    pub except: BTreeMap<String, String>,
}

/// The events that both servers give, in the order of their names.
///
/// # Panics
///
/// Panics if the events of a payload cannot be read.
#[must_use]
pub fn both(root: &Path, commands: &[&Command], stored: &Stored) -> Vec<Both> {
    let mut fields: BTreeMap<String, [Option<BTreeSet<String>>; 2]> = BTreeMap::new();
    for (server, source) in [Source::OpenIm, Source::Tencent].into_iter().enumerate() {
        let folder = root
            .join("tests/payloads")
            .join(names::server_folder(source));
        for file in files(&folder, ".events.json") {
            let events: Vec<Value> = read(&file);
            for event in events {
                let name = event["type"].as_str().unwrap_or_default().to_owned();
                let known = &mut fields.entry(name).or_default()[server];
                known.get_or_insert_default().extend(self::fields(&event));
            }
        }
    }
    let both = fields.into_iter().filter_map(|(event, fields)| {
        let [Some(openim), Some(tencent)] = fields else {
            return None;
        };
        let of = |source| {
            let commands = commands.iter().filter(|command| command.source == source);
            let commands = commands.filter(|command| stored.of(command).contains(&event));
            commands.map(|command| command.name).collect()
        };
        Some(Both {
            commands: [of(Source::OpenIm), of(Source::Tencent)],
            only: [
                outermost(openim.difference(&tencent)),
                outermost(tencent.difference(&openim)),
            ],
            shared: openim.intersection(&tencent).cloned().collect(),
            event,
        })
    });
    both.collect()
}

/// The pairs of `tests/pairs`, in the order of their names.
///
/// # Panics
///
/// Panics if a file cannot be read, or has not the form of a pair.
#[must_use]
pub fn pairs(root: &Path) -> Vec<Pair> {
    let files = files(&root.join("tests/pairs"), ".json").into_iter();
    let pairs = files.map(|file| {
        let name = file.file_stem().and_then(|it| it.to_str());
        let name = name.unwrap_or_default().to_owned();
        let pair: Value = read(&file);
        let body = |server: &str| {
            let command = pair[server]["command"].as_str();
            let command = command.unwrap_or_else(|| panic!("{name}: {server} has no command"));
            (command.to_owned(), pair[server]["body"].clone())
        };
        let except = pair["except"].as_object().into_iter().flatten();
        let except =
            except.map(|(field, why)| (field.clone(), why.as_str().unwrap_or_default().to_owned()));
        Pair {
            event: name.split('.').next().unwrap_or_default().to_owned(),
            bodies: [body("openim"), body("tencent")],
            with: pair["with"].as_str().map(ToOwned::to_owned),
            except: except.collect(),
            name,
        }
    });
    pairs.collect()
}

/// The names of an event's fields, as the page of events writes them: `message.id`, `members[].role`. Without `type`.
#[must_use]
pub fn fields(event: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let fields = event.as_object().into_iter().flatten();
    for (name, value) in fields.filter(|(name, _)| *name != "type") {
        found.insert(name.clone());
        if WHOLE.contains(&name.as_str()) {
            continue;
        }
        let (objects, between) = match value {
            Value::Array(list) => (list.as_slice(), "[]."),
            one => (std::slice::from_ref(one), "."),
        };
        for object in objects {
            let inside = self::fields(object);
            found.extend(
                inside
                    .iter()
                    .map(|inside| format!("{name}{between}{inside}")),
            );
        }
    }
    found
}

/// Removes a field, by the name that [`fields`] gives it.
pub fn remove(event: &mut Value, field: &str) {
    let (first, inside) = match field.split_once('.') {
        Some((first, inside)) => (first.trim_end_matches("[]"), Some(inside)),
        None => (field, None),
    };
    let Some(inside) = inside else {
        if let Some(fields) = event.as_object_mut() {
            fields.remove(first);
        }
        return;
    };
    match event.get_mut(first) {
        Some(Value::Array(list)) => list.iter_mut().for_each(|it| remove(it, inside)),
        Some(object) => remove(object, inside),
        None => {}
    }
}

/// The section of the page of events.
pub(crate) fn section(root: &Path, commands: &[&Command], stored: &Stored) -> String {
    let mut text = String::from(
        "\n## The same event from both servers\n
These events mean the same from both servers. If both tell the same fact, the events are equal, except for fields that only one
server knows. A later version of a server may tell more.\n
| Event | OpenIM | Tencent Chat | Only OpenIM knows | Only Tencent Chat knows |\n|---|---|---|---|---|\n",
    );
    let code = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    for both in self::both(root, commands, stored) {
        let of = |names: &[String]| code(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} |",
            both.event,
            code(&both.commands[0]),
            code(&both.commands[1]),
            of(&both.only[0]),
            of(&both.only[1])
        );
    }
    text.push_str(
        "\nThese fields can differ, although both servers have them:\n\n| Event | Field | Why |\n|---|---|---|\n",
    );
    let pairs = pairs(root);
    let exceptions = pairs.iter().flat_map(|pair| {
        let except = pair.except.iter();
        except.map(|(field, why)| (&pair.event, field, why))
    });
    for (event, field, why) in exceptions.collect::<BTreeSet<_>>() {
        let _ = writeln!(text, "| `{event}` | `{field}` | {} |", cell(why));
    }
    text
}

/// The fields without those inside of another one of them.
fn outermost<'a>(fields: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut outermost: Vec<String> = Vec::new();
    for field in fields {
        let is_inside = outermost.iter().any(|it| {
            let inside = field.strip_prefix(it.as_str());
            inside.is_some_and(|rest| rest.starts_with(['.', '[']))
        });
        if !is_inside {
            outermost.push(field.clone());
        }
    }
    outermost
}

/// The files of a folder whose names have this ending, in their order. None if there is no folder.
fn files(folder: &Path, ending: &str) -> Vec<std::path::PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = files.map(|file| file.path());
    let mut files: Vec<_> = files
        .filter(|path| path.to_str().is_some_and(|it| it.ends_with(ending)))
        .collect();
    files.sort();
    files
}

fn read<T: serde::de::DeserializeOwned>(file: &Path) -> T {
    let text = fs::read(file).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{fields, outermost, remove};

    #[test]
    fn fields_inside_of_lists_and_objects_have_names_and_can_be_removed() {
        let mut event = json!({
            "type": "t", "by": "a", "message": {"id": "1", "seq": 2}, "conversation": {"group": "g"},
            "members": [{"user": "a", "role": "owner"}, {"user": "b"}],
        });
        let names = fields(&event);
        let expected = [
            "by",
            "conversation",
            "members",
            "members[].role",
            "members[].user",
            "message",
            "message.id",
            "message.seq",
        ];
        assert_eq!(names.into_iter().collect::<Vec<_>>(), expected);
        for field in ["by", "message.seq", "members[].role", "nothing.here"] {
            remove(&mut event, field);
        }
        assert_eq!(
            event,
            json!({
                "type": "t", "message": {"id": "1"}, "conversation": {"group": "g"},
                "members": [{"user": "a"}, {"user": "b"}],
            })
        );
    }

    #[test]
    fn a_field_inside_of_a_listed_one_is_not_listed() {
        let fields = [
            "by",
            "bystander",
            "message",
            "message.id",
            "parts",
            "parts[].text",
        ];
        let fields = fields.map(ToOwned::to_owned);
        let outer = outermost(fields.iter());
        assert_eq!(outer, ["by", "bystander", "message", "parts"]);
    }
}
