//! `bench soak`: many callbacks through the same few processes. At the end, these must be as they were: as small, as fast,
//! with as many files open. And everything must be stored once and be in the views.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;
use models::views::Views;
use serde::Serialize;

use crate::{
    Error, Result,
    contestants::{Contestant, Places, Table as Target},
    event::Callback,
    kept::Kept,
    machine::Machine,
    mix::{Kind, Mix, SHARES},
    save,
    scene::{Function, Scene},
    statistics::{median, percentiles, rounded},
    table::{Table, figure, megabytes},
    views::Projection,
};

const PATIENCE: Duration = Duration::from_secs(60);
/// The callbacks that are made at once, before the functions get them.
const CHUNK: usize = 200;
/// Every so many messages between two users go to the new process.
const NEW: usize = 2;
/// The first answers of a new process, which are slower.
const FIRST: usize = 200;
/// How much memory may grow after the first slice, and how much slower an old process may be than a new one.
const LIMIT: f64 = 0.05;
const DRIFT: f64 = 1.10;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    places: Places,
    /// Callbacks in all
    #[arg(long, default_value_t = 1_000_000)]
    callbacks: usize,
    /// Callbacks in each slice, after which memory and files are counted
    #[arg(long, default_value_t = 50_000)]
    slice: usize,
    /// Give each event its own trace id, as Lambda does. AWS's runtime library then needs 160 bytes more for each event
    #[arg(long)]
    own_traces: bool,
    /// Write the result into this file, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The result of a run.
#[derive(Serialize)]
struct Soak {
    machine: Machine,
    callbacks: usize,
    /// The kinds of callbacks.
    mix: &'static str,
    seconds: u64,
    /// Items in the table, and those that views read.
    stored: usize,
    viewed: usize,
    slices: Vec<Slice>,
    /// That of the last slice.
    drift: f64,
    /// The same time, compared with that of the first slice. The load of the machine is in it.
    drift_since_first_slice: f64,
}

#[derive(Serialize)]
struct Slice {
    callbacks: usize,
    processes: Vec<Seen>,
    /// The median of a process of the first function that is new in this slice.
    new_p50_ms: f64,
    /// How long an answer of the process that was there from the start takes, compared with that of the new one: the median
    /// of many comparisons.
    drift: f64,
}

/// A process at the end of a slice.
#[derive(Serialize)]
struct Seen {
    name: &'static str,
    p50_ms: f64,
    p99_ms: f64,
    memory_kib: u64,
    descriptors: usize,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let scene = Scene::new(&options.places, &[])?;
    let kept = Kept::start(&scene.tls, options.callbacks)?;
    let environment = [("AWS_ENDPOINT_URL_DYNAMODB", kept.url.as_str())];
    let start = |name| {
        let function = scene.start(&contestant(name), &[], &environment, PATIENCE)?;
        if !options.own_traces {
            function.one_trace();
        }
        Ok::<_, Error>(function)
    };
    let mut functions = [
        start("after-send-single-msg")?,
        start("after-send-group-msg")?,
        start("any-command")?,
    ];
    let mut projection = Projection::start(&scene, &options.places)?;
    if !options.own_traces {
        projection.function.one_trace();
    }
    let mut mix = Mix::new()?;
    let mut ids = Vec::with_capacity(options.callbacks);
    let mut slices: Vec<Slice> = Vec::new();
    let (begin, mut viewed) = (Instant::now(), 0);
    while ids.len() < options.callbacks {
        let mut new = start("after-send-single-msg")?;
        let mut times = [const { Vec::new() }; 4];
        let mut new_times = Vec::new();
        let mut ratios = Vec::new();
        let end = (ids.len() + options.slice).min(options.callbacks);
        while ids.len() < end {
            let mut events = [const { Vec::new() }; 3];
            let mut for_new = Vec::new();
            for _ in 0..CHUNK.min(end - ids.len()) {
                let call = mix.next()?;
                ids.push(call.id);
                if call.kind == Kind::Single && ids.len() % NEW == 0 {
                    for_new.push(call.event);
                } else {
                    events[call.kind as usize].push(call.event);
                }
            }
            // In turns, and each pair at the same time, so that other programs slow both down.
            let [for_old, for_groups, others] = events;
            let (old, in_new) = if (ids.len() / CHUNK).is_multiple_of(2) {
                let old = pass(&mut functions[0], for_old)?;
                (old, pass(&mut new, for_new)?)
            } else {
                let in_new = pass(&mut new, for_new)?;
                (pass(&mut functions[0], for_old)?, in_new)
            };
            if new_times.len() >= FIRST && !old.is_empty() && !in_new.is_empty() {
                ratios.push(median(&old) / median(&in_new));
            }
            times[0].extend(old);
            new_times.extend(in_new);
            times[1].extend(pass(&mut functions[1], for_groups)?);
            times[2].extend(pass(&mut functions[2], others)?);
            let stream = std::mem::take(&mut kept.items().stream);
            viewed += stream.len();
            times[3].extend(projection.deliver(stream)?);
        }
        new_times.drain(..FIRST.min(new_times.len()));
        let processes = functions.iter().chain([&projection.function]);
        let processes = NAMES.iter().zip(processes).zip(&times);
        let slice = Slice {
            callbacks: ids.len(),
            processes: processes
                .map(|((name, function), times)| Seen::of(name, function, times))
                .collect::<Result<_>>()?,
            new_p50_ms: rounded(median(&new_times)),
            drift: rounded(median(&ratios)),
        };
        eprintln!("{}", slice.row().join(" | "));
        slices.push(slice);
    }
    let (Some(first), Some(last)) = (slices.first(), slices.last()) else {
        return Err("no callbacks are no soak".into());
    };
    let p50 = |slice: &Slice| slice.processes[0].p50_ms;
    let result = Soak {
        machine: Machine::here()?,
        callbacks: ids.len(),
        mix: SHARES,
        seconds: begin.elapsed().as_secs(),
        stored: kept.items().of.len(),
        viewed,
        drift: last.drift,
        drift_since_first_slice: rounded(p50(last) / p50(first)),
        slices,
    };
    println!("{}", result.table());
    save(options.json.as_deref(), &result)?;
    let mut wrong = result.wrong();
    let items = kept.items();
    let lost = ids.iter().filter(|id| !items.of.contains_key(*id)).count();
    let twice = items.of.values().filter(|times| **times > 1).count();
    if lost + twice > 0 || items.of.len() != ids.len() || items.refused > 0 {
        let (stored, refused) = (items.of.len(), items.refused);
        wrong.push(format!(
            "of {} accepted callbacks, {lost} are not stored and {twice} are stored twice; {stored} are stored, and {refused} \
             items were written again",
            ids.len()
        ));
    }
    if mix.history.len() != viewed {
        wrong.push(format!(
            "{} callbacks are for the views, and {viewed} items came to them",
            mix.history.len()
        ));
    }
    let mut expected = Views::of(&mix.history);
    expected.relations.requests.clear();
    let views = projection.views()?;
    if views != expected {
        wrong.push(format!("the views are {views:?}, not {expected:?}"));
    }
    if wrong.is_empty() {
        println!(
            "All {} callbacks are stored once. The views of {viewed} of them are those of the model.",
            ids.len()
        );
        return Ok(());
    }
    Err(wrong.join("\n").into())
}

const NAMES: [&str; 4] = [
    "after-send-single-msg",
    "after-send-group-msg",
    "any-command",
    "project-views",
];

fn contestant(name: &'static str) -> Contestant {
    Contestant::function(name, Target::Constant, Callback::DeleteFriend)
}

/// Passes events of OpenIM to a function. Returns the times of the answers in milliseconds.
fn pass(function: &mut Function<'_>, events: Vec<Vec<u8>>) -> Result<Vec<f64>> {
    let is_accepted = |answer: &[u8]| Callback::DeleteFriend.is_accepted(answer);
    let answers = function.pass(events, PATIENCE, is_accepted)?;
    Ok(answers.iter().map(|answer| answer.millis()).collect())
}

impl Seen {
    fn of(name: &'static str, function: &Function<'_>, times: &[f64]) -> Result<Self> {
        let [p50_ms, p99_ms] = percentiles(times, [50.0, 99.0]).map(rounded);
        Ok(Self {
            name,
            p50_ms,
            p99_ms,
            memory_kib: function.memory_kib()?,
            descriptors: function.descriptors()?,
        })
    }
}

impl Slice {
    fn row(&self) -> Vec<String> {
        let mut row = vec![self.callbacks.to_string()];
        for seen in &self.processes {
            row.extend([
                figure(seen.p50_ms),
                figure(seen.p99_ms),
                megabytes(seen.memory_kib * 1024),
                seen.descriptors.to_string(),
            ]);
        }
        row.push(figure(self.new_p50_ms));
        row
    }
}

impl Soak {
    /// What differs from the first slice, or from a new process, by more than it may.
    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let Some((first, later)) = self.slices.split_first() else {
            return wrong;
        };
        for slice in later {
            for (then, now) in first.processes.iter().zip(&slice.processes) {
                // It can also be less: Linux takes pages of the program back that were not used for a while.
                let grown = now.memory_kib.saturating_sub(then.memory_kib) as f64;
                let (name, callbacks) = (now.name, slice.callbacks);
                if grown > LIMIT * then.memory_kib as f64 {
                    wrong.push(format!(
                        "after {callbacks} callbacks, {name} has {} KiB, and had {} after the first slice",
                        now.memory_kib, then.memory_kib
                    ));
                }
                if now.descriptors != then.descriptors {
                    wrong.push(format!(
                        "after {callbacks} callbacks, {name} has {} files open, and had {} after the first slice",
                        now.descriptors, then.descriptors
                    ));
                }
            }
        }
        if self.drift > DRIFT {
            let drift = self.drift;
            wrong.push(format!("the old process takes {drift} of a new one's time"));
        }
        wrong
    }

    fn table(&self) -> String {
        let mut columns = vec!["Callbacks".to_owned()];
        for name in NAMES {
            columns.extend(["p50", "p99", "MB", "files"].map(|what| format!("{name} {what}")));
        }
        columns.push("new process p50".to_owned());
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let mut table = Table::new(&columns);
        for slice in &self.slices {
            table.row(slice.row());
        }
        format!(
            "{table}\nMilliseconds of an answer, and of a batch of the views. {}. {} seconds. The old process takes {:.2} of the \
             time of a new one, and {:.2} of its own in the first slice. {}.",
            self.mix,
            self.seconds,
            self.drift,
            self.drift_since_first_slice,
            self.machine.described()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soak(memory: u64, descriptors: usize, drift: f64) -> Soak {
        let slice = |memory_kib, descriptors| Slice {
            callbacks: 1,
            processes: vec![Seen {
                name: "ours",
                p50_ms: 1.0,
                p99_ms: 1.0,
                memory_kib,
                descriptors,
            }],
            new_p50_ms: 1.0,
            drift: 1.0,
        };
        Soak {
            machine: Machine::here().unwrap(),
            callbacks: 2,
            mix: SHARES,
            seconds: 1,
            stored: 2,
            viewed: 0,
            slices: vec![slice(10_000, 10), slice(memory, descriptors)],
            drift,
            drift_since_first_slice: 2.0,
        }
    }

    #[test]
    fn more_memory_more_files_and_slower_answers_are_wrong() {
        for memory in [9_000, 10_500] {
            assert_eq!(soak(memory, 10, 1.10).wrong(), [""; 0]);
        }
        for (memory, descriptors, drift, expected) in [
            (10_501, 10, 1.0, "10501 KiB, and had 10000"),
            (10_000, 11, 1.0, "11 files open, and had 10"),
            (10_000, 10, 1.11, "takes 1.11 of a new one's time"),
        ] {
            let wrong = soak(memory, descriptors, drift).wrong();
            assert!(wrong.len() == 1 && wrong[0].contains(expected), "{wrong:?}");
        }
    }
}
