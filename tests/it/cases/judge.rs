//! Compares what happened in a case with what is right.

use std::time::Duration;

use serde_json::Value;

use super::case::{Case, fill};

/// The answer to a request.
pub(super) struct Answer {
    /// 0 if no answer came; then the body has the reason.
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) took: Duration,
}

impl Answer {
    /// The answer that an invoked function returned for its gateway.
    pub(super) fn of_the_function(self) -> Self {
        let response: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        match response["statusCode"].as_u64() {
            Some(status) => Self {
                status: u16::try_from(status).unwrap(),
                body: response["body"].as_str().unwrap_or_default().into(),
                took: self.took,
            },
            None => self,
        }
    }
}

/// The tool's end and its output.
pub(super) struct Printed {
    /// Its exit code, or minus the signal that ended it.
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// What happened in a case.
pub(super) struct Seen {
    pub(super) id: String,
    /// Whether the process to kill existed.
    pub(super) killed: Option<bool>,
    pub(super) answer: Option<Answer>,
    pub(super) printed: Option<Printed>,
}

/// Everything that is wrong, a sentence each.
pub(super) fn faults(case: &Case, seen: &Seen, items: &[String], log: &[String]) -> Vec<String> {
    let right = &case.right;
    let fill = |text: &str| fill(text, &seen.id);
    let mut faults = Vec::new();
    let mut must = |good: bool, fault: &dyn Fn() -> String| {
        if !good {
            faults.push(fault());
        }
    };
    must(seen.killed != Some(false), &|| {
        "the process to kill does not exist".into()
    });

    if let Some(answer) = &seen.answer {
        let body = String::from_utf8_lossy(&answer.body);
        let json: Option<Value> = serde_json::from_str(&body).ok();
        let filled =
            |part: &Value| serde_json::from_str::<Value>(&fill(&part.to_string())).unwrap();
        let has = |part: &Value| {
            json.as_ref()
                .is_some_and(|json| inside(&filled(part), json))
        };
        let somewhere = |part: &Value| {
            let part = filled(part);
            let mut all = json.iter().flat_map(objects);
            all.any(|object| inside(&part, object))
        };
        let status = right.status.as_ref();
        must(
            status.is_none_or(|status| status.is(&answer.status)),
            &|| format!("the status is {}, not {status:?}", answer.status),
        );
        let good = right
            .json
            .as_ref()
            .is_none_or(|right| json.as_ref() == Some(right))
            && right.json_subset.as_ref().is_none_or(has)
            && right
                .json_any
                .as_ref()
                .is_none_or(|any| any.iter().any(has))
            && right.json_has.iter().all(somewhere);
        must(good, &|| {
            format!(
                "the answer is {}",
                body.chars().take(300).collect::<String>()
            )
        });
        let size = answer.body.len();
        must(
            right.answer_max_bytes.is_none_or(|max| size <= max),
            &|| format!("the answer has {size} bytes"),
        );
        let seconds = answer.took.as_secs_f32();
        must(
            right
                .seconds
                .is_none_or(|most| answer.took.as_secs() < most),
            &|| format!("the answer took {seconds:.1} s"),
        );
    }

    let mine: Vec<&String> = items
        .iter()
        .filter(|item| item.contains(&seen.id))
        .collect();
    let stored = |text: &String| mine.iter().any(|item| item.contains(&fill(text)));
    must(
        right.stored.is_none_or(|stored| stored != mine.is_empty()),
        &|| format!("{} items are stored", mine.len()),
    );
    must(
        right.stored_items.is_none_or(|items| items == mine.len()),
        &|| format!("{} items are stored", mine.len()),
    );
    for text in &right.stored_has {
        must(stored(text), &|| format!("no stored item contains {text}"));
    }
    for text in &right.stored_lacks {
        must(!stored(text), &|| format!("a stored item contains {text}"));
    }

    for text in &right.log_lacks {
        let text = fill(text);
        must(!log.iter().any(|line| line.contains(&text)), &|| {
            format!("the log has a line with {text:?}")
        });
    }
    for text in &right.log_starts_lack {
        let text = fill(text);
        must(!log.iter().any(|line| line.starts_with(&text)), &|| {
            format!("the log has a line that begins with {text:?}")
        });
    }
    for (name, value) in &right.log {
        let value = value.as_str().map_or_else(|| value.to_string(), fill);
        let mut mine = log.iter().filter(|line| line.contains(&seen.id));
        must(mine.any(|line| says(line, name, &value)), &|| {
            format!("no log line has {name}={value}")
        });
    }

    if let Some(printed) = &seen.printed {
        let good = match &right.exit {
            Some(exit) => exit.is(&printed.code),
            None => printed.code == 0,
        };
        must(good, &|| {
            format!("the tool ended with {}: {}", printed.code, printed.stderr)
        });
        for text in &right.stdout_has {
            must(printed.stdout.contains(text), &|| {
                format!("the tool does not print {text:?}")
            });
        }
        for text in &right.stdout_lacks {
            must(!printed.stdout.contains(text), &|| {
                format!("the tool prints {text:?}")
            });
        }
    }
    faults
}

/// Whether the whole contains every value of the part. Lists must have the same length.
fn inside(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|other| inside(value, other))),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(a, b)| inside(a, b))
        }
        _ => part == whole,
    }
}

/// Every object in a value, with the value itself.
fn objects(value: &Value) -> Vec<&Value> {
    let children: Vec<&Value> = match value {
        Value::Object(members) => members.values().collect(),
        Value::Array(members) => members.iter().collect(),
        _ => Vec::new(),
    };
    let this = value.is_object().then_some(value);
    this.into_iter()
        .chain(children.into_iter().flat_map(objects))
        .collect()
}

/// Whether a log line for people (`name=value`) or for programs (`"name":"value"`) has the field.
fn says(line: &str, name: &str, value: &str) -> bool {
    let unquoted = |text: &'_ str| -> usize { usize::from(text.starts_with('"')) };
    line.match_indices(name).any(|(at, _)| {
        let rest = &line[at + name.len()..];
        let rest = rest[unquoted(rest)..].trim_start();
        let Some(rest) = rest.strip_prefix(['=', ':']).map(str::trim_start) else {
            return false;
        };
        let after = rest[unquoted(rest)..].strip_prefix(value);
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

#[test]
fn a_field_is_found_in_both_forms_of_a_log_line() {
    for (line, has_field) in [
        (
            r#"12:00:00 INFO  x: answered  decidedBy=failure  id=1"#,
            true,
        ),
        (r#"{"decidedBy":"failure"}"#, true),
        (r#"{"decidedBy": "failure"}"#, true),
        (r#"{"decidedBy":"failures"}"#, false),
        (r#"{"decidedBy":"policy","x":"failure"}"#, false),
        ("decidedBy", false),
    ] {
        assert_eq!(says(line, "decidedBy", "failure"), has_field, "{line}");
    }
}

#[test]
fn an_answer_is_compared_with_a_part_of_it() {
    use serde_json::json;

    let answer = json!({"a": 0, "list": [{"b": 1, "c": 2}, {"b": 3}]});
    for (part, is_inside) in [
        (json!({"a": 0}), true),
        (json!({"a": 0.0}), false),
        (json!({"a": false}), false),
        (json!({"z": null}), false),
        (json!({"list": [{"b": 1}, {}]}), true),
        (json!({"list": [{"b": 1}]}), false),
    ] {
        assert_eq!(inside(&part, &answer), is_inside, "{part}");
    }
    assert_eq!(objects(&answer).len(), 3);
}
