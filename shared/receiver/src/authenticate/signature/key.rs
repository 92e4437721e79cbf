use std::fmt;

use ring::{
    hmac,
    signature::{self, UnparsedPublicKey, VerificationAlgorithm},
};
use spki::{
    ObjectIdentifier, SubjectPublicKeyInfoRef,
    der::{Decode as _, Document, Reader as _, SliceReader, asn1::UintRef},
};

use super::SignatureAlgorithm;

/// A key that checks signatures.
#[derive(Clone)]
pub(super) enum Key {
    Hmac(hmac::Key),
    /// A public key, and each form that its signatures may have.
    Public(Vec<u8>, Vec<&'static dyn VerificationAlgorithm>),
}

impl Key {
    pub(super) fn new(algorithm: SignatureAlgorithm, key: &str) -> Result<Self, InvalidKey> {
        if let Some(hash) = algorithm.hmac() {
            return Ok(Self::Hmac(hmac::Key::new(hash, key.as_bytes())));
        }
        if key.contains("PRIVATE KEY") {
            return Err(InvalidKey(
                "is a private key; only its public half belongs here",
            ));
        }
        let no_key = |_| InvalidKey("is not a public key as PEM (-----BEGIN PUBLIC KEY-----)");
        let (label, document) = Document::from_pem(key.trim()).map_err(no_key)?;
        if label != "PUBLIC KEY" {
            return Err(no_key(spki::der::ErrorKind::Failed.into()));
        }
        let info = SubjectPublicKeyInfoRef::from_der(document.as_bytes()).map_err(no_key)?;
        let of_key = info.subject_public_key.as_bytes().unwrap_or_default();
        let curve = info.algorithm.parameters_oid().ok();
        let forms: Vec<&'static dyn VerificationAlgorithm> =
            match (algorithm, info.algorithm.oid, curve) {
                (SignatureAlgorithm::RsaSha256, RSA, _) => {
                    if !rsa_modulus_bytes(of_key).is_some_and(|n| (256..=1024).contains(&n)) {
                        return Err(InvalidKey("is not an RSA key of 2048 to 8192 bits"));
                    }
                    vec![
                        &signature::RSA_PKCS1_2048_8192_SHA256,
                        &signature::RSA_PSS_2048_8192_SHA256,
                    ]
                }
                (SignatureAlgorithm::EcdsaSha256, EC, Some(P256)) if of_key.len() == 65 => vec![
                    &signature::ECDSA_P256_SHA256_ASN1,
                    &signature::ECDSA_P256_SHA256_FIXED,
                ],
                (SignatureAlgorithm::EcdsaSha256, EC, Some(P384)) if of_key.len() == 97 => {
                    vec![&signature::ECDSA_P384_SHA256_ASN1]
                }
                (SignatureAlgorithm::RsaSha256, ..) => {
                    return Err(InvalidKey("is not an RSA key"));
                }
                _ => {
                    return Err(InvalidKey(
                        "is not an uncompressed point on the curve P-256 or P-384",
                    ));
                }
            };
        Ok(Self::Public(of_key.to_owned(), forms))
    }

    pub(super) fn has_signed(&self, nonce: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hmac(key) => hmac::verify(key, nonce, signature).is_ok(),
            Self::Public(key, forms) => forms.iter().any(|form| {
                UnparsedPublicKey::new(*form, key)
                    .verify(nonce, signature)
                    .is_ok()
            }),
        }
    }
}

// RFC 8017 appendix C, RFC 5480 section 2.1.1.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// The size of an RSA modulus. ring refuses other sizes too, but only when a callback comes, not at the start.
fn rsa_modulus_bytes(key: &[u8]) -> Option<usize> {
    SliceReader::new(key)
        .ok()?
        .sequence(|numbers| {
            let modulus = UintRef::decode(numbers)?.as_bytes().len();
            UintRef::decode(numbers).map(|_exponent| modulus)
        })
        .ok()
}

/// Why a key cannot be used. Shows nothing of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidKey(pub(super) &'static str);

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key {}", self.0)
    }
}

impl std::error::Error for InvalidKey {}
