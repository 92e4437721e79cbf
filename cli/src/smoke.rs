//! `imhook smoke`: calls a running stack as the chat servers do, and checks the answers and what was stored.
//!
//! Every user and group in its callbacks has an id that begins with `smoke-`, so it never touches the app's own. At the
//! end it deletes what it stored.

mod bodies;
mod bus;
mod checks;
mod clean;
pub(crate) mod http;
mod steps;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use domain::Timestamp;
use serde_json::json;
use store::{EventsTable, RelationshipsTable, Retention};

use self::{
    bodies::Named,
    bus::Bus,
    checks::{Check, Need, checks},
    http::{Answer, Call, Http},
};
use crate::{
    Result,
    aws::{self, Client},
    caller::{Caller, variable},
    out::{self, Colour},
    queues::{Queue, Queues},
    tables::Database,
    text::shown,
};

#[derive(Args)]
pub(crate) struct Options {
    /// The stack's output `Url`, or the URL of nginx in front of it. A user and a password in it are not used
    #[arg(long, default_value = "http://127.0.0.1:9000")]
    url: String,
    /// How OpenIM's calls are checked. `basic` needs `OPENIM_BASIC_PASSWORD` in the environment, and `signature` what `imhook send`
    /// needs
    #[arg(long, value_enum, default_value = "basic")]
    verifier: Verifier,
    /// User name for `basic`
    #[arg(long, default_value = "openim")]
    user: String,
    /// The app of Tencent Chat; without it, its callbacks are not tried. They are signed if the environment has `TENCENT_TOKEN`
    #[arg(long, value_name = "ID")]
    sdk_app_id: Option<String>,
    #[command(flatten)]
    database: Database,
    /// Name of the events table; without it, nothing is looked up or deleted
    #[arg(long, value_name = "NAME")]
    events_table: Option<String>,
    /// Name of the relationships table; without it, the views are not checked
    #[arg(long, value_name = "NAME")]
    relationships_table: Option<String>,
    #[command(flatten)]
    queues: Queues,
    /// Name of the log group of the functions: output `LogGroupName`
    #[arg(long, value_name = "NAME", requires = "aws")]
    log_group: Option<String>,
    /// Name of the event bus: output `EventBusName`. A rule and a queue are made for the run
    #[arg(long, value_name = "NAME", requires = "aws")]
    event_bus: Option<String>,
    /// Name of the stack, whose alarms must not be raised
    #[arg(long, value_name = "NAME", requires = "aws")]
    stack: Option<String>,
    /// The stack's `OnFailure`
    #[arg(long, value_enum, default_value = "refuse")]
    on_failure: Choice,
    /// The stack's `UnknownCommand`
    #[arg(long, value_enum, default_value = "allow")]
    unknown_command: Choice,
    /// Before commands that rules of your own refuse to everybody who is new
    #[arg(long, value_name = "COMMAND,…", value_delimiter = ',')]
    refused: Vec<String>,
    /// The stack's `BeforeDeadlineMs`
    #[arg(long, value_name = "NUMBER", default_value_t = BEFORE_DEADLINE_MS)]
    deadline_ms: u64,
    /// Seconds until an event must be in the table, and a row in the view
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    patience: u64,
    /// What has the URL; without it, `aws` if the host is one of API Gateway's own
    #[arg(long, value_enum)]
    gateway: Option<Gateway>,
    /// Only these checks
    #[arg(long, value_name = "CHECK,…", value_delimiter = ',')]
    only: Vec<String>,
    /// Leave what was stored
    #[arg(long)]
    keep: bool,
    /// Print JSON lines instead of a table
    #[arg(long)]
    json: bool,
    /// Print the names of all checks, and call nothing
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Verifier {
    Basic,
    Signature,
    None,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Choice {
    Refuse,
    Allow,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Gateway {
    Aws,
    Other,
}

/// The default of the stack's `BeforeDeadlineMs`.
const BEFORE_DEADLINE_MS: u64 = 300;

/// A run of the smoke test.
struct Smoke {
    options: Options,
    http: Http,
    /// How OpenIM proves who it is.
    caller: Caller,
    /// The same with the previous password or key.
    previous: Option<Caller>,
    /// What Tencent Chat signs with.
    token: Option<String>,
    events: Option<EventsTable>,
    relationships: Option<RelationshipsTable>,
    /// The queues that the options name, with what each has.
    queues: Vec<(&'static str, Queue)>,
    bus: Option<Bus>,
    logs: Option<Client>,
    alarms: Option<Client>,
    /// What no line of the log may have.
    secrets: Vec<String>,
    /// The beginning of every id.
    prefix: String,
    began: Timestamp,
    named: Mutex<Named>,
    calls: AtomicU32,
}

/// How a check ended.
enum Outcome {
    /// With something that is worth knowing, or an empty text.
    Passed(String),
    Failed(String),
    Skipped(String),
}

pub(crate) async fn smoke(options: Options) -> Result<()> {
    let all = checks();
    if options.list {
        let names = all.iter().map(|check| format!("{}\n", check.name));
        return out::lines(&String::from_iter(names));
    }
    let unknown = |name: &&String| !all.iter().any(|check| check.name == **name);
    if let Some(name) = options.only.iter().find(unknown) {
        return Err(format!("there is no check {name}: --list prints the names of all").into());
    }
    let is_wanted =
        |check: &&Check| options.only.is_empty() || options.only.iter().any(|it| it == check.name);
    let wanted: Vec<&Check> = all.iter().filter(is_wanted).collect();
    let smoke = Smoke::new(options)?;
    let mut report = Report::new(&smoke, &wanted)?;
    let interrupt = tokio::signal::ctrl_c();
    tokio::pin!(interrupt);
    let mut interrupted = false;
    for check in wanted.iter().filter(|check| check.name != CLEAN_UP) {
        tokio::select! {
            done = smoke.run(check) => report.add(check.name, done)?,
            _ = &mut interrupt => {
                interrupted = true;
                break;
            }
        }
    }
    // Also if a check failed, or was interrupted.
    report.add(CLEAN_UP, smoke.clean_up().await)?;
    report.end(interrupted)
}

/// Variables with a secret that this program uses.
const SECRETS: [&str; 5] = [
    "OPENIM_BASIC_PASSWORD",
    "OPENIM_BASIC_PASSWORD_PREVIOUS",
    "OPENIM_SIGNATURE_KEY",
    "OPENIM_SIGNATURE_KEY_PREVIOUS",
    "TENCENT_TOKEN",
];

/// The check that deletes what the others stored.
const CLEAN_UP: &str = "clean-up";

impl Smoke {
    fn new(options: Options) -> Result<Self> {
        let (caller, previous) = match options.verifier {
            Verifier::None => (Caller::Anybody, None),
            Verifier::Basic => {
                let password = variable("OPENIM_BASIC_PASSWORD").ok_or(
                    "OPENIM_BASIC_PASSWORD is not set: it is in the secret of the stack's output OpenIMSecretArn. \
                     With --verifier none, OpenIM's calls have no password",
                )?;
                let basic = |password: &str| Caller::basic(&options.user, password);
                let previous = variable("OPENIM_BASIC_PASSWORD_PREVIOUS");
                (basic(&password), previous.as_deref().map(basic))
            }
            Verifier::Signature => {
                let key = variable("OPENIM_SIGNATURE_KEY").ok_or(
                    "OPENIM_SIGNATURE_KEY is not set: it is in the secret of the stack's output OpenIMSecretArn. \
                     For RSA and ECDSA it is the private key",
                )?;
                let previous = variable("OPENIM_SIGNATURE_KEY_PREVIOUS");
                let previous = previous.map(Caller::signature).transpose()?;
                (Caller::signature(key)?, previous)
            }
        };
        let mut secrets: Vec<String> = SECRETS.iter().filter_map(|it| variable(it)).collect();
        if let Caller::Basic(authorization) = &caller {
            secrets.push(authorization.replacen("Basic ", "", 1));
        }
        // Only a run that uses a table needs credentials of AWS.
        let client = || options.database.client();
        let events = match &options.events_table {
            Some(name) => Some(EventsTable::new(client()?, name, Retention::default())),
            None => None,
        };
        let relationships = match &options.relationships_table {
            Some(name) => Some(RelationshipsTable::new(client()?, name)),
            None => None,
        };
        let is_aws = options.database.is_aws();
        let queues = options.queues.named();
        let queues = queues.map(|(what, url)| Ok((what, options.queues.queue(is_aws, url)?)));
        let queues = queues.collect::<Result<_>>()?;
        let of_aws = |wanted: bool, service| {
            let client = wanted.then(|| Client::new(service, &options.database));
            client.transpose()
        };
        let began = Timestamp::now();
        Ok(Self {
            http: Http::new("--url", &options.url)?,
            caller,
            previous,
            queues,
            bus: options
                .event_bus
                .as_ref()
                .map(|bus| Bus::new(bus, &options.database))
                .transpose()?,
            logs: of_aws(options.log_group.is_some(), &aws::LOGS)?,
            alarms: of_aws(options.stack.is_some(), &aws::ALARMS)?,
            secrets,
            token: variable("TENCENT_TOKEN"),
            events,
            relationships,
            prefix: format!("smoke-{:x}-{:04x}", began.unix_seconds(), fastrand::u16(..)),
            began,
            named: Mutex::default(),
            calls: AtomicU32::new(0),
            options,
        })
    }

    /// Runs a check, unless something that it needs is missing.
    async fn run(&self, check: &Check) -> (Outcome, Duration) {
        let start = Instant::now();
        let outcome = match check.needs.iter().find_map(|need| self.lacks(*need)) {
            Some(why) => Outcome::Skipped(why.to_owned()),
            None => match check.step.run(self).await {
                Ok(detail) => Outcome::Passed(detail),
                Err(why) => Outcome::Failed(why),
            },
        };
        (outcome, start.elapsed())
    }

    /// Why something is missing.
    fn lacks(&self, need: Need) -> Option<&'static str> {
        let (has, why) = match need {
            Need::Verifier => (
                self.options.verifier != Verifier::None,
                "--verifier none: every caller is believed",
            ),
            Need::Password => (
                self.options.verifier == Verifier::Basic,
                "there is no password without --verifier basic",
            ),
            Need::Signature => (
                self.options.verifier == Verifier::Signature,
                "there is no signature without --verifier signature",
            ),
            Need::Previous => (
                self.previous.is_some(),
                "neither OPENIM_BASIC_PASSWORD_PREVIOUS nor OPENIM_SIGNATURE_KEY_PREVIOUS is used",
            ),
            Need::Events => (self.events.is_some(), "needs --events-table"),
            Need::Relationships => (self.relationships.is_some(), "needs --relationships-table"),
            Need::Refused => (!self.options.refused.is_empty(), "needs --refused"),
            Need::Queues => (!self.queues.is_empty(), "needs the URL of a queue"),
            Need::Bus => (self.bus.is_some(), "needs --event-bus"),
            Need::Log => (self.logs.is_some(), "needs --log-group"),
            Need::Alarms => (self.alarms.is_some(), "needs --stack"),
            Need::App => (self.options.sdk_app_id.is_some(), "needs --sdk-app-id"),
            Need::Token => (self.token.is_some(), "TENCENT_TOKEN is not set"),
            Need::Stage => (
                self.is_on_aws() && self.other_stage().is_some(),
                "the URL has no stage of API Gateway",
            ),
        };
        (!has).then_some(why)
    }

    fn is_on_aws(&self) -> bool {
        match self.options.gateway {
            Some(gateway) => gateway == Gateway::Aws,
            None => self.http.url.contains(".execute-api."),
        }
    }

    /// The URL with another stage.
    fn other_stage(&self) -> Option<String> {
        let (scheme, rest) = self.http.url.split_once("://")?;
        let (before, _) = rest.rsplit_once('/')?;
        Some(format!("{scheme}://{before}/smoke-test-of-a-wrong-stage"))
    }

    /// An id of a user or a group that only this check uses.
    fn id(&self, check: &str, who: &str) -> String {
        format!("{}-{check}-{who}", self.prefix)
    }

    /// A new id of a request, by which what it stores is found.
    fn operation_id(&self) -> String {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        format!("{}-{number}", self.prefix)
    }

    /// Notes the ids in a body that is about to be sent.
    fn note(&self, command: &str, body: &str) {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.add(command, body, &self.prefix);
    }

    /// Sends a callback of OpenIM to a path, as OpenIM does.
    async fn openim(
        &self,
        command: &str,
        path: &str,
        body: &str,
    ) -> std::result::Result<Answer, String> {
        self.note(command, body);
        self.send(Call::post(path, body)).await
    }

    /// Sends a call with OpenIM's headers.
    async fn send(&self, call: Call) -> std::result::Result<Answer, String> {
        self.send_as(&self.caller, &self.operation_id(), call).await
    }

    /// The same by this caller, with this id.
    async fn send_as(
        &self,
        caller: &Caller,
        operation_id: &str,
        call: Call,
    ) -> std::result::Result<Answer, String> {
        let call = caller.prove(call.header("operationID", operation_id), operation_id);
        self.http.send(call.map_err(|why| why.to_string())?).await
    }
}

/// Prints the checks, and counts them.
struct Report {
    json: bool,
    /// The longest name.
    width: usize,
    number: u32,
    passed: u32,
    skipped: u32,
    failed: u32,
    /// The name and the reason of the first check that failed.
    first: Option<String>,
}

impl Report {
    fn new(smoke: &Smoke, checks: &[&Check]) -> Result<Self> {
        let names = checks.iter().map(|check| check.name.len());
        let width = names.chain([CLEAN_UP.len()]).max().unwrap_or_default();
        let json = smoke.options.json;
        if !json {
            out::line(&format!("{} with ids {}-…", smoke.http.url, smoke.prefix))?;
            out::line(&format!("  #  {:width$}  RESULT      MS  DETAIL", "CHECK"))?;
        }
        Ok(Self {
            json,
            width,
            number: 0,
            passed: 0,
            skipped: 0,
            failed: 0,
            first: None,
        })
    }

    fn add(&mut self, name: &str, (outcome, took): (Outcome, Duration)) -> Result<()> {
        self.number += 1;
        let (result, detail) = match outcome {
            Outcome::Passed(detail) => ("ok", detail),
            Outcome::Failed(why) => ("FAILED", why),
            Outcome::Skipped(why) => ("skipped", why),
        };
        *match result {
            "ok" => &mut self.passed,
            "FAILED" => &mut self.failed,
            _ => &mut self.skipped,
        } += 1;
        if result == "FAILED" && self.first.is_none() {
            self.first = Some(format!("{name}: {detail}"));
        }
        let (number, ms) = (self.number, took.as_millis());
        if self.json {
            let line = json!({"number": number, "check": name, "result": result, "detail": detail, "ms": ms});
            return out::json(&line);
        }
        let detail = shown(&detail);
        let width = self.width;
        let colour = match result {
            "ok" => Colour::Good,
            "FAILED" => Colour::Bad,
            _ => Colour::Doubtful,
        };
        let check = format!("{number:>3}  {name:width$}  ");
        let rest = format!("{:pad$}  {ms:>6}  {detail}", "", pad = 7 - result.len());
        out::coloured(colour, [&check, result, rest.trim_end()])
    }

    fn end(self, interrupted: bool) -> Result<()> {
        if !self.json {
            out::line(&format!(
                "{} checks: {} ok, {} failed, {} skipped",
                self.number, self.passed, self.failed, self.skipped
            ))?;
        }
        match self.first {
            Some(first) => Err(first.into()),
            None if interrupted => Err("interrupted: the other checks did not run".into()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::TEMPLATE;

    #[test]
    fn the_default_deadline_is_that_of_the_template() {
        let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(TEMPLATE).unwrap();
        let default = &template["Parameters"]["BeforeDeadlineMs"]["Default"];
        assert_eq!(default.as_u64(), Some(BEFORE_DEADLINE_MS));
    }
}
