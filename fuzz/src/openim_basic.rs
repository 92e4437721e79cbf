use base64::{Engine as _, prelude::BASE64_STANDARD};
use receiver::BasicVerifier;

use crate::{headers, is_base64};

const USER: &str = "openim";
const PASSWORDS: [&str; 2] = ["correct horse", "battery:staple"];

/// `Authorization` headers, one a line; `@` stands for "what follows, as base64".
///
/// Accepted is the one header that a client with a right password sends, and nothing else.
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

    let said = format!("{verifier:?} {verdict:?}");
    assert!(
        PASSWORDS.iter().all(|secret| !said.contains(secret)),
        "{said}"
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

/// Whether a client that knows the password sends this header: the scheme in any case, blanks around the
/// credentials, and padding as it likes.
fn is_sent_with(password: &str, header: &[u8]) -> bool {
    let right = BASE64_STANDARD.encode(format!("{USER}:{password}"));
    header
        .split_at_checked(6)
        .is_some_and(|(scheme, credentials)| {
            scheme.eq_ignore_ascii_case(b"basic ")
                && is_base64(credentials.trim_ascii(), &right, false)
        })
}
