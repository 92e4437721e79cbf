use std::sync::LazyLock;

use receiver::{SignatureAlgorithm, SignatureEncoding, SignatureVerifier, openim_sign};

use crate::{headers, is_base64, line};

const SECRETS: [&str; 2] = ["correct horse", "battery staple"];
const RSA: [&str; 2] = [
    include_str!("../../tests/keys/rsa.private.pem"),
    include_str!("../../tests/keys/rsa.public.pem"),
];
const P256: [&str; 2] = [
    include_str!("../../tests/keys/p256.private.pem"),
    include_str!("../../tests/keys/p256.public.pem"),
];

/// The nonces that are signed in advance, because RSA is too slow to sign for every input. The empty one must not be
/// accepted, although it is signed.
const NONCES: [&str; 2] = ["2026-11-21", ""];

/// An algorithm with an encoding.
struct SetUp {
    algorithm: SignatureAlgorithm,
    encoding: SignatureEncoding,
    /// The signatures of each of [`NONCES`], one by each key.
    signatures: Vec<String>,
    verifier: SignatureVerifier,
}

static SET_UPS: LazyLock<Vec<SetUp>> = LazyLock::new(|| {
    let ways = SignatureAlgorithm::ALL.iter().flat_map(|algorithm| {
        [SignatureEncoding::Hex, SignatureEncoding::Base64].map(|encoding| (*algorithm, encoding))
    });
    ways.map(|(algorithm, encoding)| {
        let (private, public): (&[&str], &[&str]) = match algorithm {
            SignatureAlgorithm::RsaSha256 => (&RSA[..1], &RSA[1..]),
            SignatureAlgorithm::EcdsaSha256 => (&P256[..1], &P256[1..]),
            _ => (&SECRETS, &SECRETS),
        };
        let sign = |nonce| {
            let sign = move |key: &&str| openim_sign(algorithm, encoding, key, nonce).unwrap();
            private.iter().map(sign)
        };
        let verifier =
            SignatureVerifier::new(algorithm, encoding, "x-signature", "x-nonce", public);
        SetUp {
            algorithm,
            encoding,
            signatures: NONCES.into_iter().flat_map(sign).collect(),
            verifier: verifier.unwrap(),
        }
    })
    .collect()
});

/// The first line is a digit that chooses algorithm and encoding. The next lines are headers: `s` and a signature, `n`
/// and a nonce. In a signature, `@` and a digit are replaced by a correct signature. `@0` is for the nonce
/// `2026-11-21`, and `@1` is for the same nonce with the other secret of an HMAC. The next digits are for an empty
/// nonce.
///
/// The verifier accepts only one nonce with one signature that the owner of a key made of it. It shows no secret.
pub fn openim_signature(input: &[u8]) {
    let (choice, rest) = line(input);
    let choice = choice.first().map_or(0, |digit| digit.wrapping_sub(b'0'));
    let Some(set_up) = SET_UPS.get(usize::from(choice)) else {
        return;
    };
    let values = |mark: &'static [u8]| {
        let lines = rest.split(|byte| *byte == b'\n');
        lines.filter_map(move |line| line.strip_prefix(mark))
    };
    let nonces: Vec<&[u8]> = values(b"n").collect();
    let signatures: Vec<Vec<u8>> = values(b"s").map(|value| set_up.resolve(value)).collect();
    let pairs = signatures
        .iter()
        .map(|value| ("x-signature", value.as_slice()));
    let Some(headers) = headers(pairs.chain(nonces.iter().map(|value| ("x-nonce", *value)))) else {
        return;
    };

    let verdict = set_up.verifier.check(&headers);
    let expected = match (signatures.as_slice(), nonces.as_slice()) {
        ([signature], [nonce]) => set_up.was_signed(nonce, signature),
        _ => false,
    };
    assert_eq!(verdict.is_ok(), expected, "{verdict:?}");

    let shown = format!("{:?} {verdict:?}", set_up.verifier);
    assert!(
        SECRETS.iter().all(|secret| !shown.contains(secret)),
        "{shown}"
    );
}

impl SetUp {
    fn resolve(&self, signature: &[u8]) -> Vec<u8> {
        let known = |digit: u8| self.signatures.get(usize::from(digit.wrapping_sub(b'0')));
        let at = signature.iter().position(|byte| *byte == b'@');
        match at.map(|at| (&signature[..at], &signature[at + 1..])) {
            Some((before, [digit, after @ ..])) if let Some(known) = known(*digit) => {
                [before, known.as_bytes(), after].concat()
            }
            _ => signature.to_vec(),
        }
    }

    /// Whether the owner of a key made this signature of the nonce.
    fn was_signed(&self, nonce: &[u8], signature: &[u8]) -> bool {
        match self.algorithm {
            // Only these nonces have been signed with such a key.
            SignatureAlgorithm::RsaSha256 | SignatureAlgorithm::EcdsaSha256 => {
                nonce == NONCES[0].as_bytes() && self.is(signature, &self.signatures[0])
            }
            // A nonce that is not text is never signed.
            _ => std::str::from_utf8(nonce).is_ok_and(|nonce| {
                !nonce.is_empty()
                    && SECRETS.iter().any(|key| {
                        let right = openim_sign(self.algorithm, self.encoding, key, nonce);
                        self.is(signature, &right.unwrap())
                    })
            }),
        }
    }

    /// Whether both texts encode the same signature.
    fn is(&self, given: &[u8], right: &str) -> bool {
        match self.encoding {
            SignatureEncoding::Hex => given.eq_ignore_ascii_case(right.as_bytes()),
            SignatureEncoding::Base64 => is_base64(given, right, true),
        }
    }
}
