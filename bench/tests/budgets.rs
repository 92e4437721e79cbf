//! What the functions may cost: ratios between functions that were measured in one run, and exact counts. Never a time by
//! itself, which says more of the machine and of what else it does.
//!
//! `make test` builds what is measured, as it is deployed but for this machine: see `bench-tested` in the Makefile.

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
fn a_function_needs_at_most_1_2_times_the_memory_of_a_put_item() {
    at_most(1.2, "ours", "sdk-floor", MEMORY);
}

#[test]
fn a_callback_that_is_not_stored_takes_no_longer_than_a_fixed_answer_of_lambda_http() {
    at_most(1.0, "ours-no-table", "bare-http", WARM);
}

#[test]
fn a_start_is_twenty_times_as_fast_as_in_javascript_and_forty_times_as_fast_as_in_python() {
    at_most(1.0 / 20.0, "ours", "node", COLD);
    at_most(1.0 / 40.0, "ours", "python", COLD);
}

// It is four times on a machine that does nothing else, and up to seven on a busy one.
#[test]
fn an_answer_is_three_times_as_fast_as_in_javascript_and_in_python() {
    at_most(1.0 / 3.0, "ours", "node", WARM);
    at_most(1.0 / 3.0, "ours", "python", WARM);
}

/// What has the handlers of many commands may be larger.
#[test]
fn a_command_takes_3_15_megabytes_zipped_and_all_of_them_3_5() {
    let _alone = machine();
    let sizes = json("sizes", &[]).unwrap();
    let sizes = sizes.as_array().unwrap();
    let many = ["any-command", "tencent"];
    assert!(sizes.iter().any(|size| size["name"] == many[0]));
    for size in sizes {
        let bytes = size["zip_bytes"].as_u64().unwrap();
        println!("{}: {bytes}", size["name"]);
        let has_many = many.iter().any(|name| size["name"] == *name);
        let most = if has_many { 3_500_000 } else { 3_150_000 };
        assert!(bytes <= most, "{size}");
    }
}

// On another architecture `bench instructions` has nothing to compare with.
#[test]
#[cfg_attr(
    not(target_arch = "x86_64"),
    ignore = "bench/recorded.json is of x86_64"
)]
fn starts_and_callbacks_take_the_instructions_and_allocations_that_are_recorded() {
    let _alone = machine();
    let output = bench(&["instructions"]);
    println!("{}", said(&output));
    assert!(output.status.success(), "{}", said(&output));
    assert!(!said(&output).contains("nothing to compare"));
}
