//! The commands of `policies.schema.json`.

use domain::Source;
use protocol::{Command, Rules};
use serde_json::json;

use crate::{MarksMissing, names, policies::SUBJECTS};

/// `policies.schema.json` with a property for each subject and each command that has rules. They follow the property `$schema`, which is written
/// by hand, as are the definitions of the rules.
pub(crate) fn schema(commands: &[&Command], current: &str) -> Result<String, MarksMissing> {
    let begin = "\n  \"properties\": {\n";
    let (before, rest) = current.split_once(begin).ok_or(MarksMissing)?;
    // Indentation shows where `$schema` and the properties end.
    let (own, rest) = rest.split_once("\n    }").ok_or(MarksMissing)?;
    let (_, after) = rest.split_once("\n  },\n").ok_or(MarksMissing)?;
    let mut properties = format!("{own}\n    }}");
    for subject in SUBJECTS {
        properties.push_str(&format!(
            ",\n    \"{subject}\": {{\n      \"$ref\": \"#/definitions/{subject}\"\n    }}"
        ));
    }
    for command in commands {
        let Some(rules) = command.rules().filter(|rules| rules.has_own()) else {
            continue;
        };
        properties.push_str(",\n");
        properties.push_str(&property(command, rules));
    }
    Ok(format!("{before}{begin}{properties}\n  }},\n{after}"))
}

fn property(command: &Command, rules: &Rules) -> String {
    let prefix = match command.source {
        Source::OpenIm => "openim",
        Source::Tencent => "tencent",
    };
    let keys: Vec<String> = keys(rules)
        .into_iter()
        .map(|(key, definition)| {
            format!(
                "        \"{key}\": {{\n          \"$ref\": \"#/definitions/{prefix}{definition}\"\n        }}"
            )
        })
        .collect();
    let description = format!("{}: {}", names::server(command.source), command.sentence);
    format!(
        "    \"{}\": {{\n      \"description\": {},\n      \"type\": \"object\",\n      \"properties\": {{\n{}\n      }},\n      \"additionalProperties\": false\n    }}",
        command.name,
        json!(description),
        keys.join(",\n"),
    )
}

/// Each key that a command can have, with the name of its definition.
fn keys(rules: &Rules) -> Vec<(&'static str, &'static str)> {
    let mut keys = Vec::new();
    if rules.acting_user {
        keys.push(("actingUser", "ActingUser"));
    }
    if rules.other_user {
        keys.push(("otherUser", "OtherUser"));
    }
    if rules.is_request {
        keys.push(("requestLimit", "RequestLimit"));
    }
    for text in rules.texts {
        let definition = match text.can_amend {
            true => "ChangeableText",
            false => "Text",
        };
        keys.push((text.key, definition));
    }
    keys.extend(rules.list.map(|key| (key, "List")));
    keys
}
