//! What must hold for every request, as functions of the bytes that a fuzzer makes. No target needs a network or a
//! table.
//!
//! Most inputs are text, so people can read and write those in `corpus/`. The inputs of [`odd_body`] are bytes that
//! each choose something. An input can ask for correct credentials, because no fuzzer guesses a digest.

mod answer;
mod gateway_event;
mod odd_body;
mod openim_basic;
mod openim_signature;
mod tencent_token;

use std::{cell::RefCell, panic};

use http::{HeaderMap, HeaderName, HeaderValue};

pub use gateway_event::gateway_event;
pub use odd_body::{families, odd_body};
pub use openim_basic::openim_basic;
pub use openim_signature::openim_signature;
pub use tencent_token::tencent_token;

/// A function that checks one input.
pub type Target = fn(&[u8]);

/// Every target with its name, which is also the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("gateway_event", gateway_event),
    ("odd_body", odd_body),
    ("openim_basic", openim_basic),
    ("openim_signature", openim_signature),
    ("tencent_token", tencent_token),
];

thread_local! {
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Prints the panics of this crate, which are failures. Lets other panics unwind, because the receiver must catch them
/// and answer, which [`gateway_event`] checks. libFuzzer's own hook would end the process.
pub fn report_failures_only() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info
            .location()
            .is_some_and(|at| at.file().starts_with("fuzz/"))
        {
            report(info);
        } else {
            LAST_PANIC.set(info.to_string());
        }
    }));
}

/// The headers that a gateway would pass on; `None` if a value is not allowed in a header.
fn headers<'a>(pairs: impl IntoIterator<Item = (&'static str, &'a [u8])>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let value = HeaderValue::from_bytes(value).ok()?;
        headers.append(HeaderName::from_static(name), value);
    }
    Some(headers)
}

/// Whether `given` encodes the same bytes as the standard base64 `right`. Any amount of padding is accepted, and with
/// `url_safe` the other alphabet, too.
fn is_base64(given: &[u8], right: &str, url_safe: bool) -> bool {
    let url = right.replace('+', "-").replace('/', "_");
    let unpadded = right.trim_end_matches('=').len();
    (unpadded..=right.len()).any(|length| {
        given == &right.as_bytes()[..length] || url_safe && given == &url.as_bytes()[..length]
    })
}

/// The next line of the input, and everything after it.
fn line(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &[]),
    }
}
