//! `bench functions`: measures start, answers, memory and size of several functions in turns.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    Result,
    chart::{self, Bar},
    contestants::{self, Contestant, Places},
    machine::Machine,
    root,
    runtime_api::millis,
    save,
    scene::Scene,
    size::zip_bytes,
    statistics::{median, percentiles, rounded},
    table::{Table, figure, megabytes},
};

const PATIENCE: Duration = Duration::from_secs(60);
/// By these a reader chooses.
const IN_SUMMARY: [&str; 7] = [
    "bare-http",
    "sdk-floor",
    "ours",
    "go",
    "node",
    "python",
    "java",
];

/// The contestants in the table of `docs/performance.md`.
const ON_THE_PAGE: [&str; 19] = [
    "bare-runtime",
    "bare-http",
    "ours-no-table",
    "sdk-floor",
    "ours",
    "ours-as-deployed",
    "tencent",
    "message-1k-floor",
    "message-1k",
    "message-16k-floor",
    "message-16k",
    "judged-floor",
    "judged",
    "ours-dynamodb",
    "go",
    "node",
    "python",
    "java",
    "java-primed",
];

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    places: Places,
    /// New processes of each function
    #[arg(long, default_value_t = 9)]
    runs: usize,
    /// Requests to each process after its first
    #[arg(long, default_value_t = 200)]
    requests: usize,
    /// Measure only these
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    only: Vec<String>,
    /// Compare several builds of the same functions in turns: `--build thin=FOLDER` for each of them, instead of
    /// --functions
    #[arg(long = "build", value_name = "NAME=FOLDER", value_parser = build)]
    builds: Vec<(String, PathBuf)>,
    /// Write the result into this file, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn build(text: &str) -> Result<(String, PathBuf)> {
    let (name, folder) = text.split_once('=').ok_or("expected NAME=FOLDER")?;
    Ok((name.to_owned(), folder.into()))
}

/// The result of a run. Times are in milliseconds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Functions {
    pub(crate) machine: Machine,
    /// New processes of each contestant.
    pub(crate) runs: usize,
    /// Requests to each process after its first.
    pub(crate) requests: usize,
    pub(crate) contestants: Vec<Measured>,
}

/// The figures of one contestant.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) title: String,
    /// From the start of the process to its first request for an event; median of all processes.
    pub(crate) init_ms: f64,
    /// From the first event to its answer; median of all processes.
    pub(crate) first_ms: f64,
    /// Start and first answer together; median of all processes.
    pub(crate) cold_ms: f64,
    /// From an event to its answer, for all requests after the first.
    pub(crate) warm_ms: Warm,
    /// Requests per second that one process answers, one after the other; median of all processes.
    pub(crate) answers_per_second: f64,
    /// The highest memory use of a process; median of all processes.
    pub(crate) peak_rss_kib: u64,
    /// The size of the function's binary; none if the function is not one.
    pub(crate) binary_bytes: Option<u64>,
    /// The size of the zip that is uploaded.
    pub(crate) zip_bytes: u64,
    /// The contestant with which this one is compared. The ratios are missing if it was not measured in this run.
    pub(crate) baseline: String,
    pub(crate) cold_ratio: Option<f64>,
    /// The ratio of the medians.
    pub(crate) warm_ratio: Option<f64>,
    pub(crate) peak_rss_ratio: Option<f64>,
}

/// Percentiles of the later answers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Warm {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Warm {
    fn of(millis: &[f64]) -> Self {
        let [p50, p90, p99, max] = percentiles(millis, [50.0, 90.0, 99.0, 100.0]).map(rounded);
        Self { p50, p90, p99, max }
    }
}

/// The figures of all processes of one contestant.
#[derive(Default)]
struct Seen {
    init: Vec<f64>,
    first: Vec<f64>,
    warm: Vec<f64>,
    answers_per_second: Vec<f64>,
    peak_rss_kib: Vec<f64>,
}

/// A contestant of one build, with its figures.
struct Turn<'a> {
    /// The name of the build, if several are compared.
    build: Option<&'a str>,
    places: &'a Places,
    scene: &'a Scene,
    contestant: &'a Contestant,
    seen: Seen,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut builds = vec![(None, options.places.clone())];
    if !options.builds.is_empty() {
        let named = options.builds.iter().map(|(name, functions)| {
            let functions = functions.clone();
            let imhook = options.places.imhook.clone();
            (Some(name.as_str()), Places { functions, imhook })
        });
        builds = named.collect();
    }
    let prepared = builds
        .iter()
        .map(|(_, places)| {
            let selected = contestants::select(contestants::all(), &options.only, places)?;
            let scene = Scene::new(places, &selected)?;
            Ok((selected, scene))
        })
        .collect::<Result<Vec<_>>>()?;
    let mut turns = Vec::new();
    for ((build, places), (selected, scene)) in builds.iter().zip(&prepared) {
        turns.extend(selected.iter().map(|contestant| Turn {
            build: *build,
            places,
            scene,
            contestant,
            seen: Seen::default(),
        }));
    }
    // The builds of one contestant follow each other.
    let all: Vec<_> = contestants::all().iter().map(|it| it.name).collect();
    turns.sort_by_key(|turn| all.iter().position(|name| *name == turn.contestant.name));
    for run in 1..=options.runs {
        // In turns, so a short disturbance of the machine affects all of them.
        for turn in &mut turns {
            live(turn, options.requests)?;
            let last = |values: &[f64]| values.last().copied().unwrap_or_default();
            eprintln!(
                "{run}/{} {}: init {:.1} ms, first {:.2} ms, then {:.2} ms",
                options.runs,
                turn.named(turn.contestant.name),
                last(&turn.seen.init),
                last(&turn.seen.first),
                median(&turn.seen.warm)
            );
        }
    }
    let measured = turns.iter().map(measured);
    let mut contestants = measured.collect::<Result<Vec<_>>>()?;
    compare(&mut contestants);
    let result = Functions {
        machine: Machine::here()?,
        runs: options.runs,
        requests: options.requests,
        contestants,
    };
    println!("{}", result.table());
    save(options.json.as_deref(), &result)
}

impl Turn<'_> {
    /// A contestant's name or title, with the name of the build.
    fn named(&self, text: &str) -> String {
        match self.build {
            Some(build) => format!("{build}: {text}"),
            None => text.to_owned(),
        }
    }
}

/// Measures one process from its start to its end.
fn live(turn: &mut Turn<'_>, requests: usize) -> Result<()> {
    let (scene, contestant, seen) = (turn.scene, turn.contestant, &mut turn.seen);
    let mut function = scene.start(contestant, &[], &[], PATIENCE)?;
    let first = function.send(1, PATIENCE)?;
    let warm = function.send(requests, PATIENCE)?;
    seen.init.push(millis(function.init));
    seen.first.push(first[0].millis());
    if let [first, .., last] = warm.as_slice() {
        let took = last.complete - first.handed_out;
        let answers = warm.len() as f64;
        seen.answers_per_second.push(answers / took.as_secs_f64());
    }
    seen.warm.extend(warm.iter().map(|answer| answer.millis()));
    seen.peak_rss_kib.push(function.peak_kib()? as f64);
    Ok(())
}

fn measured(turn: &Turn<'_>) -> Result<Measured> {
    let (contestant, seen, places) = (turn.contestant, &turn.seen, turn.places);
    let both = seen.init.iter().zip(&seen.first);
    let cold: Vec<f64> = both.map(|(init, first)| init + first).collect();
    let binary = contestant.program.binary(places);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let peak_rss_kib = median(&seen.peak_rss_kib) as u64;
    Ok(Measured {
        name: turn.named(contestant.name),
        title: turn.named(contestant.title),
        init_ms: rounded(median(&seen.init)),
        first_ms: rounded(median(&seen.first)),
        cold_ms: rounded(median(&cold)),
        warm_ms: Warm::of(&seen.warm),
        answers_per_second: median(&seen.answers_per_second).round(),
        peak_rss_kib,
        binary_bytes: binary.map(fs::metadata).transpose()?.map(|it| it.len()),
        zip_bytes: zip_bytes(&turn.scene.packages(contestant), &root().join("target"))?,
        baseline: turn.named(contestant.baseline),
        cold_ratio: None,
        warm_ratio: None,
        peak_rss_ratio: None,
    })
}

/// Computes the ratios.
fn compare(contestants: &mut [Measured]) {
    let baselines: BTreeMap<String, [f64; 3]> = contestants
        .iter()
        .map(|it| (it.name.clone(), figures(it)))
        .collect();
    for it in contestants {
        let Some(baseline) = baselines.get(&it.baseline) else {
            continue;
        };
        let own = figures(it);
        let ratio = |index: usize| Some(rounded(own[index] / baseline[index]));
        it.cold_ratio = ratio(0);
        it.warm_ratio = ratio(1);
        it.peak_rss_ratio = ratio(2);
    }
}

fn figures(of: &Measured) -> [f64; 3] {
    [of.cold_ms, of.warm_ms.p50, of.peak_rss_kib as f64]
}

impl Functions {
    /// The table for a terminal. Everything else is in the JSON.
    fn table(&self) -> String {
        self.table_of(|_| true)
    }

    /// The table for `docs/performance.md`, without what other sections are about.
    pub(crate) fn page(&self) -> String {
        self.table_of(|name| ON_THE_PAGE.contains(&name))
    }

    fn table_of(&self, is_shown: impl Fn(&str) -> bool) -> String {
        let mut table = Table::new(&[
            "Function",
            "cold",
            "init",
            "first",
            "warm p50",
            "p99",
            "answers/s",
            "peak MB",
            "binary MB",
            "zip MB",
            "compared with",
            "cold ×",
            "warm ×",
            "memory ×",
        ]);
        let shown = self.contestants.iter();
        for it in shown.filter(|it| is_shown(&it.name)) {
            table.row([
                it.title.clone(),
                figure(it.cold_ms),
                figure(it.init_ms),
                figure(it.first_ms),
                figure(it.warm_ms.p50),
                figure(it.warm_ms.p99),
                format!("{:.0}", it.answers_per_second),
                megabytes(it.peak_rss_kib * 1024),
                it.binary_bytes.map_or(String::new(), megabytes),
                megabytes(it.zip_bytes),
                it.baseline.clone(),
                ratio(it.cold_ratio),
                ratio(it.warm_ratio),
                ratio(it.peak_rss_ratio),
            ]);
        }
        let Self { runs, requests, .. } = self;
        let machine = self.machine.described();
        format!(
            "{table}\nMilliseconds; {runs} processes of each in turns, {requests} requests to each after its first. {machine}."
        )
    }

    /// The table for `README.md`, with the figures by which a reader chooses.
    pub(crate) fn summary(&self) -> String {
        let mut table = Table::new(&[
            "Function",
            "cold start, ms",
            "warm answer, ms",
            "answers a second",
            "memory, MB",
            "zip, MB",
        ]);
        for it in &self.contestants {
            if IN_SUMMARY.contains(&it.name.as_str()) {
                table.row([
                    it.title.clone(),
                    figure(it.cold_ms),
                    figure(it.warm_ms.p50),
                    format!("{:.0}", it.answers_per_second),
                    megabytes(it.peak_rss_kib * 1024),
                    megabytes(it.zip_bytes),
                ]);
            }
        }
        table.to_string()
    }
}

impl Functions {
    /// The chart for `docs/performance.md`: those of the summary.
    pub(crate) fn chart(&self) -> String {
        let shown = || {
            let all = self.contestants.iter();
            all.filter(|it| IN_SUMMARY.contains(&it.name.as_str()))
        };
        let bars = |value: fn(&Measured) -> f64| {
            shown()
                .map(|it| Bar {
                    name: &it.title,
                    value: value(it),
                    ours: it.name == "ours",
                })
                .collect()
        };
        chart::svg(&[
            ("Start and first answer, ms", bars(|it| it.cold_ms)),
            ("A later answer, ms", bars(|it| it.warm_ms.p50)),
            (
                "Memory, MB",
                bars(|it| (it.peak_rss_kib * 1024) as f64 / 1e6),
            ),
        ])
    }
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_divided_by_that_of_its_baseline() {
        let one = |name: &str, baseline: &str, factor: f64| Measured {
            name: name.to_owned(),
            title: name.to_owned(),
            init_ms: 0.0,
            first_ms: 0.0,
            cold_ms: 8.0 * factor,
            warm_ms: Warm {
                p50: 0.25 * factor,
                p90: 0.0,
                p99: 0.0,
                max: 0.0,
            },
            answers_per_second: 0.0,
            peak_rss_kib: 4096,
            binary_bytes: None,
            zip_bytes: 0,
            baseline: baseline.to_owned(),
            cold_ratio: None,
            warm_ratio: None,
            peak_rss_ratio: None,
        };
        let mut all = [
            one("a", "floor", 1.5),
            one("floor", "floor", 1.0),
            one("b", "absent", 3.0),
        ];
        compare(&mut all);
        let ratios = all.map(|it| (it.cold_ratio, it.warm_ratio, it.peak_rss_ratio));
        assert_eq!(ratios[0], (Some(1.5), Some(1.5), Some(1.0)));
        assert_eq!(ratios[1], (Some(1.0), Some(1.0), Some(1.0)));
        assert_eq!(ratios[2], (None, None, None));
    }
}
