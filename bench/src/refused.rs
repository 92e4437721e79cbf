//! `bench refused`: what requests cost that are refused, and what they do to good callbacks.
//!
//! Lambda gives a process one event at a time, and each process its own share of a CPU. So refused requests can only slow a
//! good callback down by what they leave behind in its process. That is what is measured: one process gets good callbacks
//! alone, and then ten refused requests before each of them.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;
use serde::Serialize;

use crate::{
    Error, Result,
    contestants::{Contestant, OURS, Places, Table as Target},
    event::Callback,
    instructions::{self, Tool},
    machine::Machine,
    save,
    scene::{Function, Scene},
    statistics::{median, rounded},
    table::{Table, figure, megabytes},
};

const PATIENCE: Duration = Duration::from_secs(60);
/// A good callback comes so often.
const EVERY: Duration = Duration::from_millis(10);
/// The largest good callback's time, with refused requests before it, as a part of its time alone.
const SLOWER: f64 = 1.10;
/// The memory after the last large body, as a part of that after the first one, and the same for small ones.
const GROWN: f64 = 1.05;

// List prices of us-east-1 in USD for a million, as in docs/cost.md.
const REQUESTS: f64 = 3.50;
const INVOCATIONS: f64 = 0.20;
const WRITE_UNITS: f64 = 0.625;
const GB_SECOND: f64 = 0.000_013_333_4 * 1e6;
const GB_OF_LOG: f64 = 0.50;
const GB_OUT: f64 = 0.09;
/// The memory of a function in GB, the time that a stored callback is paid for, and an answer's bytes.
const MEMORY: f64 = 0.25;
const STORED_SECONDS: f64 = 0.005;
const ANSWER: f64 = 700.0;
/// A function of 256 MB has a seventh of a CPU.
const SHARE: f64 = 256.0 / 1769.0;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    places: Places,
    /// Rounds of good callbacks alone, and then with refused requests between them
    #[arg(long, default_value_t = 40)]
    rounds: usize,
    /// Good callbacks in each
    #[arg(long, default_value_t = 50)]
    good: usize,
    /// Refused requests before each good callback
    #[arg(long, default_value_t = 10)]
    bad: usize,
    /// Small bodies that are not JSON
    #[arg(long, default_value_t = 1_000_000)]
    small: usize,
    /// Large bodies of each size
    #[arg(long, default_value_t = 20)]
    large: usize,
    /// The path of valgrind, if it is neither installed nor in .local/valgrind
    #[arg(long, value_name = "FILE")]
    valgrind: Option<PathBuf>,
    /// Write the result into this file, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The result of a run.
#[derive(Serialize)]
struct Refused {
    machine: Machine,
    requests: Vec<Cost>,
    /// Medians of a good callback in milliseconds.
    alone_ms: f64,
    between_ms: f64,
    between_ratio: f64,
    memory: Vec<Memory>,
    /// What AWS's runtime library keeps of each event, if each has its own trace id.
    trace_bytes: f64,
}

/// The memory of a process at some times, in KiB. All its events have the same trace id.
#[derive(Serialize)]
struct Memory {
    what: String,
    before_kib: u64,
    after_first_kib: u64,
    after_last_kib: u64,
    peak_kib: u64,
}

/// What a request costs.
#[derive(Serialize)]
struct Cost {
    what: &'static str,
    instructions: f64,
    /// As a part of those of a callback that is stored.
    of_stored: f64,
    millis: f64,
    log_bytes: f64,
    dollars_a_million: f64,
}

/// Each request, with the number of them whose instructions are counted.
const REQUESTS_OF: [(&str, Callback, usize); 5] = [
    ("stored", Callback::DeleteFriend, 100),
    ("refused: wrong password", Callback::WrongPassword, 100),
    (
        "refused: a short body that is not JSON",
        Callback::NotJson,
        100,
    ),
    (
        "refused: 5 MB, nearly the most that Lambda passes on",
        Callback::Large(5),
        2,
    ),
    (
        "refused: 10 MB, as if Lambda passed it on",
        Callback::Large(10),
        2,
    ),
];

pub(crate) fn run(options: &Options) -> Result<()> {
    let scene = Scene::new(&options.places, &[])?;
    let valgrind = instructions::valgrind(options.valgrind.clone())?;
    let mut requests: Vec<Cost> = Vec::new();
    for (what, callback, counted) in REQUESTS_OF {
        let count = |requests| {
            let contestant = contestant(callback, Target::ConstantHttp);
            let run =
                instructions::run_once(&scene, &contestant, &valgrind, Tool::Callgrind, requests)?;
            Ok::<_, Error>(run.total)
        };
        let instructions = (count(counted * 2)? - count(counted)?) / counted as f64;
        let mut function =
            scene.start(&contestant(callback, Target::Constant), &[], &[], PATIENCE)?;
        function.send(counted, PATIENCE)?;
        let logged = function.logged();
        let answers = function.send(counted * 5, PATIENCE)?;
        let times: Vec<f64> = answers.iter().map(|answer| answer.millis()).collect();
        let log_bytes = settled(&function, logged) as f64 / times.len() as f64;
        let millis = median(&times);
        let stored = requests.first().map_or(instructions, |it| it.instructions);
        let cost = Cost {
            what,
            instructions: instructions.round(),
            of_stored: rounded(instructions / stored),
            millis: rounded(millis),
            log_bytes: log_bytes.round(),
            dollars_a_million: dollars(callback, millis, log_bytes),
        };
        eprintln!("{}", cost.row().join(" | "));
        requests.push(cost);
    }
    let (alone, between) = good_ones(&scene, options)?;
    let mut memory = Vec::new();
    for (what, callback, number) in [
        ("bodies of 5 MB", Callback::Large(5), options.large),
        ("bodies of 10 MB", Callback::Large(10), options.large),
        (
            "short bodies that are not JSON",
            Callback::NotJson,
            options.small,
        ),
        (
            "requests with a wrong password",
            Callback::WrongPassword,
            options.small,
        ),
    ] {
        let mut function =
            scene.start(&contestant(callback, Target::Constant), &[], &[], PATIENCE)?;
        function.one_trace();
        // As in a process that has worked for a while.
        good(&mut function, options.good)?;
        let before_kib = function.memory_kib()?;
        let first = (number / 20).max(1);
        send_all(&mut function, first)?;
        let after_first_kib = function.memory_kib()?;
        send_all(&mut function, number.saturating_sub(first))?;
        good(&mut function, options.good)?;
        memory.push(Memory {
            what: format!("{number} {what}"),
            before_kib,
            after_first_kib,
            after_last_kib: function.memory_kib()?,
            peak_kib: function.peak_kib()?,
        });
    }
    let result = Refused {
        machine: Machine::here()?,
        requests,
        trace_bytes: trace_bytes(&scene)?,
        alone_ms: rounded(median(&alone)),
        between_ms: rounded(median(&between)),
        between_ratio: rounded(median(&between) / median(&alone)),
        memory,
    };
    println!("{}", result.tables(options));
    save(options.json.as_deref(), &result)?;
    let wrong = result.wrong();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n").into())
    }
}

fn contestant(callback: Callback, table: Target) -> Contestant {
    Contestant::function(OURS, table, callback)
}

/// The bytes that were logged since then, once no more come.
fn settled(function: &Function<'_>, since: u64) -> u64 {
    let mut known = function.logged();
    loop {
        std::thread::sleep(Duration::from_millis(50));
        match function.logged() {
            now if now == known => return known - since,
            now => known = now,
        }
    }
}

/// The price of a million.
fn dollars(callback: Callback, millis: f64, log_bytes: f64) -> f64 {
    let (seconds, units) = match callback {
        Callback::DeleteFriend => (STORED_SECONDS, 1.0),
        // Lambda rounds up to a millisecond.
        _ => ((millis / SHARE).ceil() / 1000.0, 0.0),
    };
    let kilobyte = 1e6 * 1e-9;
    let dollars = REQUESTS
        + INVOCATIONS
        + seconds * MEMORY * GB_SECOND
        + units * WRITE_UNITS
        + log_bytes * kilobyte * GB_OF_LOG
        + ANSWER * kilobyte * GB_OUT;
    (dollars * 100.0).round() / 100.0
}

/// The times of good callbacks, alone and after refused requests in the same process.
fn good_ones(scene: &Scene, options: &Options) -> Result<(Vec<f64>, Vec<f64>)> {
    let contestant = contestant(Callback::WrongPassword, Target::Constant);
    let mut function = scene.start(&contestant, &[], &[], PATIENCE)?;
    good(&mut function, options.good)?;
    let (mut alone, mut between) = (Vec::new(), Vec::new());
    let mut next = Instant::now();
    // A process that had nothing to do answers more slowly than a busy one. So good callbacks come at the same rate in both.
    let mut pause = || {
        next = Instant::now().max(next + EVERY);
        std::thread::sleep(next - Instant::now());
    };
    for _ in 0..options.rounds {
        for _ in 0..options.good {
            pause();
            alone.extend(good(&mut function, 1)?);
        }
        for _ in 0..options.good {
            function.send(options.bad, PATIENCE)?;
            pause();
            between.extend(good(&mut function, 1)?);
        }
    }
    Ok((alone, between))
}

/// How much a process grows with each event, if each has its own trace id, as on Lambda.
fn trace_bytes(scene: &Scene) -> Result<f64> {
    const EVENTS: usize = 20_000;
    let contestant = contestant(Callback::WrongPassword, Target::Constant);
    let mut function = scene.start(&contestant, &[], &[], PATIENCE)?;
    send_all(&mut function, 5_000)?;
    let before = function.memory_kib()?;
    send_all(&mut function, EVENTS)?;
    let grown = function.memory_kib()?.saturating_sub(before) * 1024;
    Ok((grown as f64 / EVENTS as f64).round())
}

fn good(function: &mut Function<'_>, number: usize) -> Result<Vec<f64>> {
    let callback = Callback::DeleteFriend;
    let events = (0..number).map(|_| callback.event()).collect();
    let answers = function.pass(events, PATIENCE, |answer| callback.is_accepted(answer))?;
    Ok(answers.iter().map(|answer| answer.millis()).collect())
}

/// Sends the function's requests, a thousand or 50 MB at once.
fn send_all(function: &mut Function<'_>, mut number: usize) -> Result<()> {
    while number > 0 {
        let some = number.min(if number > 1000 { 1000 } else { 5 });
        function.send(some, PATIENCE)?;
        number -= some;
    }
    Ok(())
}

impl Cost {
    fn row(&self) -> Vec<String> {
        vec![
            self.what.to_owned(),
            figure(self.instructions / 1000.0),
            format!("{:.2}", self.of_stored),
            figure(self.millis),
            format!("{:.0}", self.log_bytes),
            format!("{:.2}", self.dollars_a_million),
        ]
    }
}

impl Refused {
    fn tables(&self, options: &Options) -> String {
        let mut costs = Table::new(&[
            "Request",
            "thousand instructions",
            "of a stored one's",
            "ms",
            "bytes of log",
            "USD a million",
        ]);
        for cost in &self.requests {
            costs.row(cost.row());
        }
        let mut memory = Table::new(&[
            "MB of a process",
            "before",
            "after the first twentieth",
            "at the end",
            "peak",
        ]);
        for it in &self.memory {
            let kib = [
                it.before_kib,
                it.after_first_kib,
                it.after_last_kib,
                it.peak_kib,
            ];
            let mut row = vec![it.what.clone()];
            row.extend(kib.map(|kib| megabytes(kib * 1024)));
            memory.row(row);
        }
        format!(
            "{costs}\n{memory}\nA good callback: {} ms alone, {} ms with {} wrong passwords before each ({:.2} ×). {} of each. If each event has its \
             own trace id, a process grows by {} bytes with each. {}.",
            figure(self.alone_ms),
            figure(self.between_ms),
            options.bad,
            self.between_ratio,
            options.rounds * options.good,
            self.trace_bytes,
            self.machine.described()
        )
    }

    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.between_ratio > SLOWER {
            wrong.push(format!(
                "good callbacks take {} of their time",
                self.between_ratio
            ));
        }
        for it in &self.memory {
            if it.after_last_kib as f64 > it.after_first_kib as f64 * GROWN {
                wrong.push(format!(
                    "{}: {} KiB, and {} after the first twentieth",
                    it.what, it.after_last_kib, it.after_first_kib
                ));
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slower_good_callbacks_and_more_memory_are_wrong() {
        let refused = |between_ratio, after_last_kib| Refused {
            machine: Machine::here().unwrap(),
            requests: Vec::new(),
            alone_ms: 1.0,
            between_ms: between_ratio,
            between_ratio,
            trace_bytes: 160.0,
            memory: vec![Memory {
                what: "bodies".to_owned(),
                before_kib: 9000,
                after_first_kib: 10_000,
                after_last_kib,
                peak_kib: 30_000,
            }],
        };
        assert_eq!(refused(1.1, 10_500).wrong(), [""; 0]);
        assert_eq!(refused(1.11, 10_500).wrong().len(), 1);
        assert_eq!(refused(1.1, 10_501).wrong().len(), 1);
    }

    #[test]
    fn a_stored_callback_costs_what_the_page_about_costs_says() {
        // 3.50, 0.20, 5 ms, a write unit, 600 bytes of log, and the answer: docs/cost.md rounds each of them up.
        assert_eq!(dollars(Callback::DeleteFriend, 0.5, 600.0), 4.70);
        assert_eq!(dollars(Callback::WrongPassword, 0.1, 400.0), 3.97);
    }
}
