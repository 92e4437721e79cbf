//! Finds in a log of functions why callers were not believed.

use std::{io::SeekFrom, path::PathBuf, time::Duration};

use serde::Serialize;
use serde_json::{Map, Value};
use tokio::{
    fs::File,
    io::{AsyncBufReadExt as _, AsyncRead, AsyncSeekExt as _, BufReader, stdin},
    sync::mpsc::UnboundedSender,
    time::sleep,
};

use crate::Result;

/// The pause at the end of a file before it is read again.
const PAUSE: Duration = Duration::from_millis(200);

/// Sends the lines that a file gets from now on, or those of standard input, until that ends.
pub(super) async fn follow(file: PathBuf, lines: UnboundedSender<String>) -> Result<()> {
    if file.to_str() == Some("-") {
        tokio::spawn(read(stdin(), lines, false));
        return Ok(());
    }
    let cannot = |error| format!("{} cannot be read: {error}", file.display());
    let mut log = File::open(&file).await.map_err(cannot)?;
    log.seek(SeekFrom::End(0)).await.map_err(cannot)?;
    tokio::spawn(read(log, lines, true));
    Ok(())
}

async fn read(source: impl AsyncRead + Unpin, lines: UnboundedSender<String>, grows: bool) {
    let mut source = BufReader::new(source);
    let mut bytes = Vec::new();
    loop {
        match source.read_until(b'\n', &mut bytes).await {
            // The end of a file can be in the middle of a line.
            Ok(_) if bytes.ends_with(b"\n") => {
                let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                bytes.clear();
                if lines.send(line).is_err() {
                    return;
                }
            }
            Ok(_) if grows => sleep(PAUSE).await,
            _ => return,
        }
    }
}

/// A caller who was not believed.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rejected {
    time: String,
    command: String,
    rejection: String,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_id: Option<String>,
}

impl Rejected {
    pub(super) fn line(&self) -> String {
        let Self {
            time,
            command,
            rejection,
            detail,
            ..
        } = self;
        format!("{time} {command}  NOT BELIEVED: {detail} ({rejection})")
    }
}

/// Reads a line of a function's log, as CloudWatch has it or as `imhook run` prints it. `None` for every other line.
pub(super) fn rejection(line: &str) -> Option<Rejected> {
    let fields = match line.find('{') {
        // What is before it can be the time that `aws logs tail` prints.
        Some(begin) if line.ends_with('}') => serde_json::from_str(&line[begin..]).ok()?,
        _ => of_run(line)?,
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let owned = |name: &str| text(name).unwrap_or_default().to_owned();
    let time = owned("timestamp");
    Some(Rejected {
        rejection: text("rejection")?.to_owned(),
        command: owned("command"),
        detail: owned("detail"),
        operation_id: text("operationID").map(ToOwned::to_owned),
        time: match time.len() {
            // A time with its date.
            20.. => time.get(11..23).unwrap_or_default().to_owned(),
            _ => time,
        },
    })
}

/// The fields of a line that `imhook run` prints.
fn of_run(line: &str) -> Option<Map<String, Value>> {
    let mut parts = line.split("  ");
    let time = parts.next()?.split(' ').next()?;
    let fields = parts.filter_map(|part| part.trim_start().split_once('='));
    let fields = fields.map(|(name, value)| (name.to_owned(), value.into()));
    Some(
        fields
            .chain([("timestamp".to_owned(), time.into())])
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_found_in_every_form_of_the_log() {
        let run = "15:53:01 WARN  before-add-friend: callback refused  asks=true  code=29001  command=callbackBeforeAddFriendCommand  decidedBy=verifier  detail=there is no Authorization header  durationMs=0.407  operationID=o1  problem=the caller is not authorized  rejection=basic_missing  requestId=r1";
        let json = r#"{"timestamp":"2026-11-21T15:53:01.123456Z","level":"WARN","message":"callback refused","command":"callbackBeforeAddFriendCommand","detail":"there is no Authorization header","operationID":"o1","rejection":"basic_missing"}"#;
        let of_aws = format!("2026-11-21T15:53:01 {json}");
        for (line, time) in [
            (run, "15:53:01"),
            (json, "15:53:01.123"),
            (&of_aws, "15:53:01.123"),
        ] {
            let found = rejection(line).unwrap();
            assert_eq!(
                found.line(),
                format!(
                    "{time} callbackBeforeAddFriendCommand  NOT BELIEVED: there is no Authorization header (basic_missing)"
                )
            );
            assert_eq!(found.operation_id.as_deref(), Some("o1"));
        }
        for other in [
            "",
            "url: http://127.0.0.1:9000",
            "15:53:01 INFO  after-x: callback stored  events=1",
            r#"{"timestamp":"2026-11-21T15:53:01.123456Z","level":"INFO"}"#,
            "{ no JSON }",
        ] {
            assert_eq!(rejection(other), None, "{other}");
        }
    }
}
