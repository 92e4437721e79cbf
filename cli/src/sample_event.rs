//! `imhook event`: prints the event that API Gateway makes of a sample callback, for tools that invoke a function.

use std::net::Ipv4Addr;

use axum::http::Request;
use clap::Args;
use domain::Source;
use serde_json::Value;

use crate::{
    Result, out,
    run::{clock::Clock, event::Received},
    samples::{OPENIM, Sample, TENCENT},
    text::json,
};

#[derive(Args)]
pub(crate) struct Options {
    /// The callback's command, for example callbackAfterDeleteFriendCommand
    command: String,
    /// The app of Tencent Chat
    #[arg(long, default_value = "1400000001")]
    sdk_app_id: String,
}

pub(crate) fn print(options: &Options) -> Result<()> {
    let event = serde_json::to_string_pretty(&event(options)?)?;
    let lines: Vec<_> = event.lines().map(json).collect();
    out::lines(&lines.join("\n"))
}

/// Each event has a new id, because the function's table keeps events with the same id only once.
fn event(options: &Options) -> Result<Value> {
    let command = &options.command;
    let (source, sample) = find(command)?;
    event_of(source, command, sample.body, &options.sdk_app_id)
}

/// The example of a command.
pub(crate) fn find(command: &str) -> Result<(Source, &'static Sample)> {
    let mut all = [(Source::OpenIm, OPENIM), (Source::Tencent, TENCENT)]
        .into_iter()
        .flat_map(|(source, samples)| samples.iter().map(move |sample| (source, sample)));
    let found = all.find(|(_, sample)| sample.command == command);
    Ok(found.ok_or_else(|| format!("{command:?} is no command: docs/callbacks.md lists them"))?)
}

/// The event of a callback with this body. Each has a new id.
pub(crate) fn event_of(
    source: Source,
    command: &str,
    body: &str,
    sdk_app_id: &str,
) -> Result<Value> {
    let (url, route) = match source {
        Source::OpenIm => (format!("/{command}"), format!("/{command}")),
        Source::Tencent => (tencent_url(command, sdk_app_id), "/tencent".to_owned()),
    };
    let request = Request::post(url)
        .header("content-type", "application/json; charset=utf-8")
        .header("operationid", "sample")
        .body(())?;
    let (head, ()) = request.into_parts();
    let clock = Clock::new();
    let received = Received {
        head: &head,
        body: body.as_bytes(),
        id: &clock.id(),
        at: clock.tick(),
        from: Ipv4Addr::LOCALHOST.into(),
        route: &route,
    };
    Ok(received.event())
}

/// Where Tencent Chat posts a callback.
pub(crate) fn tencent_url(command: &str, sdk_app_id: &str) -> String {
    format!(
        "/tencent?SdkAppid={sdk_app_id}&CallbackCommand={command}&contenttype=json&ClientIP=203.0.113.7&OptPlatform=iOS"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(command: &str) -> Options {
        Options {
            command: command.to_owned(),
            sdk_app_id: "1400000002".to_owned(),
        }
    }

    #[test]
    fn an_event_has_the_route_and_the_body_of_its_command() {
        let all = OPENIM.iter().chain(TENCENT);
        for sample in all {
            let event = event(&options(sample.command)).unwrap();
            assert_eq!(event["body"], sample.body);
            let resource = event["resource"].as_str().unwrap();
            assert_eq!(event["path"], resource);
            match resource {
                "/tencent" => {
                    let query = &event["queryStringParameters"];
                    assert_eq!(query["CallbackCommand"], sample.command);
                    assert_eq!(query["SdkAppid"], "1400000002");
                }
                route => assert_eq!(route, format!("/{}", sample.command)),
            }
        }
    }

    #[test]
    fn two_events_have_different_ids() {
        let id = || {
            let event = event(&options("callbackAfterDeleteFriendCommand")).unwrap();
            event["requestContext"]["requestId"].clone()
        };
        let first = id();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert_ne!(first, id());
    }

    #[test]
    fn an_unknown_command_is_named() {
        let error = event(&options("callbackAfterNothing")).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("\"callbackAfterNothing\" is no command")
        );
    }
}
