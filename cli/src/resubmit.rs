//! `imhook resubmit`: records events that a function could only log.

use std::{
    collections::BTreeMap,
    io::{self, BufRead as _},
    time::Duration,
};

use clap::Args;
use domain::Reception;
use serde_json::{Value, json};
use store::{Recorded, Retention};

use crate::{
    Result,
    out::{self, Format},
    tables::Tables,
};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    tables: Tables,
    /// Days after which the events expire, counted from their reception; 0 keeps them for ever
    #[arg(long, default_value_t = 365)]
    retention_days: u32,
    /// The same for messages and decisions
    #[arg(long, default_value_t = 90)]
    message_retention_days: u32,
    /// The same for who was connected
    #[arg(long, default_value_t = 7)]
    presence_retention_days: u32,
    #[command(flatten)]
    format: Format,
}

/// Reads log lines from standard input and records every event in them. An event that is in the table already does not
/// change, so the same log can be read again. The lines of a large event can come in any order.
pub(crate) async fn resubmit(options: Options) -> Result<()> {
    let days = |days: u32| (days > 0).then(|| Duration::from_secs(u64::from(days) * 24 * 60 * 60));
    let table = options.tables.events(Retention {
        events: days(options.retention_days),
        messages: days(options.message_retention_days),
        presence: days(options.presence_retention_days),
    })?;

    let (mut new, mut known, mut left_out) = (0, 0, 0);
    let mut incomplete = Incomplete::default();
    for (number, line) in (1..).zip(io::stdin().lock().lines()) {
        let recorded = match reception_in(&line?, &mut incomplete) {
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
    options.format.say(
        &format!("{new} events recorded, {known} were there already"),
        &json!({"what": "done", "recorded": new, "known": known, "leftOut": left_out + incomplete.parts()}),
    )?;
    for ((id, of), parts) in &incomplete.0 {
        let there = parts.len();
        out::complain(&format!(
            "event {id:?} is left out: {there} of its {of} parts are there"
        ));
        left_out += there;
    }
    if left_out > 0 {
        return Err(format!("{left_out} lines with an event were left out").into());
    }
    Ok(())
}

/// The parts of events that are not complete yet. The key is the event's id and its number of parts.
#[derive(Default)]
struct Incomplete(BTreeMap<(String, u64), BTreeMap<u64, String>>);

impl Incomplete {
    /// How many parts are there.
    fn parts(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    /// Adds a part. Gives the whole text if no part is missing any more.
    fn add(&mut self, id: &str, part: u64, of: u64, text: &str) -> Option<String> {
        let key = (id.to_owned(), of);
        let parts = self.0.entry(key.clone()).or_default();
        parts.insert(part, text.to_owned());
        if u64::try_from(parts.len()) != Ok(of) {
            return None;
        }
        let parts = self.0.remove(&key)?;
        Some(parts.into_values().collect())
    }
}

/// The reception in a log line's field `event`. If the line has a part, the lines before it are used, too. Gives `None` if
/// the line has no event, or if parts are still missing. The reasons quote nothing of the line.
fn reception_in(
    line: &str,
    incomplete: &mut Incomplete,
) -> std::result::Result<Option<Reception>, String> {
    if !line.contains(r#""event":"#) {
        return Ok(None);
    }
    let line: Value =
        serde_json::from_str(line).map_err(|_| "it is not a whole line of JSON".to_owned())?;
    let event = line["event"].as_str().ok_or("its event is not text")?;
    let event = match (&line["eventId"], &line["part"], &line["parts"]) {
        (Value::Null, Value::Null, Value::Null) => event.to_owned(),
        (id, part, parts) => {
            let of = (id.as_str(), part.as_u64(), parts.as_u64());
            let (Some(id), Some(part), Some(parts)) = of else {
                return Err("it does not say which part of which event it has".to_owned());
            };
            if !(1..=parts).contains(&part) {
                return Err("its part number is not between 1 and the number of parts".to_owned());
            }
            match incomplete.add(id, part, parts, event) {
                Some(event) => event,
                None => return Ok(None),
            }
        }
    };
    let reception =
        serde_json::from_str(&event).map_err(|_| "its event was not written by this program")?;
    Ok(Some(reception))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EVENT: &str = r#"{"id":"r","received_at":"2026-11-21T12:34:56.789Z","source":"openim","command":"c","events":[]}"#;

    fn alone(line: &str) -> std::result::Result<Option<Reception>, String> {
        reception_in(line, &mut Incomplete::default())
    }

    #[test]
    fn only_lines_with_a_whole_event_count() {
        let line = json!({"level": "ERROR", "event": EVENT}).to_string();
        assert_eq!(alone(&line).unwrap().unwrap().id, "r");
        for other in ["", "x", "{}", r#"{"events":1}"#] {
            assert_eq!(alone(other), Ok(None), "{other}");
        }
    }

    #[test]
    fn a_damaged_event_is_an_error() {
        for damaged in [
            r#"{"level":"ERROR","event":"{\"id"#,
            r#"{"event":1}"#,
            r#"{"event":"{}"}"#,
            r#"{"event":"{}","part":1,"parts":1}"#,
            r#"{"event":"{}","eventId":"r","part":1}"#,
            r#"{"event":"{}","eventId":"r","part":0,"parts":2}"#,
            r#"{"event":"{}","eventId":"r","part":3,"parts":2}"#,
            r#"{"event":"{}","eventId":"r","part":1,"parts":1}"#,
        ] {
            assert!(alone(damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn parts_are_joined_in_any_order_and_may_come_twice() {
        let line = |id: &str, part: usize| {
            let text = [&EVENT[..20], &EVENT[20..50], &EVENT[50..]][part - 1];
            json!({"eventId": id, "part": part, "parts": 3, "event": text}).to_string()
        };
        let orders = [
            [1, 2, 3],
            [1, 3, 2],
            [2, 1, 3],
            [2, 3, 1],
            [3, 1, 2],
            [3, 2, 1],
        ];
        for [first, second, third] in orders {
            let mut incomplete = Incomplete::default();
            for early in [
                line("r", first),
                line("other", third),
                line("r", first),
                line("r", second),
            ] {
                assert_eq!(reception_in(&early, &mut incomplete), Ok(None));
            }
            let whole = reception_in(&line("r", third), &mut incomplete);
            assert_eq!(whole.unwrap().unwrap().id, "r");
            assert_eq!(
                incomplete.0.len(),
                1,
                "parts of the other event are missing"
            );
        }
    }
}
