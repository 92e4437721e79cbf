//! Calls the receiver as OpenIM would. Nothing that these calls send is stored.

use std::{env, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{
    Finding,
    address::{Address, Host, shown},
    facts::{Facts, Place},
    kinds::{self, Kind},
};
use crate::{
    Result,
    reading::openim::Verdict,
    samples::OPENIM,
    smoke::http::{Answer, Call, Http},
};

/// A before callback that must always be allowed, so no rule and no service is asked, and nothing is stored.
const BEFORE: &str = "callbackBeforeCreateSingleChatConversationsCommand";
/// An after callback. Its body here is not JSON, so nothing is stored.
const AFTER: &str = "callbackAfterDeleteFriendCommand";

/// Codes of the receiver: see docs/configuration.md.
const UNAUTHORIZED: i64 = 29001;
const NOT_JSON: i64 = 29006;
const SETTINGS: [i64; 2] = [29012, 29015];

/// What OpenIM's file says about its calls.
#[derive(Default)]
pub(super) struct Configured {
    url: Option<String>,
    /// The shortest time that OpenIM waits for an answer to a before callback, or to any.
    waits: Option<Duration>,
}

impl Configured {
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let seconds = |is_before: bool| {
            let switches = facts
                .switches_on()
                .filter(|it| !is_before || it.command.is_before());
            let seconds = switches.filter_map(|it| u64::try_from(it.timeout.value.0).ok());
            // Without a timeout, it waits 15 s, and never longer.
            seconds
                .map(|it| if it == 0 { 15 } else { it.min(15) })
                .min()
        };
        Self {
            url: facts.url.as_ref().map(|it| it.value.clone()),
            waits: seconds(true)
                .or_else(|| seconds(false))
                .map(Duration::from_secs),
        }
    }
}

/// Makes all calls.
pub(super) async fn call(url: &str, configured: &Configured) -> Result<Vec<Finding>> {
    let http = Http::new("--url", url)?;
    let mut found = Vec::new();
    let mut add = |kind: &'static Kind, reason: String| {
        let place = Place {
            line: None,
            at: http.url.clone(),
        };
        found.push(Finding::new(kind, place, reason));
    };
    if let Some(other) = configured.url.as_deref().map(shown)
        && other.trim_end_matches('/') != http.url
    {
        add(kinds::CALL_URL, format!("the url of the file is {other}"));
    }
    let health = match http.send(Call::get("/healthz")).await {
        Ok(answer) => answer,
        Err(why) => {
            add(kinds::CALL_UNREACHABLE, why);
            return Ok(found);
        }
    };
    if is_redirect(&health) {
        add(
            kinds::CALL_REDIRECT,
            format!("/healthz: {}", health.plain()),
        );
        return Ok(found);
    }
    if health.status != 200 || health.json()["status"] != "ok" {
        add(kinds::CALL_OTHER, format!("/healthz: {}", health.plain()));
    }
    let authorization = authorization(url, configured.url.as_deref());
    let sample = OPENIM.iter().find(|it| it.command == BEFORE);
    let body = sample.map(|it| it.body).unwrap_or_default();
    let with = |call: Call| match &authorization {
        Some(authorization) => call.header("authorization", authorization),
        None => call,
    };
    let before = || with(Call::post(format!("/{BEFORE}"), body)).header("operationID", "doctor");
    let after = || with(Call::post(format!("/{AFTER}"), "ok")).header("operationID", "doctor");
    let mut slowest = Duration::ZERO;
    let mut fastest = Duration::MAX;
    let mut is_believed = true;
    for (call, expected) in [
        (before(), None),
        (before(), None),
        (after(), Some(NOT_JSON)),
    ] {
        let answer = match http.send(call).await {
            Ok(answer) => answer,
            Err(why) => {
                add(kinds::CALL_UNREACHABLE, why);
                return Ok(found);
            }
        };
        slowest = slowest.max(answer.took);
        fastest = fastest.min(answer.took);
        if let Some(kind) = judged(&answer, expected) {
            is_believed = false;
            add(kind, answer.shown());
            break;
        }
    }
    let is_public = Address::of(&http.url)
        .is_some_and(|it| matches!(it.host(), Host::Public | Host::ApiGateway));
    // Behind nginx, which adds the password, everybody who reaches nginx is believed.
    if is_believed && (authorization.is_some() || is_public) {
        let stranger = Call::post(format!("/{AFTER}"), "ok");
        if let Ok(answer) = http.send(stranger).await
            && judged(&answer, Some(NOT_JSON)).is_none()
        {
            add(kinds::CALL_OPEN, answer.shown());
        }
    }
    if is_believed {
        let ms = |it: Duration| it.as_millis();
        let times = format!(
            "{} ms, and {} ms over a kept connection",
            ms(slowest),
            ms(fastest)
        );
        match configured.waits {
            Some(waits) if slowest >= waits => {
                add(
                    kinds::CALL_LATE,
                    format!("{times}; OpenIM waits {} s", waits.as_secs()),
                );
            }
            Some(waits) if slowest * 2 >= waits => {
                add(
                    kinds::CALL_SLOW,
                    format!("{times}; OpenIM waits {} s", waits.as_secs()),
                );
            }
            _ => {}
        }
        let rate = 2.0 / fastest.as_secs_f64().max(0.001);
        add(
            kinds::CALL_TIME,
            format!("{times}: {rate:.0} after callbacks in a second"),
        );
    }
    Ok(found)
}

fn is_redirect(answer: &Answer) -> bool {
    (300..400).contains(&answer.status)
}

/// What is wrong with an answer. `expected` is the code of the refusal; without one, "allowed" is expected.
fn judged(answer: &Answer, expected: Option<i64>) -> Option<&'static Kind> {
    if is_redirect(answer) {
        return Some(kinds::CALL_REDIRECT);
    }
    // The members that every answer of the receiver has.
    let is_own = answer.json()["nextCode"] != Value::Null;
    match (answer.as_openim(), expected) {
        (Verdict::Unreadable, _) => Some(kinds::CALL_FORM),
        (Verdict::Refused { code, .. }, Some(expected)) if code == expected => None,
        (Verdict::Refused { code, .. }, _) if code == UNAUTHORIZED => Some(kinds::CALL_PASSWORD),
        (Verdict::Refused { code, .. }, _) if SETTINGS.contains(&code) => {
            Some(kinds::CALL_SETTINGS)
        }
        (Verdict::Refused { .. }, _) => Some(kinds::CALL_REFUSED),
        (Verdict::Allowed { .. }, _) if !is_own => Some(kinds::CALL_GATEWAY),
        (Verdict::Allowed { .. }, _) => None,
    }
}

/// The header that OpenIM makes of user and password: of `--url`, of the file, or of the environment.
fn authorization(url: &str, configured: Option<&str>) -> Option<String> {
    let of_url = |url: &str| {
        let user = Address::of(url)?.user?;
        Some(percent_decode_str(user).decode_utf8_lossy().into_owned())
    };
    let of_environment = || {
        let password = env::var("OPENIM_BASIC_PASSWORD").ok()?;
        (!password.is_empty()).then(|| format!("openim:{password}"))
    };
    let credentials = of_url(url)
        .or_else(|| configured.and_then(of_url))
        .or_else(of_environment)?;
    Some(format!("Basic {}", BASE64_STANDARD.encode(credentials)))
}
