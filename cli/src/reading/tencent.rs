//! How Tencent Chat reads an answer, as its documents say.

use domain::Source;
use protocol::{Codes, Command};
use serde_json::Value;

use super::{Field, Reading, Reads};

/// How Tencent Chat reads an answer, in words.
pub(super) fn read(command: Option<&Command>, status: u16, answer: &str) -> Reading {
    let new = |reads, what: &str| Reading::new(Source::Tencent, reads, what);
    if let Some(after) = command.filter(|it| !it.is_before()) {
        return new(
            Reads::Ignored,
            &format!(
                "Tencent Chat ignores the answer to {}: it has happened already.",
                after.name
            ),
        );
    }
    let failure = |why: String| {
        new(Reads::Unreadable, "Tencent Chat counts it as a failure.")
            .note(why)
            .note(
                "The console says what happens then. By default, what the user wanted goes ahead.",
            )
    };
    if status != 200 {
        return failure(format!("The status is {status}, and must be 200."));
    }
    let body = match serde_json::from_str::<Value>(answer) {
        Ok(body @ Value::Object(_)) => body,
        Ok(_) => return failure("It is no JSON object.".to_owned()),
        Err(_) if answer.trim().is_empty() => return failure("It is empty.".to_owned()),
        Err(error) => return failure(format!("It is not JSON: {error}.")),
    };
    let undocumented = |why: String| {
        new(
            Reads::Unreadable,
            "How Tencent Chat reads it is not documented. Probably it counts as a failure.",
        )
        .note(why)
        .note("The console says what happens after a failure. By default, what the user wanted goes ahead.")
    };
    let Some(code) = body["ErrorCode"].as_i64() else {
        return undocumented(match &body["ErrorCode"] {
            Value::Null => "It has no ErrorCode.".to_owned(),
            other => format!("ErrorCode is {other}, and must be a whole number."),
        });
    };
    match body["ActionStatus"].as_str() {
        Some("OK") => {}
        Some("FAIL") => {
            return undocumented("ActionStatus is FAIL. A refusal has OK and a code.".to_owned());
        }
        _ => return undocumented("ActionStatus must be OK, or FAIL.".to_owned()),
    }
    let info = body["ErrorInfo"].as_str().unwrap_or_default();
    let is_about_persons = match command {
        Some(command) => command.codes() == Codes::Person,
        None => !body["ResultItem"].is_null(),
    };
    let reading = match is_about_persons {
        true => persons(code, &body),
        false => whole(command, code, info, &body),
    };
    match body["ErrorInfo"].is_string() {
        true => reading,
        false => reading.note("ErrorInfo is missing, or is no text. The documents require it."),
    }
}

/// An answer for each person.
fn persons(code: i64, body: &Value) -> Reading {
    let new = |reads, what: &str| Reading::new(Source::Tencent, reads, what);
    if code != 0 {
        return new(Reads::Allowed, "Tencent Chat counts it as a failure, and lets everybody through by default.").note(
            format!("ErrorCode is {code}. About friends, only ResultCode in ResultItem refuses, and ErrorCode must be 0."),
        );
    }
    let items = body["ResultItem"].as_array();
    let Some(items) = items.filter(|it| !it.is_empty()) else {
        return new(Reads::Allowed, "Tencent Chat reads it as allowed.")
            .note("ResultItem names nobody. What happens to people whom it does not name is not documented.");
    };
    let mut refused = None;
    let mut notes = Vec::new();
    for item in items {
        let who = item["To_Account"].as_str().unwrap_or("nobody");
        match item["ResultCode"].as_i64() {
            Some(0) => notes.push(format!("{who}: allowed.")),
            Some(code) => {
                refused = refused.or(Some(code));
                let info = item["ResultInfo"].as_str().unwrap_or_default();
                let own = is_own(Codes::Person, code);
                notes.push(match own {
                    true => format!("{who}: refused. The client gets {code} and {info:?}."),
                    false => format!(
                        "{who}: refused with {code}. The app's own codes are {}.",
                        range(Codes::Person)
                    ),
                });
            }
            None => notes.push(format!(
                "{who}: not known, because ResultCode is no whole number."
            )),
        }
    }
    let mut reading = match refused {
        Some(code) => new(
            Reads::Refused,
            "Tencent Chat reads it as a refusal of those whom it names with a code.",
        )
        .code(code),
        None => new(Reads::Allowed, "Tencent Chat reads it as allowed."),
    };
    reading.notes.extend(notes);
    reading
}

/// An answer about a message, a group, a topic or an official account.
fn whole(command: Option<&Command>, code: i64, info: &str, body: &Value) -> Reading {
    let new = |reads, what: &str| Reading::new(Source::Tencent, reads, what);
    let is_message = command.is_none_or(|it| it.name.ends_with("BeforeSendMsg"));
    let codes = match command {
        Some(command) => vec![command.codes()],
        None => vec![Codes::Group, Codes::Message],
    };
    if code == 0 {
        let mut reading = new(Reads::Allowed, "Tencent Chat reads it as allowed.");
        for list in ["RefusedMembers_Account", "RefusedSubscribers_Account"] {
            let Some(names) = body[list].as_array().filter(|it| !it.is_empty()) else {
                continue;
            };
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            let effect = format!("keeps out {}", names.join(", "));
            reading.reads = Reads::Refused;
            reading.notes[0] =
                "Tencent Chat lets in all but those whom the answer names.".to_owned();
            reading.fields.push(Field::changing(list, effect));
        }
        for (name, effect) in [
            ("MsgBody", "replaces the elements of the message"),
            (
                "CloudCustomData",
                "replaces the message's own data of the app",
            ),
        ] {
            match (&body[name], is_message) {
                (Value::Null, _) => {}
                (_, true) => reading.fields.push(Field::changing(name, effect)),
                (_, false) => reading.fields.push(Field::idle(
                    name,
                    "only the answer about a message can change one",
                )),
            }
        }
        return reading;
    }
    if code == 2 && is_message {
        return new(
            Reads::Refused,
            "Tencent Chat drops the message: nobody gets it.",
        )
        .note("The sender's client says that it was sent.");
    }
    let plain = match command.map(|it| it.name.split('.').next()) {
        Some(Some("C2C")) => "20006",
        Some(Some("Group")) => "10016",
        Some(_) => "Tencent Chat's own code",
        None => "20006, or 10016 for groups",
    };
    let reading = new(Reads::Refused, "Tencent Chat reads it as a refusal.");
    if codes.iter().any(|codes| is_own(*codes, code)) {
        return reading
            .note(format!("The user's client gets {code} and {info:?}."))
            .code(code);
    }
    let reading = reading.note(format!(
        "The user's client gets {plain}, without the answer's text."
    ));
    match code {
        1 => reading,
        _ => reading.note(format!(
            "{code} is not one of the app's own codes: {}. What other codes do is not documented.",
            codes
                .into_iter()
                .map(range)
                .collect::<Vec<_>>()
                .join(", or ")
        )),
    }
}

fn is_own(codes: Codes, code: i64) -> bool {
    i32::try_from(code).is_ok_and(|code| codes.own().contains(&code))
}

fn range(codes: Codes) -> String {
    let own = codes.own();
    format!("{} to {}", own.start(), own.end())
}
