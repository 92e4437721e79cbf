//! `local resubmit`: events that a function could only log, into the table.

use std::{
    io::{self, BufRead as _},
    time::Duration,
};

use clap::Args;
use domain::Reception;
use serde_json::Value;
use store::Recorded;

use crate::{Result, tables::Tables};

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

    let (mut new, mut known) = (0, 0);
    for line in io::stdin().lock().lines() {
        let Some(reception) = reception_in(&line?) else {
            continue;
        };
        match table.record(&reception).await? {
            Recorded::New => new += 1,
            Recorded::Known | Recorded::Nothing => known += 1,
        }
    }
    println!("{new} events recorded, {known} were there already");
    Ok(())
}

/// What a log line's field `event` holds.
fn reception_in(line: &str) -> Option<Reception> {
    let line: Value = serde_json::from_str(line).ok()?;
    serde_json::from_str(line.get("event")?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_with_a_whole_event_count() {
        let event = r#"{"id":"r","received_at":"2026-11-21T12:34:56.789Z","source":"openim","command":"c","events":[]}"#;
        let line = serde_json::json!({"level": "ERROR", "event": event}).to_string();
        assert_eq!(reception_in(&line).unwrap().id, "r");
        for other in ["", "x", "{}", r#"{"event":1}"#, r#"{"event":"{}"}"#] {
            assert!(reception_in(other).is_none(), "{other}");
        }
    }
}
