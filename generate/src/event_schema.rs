//! `docs/events.schema.json`: a JSON Schema for each type of event, from the types in `shared/domain`.

use std::mem;

use domain::Family;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::events::without_links;

pub(crate) const PATH: &str = "docs/events.schema.json";

/// The whole text of the file.
pub(crate) fn schema() -> String {
    // What is written, not what can be read: older forms can be read, too.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut generator = settings.into_generator();
    let mut events = Map::new();
    for family in Family::ALL {
        let Some(schema) = family.schema(&mut generator) else {
            continue;
        };
        let types = schema.get("oneOf").and_then(Value::as_array);
        for event in types.into_iter().flatten() {
            let name = &event["properties"]["type"]["const"];
            let name = name.as_str().unwrap_or_default().to_owned();
            events.insert(name, event.clone());
        }
    }
    let any: Vec<Value> = events
        .keys()
        .map(|name| json!({"$ref": format!("#/$defs/{name}")}))
        .collect();
    let mut definitions = generator.take_definitions(true);
    definitions.append(&mut events);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Events",
        "description": "An event as it is stored. docs/events.md explains each. $defs has a schema with the name of each type.",
        "anyOf": any,
        "$defs": definitions,
    });
    clean(&mut schema);
    format!("{schema:#}\n")
}

/// Makes doc comments plain text, and takes away that a field can be null: such a field is not written.
fn clean(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = plain(text);
            }
            if let Some(Value::Array(types)) = members.get_mut("type") {
                types.retain(|one| *one != json!("null"));
                if let [one] = &types[..] {
                    let one = one.clone();
                    members.insert("type".to_owned(), one);
                }
            }
            if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
                choices.retain(|choice| *choice != json!({"type": "null"}));
                if let [Value::Object(choice)] = &mut choices[..] {
                    let mut choice = mem::take(choice);
                    members.remove("anyOf");
                    members.append(&mut choice);
                }
            }
            members.values_mut().for_each(clean);
        }
        Value::Array(members) => members.iter_mut().for_each(clean),
        _ => {}
    }
}

/// A doc comment without links and without line breaks inside of paragraphs.
fn plain(documentation: &str) -> String {
    let paragraphs = without_links(documentation);
    let paragraphs: Vec<String> = paragraphs
        .split("\n\n")
        .map(|paragraph| paragraph.replace('\n', " "))
        .collect();
    paragraphs.join("\n\n")
}
