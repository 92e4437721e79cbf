//! `bench instructions`: what a start and a request cost in instructions and in allocations, counted by valgrind.
//!
//! Unlike times, these hardly change from run to run, or with what else the machine does. They do change with the
//! compiler, and so another one is judged by the distance to the SDK floor.

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

/// Valgrind is some fifty times slower.
const PATIENCE: Duration = Duration::from_secs(300);
/// The functions' own deadlines: as long as they may be.
const DEADLINES: &[(&str, &str)] = &[("DEADLINE_MS", "2500"), ("BEFORE_DEADLINE_MS", "2500")];

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    places: Places,
    /// Requests in the short run and in the long one: the difference is what requests cost
    #[arg(long, num_args = 2, default_values_t = [100, 300], value_names = ["SHORT", "LONG"])]
    requests: Vec<usize>,
    /// These alone, and nobody else
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    only: Vec<String>,
    /// What is compared with, or made with --record
    #[arg(long, value_name = "FILE", default_value_os_t = root().join("bench/recorded.json"))]
    recorded: PathBuf,
    /// Record what is measured, in place of comparing it
    #[arg(long)]
    record: bool,
    /// valgrind, if it is neither installed nor in .local/valgrind
    #[arg(long, value_name = "FILE")]
    valgrind: Option<PathBuf>,
}

/// What was counted, and where.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Recorded {
    /// What `rustc --version` says.
    rustc: String,
    /// `x86_64` or `aarch64`.
    architecture: String,
    contestants: BTreeMap<String, Counts>,
}

/// Of one contestant, without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Counts {
    instructions_per_request: f64,
    allocations_per_request: f64,
    /// Up to the first request for an event.
    instructions_per_start: f64,
    allocations_per_start: f64,
}

impl Counts {
    /// Each with its name and by how many per cent it may differ.
    fn figures(self) -> [(&'static str, f64, f64); 4] {
        [
            (
                "instructions per request",
                self.instructions_per_request,
                5.0,
            ),
            ("allocations per request", self.allocations_per_request, 2.0),
            // The system's loader and C library are in these.
            ("instructions per start", self.instructions_per_start, 15.0),
            ("allocations per start", self.allocations_per_start, 5.0),
        ]
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let (short, long) = match options.requests[..] {
        [short, long] if short < long => (short, long),
        _ => return Err("the long run is no longer than the short one".into()),
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
            // Computed from these, it would be as inexact as a hundred requests.
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
        // Even the distance to the floor is another one: digests take instructions of their own.
        println!(
            "{}\nThese are of {}, and what is recorded is of {}: nothing to compare.",
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
        "{}\nIf that is meant: bench instructions --record",
        differ.join("\n")
    )
    .into())
}

fn read(file: &Path) -> Result<Recorded> {
    let text = fs::read_to_string(file)
        .map_err(|error| format!("{}: {error}", contestants::shown(file)))?;
    Ok(serde_json::from_str(&text)?)
}

/// This machine's valgrind, or the one that `make` has unpacked.
fn valgrind(named: Option<PathBuf>) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates: Vec<PathBuf> = named.iter().cloned().collect();
    if named.is_none() {
        // Looked for here, because the functions are started with Lambda's PATH.
        candidates.extend(std::env::split_paths(&path).map(|folder| folder.join("valgrind")));
        candidates.push(root().join(".local/valgrind/valgrind"));
    }
    let found = candidates.into_iter().find(|it| it.is_file());
    found.ok_or_else(|| "there is no valgrind: make .local/valgrind/valgrind".into())
}

#[derive(Clone, Copy)]
enum Tool {
    /// Counts instructions.
    Callgrind,
    /// Counts allocations. Memcheck does, too, and wants libc6-dbg.
    Dhat,
}

/// What a process of so many requests costs in all.
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
        .ok_or_else(|| format!("valgrind does not say how many:\n{output}").into())
}

impl Tool {
    /// What it says at its end: `Collected : 123`, or `Total: 4,567 bytes in 123 blocks`.
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

/// A line for each count, and those that differ too much.
fn compare(measured: &Recorded, recorded: &Recorded) -> Result<(String, Vec<String>)> {
    let same = measured.rustc == recorded.rustc;
    let divisors = |of: &Recorded| {
        if same {
            return Ok([1.0; 4]);
        }
        let floor = of.contestants.get(FLOOR).ok_or_else(|| {
            format!(
                "recorded with {} for {}: to compare, {FLOOR} has to be measured, too",
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
    fn valgrinds_counts_are_found_in_what_it_writes() {
        let callgrind = "==7== Collected : 12\n{\"a log line\":1}\n==7== Collected : 123456\n";
        assert_eq!(Tool::Callgrind.total(callgrind), Some(123_456.0));
        let dhat = "==7== Total:     5,678 bytes in 1,234 blocks\n\
            ==7== At t-gmax: 567 bytes in 123 blocks\n==7== At t-end:  56 bytes in 12 blocks\n";
        assert_eq!(Tool::Dhat.total(dhat), Some(1234.0));
        assert_eq!(Tool::Dhat.total("==7== nothing"), None);
    }

    #[test]
    fn a_little_more_is_nothing_and_three_per_cent_more_allocations_are_told() {
        let before = recorded("rustc 1", &[("ours", 1.0)]);
        let (_, differ) = compare(&recorded("rustc 1", &[("ours", 1.019)]), &before).unwrap();
        assert_eq!(differ, [""; 0]);
        let (_, differ) = compare(&recorded("rustc 1", &[("ours", 1.03)]), &before).unwrap();
        assert_eq!(
            differ,
            ["ours: allocations per request differ by +3.0 %, more than 2 %"]
        );
        // What has become cheaper has to be recorded, or it may become dearer again unseen.
        let (_, differ) = compare(&recorded("rustc 1", &[("ours", 0.8)]), &before).unwrap();
        assert_eq!(differ.len(), 4);
    }

    #[test]
    fn with_another_compiler_the_distance_to_the_floor_is_compared() {
        let before = recorded("rustc 1", &[(FLOOR, 1.0), ("ours", 1.5)]);
        let cheaper = recorded("rustc 2", &[(FLOOR, 0.5), ("ours", 0.77)]);
        let (_, differ) = compare(&cheaper, &before).unwrap();
        assert_eq!(differ, [""; 0]);
        let nearer = recorded("rustc 2", &[(FLOOR, 0.5), ("ours", 0.6)]);
        assert_eq!(compare(&nearer, &before).unwrap().1.len(), 4);
        let alone = recorded("rustc 2", &[("ours", 0.77)]);
        let said = compare(&alone, &before).unwrap_err().to_string();
        assert!(
            said.ends_with("sdk-floor has to be measured, too"),
            "{said}"
        );
    }

    #[test]
    fn who_has_not_been_recorded_is_named() {
        let measured = recorded("rustc 1", &[("ours", 1.0)]);
        let (_, differ) = compare(&measured, &recorded("rustc 1", &[])).unwrap();
        assert_eq!(differ, ["ours has not been recorded"]);
    }
}
