//! Measures what a list of 10,000 words costs: at the start, and for a message of 200 characters.

#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use domain::{Changeable, Question, Role, Timestamp};
use policies::{Outcome, Policies};
use serde_json::json;

const WORDS: usize = 10_000;
const CHARS: usize = 200;
const SEND: &str = "callbackBeforeSendSingleMsgCommand";

/// The median of many runs.
fn median(mut run: impl FnMut()) -> Duration {
    let times = (0..1001).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// Numbers without a pattern, the same in every run.
fn numbers() -> impl FnMut(u32) -> u32 {
    let mut state = 88_172_645_463_325_252_u64;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u32::try_from(state % u64::from(below)).expect("it is below a u32")
    }
}

fn main() {
    let mut number = numbers();
    let mut letter = |first: char, count: u32| {
        char::from_u32(u32::from(first) + number(count)).expect("letters are next to each other")
    };
    let words: Vec<String> = (0..WORDS)
        .map(|n| match n % 2 {
            0 => (0..4 + n % 7).map(|_| letter('a', 26)).collect(),
            _ => (0..2 + n % 3).map(|_| letter('一', 3000)).collect(),
        })
        .collect();
    let texts: Vec<(&str, String)> = vec![
        (
            "Latin letters",
            (0..CHARS).map(|_| letter('a', 26)).collect(),
        ),
        ("Chinese", (0..CHARS).map(|_| letter('一', 3000)).collect()),
        ("Cyrillic", (0..CHARS).map(|_| letter('а', 32)).collect()),
        (
            "full-width letters",
            (0..CHARS).map(|_| letter('Ａ', 26)).collect(),
        ),
        ("Korean", (0..CHARS).map(|_| letter('가', 10_000)).collect()),
        (
            "letters with accents",
            (0..CHARS / 2)
                .map(|_| format!("{}\u{301}", letter('a', 26)))
                .collect(),
        ),
    ];
    let document = json!({"messages": {"text": {"words": [{"list": words}]}}}).to_string();
    let start = Instant::now();
    let policies = Policies::from_json(&document).expect("the document has no mistake");
    let read = start.elapsed();
    let rules = policies.rules(SEND);
    rules.prepare();
    println!(
        "{WORDS} words: read in {read:.1?}, ready in {:.1?}",
        start.elapsed()
    );
    let now = Timestamp::now();
    for (what, text) in texts {
        let question = Question::default().text(Role::Message, &*text, Changeable::Later);
        let time = median(|| {
            let outcome = std::hint::black_box(rules.judge(&question, now));
            assert!(!matches!(outcome, Outcome::Unreadable));
        });
        println!("{CHARS} characters, {what}: {time:.1?}");
    }
}
