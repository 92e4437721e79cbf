//! Prints lines for people to standard output.

use std::sync::Arc;

use domain::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::{inspect::seen::Seen, out};

/// Prints a line. Ignores errors, because there is no other place to report them.
pub(crate) fn line(line: &str) {
    let _ = out::line(line);
}

/// Prints a warning about a function, in the form of the function's own lines.
pub(crate) fn warn(function: &str, message: &str) {
    let now = Timestamp::now().to_string();
    let time = now.get(11..19).unwrap_or_default();
    line(&format!("{time} WARN  {function}: {message}"));
}

/// Prints every line that a function writes. Lines of JSON are made readable. Other lines follow the function's name.
pub(crate) async fn forward(
    function: String,
    output: impl AsyncRead + Unpin,
    seen: Option<Arc<Seen>>,
) {
    let mut output = BufReader::new(output);
    let mut bytes = Vec::new();
    while output
        .read_until(b'\n', &mut bytes)
        .await
        .is_ok_and(|read| read > 0)
    {
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(['\r', '\n']);
        if let Some(seen) = &seen {
            seen.logged(text);
        }
        line(&readable(text).unwrap_or_else(|| format!("{function}: {text}")));
        bytes.clear();
    }
}

fn readable(line: &str) -> Option<String> {
    let fields: serde_json::Map<String, Value> = serde_json::from_str(line).ok()?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let time = text("timestamp")?.get(11..19)?;
    let mut readable = format!(
        "{time} {level:5} {function}: {message}",
        level = text("level")?,
        function = text("function")?,
        message = text("message")?,
    );
    let shown = ["timestamp", "level", "function", "message", "name"];
    for (name, value) in fields
        .iter()
        .filter(|(name, _)| !shown.contains(&name.as_str()))
    {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), ToOwned::to_owned);
        readable.push_str(&format!("  {name}={value}"));
    }
    Some(readable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_functions_log_line_is_made_readable() {
        let line = r#"{"function":"after-x","level":"INFO","timestamp":"2026-11-21T13:04:00.560275Z","events":1,"message":"callback stored","name":"callback","requestId":"r1"}"#;
        assert_eq!(
            readable(line).unwrap(),
            "13:04:00 INFO  after-x: callback stored  events=1  requestId=r1"
        );
        for other in ["   Compiling x v0.1.0", "{}", "", "{\"message\":\"x\"}"] {
            assert_eq!(readable(other), None);
        }
    }
}
