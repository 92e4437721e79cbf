//! The project on a laptop: DynamoDB, a gateway, Lambda, sample callbacks.
//!
//! `make run` and `make sample` call this; so do the tests, for their DynamoDB.

// A program for a terminal speaks through it.
#![allow(clippy::print_stdout)]

mod dynamodb;
mod out;
mod policies;
mod rebuild;
mod resubmit;
mod run;
mod sample;
mod samples;
mod stream;
mod table;
mod tables;
mod text;
mod view;

use std::{error::Error, net::IpAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "imhook", about, version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start DynamoDB and all functions, and print a line for each callback until Ctrl-C
    Run(run::Options),
    /// Post a sample of every callback to what `run` started, and show what was answered and stored
    Sample(sample::Options),
    /// Say what is wrong in a policies.json, or what it switches on
    CheckPolicies(policies::Options),
    /// Record the events in log lines, read from standard input, that no table and no queue took
    Resubmit(resubmit::Options),
    #[command(flatten)]
    Ask(view::Question),
    /// Apply the whole events table to the relationships table once more; safe at any time
    RebuildRelationships(rebuild::Options),
    /// Feed the stream of a local events table into the relationships view's function, as `run` does
    Feed {
        /// Where the functions can be invoked: `run`, or `cargo lambda watch`
        #[arg(long, default_value = "http://127.0.0.1:9000")]
        url: String,
        /// DynamoDB's endpoint
        #[arg(long, default_value = "http://127.0.0.1:8000")]
        dynamodb: String,
        /// The events table's name
        #[arg(long, default_value = tables::EVENTS)]
        table: String,
    },
    /// Start DynamoDB alone
    Dynamodb {
        /// Address to listen on; Docker's bridge lets containers in
        #[arg(long, default_value = "127.0.0.1")]
        address: IpAddr,
        /// Port; 0 takes a free one
        #[arg(long, default_value_t = 8000)]
        port: u16,
        /// File that keeps the data; in memory without it
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Create a table of template.yaml, unless it is there
    CreateTable {
        /// Its name in template.yaml
        #[arg(long, default_value = table::EVENTS)]
        resource: String,
        /// DynamoDB's endpoint
        #[arg(long)]
        dynamodb: String,
        /// The table's name
        #[arg(long)]
        table: String,
    },
}

/// Everything that goes wrong here is told to a person.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What a shell says of a program that SIGPIPE ended, as it ends most programs whose output nobody reads. Not success,
/// because `rebuild-relationships` has more to do than to print.
const NOBODY_READS: u8 = 128 + 13;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(options) => run::run(options).await,
        Command::Sample(options) => sample::sample(options).await,
        Command::CheckPolicies(options) => policies::check(&options),
        Command::Resubmit(options) => resubmit::resubmit(options).await,
        Command::Ask(question) => view::answer(question).await,
        Command::RebuildRelationships(options) => rebuild::rebuild(options).await,
        Command::Feed {
            url,
            dynamodb,
            table,
        } => stream::feed(&dynamodb, &table, &url, None)
            .await
            .map(|never| match never {}),
        Command::Dynamodb {
            address,
            port,
            file,
        } => dynamodb::serve((address, port).into(), file).await,
        Command::CreateTable {
            resource,
            dynamodb,
            table,
        } => table::create(&dynamodb, &resource, &table).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<out::NobodyReads>() => ExitCode::from(NOBODY_READS),
        Err(error) => {
            out::complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}
