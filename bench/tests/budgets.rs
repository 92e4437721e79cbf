//! What the functions may cost: ratios between functions that were measured in one run, and exact counts. Never a time by
//! itself, which says more of the machine and of what else it does.
//!
//! `make test` builds what is measured: the functions as they are deployed, for this machine.

// What was measured stands beside what is allowed.
#![allow(clippy::print_stdout)]

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

/// One of several tests uses the machine at a time, and all look at the same runs.
static RUNS: Mutex<Vec<Result<Value, String>>> = Mutex::new(Vec::new());

/// How often everything is measured before a ratio is believed to be too large. What makes it too large by chance, or a
/// run fail, such as a neighbour on the machine, does so at times; what has become slower is so each time.
const RUNS_AT_MOST: usize = 3;

const CONTESTANTS: &str = "bare-http,ours-no-table,sdk-floor,ours,node,python";

fn machine() -> MutexGuard<'static, Vec<Result<Value, String>>> {
    RUNS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folder `target`.
fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().to_owned()
}

/// Runs the harness, which is built with optimisation, unlike this test.
fn bench(arguments: &[&str]) -> Output {
    let program = target().join("release/bench");
    let output = Command::new(&program).args(arguments).output();
    output.unwrap_or_else(|error| panic!("{}: {error}; make bench-harness", program.display()))
}

/// What a run of the harness has written as JSON, or how it failed.
fn json(command: &str, arguments: &[&str]) -> Result<Value, String> {
    let file = target().join(format!("tmp/{command}-{}.json", std::process::id()));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let output = bench(&[&[command, "--json", file.to_str().unwrap()], arguments].concat());
    if !output.status.success() {
        return Err(said(&output));
    }
    let json = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    fs::remove_file(file).unwrap();
    Ok(json)
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// Asserts that `one` takes at most so many times of what `other` takes, in one of the runs.
#[track_caller]
fn at_most(limit: f64, one: &str, other: &str, figure: &str) {
    let mut runs = machine();
    let mut seen = Vec::new();
    for run in 0..RUNS_AT_MOST {
        if runs.len() == run {
            let arguments = ["--runs", "11", "--requests", "200", "--only", CONTESTANTS];
            runs.push(json("functions", &arguments));
        }
        let measured = match &runs[run] {
            Ok(measured) => measured,
            Err(said) => {
                seen.push(said.clone());
                continue;
            }
        };
        let of = |name: &str| {
            let mut all = measured["contestants"].as_array().unwrap().iter();
            let found = all.find(|it| it["name"] == name).unwrap();
            found.pointer(figure).and_then(Value::as_f64).unwrap()
        };
        let ratio = of(one) / of(other);
        if ratio <= limit {
            println!("{figure}: {one} takes {ratio:.3} of {other}, at most {limit:.3} is allowed");
            return;
        }
        seen.push(format!("{ratio:.3}"));
    }
    let seen = seen.join(", ");
    panic!("{figure}: {one} takes {seen} of {other}, at most {limit:.3} is allowed");
}

const COLD: &str = "/cold_ms";
const WARM: &str = "/warm_ms/p50";
const MEMORY: &str = "/peak_rss_kib";

#[test]
fn a_start_with_everything_on_takes_at_most_1_15_times_as_long_as_one_that_only_opens_a_table() {
    at_most(1.15, "ours", "sdk-floor", COLD);
}

#[test]
fn a_stored_callback_takes_at_most_1_25_times_as_long_as_a_put_item_alone() {
    at_most(1.25, "ours", "sdk-floor", WARM);
}

#[test]
fn a_function_needs_at_most_1_15_times_the_memory_of_a_put_item() {
    at_most(1.15, "ours", "sdk-floor", MEMORY);
}

#[test]
fn a_callback_that_is_not_stored_takes_no_longer_than_a_fixed_answer_of_lambda_http() {
    at_most(1.0, "ours-no-table", "bare-http", WARM);
}

#[test]
fn a_start_is_thirty_times_as_fast_as_in_javascript_and_fifty_times_as_fast_as_in_python() {
    at_most(1.0 / 30.0, "ours", "node", COLD);
    at_most(1.0 / 50.0, "ours", "python", COLD);
}

// It is four times on a machine that does nothing else, and up to seven on a busy one.
#[test]
fn an_answer_is_three_times_as_fast_as_in_javascript_and_in_python() {
    at_most(1.0 / 3.0, "ours", "node", WARM);
    at_most(1.0 / 3.0, "ours", "python", WARM);
}

#[test]
fn no_function_is_larger_than_2_6_megabytes_zipped() {
    let _alone = machine();
    // Of every function, or this fails.
    let sizes = json("sizes", &[]).unwrap();
    for size in sizes.as_array().unwrap() {
        let bytes = size["zip_bytes"].as_u64().unwrap();
        println!("{}: {bytes}", size["name"]);
        assert!(bytes <= 2_600_000, "{size}");
    }
}

#[test]
fn starts_and_callbacks_take_the_instructions_and_allocations_that_are_recorded() {
    let _alone = machine();
    let output = bench(&["instructions"]);
    println!("{}", said(&output));
    assert!(output.status.success(), "{}", said(&output));
}
