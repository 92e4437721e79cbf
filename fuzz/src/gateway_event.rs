use std::{
    borrow::Cow,
    panic::{self, AssertUnwindSafe},
};

use models::{CATCH_ALL, HttpRequest};
use receiver::{Function, ProblemKind};
use tokio::runtime::{Builder, Runtime};

use crate::{LAST_PANIC, answer::Answer, line};

const APP: &str = "1400000001";

/// An input that begins with `{` is a gateway's event. Any other input is an HTTP request, which becomes an event. Its
/// first line has the payload version, the method and the URL. Headers follow up to an empty line, then the body.
/// Version 1 is a REST API's event and 2 an HTTP API's. Version 3 is a load balancer's, and 4 a load balancer's with
/// several values for a name. A `b` after the version encodes the body in base64.
///
/// ```text
/// 1 POST /callbackAfterAddFriendCommand?contenttype=json
/// operationID: o1
///
/// {"fromUserID":"a","toUserID":"b","reqMsg":"hi"}
/// ```
///
/// The caller can read the answer, and it is never "internal error". Without credentials, nothing is allowed. (A health
/// check gets its answer without credentials.)
pub fn gateway_event(input: &[u8]) {
    let (event, asked_by_tencent) = if input.starts_with(b"{") {
        (String::from_utf8_lossy(input), None)
    } else {
        let request = Request::read(input);
        let tencent = request
            .query
            .iter()
            .any(|(name, _)| ["SdkAppid", "CallbackCommand"].contains(&&**name));
        (request.to_event().into(), Some(tencent))
    };
    FUNCTIONS.with(|functions| {
        let Some(answer) = functions.answer(&functions.believing, &event) else {
            let answer = functions.answer(&functions.doubting, &event);
            assert!(answer.is_none(), "{answer:?}");
            return;
        };
        // A request that cannot be read is not known to come from Tencent Chat, which reads the status.
        let read = !answer.is(ProblemKind::UnreadableRequest);
        if let Some(tencent) = asked_by_tencent.filter(|_| read) {
            assert_eq!(answer.to_tencent, tencent, "{answer:?}");
        }
        let ours = [
            ProblemKind::Internal,
            ProblemKind::Misconfigured,
            ProblemKind::NotStored,
            ProblemKind::NotReady,
        ];
        assert!(ours.iter().all(|kind| !answer.is(*kind)), "{answer:?}");

        let answer = functions.answer(&functions.doubting, &event);
        let answer = answer.expect("a callback gets an answer");
        let refusals = [ProblemKind::Unauthorized, ProblemKind::UnreadableRequest];
        assert!(refusals.iter().any(|kind| answer.is(*kind)), "{answer:?}");
    });
}

const HEALTH: &str = concat!(
    r#"{"status":"ok","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#""}"#
);

thread_local! {
    static FUNCTIONS: Functions = Functions::new();
}

struct Functions {
    runtime: Runtime,
    /// Accepts every caller that knows the app's id.
    believing: Function,
    /// Has a password and a token that no input contains.
    doubting: Function,
}

impl Functions {
    fn new() -> Self {
        let function = |settings: &'static [(&'static str, &'static str)]| {
            Function::new(any_command::handlers(), move |name| {
                let (_, value) = settings.iter().find(|(known, _)| *known == name)?;
                Some((*value).to_owned())
            })
        };
        Self {
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            believing: function(&[
                ("OPENIM_VERIFIER", "none"),
                ("TENCENT_VERIFIER", "none"),
                ("TENCENT_SDK_APP_ID", APP),
                ("UNKNOWN_COMMAND", "refuse"),
                // Small enough for a fuzzer to exceed it.
                ("MAX_BODY_BYTES", "1024"),
            ]),
            doubting: function(&[
                ("OPENIM_VERIFIER", "basic"),
                ("OPENIM_BASIC_USER", "openim"),
                ("OPENIM_BASIC_PASSWORD", "TooLongToBeGuessed"),
                ("TENCENT_SDK_APP_ID", APP),
                ("TENCENT_TOKEN", "TooLongToBeGuessed"),
                // Allows a callback after our own failure, but never without credentials.
                ("ON_FAILURE", "allow"),
            ]),
        }
    }

    /// The answer; `None` if it is the answer to a health check.
    fn answer(&self, function: &Function, event: &str) -> Option<Answer> {
        let response = panic::catch_unwind(AssertUnwindSafe(|| {
            self.runtime.block_on(function.answer(event, "invocation"))
        }))
        .unwrap_or_else(|_| panic!("the function did not catch: {}", LAST_PANIC.take()));
        let response = serde_json::to_value(response).unwrap();
        let is_health = ["", HEALTH].contains(&response["body"].as_str().unwrap());
        (!is_health).then(|| Answer::read(&response))
    }
}

/// An HTTP request after a gateway has parsed it.
struct Request<'a> {
    version: Cow<'a, str>,
    method: Cow<'a, str>,
    path: Cow<'a, str>,
    query: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    body: &'a [u8],
}

impl<'a> Request<'a> {
    fn read(input: &'a [u8]) -> Self {
        let (first, mut rest) = line(input);
        let mut words = first.splitn(3, |byte| *byte == b' ');
        let mut word = || words.next().unwrap_or_default();
        let (version, method) = (text(word()), text(word()));
        let (path, query) = pair(word(), b'?');
        let mut headers = Vec::new();
        while !rest.is_empty() {
            let (header, after) = line(rest);
            rest = after;
            if header.is_empty() {
                break;
            }
            let (name, value) = pair(header, b':');
            headers.push((name, text(value.trim_ascii_start())));
        }
        Self {
            version,
            method,
            path,
            query: query
                .split(|byte| *byte == b'&')
                .filter(|query| !query.is_empty())
                .map(|query| {
                    let (name, value) = pair(query, b'=');
                    (name, text(value))
                })
                .collect(),
            headers,
            body: rest,
        }
    }

    fn to_event(&self) -> String {
        let request = HttpRequest {
            method: self.method.to_string(),
            path: self.path.to_string(),
            route: CATCH_ALL.to_owned(),
            query: owned(&self.query),
            headers: owned(&self.headers),
            body: self.body.to_owned(),
            base64: self.version.ends_with('b'),
        };
        let time = 1_795_264_496_000;
        let event = match self.version.as_bytes().first() {
            Some(b'2') => request.to_http_api_event("LV7fzho-PHcEJPw=", time),
            Some(b'3') => request.to_load_balancer_event(false),
            Some(b'4') => request.to_load_balancer_event(true),
            _ => request.to_rest_api_event("JKJaXmPLvHcESHA=", time),
        };
        event.to_string()
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn pair(bytes: &[u8], separator: u8) -> (Cow<'_, str>, &[u8]) {
    match bytes.iter().position(|byte| *byte == separator) {
        Some(at) => (text(&bytes[..at]), &bytes[at + 1..]),
        None => (text(bytes), &[]),
    }
}

fn owned(pairs: &[(Cow<'_, str>, Cow<'_, str>)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}
