//! The events that wait in queues.

use domain::Reception;
use serde_json::{Value, json};

use super::{Places, person::Person, print_line};
use crate::{
    Result,
    out::{self, Format},
    queues::{Count, Message, Queue, Reading},
};

/// A queue that the caller named.
struct Named<'a> {
    word: &'static str,
    url: &'a str,
}

impl Places {
    fn events_queue(&self) -> Option<Named<'_>> {
        named("events queue", self.queues.events_queue.as_deref())
    }

    fn other_queues(&self) -> impl Iterator<Item = Named<'_>> {
        let dead = self.queues.events_dead_letter_queue.as_deref();
        let failures = self.queues.relationships_failures.as_deref();
        let published = self.queues.publish_failures.as_deref();
        [
            named("dead-letter queue", dead),
            named("failure queue of the views", failures),
            named("failure queue of published events", published),
        ]
        .into_iter()
        .flatten()
    }

    /// The queues of events for the app's own service: of those that it gets, and of those that it judges.
    fn deliveries(&self) -> impl Iterator<Item = Named<'_>> {
        let queue = self.queues.deliveries_queue.as_deref();
        let dead = self.queues.deliveries_dead_letter_queue.as_deref();
        let judged = self.queues.moderation_queue.as_deref();
        let not_judged = self.queues.moderation_dead_letter_queue.as_deref();
        [
            named("deliveries queue", queue),
            named("dead-letter queue of deliveries", dead),
            named("forward queue", self.queues.forward_queue.as_deref()),
            named(
                "dead-letter queue of callbacks",
                self.queues.forward_dead_letter_queue.as_deref(),
            ),
            named("moderation queue", judged),
            named("dead-letter queue of messages to judge", not_judged),
        ]
        .into_iter()
        .flatten()
    }

    fn open(&self, queue: &Named<'_>) -> Result<Queue> {
        self.queues.queue(self.tables.aws(), queue.url)
    }
}

fn named<'a>(word: &'static str, url: Option<&'a str>) -> Option<Named<'a>> {
    url.map(|url| Named { word, url })
}

/// The same in the events queue as in the tables. Warns if it is not empty.
pub(super) async fn forget_in_events_queue(
    places: &Places,
    person: &Person,
    only_look: bool,
    format: Format,
) -> Result<()> {
    let Some(events) = places.events_queue() else {
        return format.say(
            "the events queue is not looked at, because --events-queue is not given: if it is not empty, redrive writes its \
            events later",
            &json!({"what": "notLookedAt", "place": "events queue"}),
        );
    };
    let count = places.open(&events)?.count().await?;
    if count.visible + count.hidden > 0 {
        let Count { visible, hidden } = count;
        format.say(
            &format!(
                "the events queue has about {visible} messages, and {hidden} are being handled: redrive drains it, so wait until \
                it is empty, or run this command again then"
            ),
            &json!({"what": "notEmpty", "place": "events queue", "about": visible + hidden}),
        )?;
    }
    forget_in(places, &events, person, only_look, format).await
}

/// The same in the dead-letter queue and in the failure queues, and without changes in the queues of deliveries.
pub(super) async fn forget_in_other_queues(
    places: &Places,
    person: &Person,
    only_look: bool,
    format: Format,
) -> Result<()> {
    if places.queues.events_dead_letter_queue.is_none() {
        format.say(
            "the dead-letter queue is not looked at, because --events-dead-letter-queue is not given; it keeps events for 14 days",
            &json!({"what": "notLookedAt", "place": "dead-letter queue"}),
        )?;
    }
    for queue in places.other_queues() {
        forget_in(places, &queue, person, only_look, format).await?;
    }
    for queue in places.deliveries() {
        forget_deliveries(places, &queue, person, only_look, format).await?;
    }
    Ok(())
}

/// Deletes the events for the app's own service that name the person. They are not changed and sent again, because they would
/// then come after later ones of their subject.
async fn forget_deliveries(
    places: &Places,
    named: &Named<'_>,
    person: &Person,
    only_look: bool,
    format: Format,
) -> Result<()> {
    let queue = places.open(named)?;
    let before = queue.count().await?;
    let mut reading = queue.read();
    let mut counts = Counts::default();
    let done = async {
        loop {
            let messages = reading.next().await?;
            if messages.is_empty() {
                return Result::Ok(());
            }
            for Message { id, body, .. } in messages {
                counts.read += 1;
                if !person.is_in(&body) {
                    continue;
                }
                counts.deleted += 1;
                if !only_look {
                    reading.delete(&[id]).await?;
                }
            }
        }
    }
    .await;
    // Also after an error, so that the messages are not hidden longer than necessary.
    done.and(reading.release().await)?;
    let would = if only_look { "to be " } else { "" };
    let Counts { read, deleted, .. } = counts;
    let place = named.word;
    format.say(
        &format!("{place}: {read} messages read, {deleted} {would}deleted"),
        &json!({"what": "done", "place": place, "read": read, "deleted": deleted, "dryRun": only_look}),
    )?;
    match (before.visible + before.hidden).saturating_sub(read) {
        0 => Ok(()),
        n => format.say(
            &format!(
                "{place}: about {n} messages wait behind others or for their next try, and cannot be read: run this command again \
                when it is empty"
            ),
            &json!({"what": "notEmpty", "place": place, "about": n}),
        ),
    }
}

/// What became of the messages of a queue.
#[derive(Default)]
struct Counts {
    read: u64,
    deleted: u64,
    changed: u64,
    unreadable: u64,
}

async fn forget_in(
    places: &Places,
    named: &Named<'_>,
    person: &Person,
    only_look: bool,
    format: Format,
) -> Result<()> {
    let queue = places.open(named)?;
    let mut reading = queue.read();
    let done = forget_all(&queue, &mut reading, person, only_look).await;
    // Also after an error, so that the messages are not hidden longer than necessary.
    let released = reading.release().await;
    let Counts {
        read,
        deleted,
        changed,
        unreadable,
    } = done?;
    released?;
    let would = if only_look { "to be " } else { "" };
    let place = named.word;
    format.say(
        &format!("{place}: {read} messages read, {deleted} {would}deleted, {changed} {would}changed"),
        &json!({"what": "done", "place": place, "read": read, "deleted": deleted, "changed": changed, "unreadable": unreadable, "dryRun": only_look}),
    )?;
    match unreadable {
        0 => Ok(()),
        // The number is in the object above.
        _ if format.is_json() => Ok(()),
        n => out::line(&format!(
            "{place}: {n} messages have the id and cannot be read; they stay"
        )),
    }
}

async fn forget_all(
    queue: &Queue,
    reading: &mut Reading<'_>,
    person: &Person,
    only_look: bool,
) -> Result<Counts> {
    let mut counts = Counts::default();
    loop {
        let messages = reading.next().await?;
        if messages.is_empty() {
            return Ok(counts);
        }
        for Message { id, body, .. } in messages {
            counts.read += 1;
            let Ok(reception) = store::from_message(&body) else {
                counts.unreadable += u64::from(person.is_in(&body));
                continue;
            };
            if person.judge(&reception)?.stays() {
                continue;
            }
            let left = person.forgotten(&reception)?;
            match left {
                None => counts.deleted += 1,
                Some(_) => counts.changed += 1,
            }
            if only_look {
                continue;
            }
            // First the new message, so an interruption loses nothing.
            if let Some(left) = left {
                queue.send(store::to_message(&left)).await?;
            }
            reading.delete(&[id]).await?;
        }
    }
}

/// Prints what the queues have about the person.
pub(super) async fn export(places: &Places, person: &Person) -> Result<()> {
    let deliveries = places.deliveries();
    for named in places
        .events_queue()
        .into_iter()
        .chain(places.other_queues())
        .chain(deliveries)
    {
        let queue = places.open(&named)?;
        let mut reading = queue.read();
        let done = export_all(&mut reading, named.word, person).await;
        let released = reading.release().await;
        done?;
        released?;
    }
    Ok(())
}

async fn export_all(reading: &mut Reading<'_>, place: &str, person: &Person) -> Result<()> {
    loop {
        let messages = reading.next().await?;
        if messages.is_empty() {
            return Ok(());
        }
        for message in messages {
            match store::from_message(&message.body) {
                Ok(reception) if !person.judge(&reception)?.stays() => {
                    print_line(place, share(person, &reception)?)?;
                }
                Err(_) if person.is_in(&message.body) => {
                    print_line(place, Value::String(message.body))?;
                }
                _ => {}
            }
        }
    }
}

fn share(person: &Person, reception: &Reception) -> Result<Value> {
    let mut share = serde_json::to_value(reception)?;
    person.share_of(reception, &mut share)?;
    Ok(share)
}
