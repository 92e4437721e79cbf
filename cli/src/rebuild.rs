//! `imhook rebuild-relationships`: applies the whole events table to the relationships table again.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Description, ErrorKind, Position};

use crate::{Result, checkpoint, out::Format, tables::Tables};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    tables: Tables,
    /// File for the progress, so an interrupted run can be continued
    #[arg(long, value_name = "FILE", default_value = ".local/rebuild.json")]
    checkpoint: PathBuf,
    /// Number of items that are read before the progress is saved
    #[arg(long, value_name = "NUMBER", default_value_t = 500, value_parser = clap::value_parser!(i32).range(1..))]
    step: i32,
    /// Begin with the first event, even after an interrupted run
    #[arg(long)]
    from_start: bool,
    #[command(flatten)]
    format: Format,
}

/// The progress of a run.
#[derive(Default, Serialize, Deserialize)]
struct Progress {
    database: String,
    events_table: String,
    relationships_table: String,
    /// Distinguishes the events table from another one with the same name.
    events_table_created: String,
    /// Unix seconds.
    begun: u64,
    /// The last item that was applied.
    after: Option<Position>,
    events: u64,
    rows_changed: u64,
    left_out: u64,
}

/// Applies all events. It is safe while callbacks arrive, because a row always keeps the newest fact. It deletes nothing,
/// and does not write rows that are right already.
pub(crate) async fn rebuild(options: Options) -> Result<()> {
    let format = options.format;
    let (events, relationships) = options.tables.patient()?;
    // First, so that a wrong name is an error before anything is printed about progress.
    let Description {
        approximate_count: about,
        created,
    } = events.description().await?;
    let mut progress = match resumed(&options, &created)? {
        Some(progress) => {
            let (events, file) = (progress.events, options.checkpoint.display());
            format.say(
                &format!("resuming after {events} events ({file})"),
                &json!({"what": "resumed", "events": events}),
            )?;
            progress
        }
        None => Progress {
            database: options.tables.database(),
            events_table: options.tables.events_table.clone(),
            relationships_table: options.tables.relationships_table.clone(),
            events_table_created: created,
            begun: checkpoint::now()?,
            ..Progress::default()
        },
    };
    loop {
        let page = events.page(progress.after.as_ref(), options.step).await?;
        for position in &page.unreadable {
            format.say(
                &format!("cannot be read, left out: {position}"),
                &json!({"what": "leftOut", "item": position.to_string(), "reason": "cannot be read"}),
            )?;
        }
        progress.left_out += u64::try_from(page.unreadable.len())?;
        let results = relationships.apply(&page.receptions).await;
        for (reception, applied) in page.receptions.iter().zip(results) {
            match applied {
                Ok(applied) => progress.rows_changed += u64::try_from(applied.changed)?,
                Err(error) if error.kind() == ErrorKind::Invalid => {
                    let id = &reception.id;
                    format.say(
                        &format!("cannot be applied, left out: {id}: {error}"),
                        &json!({"what": "leftOut", "id": id, "reason": error.to_string()}),
                    )?;
                    progress.left_out += 1;
                }
                Err(error) => {
                    let done = progress.events;
                    let advice = "when that works again, the same command continues from there";
                    return Err(format!("stopped after {done} events: {error}\n{advice}").into());
                }
            }
        }
        progress.events += u64::try_from(page.receptions.len())?;
        progress.after = page.next;
        let (events, rows_changed) = (progress.events, progress.rows_changed);
        let about = about.max(events);
        format.progress(
            &format!("{events} events of about {about}, {rows_changed} rows changed"),
            share(events, about),
            &json!({"what": "progress", "events": events, "about": about, "rowsChanged": rows_changed}),
        )?;
        if progress.after.is_none() {
            break;
        }
        checkpoint::save(&options.checkpoint, &progress)?;
    }
    checkpoint::remove(&options.checkpoint)?;
    if progress.left_out > 0 {
        return Err(format!(
            "{} items of the events table were left out (see above); all others were applied",
            progress.left_out
        )
        .into());
    }
    format.say(
        "done: the relationships table says what the events table does",
        &json!({"what": "done", "events": progress.events, "rowsChanged": progress.rows_changed}),
    )
}

/// Which share of the work is done.
fn share(done: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| done as f64 / all as f64)
}

/// The progress of an interrupted run; `None` if there is none, if it is too old, or if the events table is a new one.
fn resumed(options: &Options, created: &str) -> Result<Option<Progress>> {
    if options.from_start {
        return Ok(None);
    }
    let Some(progress) = checkpoint::read::<Progress>(&options.checkpoint)? else {
        return Ok(None);
    };
    let file = options.checkpoint.display();
    if progress.database != options.tables.database()
        || progress.events_table != options.tables.events_table
        || progress.relationships_table != options.tables.relationships_table
    {
        return Err(format!(
            "{file} belongs to an interrupted rebuild of {} from {} in {}: finish that rebuild, or remove the file",
            progress.relationships_table, progress.events_table, progress.database
        )
        .into());
    }
    let same_table = progress.events_table_created == created;
    let resumed = checkpoint::is_resumed(&options.checkpoint, same_table, progress.begun)?;
    Ok(resumed.then_some(progress))
}
