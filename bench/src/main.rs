//! What start, answer and size of the functions are, compared with those of others.
//!
//! `make bench` calls this. Every figure is of one run on one machine: ratios mean something elsewhere, milliseconds do
//! not.

// A program for a terminal speaks through it.
#![allow(clippy::print_stdout)]

mod contestants;
mod endpoint;
mod event;
mod functions;
mod http;
mod instructions;
mod machine;
mod process;
mod report;
mod runtime_api;
mod scene;
mod size;
mod statistics;
mod table;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
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
    /// Start, first and later answers, memory and size of each function
    Functions(functions::Options),
    /// Instructions and allocations of each function, compared with those that are recorded
    Instructions(instructions::Options),
    /// How large each function of the stack is
    Sizes(size::Options),
    /// The tables of the documentation, from the JSON in docs/performance
    Report(report::Options),
}

/// Everything that goes wrong here is told to a person.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Functions(options) => functions::run(&options),
        Command::Instructions(options) => instructions::run(&options),
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

/// The repository's folder.
fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}

/// Writes a result as JSON, for `bench report` and for tests.
fn save(file: Option<&Path>, result: &impl Serialize) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, serde_json::to_string_pretty(result)? + "\n")?;
    Ok(())
}
