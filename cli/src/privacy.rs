//! `imhook forget` and `imhook export`: removes, or shows, everything that is stored about one person.
//!
//! `person` says what an event or a text has about the person and what is left of it without. `items` says the same for the
//! items of each table, and `sweep` does it to a whole table.

mod items;
mod person;
mod queue;
mod sweep;
mod tree;

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use domain::UserId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Client;

use self::{
    items::{Item, Place},
    person::Person,
    sweep::{Counts, Segments, Table},
};
use crate::{
    Result, checkpoint,
    out::{self, Format},
    queues::Queues,
    tables::{LimitsTable, Tables},
    text,
};

#[derive(Args)]
pub(crate) struct Forget {
    /// The user
    #[arg(long)]
    user: String,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    places: Places,
    /// File for the progress, so an interrupted run can be continued. It has the user's id until the run is complete
    #[arg(long, value_name = "FILE", default_value = ".local/forget.json")]
    checkpoint: PathBuf,
    /// Number of items of each segment that are read before the progress is saved
    #[arg(long, value_name = "NUMBER", default_value_t = 500, value_parser = clap::value_parser!(i32).range(1..))]
    step: i32,
    /// Begin with the first item, even after an interrupted run
    #[arg(long)]
    from_start: bool,
    #[command(flatten)]
    format: Format,
}

#[derive(Args)]
pub(crate) struct Export {
    /// The user
    #[arg(long)]
    user: String,
    #[command(flatten)]
    places: Places,
}

/// Where something about a person can be.
#[derive(Args)]
struct Places {
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    limits: LimitsTable,
    #[command(flatten)]
    queues: Queues,
}

impl Places {
    fn table_name(&self, place: Place) -> &str {
        match place {
            Place::Events => &self.tables.events_table,
            Place::Relationships => &self.tables.relationships_table,
            Place::Limits => &self.limits.limits_table,
        }
    }

    fn table<'a>(&'a self, client: &'a Client, place: Place) -> Table<'a> {
        let name = self.table_name(place);
        Table {
            client,
            name,
            place,
        }
    }
}

/// The progress of a run.
#[derive(Serialize, Deserialize)]
struct Progress {
    database: String,
    tables: Vec<String>,
    user: String,
    /// Distinguishes the events table from another one with the same name.
    events_table_created: String,
    /// Unix seconds.
    begun: u64,
    /// How many tables are done.
    tables_done: usize,
    /// How far the sweep of the next table came.
    segments: Segments,
    /// What was done in each place.
    counts: BTreeMap<String, Counts>,
}

/// Removes everything about a person. It is safe while callbacks arrive, and safe to repeat.
pub(crate) async fn forget(options: Forget) -> Result<()> {
    let user = UserId::new(&options.user)?;
    let person = Person::new(&user);
    let places = &options.places;
    let client = places.tables.patient_client()?;
    // First, so that a wrong name is an error before anything is changed.
    let created = places.tables.patient()?.0.description().await?.created;
    if options.dry_run {
        return dry_run(&options, &person, &client).await;
    }
    let mut progress = match resumed(&options, &created)? {
        Some(progress) => {
            let file = options.checkpoint.display();
            let sentence = format!("resuming an interrupted run ({file})");
            options.format.say(&sentence, &json!({"what": "resumed"}))?;
            progress
        }
        None => Progress {
            database: places.tables.database(),
            tables: Place::ALL
                .map(|place| places.table_name(place).to_owned())
                .into(),
            user: options.user.clone(),
            events_table_created: created,
            begun: checkpoint::now()?,
            tables_done: 0,
            segments: Segments::new(),
            counts: BTreeMap::new(),
        },
    };
    // Before the tables, because redrive writes its events into the events table.
    queue::forget_in_events_queue(places, &person, false, options.format).await?;
    while let Some(place) = Place::ALL.get(progress.tables_done) {
        let table = places.table(&client, *place);
        while !progress.segments.are_done() {
            let mut segments = progress.segments.clone();
            let counts = table
                .sweep(&person, &mut segments, options.step, false)
                .await;
            let counts = counts.map_err(|error| stopped(&options, error))?;
            progress.segments = segments;
            let sum = progress.counts.entry(place.word().to_owned()).or_default();
            sum.add(counts);
            say_progress(*place, sum, false, options.format)?;
            checkpoint::save(&options.checkpoint, &progress)?;
        }
        progress.tables_done += 1;
        progress.segments = Segments::new();
    }
    queue::forget_in_other_queues(places, &person, false, options.format).await?;
    for place in Place::ALL {
        let counts = progress.counts.remove(place.word()).unwrap_or_default();
        report(place, &counts, false, options.format)?;
    }
    let left = verify(&options, &person, &client).await?;
    checkpoint::remove(&options.checkpoint)?;
    if !options.format.is_json() {
        out::lines(REMAINS)?;
    }
    left
}

/// What this program cannot remove.
const REMAINS: &str = "\
what remains, and until when:
- log lines: OpenIM's operationID, if clients put the id into it, and events that neither table nor queue took; until LogRetentionDays end
- the stream of the events table: 24 hours
- backups for point-in-time recovery: 35 days, the longest trace; a table restored from them has the person again
- archives, exports and backups of your own, the chat server, and systems that read the stream
run the same command again after 24 hours: a callback that was on its way, or an event that a view had not seen yet, can come late";

/// Looks at all tables and says what would be done.
async fn dry_run(options: &Forget, person: &Person, client: &Client) -> Result<()> {
    let places = &options.places;
    queue::forget_in_events_queue(places, person, true, options.format).await?;
    for place in Place::ALL {
        let counts = look(places.table(client, place), person, options).await?;
        report(place, &counts, true, options.format)?;
    }
    queue::forget_in_other_queues(places, person, true, options.format).await?;
    options.format.say(
        "nothing was changed",
        &json!({"what": "done", "dryRun": true}),
    )
}

async fn look(table: Table<'_>, person: &Person, options: &Forget) -> Result<Counts> {
    let mut segments = Segments::new();
    let mut sum = Counts::default();
    while !segments.are_done() {
        let swept = table.sweep(person, &mut segments, options.step, true);
        sum.add(swept.await?);
        say_progress(table.place, &sum, true, options.format)?;
    }
    Ok(sum)
}

/// Reads everything once more. Gives an error if something about the person is there.
async fn verify(options: &Forget, person: &Person, client: &Client) -> Result<Result<()>> {
    let places = &options.places;
    let (mut left, mut unreadable, mut similar) = (0, 0, 0);
    for place in Place::ALL {
        let counts = look(places.table(client, place), person, options).await?;
        left += counts.deleted() + counts.changed();
        unreadable += counts.unreadable;
        similar += counts.similar;
    }
    if similar > 0 {
        options.format.say(
            &format!(
                "in {similar} items the characters of the id stand as a part of something else: a longer word or id, or a group's id"
            ),
            &json!({"what": "similar", "items": similar}),
        )?;
    }
    if left > 0 {
        return Ok(Err(format!(
            "{left} items about the person came while this ran: run the same command again"
        )
        .into()));
    }
    if unreadable > 0 {
        return Ok(Err(format!(
            "{unreadable} items have the id, but this program cannot read them: a newer version may have written them"
        )
        .into()));
    }
    options.format.say(
        "checked: no table has anything about the person",
        &json!({"what": "checked"}),
    )?;
    Ok(Ok(()))
}

fn say_progress(place: Place, counts: &Counts, only_look: bool, format: Format) -> Result<()> {
    let (read, deleted, changed) = (counts.read, counts.deleted(), counts.changed());
    let would = if only_look { "to be " } else { "" };
    let place = place.word();
    format.progress(
        &format!("{place}: {read} items read, {deleted} {would}deleted, {changed} {would}changed"),
        None,
        &json!({"what": "progress", "place": place, "read": read, "deleted": deleted, "changed": changed, "dryRun": only_look}),
    )
}

fn report(place: Place, counts: &Counts, only_look: bool, format: Format) -> Result<()> {
    let would = if only_look { "would be " } else { "" };
    for (kind, done) in &counts.by_kind {
        if (done.deleted, done.changed) != (0, 0) {
            let (place, deleted, changed) = (place.word(), done.deleted, done.changed);
            format.say(
                &format!("{place} of the kind {kind}: {deleted} {would}deleted, {changed} {would}changed"),
                &json!({"what": "done", "place": place, "kind": kind, "deleted": deleted, "changed": changed, "dryRun": only_look}),
            )?;
        }
    }
    if counts.unreadable > 0 {
        let (place, unreadable) = (place.word(), counts.unreadable);
        format.say(
            &format!("{place}: {unreadable} items have the id and cannot be read; they stay"),
            &json!({"what": "unreadable", "place": place, "items": unreadable}),
        )?;
    }
    Ok(())
}

fn stopped(options: &Forget, error: Box<dyn std::error::Error>) -> Box<dyn std::error::Error> {
    let file = options.checkpoint.display();
    format!("stopped: {error}\nwhen that works again, the same command continues ({file})").into()
}

/// The progress of an interrupted run; `None` if there is none, if it is too old, or if the events table is a new one.
fn resumed(options: &Forget, created: &str) -> Result<Option<Progress>> {
    if options.from_start {
        return Ok(None);
    }
    let Some(progress) = checkpoint::read::<Progress>(&options.checkpoint)? else {
        return Ok(None);
    };
    let file = options.checkpoint.display();
    let places = &options.places;
    let tables = Place::ALL.map(|place| places.table_name(place).to_owned());
    if progress.user != options.user
        || progress.database != places.tables.database()
        || progress.tables != tables
    {
        return Err(format!(
            "{file} belongs to an interrupted run about another user or other tables: finish that run, or remove the file"
        )
        .into());
    }
    let same_table = progress.events_table_created == created;
    let resumed = checkpoint::is_resumed(&options.checkpoint, same_table, progress.begun)?;
    Ok(resumed.then_some(progress))
}

/// Prints everything about a person as JSON lines.
pub(crate) async fn export(options: Export) -> Result<()> {
    let person = Person::new(&UserId::new(&options.user)?);
    let places = &options.places;
    let client = places.tables.patient_client()?;
    for place in Place::ALL {
        let table = places.table(&client, place);
        table
            .mentions(&person, |item| print(place, share(&person, place, item)?))
            .await?;
    }
    queue::export(places, &person).await
}

/// What an item has about the person.
fn share(person: &Person, place: Place, item: Item) -> Result<Value> {
    let reception = match place {
        Place::Events => store::item::to_reception(item.clone()).ok(),
        Place::Relationships | Place::Limits => None,
    };
    let mut share = items::json(item)?;
    if let Some(reception) = reception {
        person.share_of(&reception, &mut share)?;
    }
    Ok(share)
}

fn print(place: Place, share: Value) -> Result<()> {
    print_line(place.word(), share)
}

/// Prints one line. The place comes first.
fn print_line(place: &str, share: Value) -> Result<()> {
    let share = json!(share).to_string();
    let place = json!(place);
    let line = match share.strip_prefix('{') {
        Some(members) => format!("{{\"place\":{place},{members}"),
        None => format!("{{\"place\":{place},\"what\":{share}}}"),
    };
    out::line(&text::json(&line))
}
