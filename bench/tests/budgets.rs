//! The budgets of the functions: ratios between functions that were measured in one run, and exact counts. No budget is
//! a time, which depends on the machine and its load.
//!
//! `make test` builds the functions as they are deployed, except that they are for this machine: see `bench-tested` in
//! the Makefile.

// Each test prints its figures with the budget.
#![allow(clippy::print_stdout)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

/// Makes the tests use the machine one at a time. All tests use the same runs.
static RUNS: Mutex<Vec<Result<Value, String>>> = Mutex::new(Vec::new());

/// The number of runs before a ratio counts as too large. Another program can make a ratio too large, or a run fail,
/// but rarely in all runs. A function that has become slower is slower in every run.
const RUNS_AT_MOST: usize = 3;

const CONTESTANTS: &str = "ours-no-table,sdk-floor,ours,tencent,message-16k-floor,message-16k,\
    judged-floor,judged,node,python";

/// All but the function of `lambda_http` that does nothing, which only `make bench` builds.
const COUNTED: &str = "ours-no-table,sdk-floor,ours,tencent,before-add-friend,message-1k-floor,message-1k,\
    message-16k-floor,message-16k,judged-floor,judged";

/// Whether a contestant is built that `make bench-contestants` leaves out on a machine without its language.
fn is_built(name: &str) -> bool {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    let is_built = match name {
        "go" => bench.join("../.local/bench-go/function/bootstrap").exists(),
        _ => bench.join("../.local/bench-java/bin/java").exists(),
    };
    if !is_built {
        println!("{name} is left out: this machine does not have its language");
    }
    is_built
}

fn machine() -> MutexGuard<'static, Vec<Result<Value, String>>> {
    RUNS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The path of the folder `target`.
fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().to_owned()
}

/// Runs the harness. It is optimised in the dev profile, too, because its time is part of every answer's time.
fn bench(arguments: &[&str]) -> Output {
    let mut harness = Command::new(env!("CARGO_BIN_EXE_bench"));
    harness.args(arguments).output().unwrap()
}

/// The JSON that a run of the harness has written, or its output if it failed.
fn json(command: &str, arguments: &[&str]) -> Result<Value, String> {
    let file = target().join(format!("tmp/{command}-{}.json", std::process::id()));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let output = bench(&[&[command, "--json", file.to_str().unwrap()], arguments].concat());
    if !output.status.success() {
        return Err(text(&output));
    }
    let json = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    fs::remove_file(file).unwrap();
    Ok(json)
}

fn text(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// Asserts that `one` takes at most `limit` times as much as `other` in one of the runs.
#[track_caller]
fn at_most(limit: f64, one: &str, other: &str, figure: &str) {
    let mut runs = machine();
    let mut seen = Vec::new();
    for run in 0..RUNS_AT_MOST {
        if runs.len() == run {
            let go = if is_built("go") { ",go" } else { "" };
            let contestants = format!("{CONTESTANTS}{go}");
            let arguments = ["--runs", "5", "--requests", "200", "--only", &contestants];
            runs.push(json("functions", &arguments));
        }
        let measured = match &runs[run] {
            Ok(measured) => measured,
            Err(output) => {
                seen.push(output.clone());
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
            println!(
                "{figure}: {one} takes {ratio:.3} times as much as {other}, {limit:.3} is allowed"
            );
            return;
        }
        seen.push(format!("{ratio:.3}"));
    }
    let seen = seen.join(", ");
    panic!("{figure}: {one} takes {seen} times as much as {other}, {limit:.3} is allowed");
}

const COLD: &str = "/cold_ms";
const WARM: &str = "/warm_ms/p50";
const MEMORY: &str = "/peak_rss_kib";
const ZIP: &str = "/zip_bytes";

#[test]
fn a_start_takes_at_most_1_2_times_as_long_as_one_that_only_connects_to_the_table() {
    at_most(1.2, "ours", "sdk-floor", COLD);
}

/// One function has all commands of Tencent Chat, because its server calls one URL.
#[test]
fn a_start_with_all_commands_of_tencent_chat_takes_at_most_1_2_times_as_long() {
    at_most(1.2, "tencent", "sdk-floor", COLD);
}

#[test]
fn a_stored_callback_takes_at_most_1_2_times_as_long_as_a_put_item_alone_and_a_large_message_1_4_times()
 {
    at_most(1.2, "ours", "sdk-floor", WARM);
    at_most(1.4, "message-16k", "message-16k-floor", WARM);
}

#[test]
fn a_question_with_10_000_words_and_friends_only_takes_at_most_1_25_times_as_long_as_reading_two_items()
 {
    at_most(1.25, "judged", "judged-floor", WARM);
}

#[test]
fn a_function_needs_at_most_1_25_times_the_memory_of_a_put_item_alone() {
    at_most(1.25, "ours", "sdk-floor", MEMORY);
}

#[test]
fn a_callback_without_a_table_takes_at_most_half_as_long_as_a_put_item_alone() {
    at_most(0.5, "ours-no-table", "sdk-floor", WARM);
}

#[test]
fn a_start_is_twenty_times_as_fast_as_in_javascript_and_forty_times_as_fast_as_in_python() {
    at_most(1.0 / 20.0, "ours", "node", COLD);
    at_most(1.0 / 40.0, "ours", "python", COLD);
}

// On an idle machine, an answer is three to four times as fast. While others use the machine, the figure can be 2.6.
#[test]
fn an_answer_is_twice_as_fast_as_in_javascript_and_in_python() {
    at_most(1.0 / 2.0, "ours", "node", WARM);
    at_most(1.0 / 2.0, "ours", "python", WARM);
}

#[test]
fn go_takes_half_as_long_again_to_start_and_half_as_much_memory_and_is_at_most_a_tenth_faster() {
    if !is_built("go") {
        return;
    }
    at_most(2.0 / 3.0, "ours", "go", COLD);
    at_most(1.1, "ours", "go", WARM);
    at_most(2.0 / 3.0, "ours", "go", MEMORY);
    at_most(1.0, "ours", "go", ZIP);
}

#[test]
fn the_function_in_every_language_writes_the_same_items_and_gives_the_same_answers() {
    let _alone = machine();
    let mut contestants = "ours,node,python".to_owned();
    for name in ["go", "java"] {
        if is_built(name) {
            contestants += &format!(",{name}");
        }
    }
    let others = contestants.matches(',').count();
    let mut seen = Vec::new();
    // A function that is late on a busy machine answers an error, and that is a difference, too.
    for _ in 0..RUNS_AT_MOST {
        let output = bench(&["same", "--only", &contestants]);
        let text = text(&output);
        if output.status.success() {
            println!("{text}");
            assert_eq!(text.matches("did as ours").count(), others);
            return;
        }
        seen.push(text);
    }
    panic!("{}", seen.join("\n"));
}

/// A function with the handlers of many commands may be larger, and the one with all of them most.
#[test]
fn a_zip_has_at_most_3_7_megabytes_with_one_command_4_1_with_tencent_chats_and_4_8_with_all() {
    let _alone = machine();
    let sizes = json("sizes", &[]).unwrap();
    let sizes = sizes.as_array().unwrap();
    let many = [("tencent", 4_100_000), ("any-command", 4_800_000)];
    for (name, _) in many {
        assert!(sizes.iter().any(|size| size["name"] == name), "{name}");
    }
    for size in sizes {
        let bytes = size["zip_bytes"].as_u64().unwrap();
        println!("{}: {bytes}", size["name"]);
        let found = many.iter().find(|(name, _)| size["name"] == *name);
        let limit = found.map_or(3_700_000, |(_, limit)| *limit);
        assert!(bytes <= limit, "{size}");
    }
}

/// `make bench-soak` does so with a million. A busy machine can make one run too slow, or a process start late. Nothing is ever
/// lost, stored twice or missing in the views.
#[test]
fn after_many_callbacks_all_are_stored_once_and_the_processes_are_as_small_and_as_fast_as_at_first()
{
    let _alone = machine();
    let mut seen = Vec::new();
    for _ in 0..RUNS_AT_MOST {
        let output = bench(&["soak", "--callbacks", "12000", "--slice", "4000"]);
        let told = text(&output);
        println!("{told}");
        if output.status.success() {
            return;
        }
        for wrong in ["are not stored", "came to them", "the views are"] {
            assert!(!told.contains(wrong), "{told}");
        }
        seen.push(told);
    }
    panic!("{}", seen.join("\n"));
}

// On another architecture, `bench instructions` has no recorded counts to compare with.
#[test]
#[cfg_attr(
    not(target_arch = "x86_64"),
    ignore = "bench/recorded.json was recorded on x86_64"
)]
fn starts_and_callbacks_need_as_many_instructions_and_allocations_as_recorded() {
    let _alone = machine();
    let mut output = bench(&["instructions", "--only", COUNTED]);
    println!("{}", text(&output));
    if !output.status.success() {
        // A busy machine can make a function late under valgrind, or let it wait more often. Code that takes more does so again.
        output = bench(&["instructions", "--only", COUNTED]);
    }
    assert!(output.status.success(), "{}", text(&output));
    assert!(!text(&output).contains("nothing to compare"));
}
