use domain::Timestamp;
use protocol::tencent::Query;
use receiver::{TencentVerifier, tencent_sign};

use crate::line;

const APP: &str = "1400000001";
const TOKENS: [&str; 2] = ["correct horse", "battery staple"];

/// The first line is a clock in milliseconds, the next one a query. A `Sign` of `@0` or `@1` is replaced by the correct
/// signature with the first or the second token.
///
/// The verifier accepts only a query with our app's id and a correct signature of a time within a minute of the clock.
/// Without a token, it accepts every query with our app's id. It shows no secret.
pub fn tencent_token(input: &[u8]) {
    let (clock, query) = line(input);
    let clock = std::str::from_utf8(clock)
        .ok()
        .and_then(|clock| clock.parse().ok());
    let Some(now) = clock.and_then(|clock| Timestamp::from_unix_millis(clock).ok()) else {
        return;
    };
    let query = String::from_utf8_lossy(query);
    let pairs: Vec<(&str, &str)> = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    let first_time = values(&pairs, "RequestTime").next().unwrap_or_default();
    let signs = TOKENS.map(|token| tencent_sign(token, first_time));
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|&pair| match pair {
            ("Sign", "@0") => ("Sign", signs[0].as_str()),
            ("Sign", "@1") => ("Sign", signs[1].as_str()),
            pair => pair,
        })
        .collect();

    let verify = |verifier: &TencentVerifier| {
        let query = Query::from_pairs(pairs.iter().copied());
        let verdict = verifier.check(&query, now);
        let shown = format!("{verifier:?} {verdict:?}");
        let mut secrets = TOKENS
            .iter()
            .copied()
            .chain(signs.iter().map(String::as_str));
        assert!(secrets.all(|secret| !shown.contains(secret)), "{shown}");
        verdict.is_ok()
    };
    let ours = only(&pairs, "SdkAppid") == Some(APP);
    assert_eq!(verify(&TencentVerifier::unsigned(APP)), ours);
    let signed = ours && is_signed(&pairs, now.unix_seconds());
    assert_eq!(verify(&TencentVerifier::new(APP, TOKENS)), signed);
}

/// Whether the owner of a token may send these parameters at this time.
fn is_signed(pairs: &[(&str, &str)], now: i64) -> bool {
    let (Some(sign), Some(text)) = (only(pairs, "Sign"), only(pairs, "RequestTime")) else {
        return false;
    };
    let Ok(time) = text.parse::<i64>() else {
        return false;
    };
    text.bytes().all(|byte| byte.is_ascii_digit())
        && (i128::from(time) - i128::from(now)).abs() <= 60
        && TOKENS
            .iter()
            .any(|token| sign.eq_ignore_ascii_case(&tencent_sign(token, text)))
}

fn values<'a>(pairs: &'a [(&str, &'a str)], name: &str) -> impl Iterator<Item = &'a str> {
    let named = pairs.iter().filter(move |(key, _)| *key == name);
    named.map(|(_, value)| *value)
}

/// The value of a parameter, if all its repetitions have the same value.
fn only<'a>(pairs: &'a [(&str, &'a str)], name: &str) -> Option<&'a str> {
    let mut values = values(pairs, name);
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}
