//! The program `imhook`. It runs all functions on a laptop, with a local DynamoDB, gateway and Lambda. It reads and
//! rebuilds the views of relationships and memberships, records events from a log, takes care of dead letters, and checks
//! policies and what Tencent Chat's console needs. It sends callbacks as the chat servers do, and explains their answers.
//!
//! It is never part of the stack: no function needs it. It reaches AWS only with `--aws`. `make run`, `make sample` and
//! the tests call it.

// A command-line program prints to standard output.
#![allow(clippy::print_stdout)]

mod aws;
mod caller;
mod checkpoint;
mod dead_letters;
mod deliveries;
mod destinations;
mod doctor;
mod dynamodb;
mod exit;
mod explain;
mod history;
mod init;
mod inspect;
mod moderation;
mod out;
mod policies;
mod privacy;
mod queues;
mod reading;
mod rebuild;
mod reconcile;
mod replay;
mod resubmit;
mod run;
mod sample;
mod sample_event;
mod samples;
mod send;
mod sentences;
mod sign;
mod smoke;
mod stream;
mod table;
mod tables;
mod tail;
mod tencent_check;
mod text;
mod view;

use std::{error::Error, net::IpAddr, path::PathBuf, process::ExitCode};

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use store::{ErrorKind, StoreError};

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
    /// Post one sample of each callback to `run`, and show the answers and what was stored
    Sample(sample::Options),
    /// Call a running stack as the chat servers do, check answers and tables, and delete what that stored
    Smoke(Box<smoke::Options>),
    /// Send one callback as its chat server does, or many of them, and say how the server reads the answer
    Send(Box<send::Options>),
    /// Say how a chat server reads an answer, or what the body of a callback means
    Explain(explain::Options),
    /// Serve a page that shows what a stack stores, and what its tables know of persons, groups and conversations
    Inspect(Box<inspect::Options>),
    /// Follow what arrives, like a log
    Tail(Box<tail::Options>),
    /// Sign a request as a chat server or this receiver does, or say why a signature is wrong
    #[command(subcommand)]
    Sign(sign::Way),
    /// Print the completions of these commands for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the event that API Gateway makes of a sample callback, for `cargo lambda invoke` and `sam local invoke`
    Event(sample_event::Options),
    /// Ask what you want, and write samconfig.toml, policies.json and OpenIM's webhooks.yml for it
    Init(init::Options),
    /// List the mistakes in a policies.json, or the rules that it switches on
    CheckPolicies(policies::Options),
    /// Say what is wrong with OpenIM's webhooks.yml, and whether the receiver answers OpenIM
    Doctor(Box<doctor::Options>),
    /// Say what to set in Tencent Chat's console, and what is wrong with the URL or the configuration
    TencentCheck(tencent_check::Options),
    /// Read log lines from standard input, and record the events in them that were neither stored nor queued
    Resubmit(resubmit::Options),
    /// Send stored events again: to the event bus, to your service, or through the handlers
    Replay(Box<replay::Options>),
    /// List, show or redrive the messages that nothing could process: events, and records of the views
    #[command(subcommand)]
    DeadLetters(dead_letters::Action),
    /// Apply what the views could not apply, after a fix: the same as `dead-letters redrive` for the views
    Requeue(dead_letters::Redrive),
    #[command(flatten)]
    Ask(view::Question),
    /// Apply all events of the events table to the relationships table again; safe at any time
    RebuildRelationships(rebuild::Options),
    /// Compare the views with what OpenIM's REST API says, and write what no callback said as events
    Reconcile(Box<reconcile::Options>),
    /// Remove everything about a user from the tables and queues; safe at any time
    Forget(Box<privacy::Forget>),
    /// Print everything that the tables and queues have about a user, as JSON lines
    Export(Box<privacy::Export>),
    /// Send the stream of a local events table to the function that updates the relationships table, as `run` does
    Feed {
        /// URL at which the functions can be invoked: that of `run` or of `cargo lambda watch`
        #[arg(long, default_value = "http://127.0.0.1:9000")]
        url: String,
        /// DynamoDB's endpoint
        #[arg(long, default_value = "http://127.0.0.1:8000")]
        dynamodb: String,
        /// The events table's name
        #[arg(long, default_value = tables::EVENTS)]
        table: String,
    },
    /// Start only DynamoDB
    Dynamodb {
        /// Address to listen on; containers can reach the address of Docker's bridge
        #[arg(long, default_value = "127.0.0.1")]
        address: IpAddr,
        /// Port; 0 takes a free one
        #[arg(long, default_value_t = 8000)]
        port: u16,
        /// File for the data; without it, the data is in memory
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Create a table as template.yaml describes it, unless it exists
    CreateTable {
        /// The table's resource in template.yaml
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

/// Every error here is a message for a person.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(options) => run::run(options).await,
        Command::Sample(options) => sample::sample(options).await,
        Command::Smoke(options) => smoke::smoke(*options).await,
        Command::Send(options) => send::send(*options).await,
        Command::Explain(options) => explain::explain(options).await,
        Command::Inspect(options) => inspect::inspect(*options).await,
        Command::Tail(options) => tail::tail(*options).await,
        Command::Sign(way) => sign::sign(way),
        Command::Completions { shell } => completions(shell),
        Command::Event(options) => sample_event::print(&options),
        Command::Init(options) => init::init(&options),
        Command::CheckPolicies(options) => policies::check(&options),
        Command::Doctor(options) => doctor::doctor(*options).await,
        Command::TencentCheck(options) => tencent_check::check(&options),
        Command::Resubmit(options) => resubmit::resubmit(options).await,
        Command::Replay(options) => replay::replay(*options).await,
        Command::DeadLetters(action) => dead_letters::run(action).await,
        Command::Requeue(options) => dead_letters::requeue(options).await,
        Command::Ask(question) => view::answer(question).await,
        Command::RebuildRelationships(options) => rebuild::rebuild(options).await,
        Command::Reconcile(options) => reconcile::reconcile(*options).await,
        Command::Forget(options) => privacy::forget(*options).await,
        Command::Export(options) => privacy::export(*options).await,
        Command::Feed {
            url,
            dynamodb,
            table,
        } => stream::feed(&stream::Reader::Views, &dynamodb, &table, &url, None, None)
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
        Err(error) if error.is::<out::NobodyReads>() => ExitCode::from(exit::NOBODY_READS),
        Err(error) => {
            if let Some(exit::With(code)) = error.downcast_ref() {
                return ExitCode::from(*code);
            }
            if is_unavailable(&*error) {
                out::complain("DynamoDB is not available. On a laptop, `make run` starts it.");
            }
            out::complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "imhook", &mut script);
    out::as_it_is(String::from_utf8(script)?)
}

fn is_unavailable(error: &(dyn Error + 'static)) -> bool {
    error
        .downcast_ref::<StoreError>()
        .is_some_and(|error| error.kind() == ErrorKind::Unavailable)
}
