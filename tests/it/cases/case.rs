//! The format of `tests/cases`: each file is a case, with the right answer and the reason for it.
//!
//! Every text can contain expressions in double braces. `{{id}}` is an id of this run. `{{x*70000}}` is `x` that many
//! times. `{{each 3}}…#…{{end}}` is the text with 1, 2, 3 instead of `#`, joined with commas. `{{now}}` is the time in
//! Unix seconds.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use models::root;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// The file's name without its ending. It begins with the number of the case.
    #[serde(skip)]
    pub(super) file: String,
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "dialect")]
    _dialect: String,
    #[serde(rename = "kind")]
    _kind: String,
    /// What went wrong, and why this answer is right.
    #[serde(rename = "why")]
    _why: String,
    /// Where the case comes from.
    #[serde(rename = "source")]
    _source: Option<String>,
    /// What the case needs besides a URL.
    #[serde(default)]
    pub(super) needs: Vec<Need>,
    /// A function whose process is killed first.
    pub(super) kill: Option<String>,
    /// Requests that are sent first, in this order. Their answers are not judged.
    #[serde(default)]
    pub(super) before: Vec<Request>,
    /// The request whose answer is judged.
    pub(super) request: Option<Request>,
    /// A run of the tool after the request.
    pub(super) then: Option<Tool>,
    pub(super) right: Right,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Need {
    /// The policies of this folder.
    Policies,
    /// The log of the receiver.
    Log,
    /// The receiver's command line program, with the same DynamoDB.
    Tool,
    /// The process id of `imhook run`.
    Pid,
    /// A receiver that verifies OpenIM's signature, and a key for it.
    Signature,
    /// `imhook run`, not a stack.
    Local,
}

/// An HTTP request, or a gateway's event for a function.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    #[serde(default)]
    pub(super) method: String,
    #[serde(default)]
    pub(super) path: String,
    /// As in the URL, without the question mark.
    #[serde(default)]
    pub(super) query: String,
    /// `HTTP/1.0` for old clients, for example.
    pub(super) version: Option<String>,
    /// With `Transfer-Encoding: chunked`, the body is sent in chunks.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// With `latin-1`, each character of a header becomes one byte.
    pub(super) headers_encoding: Option<String>,
    #[serde(default)]
    body: String,
    body_base64: Option<String>,
    /// Adds a nonce and its signature. All requests of a case have the same nonce.
    #[serde(default)]
    pub(super) sign: bool,
    /// The function that gets the event.
    function: Option<String>,
    event: Option<Value>,
    /// Replaces `event` where its bytes matter.
    event_text: Option<String>,
}

impl Request {
    pub(super) fn headers(&self, id: &str) -> Vec<(String, String)> {
        let headers = self.headers.iter();
        headers
            .map(|(name, value)| (name.clone(), fill(value, id)))
            .collect()
    }

    pub(super) fn body(&self, id: &str) -> Vec<u8> {
        match &self.body_base64 {
            Some(base64) => {
                let body = BASE64_STANDARD.decode(base64).unwrap();
                // The bytes may not be text, so each becomes a character and then a byte again.
                let text: String = body.into_iter().map(char::from).collect();
                let text = text.replace("{{id}}", id);
                text.chars()
                    .map(|byte| u8::try_from(byte).unwrap())
                    .collect()
            }
            None => fill(&self.body, id).into_bytes(),
        }
    }

    /// The function and the text of its event; `None` for an HTTP request.
    pub(super) fn event(&self, id: &str) -> Option<(&str, String)> {
        let text = self.event_text.clone();
        let text = text.or_else(|| self.event.as_ref().map(Value::to_string))?;
        Some((self.function.as_deref()?, fill(&text, id)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    #[serde(rename = "tool")]
    pub(super) arguments: Vec<String>,
    /// The files in the folder `{{folder}}`.
    #[serde(default)]
    pub(super) files: BTreeMap<String, Value>,
    /// The seconds within which the tool has to print `stdout_has`.
    #[serde(default)]
    pub(super) wait: u64,
    /// Closes the pipe to which the tool prints.
    #[serde(default)]
    pub(super) close_stdout: bool,
}

/// What is right. Anything that a case does not name can have any value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Right {
    pub(super) status: Option<OneOf<u16>>,
    /// The whole answer.
    pub(super) json: Option<Value>,
    /// A part of the answer.
    pub(super) json_subset: Option<Value>,
    /// The answer contains at least one of these.
    pub(super) json_any: Option<Vec<Value>>,
    /// Objects that are anywhere in the answer.
    #[serde(default)]
    pub(super) json_has: Vec<Value>,
    pub(super) answer_max_bytes: Option<usize>,
    /// The longest time for the answer.
    pub(super) seconds: Option<u64>,
    pub(super) stored: Option<bool>,
    /// Texts in the stored items.
    #[serde(default)]
    pub(super) stored_has: Vec<String>,
    #[serde(default)]
    pub(super) stored_lacks: Vec<String>,
    pub(super) stored_items: Option<usize>,
    /// Fields of one of the case's log lines.
    #[serde(default)]
    pub(super) log: BTreeMap<String, Value>,
    /// Texts that no log line contains.
    #[serde(default)]
    pub(super) log_lacks: Vec<String>,
    /// Texts with which no log line begins.
    #[serde(default)]
    pub(super) log_starts_lack: Vec<String>,
    /// The tool's exit code, or minus the signal that ended it.
    pub(super) exit: Option<OneOf<i32>>,
    #[serde(default)]
    pub(super) stdout_has: Vec<String>,
    #[serde(default)]
    pub(super) stdout_lacks: Vec<String>,
}

/// A value, or one of several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOf<T> {
    This(T),
    These(Vec<T>),
}

impl<T: PartialEq> OneOf<T> {
    pub(super) fn is(&self, value: &T) -> bool {
        match self {
            Self::This(this) => this == value,
            Self::These(these) => these.contains(value),
        }
    }
}

/// Every case in the order of the numbers. The cases that kill a process come last.
pub(super) fn cases() -> Vec<Case> {
    let files = fs::read_dir(root().join("tests/cases")).unwrap();
    let mut cases: Vec<Case> = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("policies.json"))
        .map(|path| {
            let case = serde_json::from_slice(&fs::read(&path).unwrap());
            let mut case: Case = case.unwrap_or_else(|error| panic!("{path:?}: {error}"));
            case.file = path.file_stem().unwrap().to_str().unwrap().to_owned();
            case
        })
        .collect();
    cases.sort_by(|a, b| (a.kill.is_some(), &a.file).cmp(&(b.kill.is_some(), &b.file)));
    cases
}

/// Replaces everything in double braces.
pub(super) fn fill(text: &str, id: &str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        rest = after;
        let Some((inside, after)) = after.split_once("}}") else {
            filled.push_str("{{");
            continue;
        };
        let (what, count) = inside.split_once(['*', ' ']).unwrap_or((inside, ""));
        match (what, count.parse()) {
            ("id", _) => filled.push_str(id),
            ("now", _) => filled.push_str(&since_1970().as_secs().to_string()),
            ("each", Ok(count)) => {
                let (repeated, after) = after.split_once("{{end}}").unwrap();
                let one = |n: usize| fill(&repeated.replace('#', &n.to_string()), id);
                filled.push_str(&(1..=count).map(one).collect::<Vec<_>>().join(","));
                rest = after;
                continue;
            }
            (what, Ok(count)) => filled.push_str(&what.repeat(count)),
            // JSON contains such braces, too.
            _ => {
                filled.push_str("{{");
                continue;
            }
        }
        rest = after;
    }
    filled + rest
}

/// The time since 1970.
pub(super) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

#[test]
fn the_expressions_of_a_text_are_replaced() {
    for (text, filled) in [
        ("{{id}}-{{id}}", "c1-c1"),
        ("{{x*3}}", "xxx"),
        (
            "[{{each 2}}{\"a\":\"#{{id}}\"}{{end}}]",
            r#"[{"a":"1c1"},{"a":"2c1"}]"#,
        ),
        (r#"{"a":{"b":{{"c"}}}"#, r#"{"a":{"b":{{"c"}}}"#),
        ("{{", "{{"),
    ] {
        assert_eq!(fill(text, "c1"), filled);
    }
}
