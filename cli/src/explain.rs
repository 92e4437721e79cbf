//! `imhook explain`: how a chat server reads an answer, or what the body of a callback means.

use std::{
    io::{self, Read as _},
    net::Ipv4Addr,
};

use clap::Args;
use domain::{Events, Reception, Source, Timestamp};
use protocol::Command;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::{
    Result, dynamodb, exit, out,
    reading::{self, Reads, server_name},
    sample_event,
    sentences::sentences,
    table,
    tables::{EVENTS, local_account},
};

#[derive(Args)]
#[command(after_help = "\
Exit codes: 0 what the callback asks for happens, or the body can be used; 3 it does not, or the body cannot be used.

Examples:
  imhook explain '{\"actionCode\":1,\"errCode\":5001,\"nextCode\":1}'
  imhook explain '{\"remark\":\"Leo\"}' --command callbackBeforeSetFriendRemarkCommand
  imhook send callbackAfterDeleteFriendCommand --print | imhook explain -")]
pub(crate) struct Options {
    /// An answer to a callback, or the body of a callback, as JSON; `-` reads it from standard input
    #[arg(value_name = "ANSWER or BODY")]
    text: String,
    /// The callback's command. An answer is then read as the answer to it. Most bodies name their command themselves
    #[arg(long)]
    command: Option<String>,
    /// It is the body of a callback, although it does not name its command
    #[arg(long, requires = "command")]
    body: bool,
    /// Read it as an answer with this HTTP status
    #[arg(long, default_value_t = 200)]
    status: u16,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn explain(options: Options) -> Result<()> {
    let mut given = options.text;
    if given == "-" {
        given.clear();
        io::stdin().read_to_string(&mut given)?;
    }
    let named = options.command.as_deref().map(known).transpose()?;
    let value: Value = serde_json::from_str(&given).unwrap_or_default();
    let of_body = match named.filter(|_| options.body) {
        Some(command) => Some((command.source, command.name.to_owned())),
        None => command_of_body(&value),
    };
    if let Some((server, command)) = of_body {
        return body(server, &command, &given, options.json).await;
    }
    let server = named.map_or_else(|| server_of_answer(&value), |command| command.source);
    let reading = reading::read(server, named, options.status, &given);
    if options.json {
        out::json(&reading)?;
    } else {
        out::lines(&reading.lines().join("\n"))?;
    }
    exit::found(matches!(reading.reads, Reads::Refused | Reads::Unreadable))
}

/// What the catalogue says about a command.
pub(crate) fn known(name: &str) -> Result<&'static Command> {
    let found = [Source::OpenIm, Source::Tencent]
        .into_iter()
        .find_map(|source| protocol::command(source, name));
    Ok(found.ok_or_else(|| format!("{name:?} is no command: docs/callbacks.md lists them"))?)
}

/// The command that a body names. Answers name none.
fn command_of_body(value: &Value) -> Option<(Source, String)> {
    let names = [
        (Source::OpenIm, "callbackCommand"),
        (Source::Tencent, "CallbackCommand"),
    ];
    names
        .into_iter()
        .find_map(|(source, name)| Some((source, value[name].as_str()?.to_owned())))
}

/// The server whose answers have such fields.
fn server_of_answer(value: &Value) -> Source {
    let of_tencent = ["ActionStatus", "ErrorCode", "ErrorInfo", "ResultItem"];
    match of_tencent.iter().any(|name| !value[name].is_null()) {
        true => Source::Tencent,
        false => Source::OpenIm,
    }
}

/// Says what a body means.
async fn body(server: Source, name: &str, body: &str, json: bool) -> Result<()> {
    let Received { answer, receptions } = received(server, name, body).await?;
    let status = answer["statusCode"].as_u64().unwrap_or_default();
    let fault = (status != 200).then(|| {
        let answer: Value = answer["body"]
            .as_str()
            .and_then(|body| serde_json::from_str(body).ok())
            .unwrap_or_default();
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        match server {
            Source::OpenIm => format!("{} {}", text("errMsg"), text("errDlt")),
            Source::Tencent => text("ErrorInfo"),
        }
    });
    let known = protocol::command(server, name);
    let is_decision = |it: &&Reception| matches!(it.events, Events::Decision(_));
    let said = |is: bool| -> Vec<String> {
        let wanted = receptions.iter().filter(|it| is_decision(it) == is);
        wanted.flat_map(|it| sentences(&it.events)).collect()
    };
    let (decided, means) = (said(true), said(false));
    if json {
        let events: Vec<&Events> = receptions.iter().map(|it| &it.events).collect();
        let line = json!({
            "server": server,
            "command": name,
            "before": known.map(|it| it.is_before()),
            "asks": known.and_then(Command::asks),
            "answerCanChange": known.map(Command::amends),
            "fault": fault,
            "means": means,
            "decided": decided,
            "events": events,
        });
        out::json(&line)?;
        return exit::found(fault.is_some());
    }
    let sentence = known.map_or("this version does not know it", |it| it.sentence);
    out::line(&format!("{name} of {}: {sentence}", server_name(server)))?;
    let line = |label: &str, text: &str| out::line(&format!("  {label}: {text}"));
    if let Some(fault) = &fault {
        line("cannot be used", fault.trim())?;
        return exit::found(true);
    }
    match known {
        Some(command) if command.is_before() => {
            let asks = command
                .asks()
                .unwrap_or("nothing: it must always be allowed");
            line("asks before it happens", asks)?;
            let amends = match command.amends() {
                [] => "nothing".to_owned(),
                fields => fields.join(", "),
            };
            line("your service's answer can change", &amends)?;
        }
        Some(_) => line("sent after it happened", "the server ignores the answer")?,
        None => {}
    }
    for sentence in &decided {
        line("decision without policies", sentence)?;
    }
    for sentence in &means {
        line("recorded", sentence)?;
    }
    if means.is_empty() {
        line("recorded", "nothing")?;
    }
    Ok(())
}

/// What the receiver did with a body.
struct Received {
    /// The gateway's response.
    answer: Value,
    /// What it stored.
    receptions: Vec<Reception>,
}

/// Gives a body to the receiver itself, in front of a table in memory. So this always says what a stack would store.
async fn received(server: Source, command: &str, body: &str) -> Result<Received> {
    const APP: &str = "1400000001";
    let (stop, stopped) = oneshot::channel::<()>();
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let (endpoint, serving) = dynamodb::start(address, None, async move {
        let _ = stopped.await;
    })
    .await?;
    let serving = async { serving.await.map_err(|error| error.to_string()) };
    let database = tokio::spawn(serving);
    table::create(&endpoint, table::EVENTS, EVENTS).await?;
    let database_url = endpoint.clone();
    let function = receiver::Function::new(any_command::handlers(), move |name| {
        let value = match name {
            "AWS_ENDPOINT_URL_DYNAMODB" => &database_url,
            "EVENTS_TABLE" => EVENTS,
            "OPENIM_VERIFIER" | "TENCENT_VERIFIER" => "none",
            "TENCENT_SDK_APP_ID" => APP,
            "RECORD_DECISIONS" => "all",
            // Nobody waits.
            "DEADLINE_MS" | "BEFORE_DEADLINE_MS" => "2500",
            name => return local_account(name),
        };
        Some(value.to_owned())
    });
    let event = sample_event::event_of(server, command, body, APP)?;
    let answer = function.answer(&event.to_string(), "explain").await;
    let answer = serde_json::to_value(answer)?;
    let client = store::dynamodb(
        &store::Settings::local(&endpoint),
        std::time::Duration::from_secs(10),
    );
    let table = store::EventsTable::new(client, EVENTS, store::Retention::default());
    let start = Timestamp::from_unix_millis(0)?;
    let end = Timestamp::from_unix_millis(Timestamp::now().unix_millis() + 1000)?;
    let receptions = table.page_received(start, end, None, 100).await?.receptions;
    let _ = stop.send(());
    database.await??;
    Ok(Received { answer, receptions })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{OPENIM, TENCENT};

    #[tokio::test]
    async fn the_receiver_says_of_every_sample_what_it_would_record() {
        for (source, samples) in [(Source::OpenIm, OPENIM), (Source::Tencent, TENCENT)] {
            for sample in samples {
                let received = received(source, sample.command, sample.body).await.unwrap();
                assert_eq!(received.answer["statusCode"], 200, "{}", sample.command);
                let means = received.receptions.iter();
                let means = means.filter(|it| !matches!(it.events, Events::Decision(_)));
                assert_eq!(
                    means.count(),
                    usize::from(sample.stored),
                    "{}",
                    sample.command
                );
            }
        }
    }

    #[test]
    fn a_body_that_names_its_command_is_no_answer() {
        let mut unnamed = Vec::new();
        for (source, samples) in [(Source::OpenIm, OPENIM), (Source::Tencent, TENCENT)] {
            for sample in samples {
                let body = serde_json::from_str(sample.body).unwrap();
                match command_of_body(&body) {
                    Some(named) => assert_eq!(named, (source, sample.command.to_owned())),
                    None => unnamed.push((source, sample.command)),
                }
            }
        }
        assert!(unnamed.len() < 10, "{unnamed:?}");
        assert!(unnamed.iter().all(|(source, _)| *source == Source::Tencent));
        for answer in [
            r#"{"nextCode":1}"#,
            r#"{"ErrorCode":0}"#,
            "{}",
            "null",
            "[]",
        ] {
            let answer = serde_json::from_str(answer).unwrap();
            assert_eq!(command_of_body(&answer), None);
        }
    }
}
