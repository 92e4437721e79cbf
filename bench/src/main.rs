//! Measures start, answers, memory and size of the functions, and compares them with other functions. `make bench`
//! calls it.
//!
//! All figures of a run are of one machine. Ratios are valid elsewhere, milliseconds are not. It never calls AWS.

// A terminal program prints its results.
#![allow(clippy::print_stdout)]

mod chart;
mod contestants;
mod endpoint;
mod event;
mod functions;
mod http;
mod instructions;
mod kept;
mod machine;
mod mix;
mod process;
mod refused;
mod report;
mod runtime_api;
mod same;
mod scene;
mod size;
mod soak;
mod statistics;
mod table;
mod views;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Mutex, MutexGuard, PoisonError},
};

use clap::{Parser, Subcommand};
use serde::Serialize;

#[derive(Parser)]
#[command(about, version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure start, first and later answers, memory and size of each function
    Functions(functions::Options),
    /// Count instructions and allocations of each function, and compare them with those that are recorded
    Instructions(instructions::Options),
    /// Measure what requests cost that are refused, and what they do to those that are not
    Refused(refused::Options),
    /// Send the same events to the same function in every language, and compare items and answers
    Same(same::Options),
    /// Send a million callbacks, and compare memory, time and files of the processes with those at the start
    Soak(soak::Options),
    /// Measure the size of each function of the stack
    Sizes(size::Options),
    /// Write the tables of the documentation from the JSON in docs/performance
    Report(report::Options),
}

/// Every error here is a message for a person.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Functions(options) => functions::run(&options),
        Command::Instructions(options) => instructions::run(&options),
        Command::Refused(options) => refused::run(&options),
        Command::Same(options) => same::run(&options),
        Command::Soak(options) => soak::run(&options),
        Command::Sizes(options) => size::run(&options),
        Command::Report(options) => report::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What a mutex holds. No thread leaves it half changed when it panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folder of the repository.
fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}

/// Writes a result as JSON. `bench report` and tests read it.
fn save(file: Option<&Path>, result: &impl Serialize) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, serde_json::to_string_pretty(result)? + "\n")?;
    Ok(())
}
