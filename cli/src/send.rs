//! `imhook send`: sends a callback as its chat server does, once or at a rate.

mod load;
mod path;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, builder::PossibleValuesParser};
use domain::Source;
use protocol::Command;
use receiver::tencent_sign;
use serde_json::{Value, json};

use crate::{
    Result,
    caller::{Caller, variable},
    exit, explain, out,
    reading::{self, Reading, Reads},
    sample_event::{self, tencent_url},
    smoke::http::{Answer, Call, Http},
    text,
};

#[derive(Args)]
#[command(after_help = "\
Secrets come from the environment, with the names that the functions use. OPENIM_BASIC_PASSWORD: the password, with the user
OPENIM_BASIC_USER or openim. OPENIM_SIGNATURE_KEY with OPENIM_SIGNATURE_ALGORITHM, OPENIM_SIGNATURE_ENCODING,
OPENIM_SIGNATURE_HEADER and OPENIM_NONCE_HEADER: a signature, in place of the password. TENCENT_TOKEN: Sign and RequestTime.

Exit codes: 0 accepted or allowed; 3 the answer refuses; 1 no answer, or one that the server cannot use.

Examples:
  imhook send callbackAfterDeleteFriendCommand
  imhook send callbackBeforeSendSingleMsgCommand --set sendID=ana --set content='{\"content\":\"hello\"}'
  imhook send C2C.CallbackBeforeSendMsg --set MsgBody.0.MsgContent.Text='buy now'
  imhook send callbackBeforeAddFriendCommand --rate 50 --for 10s")]
pub(crate) struct Options {
    /// The command; docs/callbacks.md lists all
    #[arg(hide_possible_values = true, value_parser = PossibleValuesParser::new(protocol::catalogue().map(|it| it.name)))]
    command: String,
    /// Changes a field of the example, also one inside, such as `MsgBody.0.MsgContent.Text=hello`. The value is JSON, or a text
    #[arg(long, value_name = "FIELD=VALUE", value_parser = path::Set::parse)]
    set: Vec<path::Set>,
    /// The receiver's URL: that of `make run`, or a stack's output `Url` or `TencentUrl`
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000")]
    to: String,
    /// The app of Tencent Chat
    #[arg(long, value_name = "ID", default_value = "1400000001")]
    sdk_app_id: String,
    /// Send so many a second
    #[arg(long, value_name = "NUMBER", requires = "time", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: Option<u32>,
    /// Send for so long, such as 500ms, 10s or 2m
    #[arg(long = "for", id = "time", value_name = "TIME", requires = "rate", value_parser = duration)]
    time: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print the body, and send nothing
    #[arg(long, conflicts_with = "rate")]
    print: bool,
}

/// A length of time as a person writes it.
pub(crate) fn duration(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || "it is not a time such as 500ms, 10s, 2m or 1h".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let milliseconds = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    let total = number.checked_mul(milliseconds).filter(|it| *it > 0);
    total.map(Duration::from_millis).ok_or_else(wrong)
}

pub(crate) async fn send(options: Options) -> Result<()> {
    let (source, sample) = sample_event::find(&options.command)?;
    let mut body = sample.body.to_owned();
    if !options.set.is_empty() {
        let mut changed: Value = serde_json::from_str(&body)?;
        for set in &options.set {
            if let Some(warning) = set.apply(&mut changed)? {
                out::complain(&format!("warning: {warning}"));
            }
        }
        body = changed.to_string();
    }
    if options.print {
        let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&body)?)?;
        let lines: Vec<_> = pretty.lines().map(text::json).collect();
        return out::lines(&lines.join("\n"));
    }
    let mut http = Http::new("--to", &options.to)?;
    // A stack's output `TencentUrl` has the path already.
    if source == Source::Tencent
        && let Some(before) = http.url.strip_suffix("/tencent")
    {
        http.url = before.to_owned();
    }
    let sender = Sender {
        http,
        source,
        command: explain::known(&options.command)?,
        body,
        sdk_app_id: options.sdk_app_id.clone(),
        caller: caller(source)?,
    };
    match options.rate.zip(options.time) {
        Some((rate, time)) => load::send(sender, rate, time, options.json).await,
        None => sender.once(options.json).await,
    }
}

/// How the chat server proves who it is, as the environment says.
fn caller(source: Source) -> Result<Caller> {
    if source == Source::Tencent {
        return Ok(variable("TENCENT_TOKEN").map_or(Caller::Anybody, Caller::Token));
    }
    if let Some(key) = variable("OPENIM_SIGNATURE_KEY") {
        return Caller::signature(key);
    }
    let Some(password) = variable("OPENIM_BASIC_PASSWORD") else {
        return Ok(Caller::Anybody);
    };
    let user = variable("OPENIM_BASIC_USER").unwrap_or_else(|| "openim".to_owned());
    Ok(Caller::basic(&user, &password))
}

/// Sends one callback, as often as it is told.
struct Sender {
    http: Http,
    source: Source,
    command: &'static Command,
    body: String,
    sdk_app_id: String,
    caller: Caller,
}

impl Sender {
    /// A request, with a new id, time and nonce.
    fn call(&self) -> Result<Call> {
        let id = format!("send-{:016x}", fastrand::u64(..));
        let mut path = match self.source {
            Source::OpenIm => format!("/{}", self.command.name),
            Source::Tencent => tencent_url(self.command.name, &self.sdk_app_id),
        };
        if let Caller::Token(token) = &self.caller {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            let sign = tencent_sign(token, &now.to_string());
            path.push_str(&format!("&Sign={sign}&RequestTime={now}"));
        }
        let call = Call::post(path, self.body.clone());
        let call = match self.source {
            Source::OpenIm => call.header("operationID", &*id),
            Source::Tencent => call,
        };
        self.caller.prove(call, &id)
    }

    /// How the server reads an answer.
    fn reading(&self, answer: &Answer) -> Reading {
        reading::read(self.source, Some(self.command), answer.status, &answer.body)
    }

    async fn once(&self, json: bool) -> Result<()> {
        let call = self.call()?;
        let url = format!(
            "{}{}",
            self.http.url,
            call.path.split('?').next().unwrap_or_default()
        );
        let answer = self.http.send(call).await.map_err(|why| {
            format!(
                "{url}: {why}\n`make run` starts a receiver on this machine; --to names another one"
            )
        })?;
        let reading = self.reading(&answer);
        let ms = answer.took.as_secs_f64() * 1000.0;
        if json {
            let line = json!({
                "url": url,
                "status": answer.status,
                "ms": (ms * 10.0).round() / 10.0,
                "answer": answer.json(),
                "reading": reading,
            });
            out::json(&line)?;
        } else {
            out::line(&format!("POST {url}"))?;
            let body = text::json(&answer.body);
            out::line(&format!("{} in {ms:.1} ms: {body}", answer.status))?;
            out::lines(&reading.lines().join("\n"))?;
        }
        match result(&answer, &reading) {
            Sent::Fine => Ok(()),
            Sent::Refused => exit::found(true),
            Sent::Failed if json => Err(exit::With(1).into()),
            Sent::Failed => {
                Err(format!("the receiver did not accept it: status {}", answer.status).into())
            }
        }
    }
}

/// How sending ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Fine,
    Refused,
    Failed,
}

/// The receiver refuses with status 200. Every other status says that it did not handle the callback.
fn result(answer: &Answer, reading: &Reading) -> Sent {
    match reading.reads {
        _ if answer.status != 200 => Sent::Failed,
        Reads::Unreadable => Sent::Failed,
        Reads::Refused => Sent::Refused,
        Reads::Allowed | Reads::Ignored => Sent::Fine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_number_and_a_unit() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("7d", 604_800_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)));
        }
        for wrong in [
            "",
            "10",
            "s",
            "0s",
            "-1s",
            "1.5s",
            "10 s",
            "99999999999999999999s",
            "9999999999999999999h",
            "1é",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
