//! `imhook dead-letters` and `imhook requeue`: what to do with messages that nothing could process.
//!
//! Six queues have such messages: the dead-letter queues of events, deliveries, callbacks and messages to judge, and the failure
//! queues of the views and of published events.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use clap::{Args, Subcommand};
use domain::{Reception, Timestamp};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{
    ErrorKind, EventsTable, Position, from_message,
    put_aside::{PutAside, StreamFailure},
};
use stream::{Failed, Stored};

use crate::{
    Result,
    destinations::Destinations,
    out::{self, Format},
    queues::{Count, Message, Queue, Queues, Reading},
    tables::Tables,
    text,
};

#[derive(Subcommand)]
pub(crate) enum Action {
    /// Count the messages by kind, and print a line for each, without contents
    List {
        #[command(flatten)]
        format: Format,
        #[command(flatten)]
        places: Places,
    },
    /// Show one message
    Show {
        /// The message's id, as `list` prints it
        id: String,
        /// Also show what is in it, which users may have written
        #[arg(long)]
        contents: bool,
        #[command(flatten)]
        format: Format,
        #[command(flatten)]
        places: Places,
    },
    /// Send messages back to the queue from which they came, apply records to the relationships
    /// table, and publish events
    Redrive(Redrive),
}

/// Where the queues and the tables are.
#[derive(Args)]
pub(crate) struct Places {
    #[command(flatten)]
    queues: Queues,
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    destinations: Destinations,
}

#[derive(Args)]
pub(crate) struct Redrive {
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    places: Places,
    /// Only the message with this id; can be given several times
    #[arg(long, value_name = "ID")]
    id: Vec<String>,
    /// Say what would be done, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Delete the names of batches that Lambda gave up; first run `imhook rebuild-relationships`, which applies them, or
    /// `imhook replay`, which publishes them
    #[arg(long)]
    discard_batches: bool,
}

pub(crate) async fn run(action: Action) -> Result<()> {
    match action {
        Action::List { format, places } => list(&places, format).await,
        Action::Show {
            id,
            contents,
            format,
            places,
        } => show(&places, &id, contents, format).await,
        Action::Redrive(redrive) => {
            let mut left = Left::new(redrive.format);
            for queue in places_of(&redrive.places)? {
                match queue {
                    Named::Events(queue) => {
                        EVENTS
                            .send(&redrive, &queue, &mut left, is_reception)
                            .await?;
                    }
                    Named::Views(queue) => apply(&redrive, &queue, &mut left).await?,
                    Named::Published(queue) => publish(&redrive, &queue, &mut left).await?,
                    Named::Deliveries(queue) => {
                        DELIVERIES
                            .send_in_order(&redrive, &queue, &mut left)
                            .await?;
                    }
                    Named::Forwards(queue) => {
                        FORWARDS.send_in_order(&redrive, &queue, &mut left).await?;
                    }
                    Named::Moderation(queue) => {
                        MODERATION
                            .send(&redrive, &queue, &mut left, is_delivery)
                            .await?;
                    }
                }
            }
            left.end(&redrive)
        }
    }
}

/// `imhook requeue`: the same as `dead-letters redrive` for the failure queue of the views.
pub(crate) async fn requeue(options: Redrive) -> Result<()> {
    let Places { queues, tables, .. } = &options.places;
    let url = queues.relationships_failures.as_ref();
    let url = url.ok_or(
        "name the queue: --relationships-failures with the stack's output RelationshipsFailuresUrl",
    )?;
    let queue = queues.queue(tables.aws(), url)?;
    let mut left = Left::new(options.format);
    apply(&options, &queue, &mut left).await?;
    left.end(&options)
}

/// A queue, by what its messages are.
enum Named {
    Events(Queue),
    Views(Queue),
    Published(Queue),
    Deliveries(Queue),
    Forwards(Queue),
    Moderation(Queue),
}

impl Named {
    fn queue(&self) -> (&'static str, &Queue) {
        match self {
            Self::Events(queue) => ("dead-letter queue of events", queue),
            Self::Views(queue) => ("failure queue of the views", queue),
            Self::Published(queue) => ("failure queue of published events", queue),
            Self::Deliveries(queue) => ("dead-letter queue of deliveries", queue),
            Self::Forwards(queue) => ("dead-letter queue of callbacks", queue),
            Self::Moderation(queue) => ("dead-letter queue of messages to judge", queue),
        }
    }
}

/// The queues that the options name.
fn places_of(Places { queues, tables, .. }: &Places) -> Result<Vec<Named>> {
    let mut named = Vec::new();
    if let Some(url) = &queues.events_dead_letter_queue {
        named.push(Named::Events(queues.queue(tables.aws(), url)?));
    }
    if let Some(url) = &queues.relationships_failures {
        named.push(Named::Views(queues.queue(tables.aws(), url)?));
    }
    if let Some(url) = &queues.publish_failures {
        named.push(Named::Published(queues.queue(tables.aws(), url)?));
    }
    if let Some(url) = &queues.deliveries_dead_letter_queue {
        named.push(Named::Deliveries(queues.queue(tables.aws(), url)?));
    }
    if let Some(url) = &queues.forward_dead_letter_queue {
        named.push(Named::Forwards(queues.queue(tables.aws(), url)?));
    }
    if let Some(url) = &queues.moderation_dead_letter_queue {
        named.push(Named::Moderation(queues.queue(tables.aws(), url)?));
    }
    if named.is_empty() {
        return Err(
            "name a queue: --events-dead-letter-queue, --relationships-failures, --publish-failures, \
             --deliveries-dead-letter-queue, --forward-dead-letter-queue or --moderation-dead-letter-queue, with the stack's \
             outputs EventsDeadLetterQueueUrl, RelationshipsFailuresUrl, PublishFailuresUrl, DeliveriesDeadLetterQueueUrl, \
             ForwardDeadLetterQueueUrl and ModerationDeadLetterQueueUrl"
                .into(),
        );
    }
    Ok(named)
}

async fn list(places: &Places, format: Format) -> Result<()> {
    for named in places_of(places)? {
        let (name, queue) = named.queue();
        let Count { visible, hidden } = queue.count().await?;
        format.say(
            &format!("{name}: about {visible} messages"),
            &json!({"what": "queue", "queue": name, "about": visible, "hidden": hidden}),
        )?;
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        let mut oldest = u64::MAX;
        let mut reading = queue.read();
        let read = async {
            loop {
                let messages = reading.next().await?;
                if messages.is_empty() {
                    return Result::Ok(());
                }
                if kinds.is_empty() && !format.is_json() {
                    out::line(&format!("{:36}  {:24}  KIND", "MESSAGE", "SENT"))?;
                }
                for message in messages {
                    let (kind, detail) = described(&named, &message.body);
                    let sent_at = time(message.sent_at);
                    let mut fact = as_json(&named, &message);
                    fact["kind"] = kind.as_str().into();
                    let sentence = format!("{}  {sent_at}  {kind}{detail}", message.id);
                    format.say(&sentence, &fact)?;
                    *kinds.entry(kind).or_default() += 1;
                    oldest = oldest.min(message.sent_at);
                }
            }
        }
        .await;
        read.and(reading.release().await)?;
        let all: usize = kinds.values().sum();
        let sum = match all {
            0 => "no messages".to_owned(),
            _ => format!("{all} messages, the oldest {} old", age(oldest)),
        };
        let oldest = (all > 0).then(|| time(oldest));
        format.say(
            &sum,
            &json!({"what": "sum", "queue": name, "messages": all, "oldest": oldest, "kinds": kinds}),
        )?;
        if format.is_json() {
            continue;
        }
        if all > 0 {
            out::line("MESSAGES  KIND")?;
        }
        for (kind, count) in kinds {
            out::line(&format!("{count:>8}  {kind}"))?;
        }
        let behind = visible.saturating_sub(u64::try_from(all).unwrap_or(u64::MAX));
        if matches!(named, Named::Deliveries(_) | Named::Forwards(_)) && behind > 0 {
            out::line(&format!(
                "about {behind} more wait behind these: SQS shows only the first messages of each subject"
            ))?;
        }
        if hidden > 0 {
            out::line(&format!(
                "about {hidden} more are hidden for some minutes: a function or another command has just received them"
            ))?;
        }
    }
    Ok(())
}

/// The kind of a message, by which they are counted, and what else a line says about it. Nothing in it is what users wrote.
fn described(named: &Named, body: &str) -> (String, String) {
    match named {
        Named::Events(_) => match from_message(body) {
            Ok(reception) => (shortened(&reception.command), part_of(&reception)),
            Err(error) => (format!("cannot be read: {error}"), String::new()),
        },
        Named::Views(_) | Named::Published(_) => match StreamFailure::read(body) {
            Ok(StreamFailure::PutAside(aside)) => {
                let command = aside.command.as_deref().unwrap_or("unknown command");
                let reason = format!(": {}", shortened(&aside.reason));
                (format!("record of {}", shortened(command)), reason)
            }
            Ok(StreamFailure::GivenUp(batch)) => (
                "batch that Lambda gave up".to_owned(),
                format!(": {} records", batch.batch_size),
            ),
            Err(error) => (format!("cannot be read: {error}"), String::new()),
        },
        Named::Deliveries(_) | Named::Forwards(_) | Named::Moderation(_) => {
            match Delivery::read(body) {
                Ok(event) => (
                    shortened(&event.r#type),
                    format!("  {}", shortened(&event.id)),
                ),
                Err(error) => (format!("cannot be read: {error}"), String::new()),
            }
        }
    }
}

/// An event for the app's own service, without what it says.
#[derive(Deserialize)]
struct Delivery {
    id: String,
    r#type: String,
    time: Option<String>,
    command: Option<String>,
}

impl Delivery {
    fn read(body: &str) -> std::result::Result<Self, &'static str> {
        serde_json::from_str(body).map_err(|_| "the message contains no event")
    }
}

fn part_of(reception: &Reception) -> String {
    match &reception.part {
        Some(part) => format!(", part {} of {}", part.number + 1, part.of),
        None => String::new(),
    }
}

/// Names of commands can come from callers, and reasons from AWS.
fn shortened(text: &str) -> String {
    text::cut(text, 100)
}

fn time(unix_millis: u64) -> String {
    let time = i64::try_from(unix_millis).map(Timestamp::from_unix_millis);
    match time {
        Ok(Ok(time)) => time.to_string(),
        _ => "at an unknown time".to_owned(),
    }
}

fn age(unix_millis: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let age = now
        .unwrap_or_default()
        .saturating_sub(Duration::from_millis(unix_millis));
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} seconds"),
        seconds @ 120..7200 => format!("{} minutes", seconds / 60),
        seconds @ 7200..172_800 => format!("{} hours", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

async fn show(places: &Places, id: &str, contents: bool, format: Format) -> Result<()> {
    for named in places_of(places)? {
        let (name, queue) = named.queue();
        let mut reading = queue.read();
        let found = find(&mut reading, id).await;
        let released = reading.release().await;
        if let Some(message) = found.and_then(|found| released.map(|()| found))? {
            if format.is_json() {
                let mut shown = as_json(&named, &message);
                shown["bytes"] = message.body.len().into();
                shown["body"] = contents.then_some(message.body).into();
                return out::json(&shown);
            }
            out::line(&format!("queue: {name}"))?;
            out::line(&format!("sent: {}", time(message.sent_at)))?;
            for (name, value) in facts(&named, &message.body) {
                out::line(&format!("{name}: {}", shortened(&value)))?;
            }
            let bytes = message.body.len();
            return match contents {
                true => out::lines(&pretty(&message.body)),
                false => out::line(&format!("{bytes} bytes: --contents shows them")),
            };
        }
    }
    Err(format!(
        "no message has the id {id}; if a command has just read the queue, wait five minutes"
    )
    .into())
}

async fn find(reading: &mut Reading<'_>, id: &str) -> Result<Option<Message>> {
    loop {
        let messages = reading.next().await?;
        let is_last = messages.is_empty();
        let found = messages.into_iter().find(|message| message.id == id);
        if found.is_some() || is_last {
            return Ok(found);
        }
    }
}

/// A message for programs, without what users wrote.
fn as_json(named: &Named, message: &Message) -> Value {
    let facts: BTreeMap<_, _> = facts(named, &message.body).into_iter().collect();
    let (queue, sent) = (named.queue().0, time(message.sent_at));
    json!({"what": "message", "queue": queue, "id": message.id, "sent": sent, "facts": facts})
}

/// What a message says without what users wrote.
fn facts(named: &Named, body: &str) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut add = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
    match named {
        Named::Events(_) => match from_message(body) {
            Ok(reception) => {
                add("request id", Some(reception.id.clone()));
                add("received", Some(reception.received_at.to_string()));
                add(
                    "command",
                    Some(reception.command.clone() + &part_of(&reception)),
                );
                add(
                    "family",
                    Some(reception.events.family().as_str().to_owned()),
                );
            }
            Err(error) => add("cannot be read", Some(error.to_string())),
        },
        Named::Views(_) | Named::Published(_) => match StreamFailure::read(body) {
            Ok(StreamFailure::PutAside(aside)) => {
                add("item", aside.key().map(|key| key.to_string()));
                add("reason", Some(aside.reason));
                add("request id", aside.request_id);
                add("sequence number", aside.sequence_number);
                add("command", aside.command);
            }
            Ok(StreamFailure::GivenUp(batch)) => {
                add("shard", Some(batch.shard_id));
                add("first sequence number", Some(batch.start_sequence_number));
                add("last sequence number", Some(batch.end_sequence_number));
                add("records", Some(batch.batch_size.to_string()));
                let what = match named {
                    Named::Published(_) => REPLAY,
                    _ => REBUILD,
                };
                add("what to do", Some(what.to_owned()));
            }
            Err(error) => add("cannot be read", Some(error.to_owned())),
        },
        Named::Deliveries(_) | Named::Forwards(_) | Named::Moderation(_) => {
            match Delivery::read(body) {
                Ok(event) => {
                    add("event id", Some(event.id));
                    add("type", Some(event.r#type));
                    add("time", event.time);
                    add("command", event.command);
                }
                Err(error) => add("cannot be read", Some(error.to_owned())),
            }
        }
    }
    facts
}

/// JSON on several lines, or the text itself if it is no JSON.
fn pretty(body: &str) -> String {
    let json = serde_json::from_str::<Value>(body);
    let json = json.and_then(|json| serde_json::to_string_pretty(&json));
    json.map_or_else(|_| body.to_owned(), |json| text::json(&json).into_owned())
}

const REBUILD: &str = "run `imhook rebuild-relationships`, which applies it, and then delete it with --discard-batches";
const REPLAY: &str =
    "run `imhook replay`, which publishes it, and then delete it with --discard-batches";

/// The messages that stay in their queue, and the ids that were not found.
struct Left {
    format: Format,
    messages: usize,
    found: BTreeSet<String>,
}

impl Left {
    fn new(format: Format) -> Self {
        Self {
            format,
            messages: 0,
            found: BTreeSet::new(),
        }
    }

    /// Says why a message stays.
    fn add(&mut self, id: &str, reason: &str) -> Result<()> {
        self.messages += 1;
        self.format.say(
            &format!("{id} stays: {reason}"),
            &json!({"what": "stays", "id": id, "reason": reason}),
        )
    }

    /// The messages that the options mean.
    fn meant(&mut self, redrive: &Redrive, messages: Vec<Message>) -> Vec<Message> {
        let mut messages = messages;
        if !redrive.id.is_empty() {
            messages.retain(|message| redrive.id.contains(&message.id));
            self.found
                .extend(messages.iter().map(|message| message.id.clone()));
        }
        messages
    }

    /// Whether all messages were found that the options name.
    fn has_all(&self, redrive: &Redrive) -> bool {
        !redrive.id.is_empty() && redrive.id.iter().all(|id| self.found.contains(id))
    }

    fn end(self, redrive: &Redrive) -> Result<()> {
        let missing = redrive.id.iter().filter(|id| !self.found.contains(*id));
        let missing: Vec<&str> = missing.map(String::as_str).collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Err(format!(
                "not found: {missing}; if a command has just read the queue, wait five minutes"
            )
            .into());
        }
        match self.messages {
            0 => Ok(()),
            left => Err(format!("{left} messages stay in their queue (see above)").into()),
        }
    }
}

/// Reads the messages that the options mean, and gives them to `work`, a few at a time. `work` counts what it has done, also if
/// it fails. Gives the count. `what` names it in the lines about progress.
async fn each_few(
    redrive: &Redrive,
    queue: &Queue,
    left: &mut Left,
    what: &str,
    mut work: impl AsyncFnMut(&mut Reading<'_>, &mut Left, Vec<Message>, &mut usize) -> Result<()>,
) -> Result<usize> {
    let mut reading = queue.read();
    let mut count = 0;
    let all = async {
        while !left.has_all(redrive) {
            let messages = reading.next().await?;
            if messages.is_empty() {
                break;
            }
            let before = count;
            let meant = left.meant(redrive, messages);
            work(&mut reading, left, meant, &mut count).await?;
            if !redrive.dry_run && before / 100 != count / 100 {
                redrive.format.progress(
                    &format!("{count} {what}"),
                    None,
                    &json!({"what": "progress", "messages": count}),
                )?;
            }
        }
        Result::Ok(())
    }
    .await;
    let released = reading.release().await;
    all.and(released).map_err(|error| stopped(count, error))?;
    Ok(count)
}

/// What was done with the messages of one queue.
fn done(count: usize, redrive: &Redrive, action: &str) -> Value {
    json!({"what": "done", "messages": count, "action": action, "dryRun": redrive.dry_run})
}

/// The error of a redrive that did not reach the end.
fn stopped(done: usize, error: Box<dyn Error>) -> Box<dyn Error> {
    match error.is::<out::NobodyReads>() {
        true => error,
        false => format!(
            "stopped after {done} messages: {error}\nnothing is lost; the same command continues from there"
        )
        .into(),
    }
}

/// A queue to which the messages of its dead-letter queue go back.
struct Back {
    name: &'static str,
    /// What its messages are.
    what: &'static str,
    /// The option that names it, the one that names its dead-letter queue, and the stack's output for the first.
    options: [&'static str; 3],
    urls: fn(&Queues) -> [&Option<String>; 2],
}

/// `redrive`, the function, then records them.
const EVENTS: Back = Back {
    name: "events queue",
    what: "events",
    options: [
        "--events-queue",
        "--events-dead-letter-queue",
        "EventsQueueUrl",
    ],
    urls: |it| [&it.events_queue, &it.events_dead_letter_queue],
};
/// `moderate`, the function, then has them judged for some hours more.
const MODERATION: Back = Back {
    name: "moderation queue",
    what: "events",
    options: [
        "--moderation-queue",
        "--moderation-dead-letter-queue",
        "ModerationQueueUrl",
    ],
    urls: |it| [&it.moderation_queue, &it.moderation_dead_letter_queue],
};
/// `deliver`, the function, then tries them for another day.
const DELIVERIES: Back = Back {
    name: "deliveries queue",
    what: "events",
    options: [
        "--deliveries-queue",
        "--deliveries-dead-letter-queue",
        "DeliveriesQueueUrl",
    ],
    urls: |it| [&it.deliveries_queue, &it.deliveries_dead_letter_queue],
};
/// As [`DELIVERIES`].
const FORWARDS: Back = Back {
    name: "forward queue",
    what: "callbacks",
    options: [
        "--forward-queue",
        "--forward-dead-letter-queue",
        "ForwardQueueUrl",
    ],
    urls: |it| [&it.forward_queue, &it.forward_dead_letter_queue],
};

/// Whether a message is an event that `redrive` can record.
fn is_reception(body: &str) -> std::result::Result<(), String> {
    let read = from_message(body).map(drop);
    read.map_err(|error| error.to_string())
}

/// Whether a message is an event, or names a callback, that another function can handle.
fn is_delivery(body: &str) -> std::result::Result<(), String> {
    Delivery::read(body).map(drop).map_err(ToOwned::to_owned)
}

impl Back {
    /// Where the messages go.
    fn queue(&self, Places { queues, tables, .. }: &Places) -> Result<Queue> {
        let [option, dead_option, output] = self.options;
        let [url, dead] = (self.urls)(queues);
        let url = url.as_ref().ok_or_else(|| {
            format!("name the queue to send to: {option} with the stack's output {output}")
        })?;
        if dead.as_ref() == Some(url) {
            return Err(format!("{option} and {dead_option} are the same").into());
        }
        queues.queue(tables.aws(), url)
    }

    /// Sends back the messages that this function can read.
    ///
    /// A message is deleted after it was sent. So an interruption can leave it in both queues, which does no harm, because an
    /// event is recorded once.
    ///
    /// SQS could do this itself (`StartMessageMoveTask`). But it moves all messages: also those that cannot be read, which would
    /// come back after ten hours. And it does it later, so nobody sees what failed.
    async fn send(
        &self,
        redrive: &Redrive,
        from: &Queue,
        left: &mut Left,
        read: fn(&str) -> std::result::Result<(), String>,
    ) -> Result<()> {
        let to = self.queue(&redrive.places)?;
        let sent = each_few(
            redrive,
            from,
            left,
            &format!("{} sent", self.what),
            async |reading, left, messages, sent| {
                let mut readable = Vec::new();
                for message in messages {
                    match read(&message.body) {
                        Ok(()) => readable.push(message),
                        Err(error) => left.add(&message.id, &error)?,
                    }
                }
                if redrive.dry_run {
                    *sent += readable.len();
                    return Ok(());
                }
                let results = join_all(readable.iter().map(|message| to.send(&message.body))).await;
                let were_sent = readable
                    .iter()
                    .zip(&results)
                    .filter(|(_, sent)| sent.is_ok());
                let were_sent: Vec<String> =
                    were_sent.map(|(message, _)| message.id.clone()).collect();
                reading.delete(&were_sent).await?;
                *sent += were_sent.len();
                results.into_iter().collect()
            },
        )
        .await?;
        self.report(sent, redrive, "")
    }

    /// Sends back the messages of a FIFO queue, in the order of each group.
    ///
    /// A message is deleted after it was sent. So an interruption can leave it in both queues, and the service can get the
    /// event twice, with the same id.
    async fn send_in_order(&self, redrive: &Redrive, from: &Queue, left: &mut Left) -> Result<()> {
        let to = self.queue(&redrive.places)?;
        let sent = each_few(
            redrive,
            from,
            left,
            &format!("{} sent", self.what),
            async |reading, left, messages, sent| {
                // One after the other, so that none is sent before an earlier one of its group.
                for message in messages {
                    let group = match (is_delivery(&message.body), &message.group) {
                        (Ok(()), Some(group)) => group,
                        (Ok(()), None) => return Err("SQS gave a message without its group".into()),
                        (Err(reason), _) => {
                            left.add(&message.id, &reason)?;
                            continue;
                        }
                    };
                    if !redrive.dry_run {
                        // The dead letter's own id. The event's would be taken for a repetition if it was sent a short time ago.
                        to.send_in(group, &message.id, &message.body).await?;
                        reading.delete(&[message.id]).await?;
                    }
                    *sent += 1;
                }
                Ok(())
            },
        )
        .await?;
        self.report(sent, redrive, ", and what waits behind them")
    }

    /// Says how many were sent. Of some, a dry run cannot see `others`.
    fn report(&self, sent: usize, redrive: &Redrive, others: &str) -> Result<()> {
        let Self { name, what, .. } = self;
        let sentence = match redrive.dry_run {
            true => format!("{sent} {what} would be sent to the {name}{others}"),
            false => format!("{sent} {what} sent to the {name}"),
        };
        let action = format!("{what} sent to the {name}");
        redrive.format.say(&sentence, &done(sent, redrive, &action))
    }
}

/// Applies the records of the failure queue to the relationships table.
async fn apply(redrive: &Redrive, queue: &Queue, left: &mut Left) -> Result<()> {
    let (events, relationships) = redrive.places.tables.patient()?;
    let apply = async |stored: &Stored| {
        let results = relationships.apply(&stored.receptions).await.into_iter();
        results
            .map(|it| it.map(drop).map_err(Failed::from))
            .collect()
    };
    let records = Records {
        done: "applied",
        of_batches: REBUILD,
    };
    records.redrive(redrive, queue, left, &events, apply).await
}

/// Publishes the records of the failure queue.
async fn publish(redrive: &Redrive, queue: &Queue, left: &mut Left) -> Result<()> {
    let Places {
        queues,
        tables,
        destinations,
    } = &redrive.places;
    let (events, _) = tables.patient()?;
    let publisher = destinations.publisher(tables, Some(queues))?;
    let publish = async |stored: &Stored| {
        let results = publisher.publish(stored, None).await.into_iter();
        results.map(|it| it.map(drop)).collect()
    };
    let records = Records {
        done: "published",
        of_batches: REPLAY,
    };
    records
        .redrive(redrive, queue, left, &events, publish)
        .await
}

/// What happens to the records of a failure queue.
struct Records {
    done: &'static str,
    /// What to do with batches that Lambda gave up.
    of_batches: &'static str,
}

impl Records {
    async fn redrive(
        &self,
        redrive: &Redrive,
        queue: &Queue,
        left: &mut Left,
        events: &EventsTable,
        work: impl AsyncFn(&Stored) -> Vec<std::result::Result<(), Failed>>,
    ) -> Result<()> {
        let what = format!("records {}", self.done);
        let count = each_few(
            redrive,
            queue,
            left,
            &what,
            async |reading, left, messages, count| {
                let (mut ids, mut stored, mut done) = (Vec::new(), Stored::default(), Vec::new());
                for message in messages {
                    match StreamFailure::read(&message.body) {
                        Ok(StreamFailure::PutAside(aside)) => {
                            match reception(&aside, events).await? {
                                Ok((key, reception)) => {
                                    ids.push(message.id);
                                    stored.receptions.push(reception);
                                    stored.keys.push(key);
                                }
                                Err(reason) => left.add(&message.id, &reason)?,
                            }
                        }
                        Ok(StreamFailure::GivenUp(_)) if redrive.discard_batches => {
                            done.push(message.id);
                        }
                        Ok(StreamFailure::GivenUp(batch)) => {
                            let (records, what) = (batch.batch_size, self.of_batches);
                            let names =
                                format!("it names {records} records that Lambda gave up: {what}");
                            left.add(&message.id, &names)?;
                        }
                        Err(reason) => left.add(&message.id, reason)?,
                    }
                }
                if redrive.dry_run {
                    *count += ids.len();
                    return Ok(());
                }
                let mut stopped = None;
                for (id, result) in ids.into_iter().zip(work(&stored).await) {
                    match result {
                        Ok(()) => {
                            done.push(id);
                            *count += 1;
                        }
                        Err(Failed::Never(reason)) => left.add(&id, &reason)?,
                        Err(Failed::Now(error)) => stopped = Some(error),
                    }
                }
                reading.delete(&done).await?;
                match stopped {
                    Some(error) => Err(error.into()),
                    None => Ok(()),
                }
            },
        )
        .await?;
        let can_be = if redrive.dry_run { "can be " } else { "" };
        let sentence = format!("{count} records {can_be}{}", self.done);
        let action = format!("records {}", self.done);
        redrive
            .format
            .say(&sentence, &done(count, redrive, &action))
    }
}

/// The reception of a record that was put aside, with the key of its item, or why there is none. If the record itself cannot
/// be read, or is not in the message, it is the one in the events table now: somebody may have repaired the item.
async fn reception(
    aside: &PutAside,
    events: &EventsTable,
) -> Result<std::result::Result<(Position, Reception), String>> {
    let why = match aside.reception() {
        Ok(Some(read)) => return Ok(Ok(read)),
        Ok(None) => "its record is not in the message",
        Err(why) => why,
    };
    let Some(key) = aside.key() else {
        return Ok(Err(format!("{why}, and its key is not known")));
    };
    match events.reception_at(&key).await {
        Ok(Some(reception)) => Ok(Ok((key, reception))),
        Ok(None) => Ok(Err(format!(
            "{why}, and the events table has no item {key}"
        ))),
        Err(error) if error.kind() == ErrorKind::Invalid => Ok(Err(format!(
            "{why}, and the same is true of the item {key} of the events table"
        ))),
        Err(error) => Err(error.into()),
    }
}
