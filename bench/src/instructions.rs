//! `bench instructions`: counts, with valgrind, the instructions and allocations of a start and of a request.
//!
//! These counts hardly change from run to run, or with the load of the machine, unlike times. They change with the
//! compiler. So counts of another compiler are compared by their ratio to the SDK floor.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    contestants::{self, Contestant, FLOOR, Places},
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
    #[arg(long, num_args = 2, default_values_t = [100, 300], value_names = ["SHORT", "LONG"])]
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

/// The counts of one contestant, without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Counts {
    instructions_per_request: f64,
    allocations_per_request: f64,
    /// From the start to the first request for an event.
    instructions_per_start: f64,
    allocations_per_start: f64,
}

impl Counts {
    /// Each count with its name, and the difference in per cent that is allowed.
    fn figures(self) -> [(&'static str, f64, f64); 4] {
        [
            (
                "instructions per request",
                self.instructions_per_request,
                5.0,
            ),
            ("allocations per request", self.allocations_per_request, 2.0),
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
    let scene = Scene::new(&options.places, &contestants)?;
    let machine = Machine::here()?;
    let mut measured = Recorded {
        rustc: machine.rustc,
        architecture: machine.architecture,
        contestants: BTreeMap::new(),
    };
    for contestant in &contestants {
        let both = |tool| {
            let count = |requests| count(&scene, contestant, &valgrind, tool, requests);
            let request = (count(long)? - count(short)?) / (long - short) as f64;
            // More decimals would only show noise, because the difference is divided by the requests.
            Ok::<_, Error>((count(0)?, (request * 10.0).round() / 10.0))
        };
        let (instructions_per_start, instructions_per_request) = both(Tool::Callgrind)?;
        let (allocations_per_start, allocations_per_request) = both(Tool::Dhat)?;
        let counts = Counts {
            instructions_per_request,
            allocations_per_request,
            instructions_per_start,
            allocations_per_start,
        };
        let name = contestant.name;
        eprintln!(
            "{name}: {instructions_per_request} instructions and {allocations_per_request} allocations for a request"
        );
        measured.contestants.insert(name.to_owned(), counts);
    }
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
fn valgrind(named: Option<PathBuf>) -> Result<PathBuf> {
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

#[derive(Clone, Copy)]
enum Tool {
    /// Counts instructions.
    Callgrind,
    /// Counts allocations. Memcheck does so, too, but needs libc6-dbg.
    Dhat,
}

/// The total count of a process that answers this many requests.
fn count(
    scene: &Scene,
    contestant: &Contestant,
    valgrind: &Path,
    tool: Tool,
    requests: usize,
) -> Result<f64> {
    let arguments: &[&str] = match tool {
        Tool::Callgrind => &["--tool=callgrind", "--callgrind-out-file=/dev/null"],
        Tool::Dhat => &["--tool=dhat", "--dhat-out-file=/dev/null"],
    };
    let mut wrapper = vec![valgrind.display().to_string()];
    wrapper.extend(arguments.iter().map(|&it| it.to_owned()));
    let mut function = scene.start(contestant, &wrapper, DEADLINES, PATIENCE)?;
    function.send(requests, PATIENCE)?;
    let output = function.terminate()?;
    tool.total(&output)
        .ok_or_else(|| format!("valgrind's output has no count:\n{output}").into())
}

impl Tool {
    /// The count at the end of valgrind's output: `Collected : 123`, or `Total: 4,567 bytes in 123 blocks`.
    fn total(self, output: &str) -> Option<f64> {
        let rest = match self {
            Self::Callgrind => output.rsplit_once("Collected : ")?.1,
            Self::Dhat => output.rsplit_once("Total: ")?.1.split_once(" bytes in ")?.1,
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
            return Ok([1.0; 4]);
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
    fn valgrinds_output_contains_the_counts() {
        let callgrind = "==7== Collected : 12\n{\"a log line\":1}\n==7== Collected : 123456\n";
        assert_eq!(Tool::Callgrind.total(callgrind), Some(123_456.0));
        let dhat = "==7== Total:     5,678 bytes in 1,234 blocks\n\
            ==7== At t-gmax: 567 bytes in 123 blocks\n==7== At t-end:  56 bytes in 12 blocks\n";
        assert_eq!(Tool::Dhat.total(dhat), Some(1234.0));
        assert_eq!(Tool::Dhat.total("==7== nothing"), None);
    }

    #[test]
    fn two_per_cent_more_allocations_are_allowed_and_three_per_cent_are_not() {
        let before = recorded("rustc 1", &[("ours", 1.0)]);
        let (_, differ) = compare(&recorded("rustc 1", &[("ours", 1.019)]), &before).unwrap();
        assert_eq!(differ, [""; 0]);
        let (_, differ) = compare(&recorded("rustc 1", &[("ours", 1.03)]), &before).unwrap();
        assert_eq!(
            differ,
            ["ours: allocations per request differ by +3.0 %, more than 2 %"]
        );
        // A lower count has to be recorded, too. Otherwise it could rise again unnoticed.
        let (_, differ) = compare(&recorded("rustc 1", &[("ours", 0.8)]), &before).unwrap();
        assert_eq!(differ.len(), 4);
    }

    #[test]
    fn counts_of_another_compiler_are_compared_by_their_ratio_to_the_floor() {
        let before = recorded("rustc 1", &[(FLOOR, 1.0), ("ours", 1.5)]);
        let cheaper = recorded("rustc 2", &[(FLOOR, 0.5), ("ours", 0.77)]);
        let (_, differ) = compare(&cheaper, &before).unwrap();
        assert_eq!(differ, [""; 0]);
        let nearer = recorded("rustc 2", &[(FLOOR, 0.5), ("ours", 0.6)]);
        assert_eq!(compare(&nearer, &before).unwrap().1.len(), 4);
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
