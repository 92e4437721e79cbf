mod key;

use std::{fmt, str::FromStr};

use base64::Engine as _;
use http::{HeaderMap, HeaderName};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{self, EcdsaKeyPair, RsaKeyPair},
};
use spki::der::Document;

pub use self::key::InvalidKey;
use self::key::Key;
use super::{BASE64, BASE64_URL_SAFE, Rejection, Sha256Digest, only, sha256};

/// How OpenIM's commercial edition signs. The names are those of its `signature.algorithm` setting.
///
/// <https://docs.openim.io/platform-api/webhooks/overview>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// `HMAC-SHA1`
    HmacSha1,
    /// `HMAC-SHA256`
    HmacSha256,
    /// `HMAC-SHA512`
    HmacSha512,
    /// `RSA-SHA256`. OpenIM does not document the padding, so both PKCS #1 v1.5 and PSS are accepted.
    RsaSha256,
    /// `ECDSA-SHA256`. OpenIM does not document the form. ASN.1 is accepted on the curves P-256 and P-384. On P-256, the
    /// two numbers alone (64 bytes) are accepted too.
    EcdsaSha256,
}

impl SignatureAlgorithm {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::HmacSha1,
        Self::HmacSha256,
        Self::HmacSha512,
        Self::RsaSha256,
        Self::EcdsaSha256,
    ];

    /// Its name in OpenIM's configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::HmacSha512 => "HMAC-SHA512",
            Self::RsaSha256 => "RSA-SHA256",
            Self::EcdsaSha256 => "ECDSA-SHA256",
        }
    }

    /// The hash of an HMAC; `None` for the others.
    fn hmac(self) -> Option<hmac::Algorithm> {
        match self {
            Self::HmacSha1 => Some(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            Self::HmacSha256 => Some(hmac::HMAC_SHA256),
            Self::HmacSha512 => Some(hmac::HMAC_SHA512),
            Self::RsaSha256 | Self::EcdsaSha256 => None,
        }
    }
}

impl FromStr for SignatureAlgorithm {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.iter().copied();
        all.find(|algorithm| algorithm.name() == name).ok_or(())
    }
}

/// How the header encodes the bytes of a signature. OpenIM does not document it, so the operator has to set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureEncoding {
    /// Hex digits, of either case.
    Hex,
    /// Base64, of either alphabet, with or without padding.
    Base64,
}

impl SignatureEncoding {
    fn encode(self, signature: &[u8]) -> String {
        match self {
            Self::Hex => base16ct::lower::encode_string(signature),
            Self::Base64 => BASE64.encode(signature),
        }
    }

    fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Hex => base16ct::mixed::decode_vec(text).ok(),
            Self::Base64 => BASE64
                .decode(text)
                .or_else(|_| BASE64_URL_SAFE.decode(text))
                .ok(),
        }
    }
}

impl FromStr for SignatureEncoding {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "hex" => Ok(Self::Hex),
            "base64" => Ok(Self::Base64),
            _ => Err(()),
        }
    }
}

/// Checks the signature of OpenIM's commercial edition.
///
/// The signature covers the value of the nonce header and nothing else. It proves that the sender has the key, but not
/// that the body is the sender's: TLS protects the body. Each nonce is accepted once only, so nobody can use a nonce and
/// a signature that they have seen.
#[derive(Clone)]
pub struct SignatureVerifier {
    signature_header: HeaderName,
    nonce_header: HeaderName,
    encoding: SignatureEncoding,
    keys: Vec<Key>,
}

/// A nonce with a good signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(Sha256Digest);

impl Nonce {
    /// Its SHA-256 in hex, which is what the nonces table stores. The nonce itself may have any length.
    #[must_use]
    pub fn digest(&self) -> String {
        base16ct::lower::encode_string(&self.0)
    }
}

impl SignatureVerifier {
    /// Accepts the signatures of any of the keys. For HMAC, a key is the shared secret. For RSA and ECDSA, it is the
    /// public key as PEM (`-----BEGIN PUBLIC KEY-----`).
    ///
    /// # Errors
    ///
    /// Lists everything that is wrong. The list shows no key.
    pub fn new(
        algorithm: SignatureAlgorithm,
        encoding: SignatureEncoding,
        signature_header: &str,
        nonce_header: &str,
        keys: &[&str],
    ) -> Result<Self, InvalidSignatureVerifier> {
        let mut wrong = Vec::new();
        let mut header = |name: &str| {
            let header = HeaderName::from_str(name);
            header
                .map_err(|_| wrong.push(format!("{name:?} is not the name of a header")))
                .ok()
        };
        let names = header(signature_header).zip(header(nonce_header));
        if names.as_ref().is_some_and(|(one, other)| one == other) {
            wrong.push("signature and nonce are in the same header".to_owned());
        }
        let mut usable = Vec::new();
        for (n, key) in keys.iter().enumerate() {
            match Key::new(algorithm, key) {
                Ok(key) => usable.push(key),
                Err(InvalidKey(reason)) => {
                    let which = if n == 0 {
                        "the key"
                    } else {
                        "the previous key"
                    };
                    wrong.push(format!("{which} {reason}"));
                }
            }
        }
        match names {
            Some((signature_header, nonce_header)) if wrong.is_empty() => Ok(Self {
                signature_header,
                nonce_header,
                encoding,
                keys: usable,
            }),
            _ => Err(InvalidSignatureVerifier(wrong)),
        }
    }

    /// The nonce of a request with these headers, if its signature is right. Does not check whether the nonce was used
    /// before.
    ///
    /// # Errors
    ///
    /// Says what is missing or wrong.
    pub fn check(&self, headers: &HeaderMap) -> Result<Nonce, Rejection> {
        let signature = only(
            headers.get_all(&self.signature_header).iter(),
            Rejection::SignatureMissing,
            Rejection::SignatureRepeated,
        )?;
        let nonce = only(
            headers.get_all(&self.nonce_header).iter(),
            Rejection::NonceMissing,
            Rejection::NonceRepeated,
        )?;
        if nonce.is_empty() {
            return Err(Rejection::NonceMissing);
        }
        let signature = self
            .encoding
            .decode(signature.as_bytes())
            .ok_or(Rejection::SignatureMalformed)?;
        let nonce = nonce.as_bytes();
        if self
            .keys
            .iter()
            .any(|key| key.has_signed(nonce, &signature))
        {
            Ok(Nonce(sha256(&[nonce])))
        } else {
            Err(Rejection::SignatureWrong)
        }
    }
}

/// The signature that OpenIM's commercial edition sends with a nonce.
///
/// It is public, so you can test a set-up with requests that you sign. For HMAC, the key is the shared secret. For RSA
/// and ECDSA, it is the private key as PEM (`-----BEGIN PRIVATE KEY-----`, PKCS #8). RSA pads as PKCS #1 v1.5 says. ECDSA
/// uses the curve P-256 and writes ASN.1.
///
/// ```
/// use receiver::{SignatureAlgorithm::HmacSha256, SignatureEncoding::Hex, openim_sign};
///
/// // RFC 4231, test case 2.
/// assert_eq!(
///     openim_sign(HmacSha256, Hex, "Jefe", "what do ya want for nothing?").unwrap(),
///     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
/// );
/// ```
///
/// # Errors
///
/// When the key does not belong to the algorithm.
pub fn openim_sign(
    algorithm: SignatureAlgorithm,
    encoding: SignatureEncoding,
    key: &str,
    nonce: &str,
) -> Result<String, InvalidKey> {
    let nonce = nonce.as_bytes();
    if let Some(hash) = algorithm.hmac() {
        let signature = hmac::sign(&hmac::Key::new(hash, key.as_bytes()), nonce);
        return Ok(encoding.encode(signature.as_ref()));
    }
    const NO_KEY: InvalidKey =
        InvalidKey("is not a private key of this algorithm as PEM (-----BEGIN PRIVATE KEY-----)");
    let (_, document) = Document::from_pem(key.trim()).map_err(|_| NO_KEY)?;
    let random = SystemRandom::new();
    if algorithm == SignatureAlgorithm::RsaSha256 {
        let key = RsaKeyPair::from_pkcs8(document.as_bytes()).map_err(|_| NO_KEY)?;
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&signature::RSA_PKCS1_SHA256, &random, nonce, &mut signature)
            .map_err(|_| NO_KEY)?;
        return Ok(encoding.encode(&signature));
    }
    let form = &signature::ECDSA_P256_SHA256_ASN1_SIGNING;
    let key = EcdsaKeyPair::from_pkcs8(form, document.as_bytes(), &random).map_err(|_| NO_KEY)?;
    let signature = key.sign(&random, nonce).map_err(|_| NO_KEY)?;
    Ok(encoding.encode(signature.as_ref()))
}

/// Everything that is wrong with a [`SignatureVerifier`]'s settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSignatureVerifier(pub Vec<String>);

impl fmt::Display for InvalidSignatureVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for InvalidSignatureVerifier {}

impl fmt::Debug for SignatureVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureVerifier")
            .field("signature_header", &self.signature_header)
            .field("nonce_header", &self.nonce_header)
            .field("encoding", &self.encoding)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Rejection::*, *};

    macro_rules! key {
        ($name:literal) => {
            include_str!(concat!("../../../../../tests/keys/", $name, ".pem"))
        };
    }

    fn verifier(
        algorithm: SignatureAlgorithm,
        encoding: SignatureEncoding,
        keys: &[&str],
    ) -> SignatureVerifier {
        SignatureVerifier::new(algorithm, encoding, "X-Signature", "X-Nonce", keys).unwrap()
    }

    fn check(verifier: &SignatureVerifier, headers: &[(&str, &str)]) -> Result<Nonce, Rejection> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_str(name).unwrap();
            map.append(name, value.parse().unwrap());
        }
        verifier.check(&map)
    }

    /// For each algorithm, the key that signs and the key that verifies.
    const PAIRS: &[(SignatureAlgorithm, &str, &str)] = &[
        (SignatureAlgorithm::HmacSha1, "secret", "secret"),
        (SignatureAlgorithm::HmacSha256, "secret", "secret"),
        (SignatureAlgorithm::HmacSha512, "secret", "secret"),
        (
            SignatureAlgorithm::RsaSha256,
            key!("rsa.private"),
            key!("rsa.public"),
        ),
        (
            SignatureAlgorithm::EcdsaSha256,
            key!("p256.private"),
            key!("p256.public"),
        ),
    ];

    #[test]
    fn only_the_right_signature_is_accepted_for_each_algorithm_and_encoding() {
        for (algorithm, signing, verifying) in PAIRS {
            for encoding in [SignatureEncoding::Hex, SignatureEncoding::Base64] {
                let verifier = verifier(*algorithm, encoding, &[verifying]);
                let sign = openim_sign(*algorithm, encoding, signing, "nonce-1").unwrap();
                let nonce = ("x-nonce", "nonce-1");
                let accepted = check(&verifier, &[nonce, ("x-signature", &sign)]).unwrap();
                assert_eq!(accepted, Nonce(sha256(&[b"nonce-1"])), "{algorithm:?}");

                let (cut, doubled) = (&sign[..sign.len() - 4], sign.repeat(2));
                for (headers, reason) in [
                    (&[nonce][..], SignatureMissing),
                    (&[("x-signature", &*sign)], NonceMissing),
                    (&[("x-signature", &sign), ("x-nonce", "")], NonceMissing),
                    (&[("x-signature", &sign), nonce, nonce], NonceRepeated),
                    (
                        &[nonce, ("x-signature", &sign), ("x-signature", &sign)],
                        SignatureRepeated,
                    ),
                    (
                        &[("x-signature", &sign), ("x-nonce", "nonce-2")],
                        SignatureWrong,
                    ),
                    (&[nonce, ("x-signature", cut)], SignatureWrong),
                    (&[nonce, ("x-signature", "")], SignatureWrong),
                    (
                        &[nonce, ("x-signature", "not hex, not base64!")],
                        SignatureMalformed,
                    ),
                ] {
                    assert_eq!(check(&verifier, headers), Err(reason), "{algorithm:?}");
                }
                assert!(check(&verifier, &[nonce, ("x-signature", &doubled)]).is_err());
            }
        }
    }

    #[test]
    fn both_keys_of_a_rotation_are_accepted() {
        let hmac = SignatureAlgorithm::HmacSha256;
        let both = verifier(hmac, SignatureEncoding::Hex, &["new", "old"]);
        for (key, good) in [("new", true), ("old", true), ("older", false), ("", false)] {
            let sign = openim_sign(hmac, SignatureEncoding::Hex, key, "n").unwrap();
            let checked = check(&both, &[("x-nonce", "n"), ("x-signature", &sign)]);
            assert_eq!(checked.is_ok(), good, "{key}");
        }
    }

    /// `openssl dgst -sha256 -sign` made these signatures, in the forms that `openim_sign` does not write.
    #[test]
    fn every_form_of_a_signature_that_other_signers_write_is_accepted() {
        let nonce = ("x-nonce", "n-1");
        for (algorithm, public, encoding, sign) in [
            (
                SignatureAlgorithm::RsaSha256,
                key!("rsa.public"),
                SignatureEncoding::Base64,
                // -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
                "wvebqh3uEsZN+vYuQ5Z4MBdIhj9NUhZP81Rp6mH8LvyioZCCNkP2/EZGstuVXrewHkzr439RBMPE5zJNN81EkkXJpe0pFVUyhkNEvxH0RzDoIASMVXU5/+t8u+gqmEjAcL6CkVMh0YxLIqudGUrdxCULp5jxTV7JmD5IDzLIT6/QeqDL8cvCq4rxkgghBhDCCMFmhGAWUpQRTpmZ2f9M15P20yhMtVE1GnMoUB7QEUJ3Quqg7ZZgrSyx0QxFsZm8XFZL/SUVkQNZn7In42vMoeCODkihinDs1pDRUpYlJdfRPsfa+t2bVabhSNwsh45TdDZrIcNkwNoxmc+TeVJmeA==",
            ),
            (
                SignatureAlgorithm::RsaSha256,
                key!("rsa.public"),
                SignatureEncoding::Base64,
                "WXxpReApuUT6Fv+vz+4+zV4T5uA0Xlt/HpdKj1p2vbpCFOBRbM25zqi4OBLER66XdsSpXLPoT/TUm3H+HmYMFowpUYGT+F/mIi+h9mOff+Yq78ILcrWQCNNqR8dQAHChwPZep4DhXMWd1D+3sw10t5e+3eYzQryi/GyjFwWDF2tdycZNh+e87YFUUWcDU8pZEzGgYChdQtoWsSmMO2QVocA2Dzedxlf3N7xyDMm8TLluoOxppQUznvkUDbjSd3GdkJrGVDbJN8ttJ2+D5lDn+RD18opfT5dSUahF3tXm5U4bOCqJVFr9p6urCYn4W8xTjjcC0MsatcoLnlVlRzSnhA==",
            ),
            (
                SignatureAlgorithm::EcdsaSha256,
                key!("p384.public"),
                SignatureEncoding::Hex,
                "30640230549420c0a4ce336c08d43b21e870660c0017bced682621be3670a23fd8ff450768cccd842c36b73700c746899841ef3f023051378b0aac576d906996fda12ba399586b66124a811fa5750d10e0737f682896ca4e010088d39d16c6a1db4df4e60b36",
            ),
            (
                SignatureAlgorithm::EcdsaSha256,
                key!("p256.public"),
                SignatureEncoding::Hex,
                "3045022100ce474fa145d81cb8b0b7d0f0db4e7f1e87cf1fbf25099efab727cc8bfe878cab022008b6734998edbbb019c4ff898da5ef3678af9477681e495d8af994b23d5a001d",
            ),
            (
                SignatureAlgorithm::EcdsaSha256,
                key!("p256.public"),
                SignatureEncoding::Hex,
                // The two numbers of the line above.
                "ce474fa145d81cb8b0b7d0f0db4e7f1e87cf1fbf25099efab727cc8bfe878cab08b6734998edbbb019c4ff898da5ef3678af9477681e495d8af994b23d5a001d",
            ),
        ] {
            let verifier = verifier(algorithm, encoding, &[public]);
            let checked = check(&verifier, &[nonce, ("x-signature", sign)]);
            assert!(checked.is_ok(), "{algorithm:?}: {checked:?} {sign}");
        }
    }

    #[test]
    fn base64_is_read_in_either_alphabet_with_and_without_padding() {
        let bytes = [0xfb, 0xff, 0xbf, 0x00];
        for text in ["+/+/AA==", "+/+/AA", "-_-_AA==", "-_-_AA"] {
            let read = SignatureEncoding::Base64.decode(text.as_bytes());
            assert_eq!(read.as_deref(), Some(&bytes[..]), "{text}");
        }
        for text in ["FBFFBF00", "fbffbf00", "fbFFbf00"] {
            let read = SignatureEncoding::Hex.decode(text.as_bytes());
            assert_eq!(read.as_deref(), Some(&bytes[..]), "{text}");
        }
    }

    #[test]
    fn all_settings_that_could_never_verify_are_named_at_the_start_and_no_key_is_shown() {
        let wrong = |algorithm, signature_header, nonce_header, keys: &[&str]| {
            let hex = SignatureEncoding::Hex;
            SignatureVerifier::new(algorithm, hex, signature_header, nonce_header, keys)
                .unwrap_err()
                .0
        };
        let (rsa, ecdsa) = (
            SignatureAlgorithm::RsaSha256,
            SignatureAlgorithm::EcdsaSha256,
        );
        assert_eq!(
            wrong(rsa, "a b", "", &["hunter2", key!("rsa.private")]),
            [
                "\"a b\" is not the name of a header",
                "\"\" is not the name of a header",
                "the key is not a public key as PEM (-----BEGIN PUBLIC KEY-----)",
                "the previous key is a private key; only its public half belongs here",
            ]
        );
        for (algorithm, key, reason) in [
            (rsa, key!("p256.public"), "the key is not an RSA key"),
            (
                rsa,
                key!("rsa-1024.public"),
                "the key is not an RSA key of 2048 to 8192 bits",
            ),
            (
                ecdsa,
                key!("rsa.public"),
                "the key is not an uncompressed point on the curve P-256 or P-384",
            ),
        ] {
            assert_eq!(wrong(algorithm, "x-s", "x-n", &[key]), [reason]);
        }
        assert_eq!(
            wrong(SignatureAlgorithm::HmacSha1, "X-Same", "x-same", &["k"]),
            ["signature and nonce are in the same header"]
        );
    }

    #[test]
    fn a_key_of_another_kind_cannot_sign() {
        for algorithm in [
            SignatureAlgorithm::RsaSha256,
            SignatureAlgorithm::EcdsaSha256,
        ] {
            for key in ["hunter2", key!("rsa.public"), key!("p384.private")] {
                let error = openim_sign(algorithm, SignatureEncoding::Hex, key, "n").unwrap_err();
                assert!(!error.to_string().contains("hunter2"), "{error}");
            }
        }
    }
}
