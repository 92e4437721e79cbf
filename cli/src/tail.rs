//! `imhook tail`: follows what arrives, like a log: the stream of the events table, and who was not believed.

mod log;
pub(crate) mod stream;

use std::{collections::VecDeque, path::PathBuf, time::Duration};

use clap::{Args, builder::PossibleValuesParser};
use cloudevents::{CloudEvent, Key};
use domain::{Family, Reception, Timestamp};
use publish::Only;
use serde_json::{Value, json};
use store::stream_record;
use tokio::sync::mpsc;

use self::stream::Stream;
use crate::{
    Result, exit, out,
    replay::time,
    send::duration,
    sentences::sentences,
    tables::{Database, EVENTS},
    text,
};

#[derive(Args)]
#[command(after_help = "\
Exit codes: 0 after Ctrl-C; 10 the source went away; 1 it was never there.

Examples:
  imhook tail
  imhook tail --since 10m --family relation --subject 'user/ana'
  make run | tee .local/run.log    and in another terminal: imhook tail --log .local/run.log
  aws logs tail <LogGroupName> --follow --format short | imhook tail --aws --events-table <EventsTableName> --log -")]
pub(crate) struct Options {
    /// Begin with what was stored since then: 10m, or a time of UTC such as 2026-11-21T14:00:00Z. The stream has the last 24 hours
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Timestamp>,
    /// Only events of this family; can be given several times, as the other filters can
    #[arg(long, value_parser = PossibleValuesParser::new(Family::ALL.iter().map(|it| it.as_str())))]
    family: Vec<String>,
    /// Only callbacks of this command; `*` at the end means all that begin so
    #[arg(long, value_name = "COMMAND")]
    command: Vec<String>,
    /// Only events of this type, such as relation.friend_deleted; `*` at the end means all that begin so
    #[arg(long = "type", value_name = "TYPE")]
    kind: Vec<String>,
    /// Only events about this subject, such as user/ana or group/climbers; `*` at the end means all that begin so
    #[arg(long, value_name = "SUBJECT")]
    subject: Vec<String>,
    /// Only lines that contain this text, in any case
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Print each event as a line of JSON: the CloudEvent that a bus or your service gets
    #[arg(long)]
    json: bool,
    /// Also follow this log of functions, and say why a caller was not believed; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    #[command(flatten)]
    database: Database,
    /// Name of the events table
    #[arg(long, value_name = "NAME", default_value = EVENTS)]
    events_table: String,
}

/// The stream has no older records.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An event that is stored so long after its callback was not stored by that callback.
const LATE_SECONDS: i64 = 60;

/// The longest line for a person.
const WIDTH: usize = 200;

/// A length of time before now, or a time.
pub(crate) fn since(text: &str) -> std::result::Result<Timestamp, String> {
    let now = Timestamp::now().unix_millis();
    let millis = match duration(text) {
        Ok(before) => now - i64::try_from(before.as_millis()).unwrap_or(i64::MAX),
        Err(_) => time(text)?.unix_millis(),
    };
    if u128::try_from(now - millis).is_ok_and(|it| it > DAY.as_millis()) {
        return Err(
            "the stream has only the last 24 hours; `imhook history` reads everything".to_owned(),
        );
    }
    Timestamp::from_unix_millis(millis).map_err(|error| error.to_string())
}

pub(crate) async fn tail(options: Options) -> Result<()> {
    let shown = Shown::new(&options)?;
    let (lines, mut log) = mpsc::unbounded_channel();
    if let Some(file) = options.log.clone() {
        log::follow(file, lines).await?;
    } else {
        drop(lines);
    }
    let mut stream = Stream::open(&options.database, &options.events_table, options.since).await?;
    let (sender, mut records) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let next = stream.next().await;
            let is_gone = next.is_err();
            if sender.send(next).is_err() || is_gone {
                return;
            }
        }
    });
    if !options.json {
        out::complain(&format!(
            "following {} of {}; Ctrl-C ends",
            options.events_table,
            options.database.shown()
        ));
    }
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    let mut log_is_open = options.log.is_some();
    loop {
        tokio::select! {
            biased;
            _ = &mut interrupt => return Ok(()),
            line = log.recv(), if log_is_open => match line {
                Some(line) => shown.rejection(&line)?,
                None => log_is_open = false,
            },
            Some(records) = records.recv() => match records {
                Ok(records) => shown.records(records)?,
                Err(why) => {
                    out::complain(&format!("gone: {why}"));
                    return Err(exit::With(exit::GONE).into());
                }
            },
        }
    }
}

/// What is shown, and how.
struct Shown {
    only: Only,
    /// In lower case.
    text: Option<String>,
    since: Option<Timestamp>,
    json: bool,
}

impl Shown {
    fn new(options: &Options) -> Result<Self> {
        let filters = [
            ("family", &options.family),
            ("command", &options.command),
            ("type", &options.kind),
            ("subject", &options.subject),
        ];
        let list = filters
            .iter()
            .flat_map(|(kind, values)| values.iter().map(move |value| format!("{kind}:{value}")));
        let list: Vec<String> = list.collect();
        Ok(Self {
            only: Only::new(&list.join(",")).map_err(|wrong| format!("the filter {wrong}"))?,
            text: options.text.as_ref().map(|text| text.to_lowercase()),
            since: options.since,
            json: options.json,
        })
    }

    /// Prints the events of records. Those that came in one batch are sorted by their reception.
    fn records(&self, records: Vec<Value>) -> Result<()> {
        let mut events = Vec::new();
        for record in records {
            events.extend(self.events(&record)?);
        }
        events.sort_by(|one: &Seen, other| one.event.sequence.cmp(&other.event.sequence));
        for seen in events {
            self.print(&seen)?;
        }
        Ok(())
    }

    fn events(&self, record: &Value) -> Result<VecDeque<Seen>> {
        let (key, reception) = match stream_record::reception(&record.to_string()) {
            Ok(Some(stored)) => stored,
            Ok(None) => return Ok(VecDeque::new()),
            Err(why) => {
                out::complain(&format!("a record cannot be read: {why}"));
                return Ok(VecDeque::new());
            }
        };
        let stored = record.pointer("/dynamodb/ApproximateCreationDateTime");
        let stored = stored.and_then(Value::as_f64).map(|it| it as i64);
        let received = reception.received_at;
        let late = stored.is_some_and(|it| it - received.unix_seconds() > LATE_SECONDS);
        // What is replayed now came before, so the time of its storage counts, too.
        let is_old = |since: Timestamp| {
            received < since && stored.is_none_or(|it| it < since.unix_seconds())
        };
        if self.since.is_some_and(is_old) {
            return Ok(VecDeque::new());
        }
        let key = Key {
            pk: &key.pk,
            sk: &key.sk,
        };
        let events = cloudevents::from_reception(&reception, "imhook", key);
        let sentences = sentences(&reception.events);
        let seen = events.into_iter().zip(sentences).map(|(event, sentence)| {
            let line = line(&reception, &event, &sentence, late);
            Seen { event, line, late }
        });
        Ok(seen.filter(|seen| self.only.means(&seen.event)).collect())
    }

    fn print(&self, seen: &Seen) -> Result<()> {
        if !self.has_text(&seen.line) {
            return Ok(());
        }
        if !self.json {
            return out::line(&text::cut(&seen.line, WIDTH));
        }
        let mut event = serde_json::to_value(&seen.event)?;
        if seen.late {
            event["storedLate"] = json!(true);
        }
        out::json(&event)
    }

    /// Prints why a caller was not believed, if the line says that. No filter but the text counts, because nobody knows what
    /// such a request is about.
    fn rejection(&self, line: &str) -> Result<()> {
        let Some(rejected) = log::rejection(line) else {
            return Ok(());
        };
        let line = rejected.line();
        if !self.has_text(&line) {
            return Ok(());
        }
        match self.json {
            true => out::json(&rejected),
            false => out::line(&text::cut(&line, WIDTH)),
        }
    }

    fn has_text(&self, line: &str) -> bool {
        let text = self.text.as_ref();
        text.is_none_or(|text| line.to_lowercase().contains(text))
    }
}

/// An event, with its line for people.
struct Seen {
    event: CloudEvent,
    line: String,
    late: bool,
}

fn line(reception: &Reception, event: &CloudEvent, sentence: &str, late: bool) -> String {
    let time = reception.received_at.to_string();
    let (date, time) = (
        time.get(..10).unwrap_or_default(),
        time.get(11..23).unwrap_or_default(),
    );
    let part = match &reception.part {
        Some(part) => format!(" [part {} of {}]", part.number + 1, part.of),
        None => String::new(),
    };
    // It came through a replay, a redrive or `resubmit`.
    let late = match late {
        true => format!(" [stored again or late; it came on {date}]"),
        false => String::new(),
    };
    format!("{time} {}{part}{late}  {sentence}", event.command)
}
