//! `bench memory`: what `MemorySize` buys, in milliseconds and in dollars.
//!
//! Lambda gives a whole CPU at 1,769 MB and less in proportion (`MB / 1769`), here as a quota for every period; the
//! initialization has a whole CPU, there as here. Left out: Lambda's own overhead, and the limit of memory itself.

use std::{collections::BTreeMap, fs, path::PathBuf, thread, time::Duration};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    Result,
    cgroup::Cgroup,
    contestants::{self, Contestant, Places},
    cost::{PerMillion, billed, per_million},
    machine::Machine,
    runtime_api::{Answer, millis},
    save,
    scene::Scene,
    statistics::{mean, median, percentile, rounded},
    table::{Table, figure},
};

/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
const MB_OF_A_CPU: f64 = 1769.0;
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    places: Places,
    /// Sizes in MB, at most 1769
    #[arg(long, value_delimiter = ',', default_value = "128,256,512,1024,1769")]
    #[arg(value_parser = clap::value_parser!(u32).range(128..=1769))]
    sizes: Vec<u32>,
    /// Fresh processes of each contestant and size
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// To each process: as many apart and as many in a row
    #[arg(long, default_value_t = 100)]
    requests: usize,
    /// Milliseconds after which the quota of the CPU is new
    #[arg(long, default_value_t = 20)]
    period: u64,
    /// Milliseconds that the table takes for an answer, as DynamoDB does from inside its region: they are billed, too
    #[arg(long, default_value_t = 4)]
    table_ms: u64,
    /// How many requests in a hundred start an environment
    #[arg(long, default_value_t = 1.0)]
    cold_percent: f64,
    /// These alone
    #[arg(long, value_delimiter = ',', default_value = "ours,node,python")]
    only: Vec<String>,
    /// Where the result goes, beside the table
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What was measured.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) machine: Machine,
    /// Fresh processes of each contestant and size.
    pub(crate) runs: usize,
    /// To each process, apart and in a row.
    pub(crate) requests: usize,
    /// How long the table took for an answer, in milliseconds.
    pub(crate) table_ms: u64,
    /// How many requests in a hundred start an environment.
    pub(crate) cold_percent: f64,
    pub(crate) sizes: Vec<Size>,
}

/// One contestant with one size. Times are in milliseconds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Size {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) memory_mb: u32,
    /// With a whole CPU; median.
    pub(crate) init_ms: f64,
    /// With the size's share of one, as all that follows; median.
    pub(crate) first_ms: f64,
    /// Requests with pauses between them, in which the quota is made whole.
    pub(crate) apart_p50_ms: f64,
    pub(crate) apart_p99_ms: f64,
    /// How many of those used up the quota.
    pub(crate) throttled_percent: f64,
    /// Requests without pauses.
    pub(crate) row_p50_ms: f64,
    pub(crate) row_p99_ms: f64,
    /// CPU time of a request; mean.
    pub(crate) cpu_ms: f64,
    /// The most memory that a process had.
    pub(crate) peak_rss_kib: u64,
    /// What is billed for a request that came apart; mean.
    pub(crate) billed_warm_ms: f64,
    /// What is billed for a start and its first request; mean.
    pub(crate) billed_cold_ms: f64,
    pub(crate) usd_per_million: PerMillion,
}

#[derive(Default)]
struct Seen {
    init: Vec<f64>,
    first: Vec<f64>,
    apart: Vec<f64>,
    row: Vec<f64>,
    throttled_percent: Vec<f64>,
    cpu: Vec<f64>,
    peak_rss_kib: u64,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let selected = contestants::select(contestants::all(), &options.only, &options.places)?;
    let delay = Duration::from_millis(options.table_ms);
    let scene = Scene::new(&options.places, &selected, delay)?;
    let cgroup = Cgroup::new(options.period)?;
    let mut seen: BTreeMap<(&str, u32), Seen> = BTreeMap::new();
    for run in 1..=options.runs {
        // In turns, so that a noisy minute is everybody's.
        for contestant in &selected {
            for &size in &options.sizes {
                let all = seen.entry((contestant.name, size)).or_default();
                live(&scene, &cgroup, contestant, size, options, all)?;
                let (runs, name) = (options.runs, contestant.name);
                let middle = median(&all.apart);
                eprintln!("{run}/{runs} {name}, {size} MB: {middle:.2} ms");
            }
        }
    }
    let mut sizes = Vec::new();
    for contestant in &selected {
        for &size in &options.sizes {
            let seen = &seen[&(contestant.name, size)];
            sizes.push(measured(contestant, size, seen, options.cold_percent));
        }
    }
    let result = Memory {
        machine: Machine::here()?,
        runs: options.runs,
        requests: options.requests,
        table_ms: options.table_ms,
        cold_percent: options.cold_percent,
        sizes,
    };
    println!("{}", result.table());
    save(options.json.as_deref(), &result)
}

/// One process from its start to its end.
fn live(
    scene: &Scene,
    cgroup: &Cgroup,
    contestant: &Contestant,
    size: u32,
    options: &Options,
    seen: &mut Seen,
) -> Result<()> {
    let period = Duration::from_millis(options.period);
    cgroup.limit(1.0)?;
    let size_text = size.to_string();
    let environment = [("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", size_text.as_str())];
    let mut function = scene.start(contestant, &[], &environment, PATIENCE, |process| {
        cgroup.enter(process)
    })?;
    seen.init.push(millis(function.init));
    cgroup.limit(f64::from(size) / MB_OF_A_CPU)?;
    // The quota that was begun ends.
    thread::sleep(period * 5);
    seen.first.extend(times(&function.send(1, PATIENCE)?));
    let cpu = cpu_ms(function.id())?;
    let mut throttled = Vec::with_capacity(options.requests);
    for number in 0..options.requests {
        // One to three periods, so that requests meet every part of one: the quota is whole again, or nearly.
        let part = (number as f64 * 0.618_034).fract();
        thread::sleep(period.mul_f64(1.0 + 2.0 * part));
        let before = cgroup.throttled()?;
        seen.apart.extend(times(&function.send(1, PATIENCE)?));
        throttled.push(cgroup.throttled()? > before);
    }
    let requests = options.requests as f64;
    let throttled = throttled.into_iter().filter(|&it| it).count();
    seen.throttled_percent
        .push(throttled as f64 / requests * 100.0);
    seen.row
        .extend(times(&function.send(options.requests, PATIENCE)?));
    seen.cpu
        .push((cpu_ms(function.id())? - cpu) / requests / 2.0);
    seen.peak_rss_kib = seen.peak_rss_kib.max(function.peak_kib()?);
    Ok(())
}

fn times(answers: &[Answer]) -> impl Iterator<Item = f64> {
    answers.iter().map(Answer::millis)
}

/// CPU time of a process, all its threads together.
fn cpu_ms(process: u32) -> Result<f64> {
    let mut nanoseconds = 0.0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let statistics = fs::read_to_string(thread?.path().join("schedstat"))?;
        let first = statistics.split_whitespace().next();
        nanoseconds += first.unwrap_or("0").parse::<f64>()?;
    }
    Ok(nanoseconds / 1e6)
}

fn measured(contestant: &Contestant, memory_mb: u32, seen: &Seen, cold_percent: f64) -> Size {
    let all_billed = |values: Vec<f64>| mean(&values.into_iter().map(billed).collect::<Vec<_>>());
    let both = seen.init.iter().zip(&seen.first);
    let cold = all_billed(both.map(|(init, first)| init + first).collect());
    let warm = all_billed(seen.apart.clone());
    let usd = per_million(memory_mb, warm, cold, cold_percent / 100.0);
    Size {
        name: contestant.name.to_owned(),
        title: contestant.title.to_owned(),
        memory_mb,
        init_ms: rounded(median(&seen.init)),
        first_ms: rounded(median(&seen.first)),
        apart_p50_ms: rounded(median(&seen.apart)),
        apart_p99_ms: rounded(percentile(&seen.apart, 99.0)),
        throttled_percent: rounded(mean(&seen.throttled_percent)),
        row_p50_ms: rounded(median(&seen.row)),
        row_p99_ms: rounded(percentile(&seen.row, 99.0)),
        cpu_ms: rounded(mean(&seen.cpu)),
        peak_rss_kib: seen.peak_rss_kib,
        billed_warm_ms: rounded(warm),
        billed_cold_ms: rounded(cold),
        usd_per_million: PerMillion {
            arm64: rounded(usd.arm64),
            x86_64: rounded(usd.x86_64),
        },
    }
}

impl Memory {
    /// For `docs/performance.md`.
    pub(crate) fn table(&self) -> String {
        let mut table = Table::new(&[
            "Function",
            "MB",
            "init",
            "first",
            "apart: p50",
            "p99",
            "throttled %",
            "in a row: p50",
            "p99",
            "CPU",
            "peak MB",
            "billed warm",
            "billed cold",
            "USD/million arm64",
            "x86-64",
        ]);
        for it in &self.sizes {
            table.row([
                it.title.clone(),
                it.memory_mb.to_string(),
                figure(it.init_ms),
                figure(it.first_ms),
                figure(it.apart_p50_ms),
                figure(it.apart_p99_ms),
                format!("{:.1}", it.throttled_percent),
                figure(it.row_p50_ms),
                figure(it.row_p99_ms),
                figure(it.cpu_ms),
                format!("{:.1}", it.peak_rss_kib as f64 * 1024.0 / 1e6),
                format!("{:.1}", it.billed_warm_ms),
                format!("{:.0}", it.billed_cold_ms),
                format!("{:.2}", it.usd_per_million.arm64),
                format!("{:.2}", it.usd_per_million.x86_64),
            ]);
        }
        let Self {
            runs,
            requests,
            table_ms,
            cold_percent,
            ..
        } = self;
        let machine = self.machine.described();
        format!(
            "{table}\nMilliseconds; {runs} processes of each in turns, with {requests} requests apart and as many in a row. \
             The table takes {table_ms} ms for an answer. {cold_percent} % of requests start an environment; their price \
             of 0.20 a million is included. {machine}."
        )
    }

    /// For `README.md`: what to choose `MemorySize` by.
    pub(crate) fn summary(&self) -> String {
        let mut table = Table::new(&[
            "MB",
            "throttled",
            "median",
            "p99",
            "largest memory",
            "USD per million callbacks",
        ]);
        for it in self.sizes.iter().filter(|it| it.name == "ours") {
            table.row([
                it.memory_mb.to_string(),
                format!("{:.1} %", it.throttled_percent),
                format!("{} ms", figure(it.apart_p50_ms)),
                format!("{} ms", figure(it.apart_p99_ms)),
                format!("{:.1} MB", it.peak_rss_kib as f64 * 1024.0 / 1e6),
                format!("{:.2}", it.usd_per_million.arm64),
            ]);
        }
        table.to_string()
    }
}
