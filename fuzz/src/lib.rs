//! What must hold whatever a caller sends, as functions of the bytes that a fuzzer makes.
//!
//! The inputs are text, so that the kept ones (`corpus/`) can be read and written by people; those of [`odd_body`] are
//! choices, a byte each. Where only the right credentials lead on, an input can ask for them: no fuzzer guesses a digest.

mod answer;
mod gateway_event;
mod odd_body;
mod openim_basic;
mod openim_signature;
mod tencent_token;

use std::{cell::RefCell, panic};

use http::{HeaderMap, HeaderName, HeaderValue};

pub use gateway_event::gateway_event;
pub use odd_body::odd_body;
pub use openim_basic::openim_basic;
pub use openim_signature::openim_signature;
pub use tencent_token::tencent_token;

/// What is done with an input.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its corpus.
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

/// Reports what fails here, and lets panics elsewhere unwind: to catch them and answer is what the
/// receiver promises, and [`gateway_event`] checks. libFuzzer's own hook would end the process.
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

/// Headers as they come from a gateway; `None` where one holds what no header can.
fn headers<'a>(pairs: impl IntoIterator<Item = (&'static str, &'a [u8])>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let value = HeaderValue::from_bytes(value).ok()?;
        headers.append(HeaderName::from_static(name), value);
    }
    Some(headers)
}

/// Whether this is base64 of what `right` is standard base64 of: of either alphabet where `url_safe`, and
/// with as much padding as it likes.
fn is_base64(given: &[u8], right: &str, url_safe: bool) -> bool {
    let url = right.replace('+', "-").replace('/', "_");
    let unpadded = right.trim_end_matches('=').len();
    (unpadded..=right.len()).any(|length| {
        given == &right.as_bytes()[..length] || url_safe && given == &url.as_bytes()[..length]
    })
}

/// The next line of the input, and what follows it.
fn line(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &[]),
    }
}
