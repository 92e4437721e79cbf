//! `bench instructions`: counts, with valgrind, the instructions and allocations of a start and of a request, and a request's
//! system calls and the bytes that it sends to the table and writes to the log.
//!
//! These counts hardly change from run to run, or with the load of the machine, unlike times. They change with the
//! compiler. So counts of another compiler are compared by their ratio to the SDK floor.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
    time::Duration,
};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    contestants::{self, Contestant, FLOOR, Places},
    lock,
    machine::Machine,
    root, save,
    scene::Scene,
    table::{Table, figure},
};

/// Functions run about fifty times slower under valgrind.
const PATIENCE: Duration = Duration::from_secs(300);
/// The longest deadlines that a function accepts.
const DEADLINES: &[(&str, &str)] = &[("DEADLINE_MS", "2500"), ("BEFORE_DEADLINE_MS", "2500")];

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    places: Places,
    /// Requests in the short run and in the long run; the difference between the two is the cost of the requests
    #[arg(long, num_args = 2, default_values_t = [20, 60], value_names = ["SHORT", "LONG"])]
    requests: Vec<usize>,
    /// Measure only these
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    only: Vec<String>,
    /// The recorded counts, which --record replaces
    #[arg(long, value_name = "FILE", default_value_os_t = root().join("bench/recorded.json"))]
    recorded: PathBuf,
    /// Record the counts instead of comparing them
    #[arg(long)]
    record: bool,
    /// The path of valgrind, if it is neither installed nor in .local/valgrind
    #[arg(long, value_name = "FILE")]
    valgrind: Option<PathBuf>,
}

/// The counts of a run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Recorded {
    /// The output of `rustc --version`.
    rustc: String,
    /// `x86_64` or `aarch64`.
    architecture: String,
    contestants: BTreeMap<String, Counts>,
}

const FIGURES: usize = 7;

/// The counts of one contestant, without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Counts {
    instructions_per_request: f64,
    allocations_per_request: f64,
    system_calls_per_request: f64,
    /// With the heads of the requests, whose signature has always the same length.
    table_bytes_per_request: f64,
    log_bytes_per_request: f64,
    /// From the start to the first request for an event.
    instructions_per_start: f64,
    allocations_per_start: f64,
}

impl Counts {
    /// Each count with its name, and the difference in per cent that is allowed.
    fn figures(self) -> [(&'static str, f64, f64); FIGURES] {
        [
            (
                "instructions per request",
                self.instructions_per_request,
                5.0,
            ),
            ("allocations per request", self.allocations_per_request, 2.0),
            // A program waits more often if the other end is slower, or if it has several threads.
            (
                "system calls per request",
                self.system_calls_per_request,
                25.0,
            ),
            ("bytes to the table", self.table_bytes_per_request, 1.0),
            // A callback's duration has more digits if it is longer.
            ("bytes to the log", self.log_bytes_per_request, 2.0),
            // These include the system's loader and C library.
            ("instructions per start", self.instructions_per_start, 15.0),
            ("allocations per start", self.allocations_per_start, 5.0),
        ]
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let (short, long) = match options.requests[..] {
        [short, long] if short < long => (short, long),
        _ => return Err("the long run needs more requests than the short one".into()),
    };
    let contestants = contestants::select(contestants::counted(), &options.only, &options.places)?;
    let valgrind = valgrind(options.valgrind.clone())?;
    let machine = Machine::here()?;
    let mut measured = Recorded {
        rustc: machine.rustc,
        architecture: machine.architecture,
        contestants: BTreeMap::new(),
    };
    let waiting = Mutex::new(contestants.iter());
    // Each has its own endpoints, because the endpoints count what they receive.
    let work = || {
        let scene = Scene::new(&options.places, &contestants)?;
        let mut counted = Vec::new();
        loop {
            let next = lock(&waiting).next();
            let Some(contestant) = next else {
                return Ok::<_, Error>(counted);
            };
            let counts = counts(&scene, contestant, &valgrind, short, long)?;
            eprintln!(
                "{}: {} instructions and {} allocations for a request",
                contestant.name, counts.instructions_per_request, counts.allocations_per_request
            );
            counted.push((contestant.name.to_owned(), counts));
        }
    };
    thread::scope(|scope| {
        // Counts do not depend on what else runs.
        let workers = [(); 2].map(|()| scope.spawn(work));
        for worker in workers {
            let counted = worker.join().map_err(|_| "a thread panicked")??;
            measured.contestants.extend(counted);
        }
        Ok::<_, Error>(())
    })?;
    if options.record {
        println!("{}", table(&measured));
        return save(Some(&options.recorded), &measured);
    }
    let recorded = read(&options.recorded)?;
    if recorded.architecture != measured.architecture {
        // Ratios to the floor cannot be compared either: the architectures have different instructions for digests.
        println!(
            "{}\nMeasured on {}, recorded on {}: nothing to compare.",
            table(&measured),
            measured.architecture,
            recorded.architecture
        );
        return Ok(());
    }
    let (lines, differ) = compare(&measured, &recorded)?;
    println!("{lines}");
    if differ.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}\nif this is intended, run bench instructions --record",
        differ.join("\n")
    )
    .into())
}

fn read(file: &Path) -> Result<Recorded> {
    let text = fs::read_to_string(file)
        .map_err(|error| format!("{}: {error}", contestants::shown(file)))?;
    Ok(serde_json::from_str(&text)?)
}

/// The path of valgrind: as given, on this machine, or where `make` has unpacked it.
pub(crate) fn valgrind(named: Option<PathBuf>) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates: Vec<PathBuf> = named.iter().cloned().collect();
    if named.is_none() {
        // The functions start with Lambda's PATH, so this program looks for valgrind itself.
        candidates.extend(std::env::split_paths(&path).map(|folder| folder.join("valgrind")));
        candidates.push(root().join(".local/valgrind/valgrind"));
    }
    let found = candidates.into_iter().find(|it| it.is_file());
    found.ok_or_else(|| "valgrind is not installed: run make .local/valgrind/valgrind".into())
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Counts instructions.
    Callgrind,
    /// Counts allocations. Memcheck does so, too, but needs libc6-dbg.
    Dhat,
    /// Writes a line for each system call.
    Trace,
}

/// All counts of one contestant.
fn counts(
    scene: &Scene,
    contestant: &Contestant,
    valgrind: &Path,
    short: usize,
    long: usize,
) -> Result<Counts> {
    let run = |tool, requests| run_once(scene, contestant, valgrind, tool, requests);
    let per_request = |tool| {
        let (short_run, long_run) = (run(tool, short)?, run(tool, long)?);
        let each = |of: fn(&Run) -> f64| {
            let request = (of(&long_run) - of(&short_run)) / (long - short) as f64;
            // More decimals would only show noise, because the difference is divided by the requests.
            (request * 10.0).round() / 10.0
        };
        Ok::<_, Error>([
            each(|run| run.total),
            each(|run| run.table_bytes),
            each(|run| run.log_bytes),
        ])
    };
    let [instructions, table_bytes, log_bytes] = per_request(Tool::Callgrind)?;
    let [allocations, ..] = per_request(Tool::Dhat)?;
    let [system_calls, ..] = per_request(Tool::Trace)?;
    Ok(Counts {
        instructions_per_request: instructions,
        allocations_per_request: allocations,
        system_calls_per_request: system_calls,
        table_bytes_per_request: table_bytes,
        log_bytes_per_request: log_bytes,
        instructions_per_start: run(Tool::Callgrind, 0)?.total,
        allocations_per_start: run(Tool::Dhat, 0)?.total,
    })
}

/// What a process did that answered some requests.
pub(crate) struct Run {
    /// The count of the tool.
    pub(crate) total: f64,
    table_bytes: f64,
    log_bytes: f64,
}

pub(crate) fn run_once(
    scene: &Scene,
    contestant: &Contestant,
    valgrind: &Path,
    tool: Tool,
    requests: usize,
) -> Result<Run> {
    let arguments: &[&str] = match tool {
        Tool::Callgrind => &["--tool=callgrind", "--callgrind-out-file=/dev/null"],
        Tool::Dhat => &["--tool=dhat", "--dhat-out-file=/dev/null"],
        Tool::Trace => &["--tool=none", "--trace-syscalls=yes"],
    };
    let report = scene.file(&format!("valgrind-{}", contestant.name));
    let mut wrapper = vec![valgrind.display().to_string()];
    wrapper.extend(arguments.iter().map(|&it| it.to_owned()));
    wrapper.push(format!("--log-file={}", report.display()));
    let mut function = scene.start(contestant, &wrapper, DEADLINES, PATIENCE)?;
    let table_bytes = function.table_bytes();
    function.send(requests, PATIENCE)?;
    let table_bytes = function.table_bytes() - table_bytes;
    let (_, log_bytes) = function.terminate()?;
    let output = fs::read_to_string(&report)?;
    let total = tool
        .total(&output)
        .ok_or_else(|| format!("valgrind's output has no count:\n{output}"))?;
    Ok(Run {
        total,
        table_bytes: table_bytes as f64,
        log_bytes: log_bytes as f64,
    })
}

impl Tool {
    /// The count at the end of valgrind's output: `Collected : 123`, or `Total: 4,567 bytes in 123 blocks`. Of a trace, the
    /// number of calls; a call can have a second line, for its end.
    fn total(self, output: &str) -> Option<f64> {
        let rest = match self {
            Self::Callgrind => output.rsplit_once("Collected : ")?.1,
            Self::Dhat => output.rsplit_once("Total: ")?.1.split_once(" bytes in ")?.1,
            Self::Trace => {
                let calls = output.lines().filter(|line| line.starts_with("SYSCALL["));
                let calls = calls.filter(|line| line.contains(") sys_")).count();
                return (calls > 0).then_some(calls as f64);
            }
        };
        rest.split_whitespace()
            .next()?
            .replace(',', "")
            .parse()
            .ok()
    }
}

/// A table with every count, and a line for each that differs too much.
fn compare(measured: &Recorded, recorded: &Recorded) -> Result<(String, Vec<String>)> {
    let same = measured.rustc == recorded.rustc;
    let divisors = |of: &Recorded| {
        if same {
            return Ok([1.0; FIGURES]);
        }
        let floor = of.contestants.get(FLOOR).ok_or_else(|| {
            format!(
                "recorded with {} on {}: measure {FLOOR}, too, to compare with another compiler",
                recorded.rustc, recorded.architecture
            )
        })?;
        Ok::<_, Error>(floor.figures().map(|(_, figure, _)| figure))
    };
    let (measured_by, recorded_by) = (divisors(measured)?, divisors(recorded)?);
    let what = if same { "" } else { ", of the SDK floor's" };
    let mut table = Table::new(&["Function", "what", "measured", "recorded", "difference, %"]);
    let mut differ = Vec::new();
    for (name, counts) in &measured.contestants {
        let Some(known) = recorded.contestants.get(name) else {
            differ.push(format!("{name} has not been recorded"));
            continue;
        };
        let pairs = counts.figures().into_iter().zip(known.figures());
        for (index, ((figure_name, now, allowed), (_, then, _))) in pairs.enumerate() {
            let (now, then) = (now / measured_by[index], then / recorded_by[index]);
            let allowed = if same { allowed } else { allowed.max(5.0) };
            let percent = if now == then {
                0.0
            } else {
                (now / then - 1.0) * 100.0
            };
            table.row([
                name.clone(),
                format!("{figure_name}{what}"),
                figure(now),
                figure(then),
                format!("{percent:+.1}"),
            ]);
            if percent.abs() > allowed {
                differ.push(format!(
                    "{name}: {figure_name}{what} differ by {percent:+.1} %, more than {allowed} %"
                ));
            }
        }
    }
    Ok((table.to_string(), differ))
}

impl Recorded {
    /// The table for `docs/performance.md`.
    pub(crate) fn summary(&self) -> String {
        let mut table = Table::new(&[
            "Function",
            "instructions",
            "allocations",
            "system calls",
            "bytes to the table",
            "bytes to the log",
            "instructions of a start",
        ]);
        for contestant in contestants::counted() {
            let Some(counts) = self.contestants.get(contestant.name) else {
                continue;
            };
            table.row([
                contestant.title.to_owned(),
                thousands(counts.instructions_per_request),
                figure(counts.allocations_per_request),
                figure(counts.system_calls_per_request),
                thousands(counts.table_bytes_per_request),
                thousands(counts.log_bytes_per_request),
                thousands(counts.instructions_per_start),
            ]);
        }
        let Self {
            rustc,
            architecture,
            ..
        } = self;
        format!("{table}\nFor one request, without TLS. {architecture}, {rustc}.")
    }
}

/// A whole number with commas.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn table(of: &Recorded) -> String {
    let mut table = Table::new(&["Function", "what", "measured"]);
    for (name, counts) in &of.contestants {
        for (what, figure, _) in counts.figures() {
            table.row([name.clone(), what.to_owned(), format!("{figure:.1}")]);
        }
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(rustc: &str, contestants: &[(&str, f64)]) -> Recorded {
        let counts = |factor: f64| Counts {
            instructions_per_request: 100_000.0 * factor,
            allocations_per_request: 50.0 * factor,
            system_calls_per_request: 20.0 * factor,
            table_bytes_per_request: 2000.0 * factor,
            log_bytes_per_request: 300.0 * factor,
            instructions_per_start: 5_000_000.0 * factor,
            allocations_per_start: 1000.0 * factor,
        };
        let contestants = contestants.iter();
        Recorded {
            rustc: rustc.to_owned(),
            architecture: "x86_64".to_owned(),
            contestants: contestants
                .map(|(name, factor)| ((*name).to_owned(), counts(*factor)))
                .collect(),
        }
    }

    #[test]
    fn a_large_number_has_commas() {
        assert_eq!(thousands(0.0), "0");
        assert_eq!(thousands(999.6), "1,000");
        assert_eq!(thousands(1_234_567.0), "1,234,567");
    }

    #[test]
    fn valgrinds_output_contains_the_counts() {
        let callgrind = "==7== Collected : 12\n{\"a log line\":1}\n==7== Collected : 123456\n";
        assert_eq!(Tool::Callgrind.total(callgrind), Some(123_456.0));
        let dhat = "==7== Total:     5,678 bytes in 1,234 blocks\n\
            ==7== At t-gmax: 567 bytes in 123 blocks\n==7== At t-end:  56 bytes in 12 blocks\n";
        assert_eq!(Tool::Dhat.total(dhat), Some(1234.0));
        assert_eq!(Tool::Dhat.total("==7== nothing"), None);
        let trace = "SYSCALL[7,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x4035000)\n\
            SYSCALL[7,1](0) sys_read ( 4, 0x1ffe, 832 ) --> [async] ...\n\
            SYSCALL[7,1](0) ... [async] --> Success(0x340)\n";
        assert_eq!(Tool::Trace.total(trace), Some(2.0));
        assert_eq!(Tool::Trace.total("==7== nothing"), None);
    }

    #[test]
    fn one_per_cent_more_is_allowed_and_three_per_cent_are_not() {
        let before = recorded("rustc 1", &[("ours", 1.0)]);
        let (_, differ) = compare(&recorded("rustc 1", &[("ours", 1.009)]), &before).unwrap();
        assert_eq!(differ, [""; 0]);
        let (_, differ) = compare(&recorded("rustc 1", &[("ours", 1.03)]), &before).unwrap();
        assert_eq!(
            differ,
            [
                "ours: allocations per request differ by +3.0 %, more than 2 %",
                "ours: bytes to the table differ by +3.0 %, more than 1 %",
                "ours: bytes to the log differ by +3.0 %, more than 2 %",
            ]
        );
        // A lower count has to be recorded, too. Otherwise it could rise again unnoticed.
        let (_, differ) = compare(&recorded("rustc 1", &[("ours", 0.7)]), &before).unwrap();
        assert_eq!(differ.len(), FIGURES);
    }

    #[test]
    fn counts_of_another_compiler_are_compared_by_their_ratio_to_the_floor() {
        let before = recorded("rustc 1", &[(FLOOR, 1.0), ("ours", 1.5)]);
        let cheaper = recorded("rustc 2", &[(FLOOR, 0.5), ("ours", 0.77)]);
        let (_, differ) = compare(&cheaper, &before).unwrap();
        assert_eq!(differ, [""; 0]);
        let nearer = recorded("rustc 2", &[(FLOOR, 0.5), ("ours", 0.5)]);
        assert_eq!(compare(&nearer, &before).unwrap().1.len(), FIGURES);
        let alone = recorded("rustc 2", &[("ours", 0.77)]);
        let error = compare(&alone, &before).unwrap_err().to_string();
        assert!(error.contains("measure sdk-floor, too"), "{error}");
    }

    #[test]
    fn a_contestant_without_recorded_counts_is_reported() {
        let measured = recorded("rustc 1", &[("ours", 1.0)]);
        let (_, differ) = compare(&measured, &recorded("rustc 1", &[])).unwrap();
        assert_eq!(differ, ["ours has not been recorded"]);
    }
}
