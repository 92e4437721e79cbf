//! `imhook resubmit`: events that a function could only log, into the table.

use std::{
    io::{self, BufRead as _},
    time::Duration,
};

use clap::Args;
use domain::Reception;
use serde_json::Value;
use store::Recorded;

use crate::{Result, out, tables::Tables};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    tables: Tables,
    /// Days after which the events expire, counted from their reception; 0 keeps them for ever
    #[arg(long, default_value_t = 365)]
    retention_days: u32,
}

/// Reads log lines from standard input and records every event they hold. An event that is in the table
/// already is left as it is, so the same log can be read again.
pub(crate) async fn resubmit(options: Options) -> Result<()> {
    let retention = (options.retention_days > 0)
        .then(|| Duration::from_secs(u64::from(options.retention_days) * 24 * 60 * 60));
    let table = options.tables.events(retention)?;

    let (mut new, mut known, mut left_out) = (0, 0, 0);
    for (number, line) in (1..).zip(io::stdin().lock().lines()) {
        let recorded = match reception_in(&line?) {
            Ok(None) => continue,
            Ok(Some(reception)) => table
                .record(&reception)
                .await
                .map_err(|error| error.to_string()),
            Err(damage) => Err(damage),
        };
        match recorded {
            Ok(Recorded::New) => new += 1,
            Ok(Recorded::Known | Recorded::Nothing) => known += 1,
            Err(reason) => {
                out::complain(&format!("line {number} is left out: {reason}"));
                left_out += 1;
            }
        }
    }
    out::line(&format!(
        "{new} events recorded, {known} were there already"
    ))?;
    if left_out > 0 {
        return Err(format!("{left_out} lines with an event were left out").into());
    }
    Ok(())
}

/// What a log line's field `event` holds; nothing, when it has none. The reasons quote nothing of it.
fn reception_in(line: &str) -> std::result::Result<Option<Reception>, String> {
    if !line.contains(r#""event":"#) {
        return Ok(None);
    }
    let line: Value =
        serde_json::from_str(line).map_err(|_| "it is no whole line of JSON".to_owned())?;
    let event = line["event"].as_str().ok_or("its event is no text")?;
    let reception = serde_json::from_str(event).map_err(|_| "its event is none of ours")?;
    Ok(Some(reception))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_with_a_whole_event_count() {
        let event = r#"{"id":"r","received_at":"2026-11-21T12:34:56.789Z","source":"openim","command":"c","events":[]}"#;
        let line = serde_json::json!({"level": "ERROR", "event": event}).to_string();
        assert_eq!(reception_in(&line).unwrap().unwrap().id, "r");
        for other in ["", "x", "{}", r#"{"events":1}"#] {
            assert_eq!(reception_in(other), Ok(None), "{other}");
        }
    }

    #[test]
    fn a_damaged_event_is_not_passed_over() {
        for damaged in [
            r#"{"level":"ERROR","event":"{\"id"#,
            r#"{"event":1}"#,
            r#"{"event":"{}"}"#,
        ] {
            assert!(reception_in(damaged).is_err(), "{damaged}");
        }
    }
}
