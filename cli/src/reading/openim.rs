//! How OpenIM reads an answer. It ignores the status, and reads three `int32` and two strings, each of which may be missing.

use domain::Source;
use protocol::{Codes, Command, may_be_refused, plain_allow_fails};
use serde_json::{Map, Value};

use super::{Field, Reading, Reads, openim_fields as fields};

/// What OpenIM does after it has read an answer to a before callback.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    Allowed {
        detail: String,
    },
    Refused {
        code: i64,
        message: String,
        detail: String,
    },
    /// A before operation fails.
    Unreadable,
}

/// The five fields that OpenIM reads in every answer.
struct Common {
    action: i64,
    next: i64,
    code: i64,
    message: String,
    detail: String,
}

/// The names of the five fields.
const COMMON: [&str; 5] = ["actionCode", "nextCode", "errCode", "errMsg", "errDlt"];

/// Reads the answer to a before callback.
pub(crate) fn verdict(answer: &str) -> Verdict {
    match members(answer).and_then(|members| common(&members)) {
        Ok(common) => common.verdict(),
        Err(_) => Verdict::Unreadable,
    }
}

/// The answer's members; none for null.
fn members(answer: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(answer) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err("it is no JSON object".to_owned()),
        Err(_) if answer.trim().is_empty() => Err("it is empty".to_owned()),
        Err(error) => Err(format!("it is not JSON: {error}")),
    }
}

/// The member as Go finds it, whatever the case of its name. Null counts as missing.
pub(super) fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let mut members = members.iter();
    let found = members.rfind(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value).filter(|it| !it.is_null())
}

/// The names of the members that not every answer has.
fn own_names(members: &Map<String, Value>) -> Vec<&str> {
    let is_common = |name: &&str| COMMON.iter().any(|it| it.eq_ignore_ascii_case(name));
    let names = members.keys().map(String::as_str);
    names.filter(|name| !is_common(name)).collect()
}

fn common(members: &Map<String, Value>) -> Result<Common, String> {
    let number = |name: &str| match member(members, name) {
        None => Ok(0),
        Some(value) => {
            let number = value
                .as_i64()
                .filter(|number| i32::try_from(*number).is_ok());
            number.ok_or_else(|| format!("{name} is {value}, and must be a whole number (int32)"))
        }
    };
    let text = |name: &str| match member(members, name) {
        None => Ok(String::new()),
        Some(value) => value
            .as_str()
            .map(ToOwned::to_owned)
            .ok_or_else(|| format!("{name} is {value}, and must be a text")),
    };
    Ok(Common {
        action: number("actionCode")?,
        next: number("nextCode")?,
        code: number("errCode")?,
        message: text("errMsg")?,
        detail: text("errDlt")?,
    })
}

impl Common {
    /// Only `actionCode` 0 with `nextCode` 1 refuses.
    fn refuses(&self) -> bool {
        (self.action, self.next) == (0, 1)
    }

    fn verdict(self) -> Verdict {
        match self.refuses() {
            true => Verdict::Refused {
                code: self.code,
                message: self.message,
                detail: self.detail,
            },
            false => Verdict::Allowed {
                detail: self.detail,
            },
        }
    }
}

const A_REFUSAL: &str =
    r#"{"actionCode":0,"errCode":20001,"errMsg":"…","errDlt":"…","nextCode":1}"#;

/// How OpenIM reads an answer, in words.
pub(super) fn read(command: Option<&Command>, answer: &str) -> Reading {
    let new = |reads, what: &str| Reading::new(Source::OpenIm, reads, what);
    if let Some(after) = command.filter(|it| !it.is_before()) {
        return new(
            Reads::Ignored,
            &format!(
                "OpenIM ignores the answer to {}: it has happened already.",
                after.name
            ),
        );
    }
    let unreadable = |why: &str| {
        let reading = new(Reads::Unreadable, "OpenIM cannot read it.");
        let reading = reading.note(why).note(
            "What the user wanted fails, and the client gets OpenIM's own error (90007, DataError).",
        );
        fatal(command, reading)
    };
    let members = match members(answer) {
        Ok(members) => members,
        Err(why) => return unreadable(&why),
    };
    let common = match common(&members) {
        Ok(common) => common,
        Err(why) => return unreadable(&why),
    };
    let changes = match command {
        Some(command) => match fields::read(command.name, &members, &own_names(&members)) {
            Ok(changes) => changes,
            Err(why) => return unreadable(&why),
        },
        None => Vec::new(),
    };
    let others: Vec<&str> = match command {
        Some(_) => Vec::new(),
        None => own_names(&members),
    };
    if common.refuses() {
        return refusal(command, &common, &changes);
    }
    let mut reading = new(Reads::Allowed, "OpenIM reads it as allowed.");
    match &common {
        Common {
            next: 1, action, ..
        } => {
            reading = reading.note(format!(
                "actionCode is {action}, and only actionCode 0 with nextCode 1 refuses: {A_REFUSAL}"
            ));
        }
        Common { next: 0, code, .. } if *code != 0 => {
            reading = reading.note(format!(
                "errCode {code} refuses nothing, because nextCode is not 1: {A_REFUSAL}"
            ));
        }
        Common { next: 0, .. } => {}
        Common { next, .. } => {
            reading = reading.note(format!("nextCode is {next}, and only 1 refuses."));
        }
    }
    let has_common = own_names(&members).len() < members.len();
    if !others.is_empty() {
        reading = reading.note(format!(
            "What {} changes depends on the command: --command names it.",
            others.join(", ")
        ));
    }
    if !has_common && changes.iter().all(|it| it.effect == fields::UNKNOWN) && !members.is_empty() {
        reading = reading.note(
            "It has none of the five fields that OpenIM reads. So a gateway's own error is also read as allowed.",
        );
    }
    if let Some(command) = command.filter(|it| plain_allow_fails(it.name)) {
        let named = member(&members, "groupID").and_then(Value::as_str);
        if named.unwrap_or_default().is_empty() {
            reading.reads = Reads::Unreadable;
            reading.notes[0] =
                "OpenIM reads it as allowed, but what the user wanted fails.".to_owned();
            reading = reading.note(format!(
                "{} fails without groupID in the answer, because the missing one replaces the request's. Send groupID and \
                 the other fields of the request back.",
                command.name
            ));
        }
    }
    reading.fields = changes;
    reading
}

fn refusal(command: Option<&Command>, common: &Common, changes: &[Field]) -> Reading {
    let Common {
        code,
        message,
        detail,
        ..
    } = common;
    let what = format!("OpenIM reads it as a refusal with errCode {code}.");
    let mut reading = Reading::new(Source::OpenIm, Reads::Refused, what).code(*code);
    reading = match (message.as_str(), detail.as_str()) {
        ("", "") => reading.note("The user's client gets the code without a text."),
        (message, "") => reading.note(format!("The user's client gets {message:?}.")),
        (message, detail) => reading.note(format!(
            "The user's client gets {message:?} and {detail:?}."
        )),
    };
    if *code <= 0 {
        reading = reading.note(
            "An errCode must be above 0. OpenIM's releases make 500 of it. Later versions hand it on, and clients take 0 for \
             success.",
        );
    } else if !Codes::OpenIm
        .own()
        .contains(&i32::try_from(*code).unwrap_or_default())
    {
        reading = reading.note("OpenIM leaves the codes from 20001 to 29999 to the app. 29001 and above are the receiver's own.");
    }
    let idle: Vec<&str> = changes.iter().map(|it| it.name.as_str()).collect();
    if !idle.is_empty() {
        reading = reading.note(format!(
            "A refusal changes nothing, so {} has no effect.",
            idle.join(", ")
        ));
    }
    fatal(command, reading)
}

/// Adds what happens if a command is refused that must always be allowed.
fn fatal(command: Option<&Command>, reading: Reading) -> Reading {
    match command.filter(|it| !may_be_refused(it.name)) {
        Some(command) => reading.note(format!(
            "Never refuse {}: without its record, no client can sync the conversation.",
            command.name
        )),
        None => reading,
    }
}
