use base64::{Engine as _, prelude::BASE64_STANDARD};
use receiver::BasicVerifier;

use crate::{headers, is_base64};

const USER: &str = "openim";
const PASSWORDS: [&str; 2] = ["correct horse", "battery:staple"];

/// `Authorization` headers, one in each line. `@` encodes the rest of its line as base64.
///
/// The verifier accepts only the one header that a client with a right password sends. It shows no secret.
pub fn openim_basic(input: &[u8]) {
    let values: Vec<Vec<u8>> = input.split(|byte| *byte == b'\n').map(encoded).collect();
    let Some(headers) = headers(
        values
            .iter()
            .map(|value| ("authorization", value.as_slice())),
    ) else {
        return;
    };
    let verifier = BasicVerifier::new(USER, PASSWORDS);

    let verdict = verifier.check(&headers);
    let expected = match values.as_slice() {
        [header] => PASSWORDS
            .iter()
            .any(|password| is_sent_with(password, header)),
        _ => false,
    };
    assert_eq!(verdict.is_ok(), expected);

    let shown = format!("{verifier:?} {verdict:?}");
    assert!(
        PASSWORDS.iter().all(|secret| !shown.contains(secret)),
        "{shown}"
    );
}

fn encoded(header: &[u8]) -> Vec<u8> {
    match header.iter().position(|byte| *byte == b'@') {
        Some(at) => {
            let credentials = BASE64_STANDARD.encode(&header[at + 1..]);
            [&header[..at], credentials.as_bytes()].concat()
        }
        None => header.to_vec(),
    }
}

/// Whether a client that knows the password may send this header: the scheme in any case, spaces around the
/// credentials, any amount of padding.
fn is_sent_with(password: &str, header: &[u8]) -> bool {
    let right = BASE64_STANDARD.encode(format!("{USER}:{password}"));
    header
        .split_at_checked(6)
        .is_some_and(|(scheme, credentials)| {
            scheme.eq_ignore_ascii_case(b"basic ")
                && is_base64(credentials.trim_ascii(), &right, false)
        })
}
