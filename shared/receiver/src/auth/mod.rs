//! Who is calling.
//!
//! A body becomes readable only by passing a verifier: [`Verified`] cannot be made in any other way.
//! Each verifier has a `check` without I/O that says why, in a [`Rejection`], a caller is not believed.

mod basic;
mod rejection;
mod signature;
mod tencent;

use std::fmt;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use domain::Timestamp;
use http::HeaderMap;
use protocol::tencent::Query;
use sha2::{Digest as _, Sha256};
use store::{Nonces, StoreError};

pub use basic::BasicVerifier;
pub use rejection::Rejection;
pub use signature::{
    InvalidKey, InvalidSignatureVerifier, Nonce, SignatureAlgorithm, SignatureEncoding,
    SignatureVerifier, openim_sign,
};
pub use tencent::{TencentVerifier, tencent_sign};

/// A body nobody has vouched for yet. It cannot be read.
#[derive(Clone, Copy)]
pub struct Unverified<'a>(&'a [u8]);

impl<'a> Unverified<'a> {
    /// The bytes as they came.
    #[must_use]
    pub fn new(body: &'a [u8]) -> Self {
        Self(body)
    }
}

/// A body whose sender a verifier has accepted.
#[derive(Clone, Copy)]
pub struct Verified<'a>(&'a [u8]);

impl<'a> Verified<'a> {
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.0
    }
}

/// How an OpenIM server proves who it is.
#[derive(Clone)]
pub enum OpenImVerifier {
    /// It does not: whoever reaches the URL is believed. For a laptop, or behind something that has
    /// authenticated the caller already.
    None,
    /// HTTP Basic authentication, which OpenIM's client sends when the configured URL is
    /// `https://user:password@host/…`.
    Basic(BasicVerifier),
    /// The signature of OpenIM's commercial edition over a nonce, and the nonces that were seen.
    Signature(SignatureVerifier, Nonces),
}

/// Why a body was not vouched for.
#[derive(Debug)]
pub enum AuthError {
    /// The caller is not who may call.
    Rejected(Rejection),
    /// The caller may be, but whether it repeats itself could not be found out.
    Unchecked(StoreError),
}

impl OpenImVerifier {
    /// Vouches for a body that came with these headers. `reception` is the request's id: asking twice
    /// about one request gives the same answer.
    ///
    /// # Errors
    ///
    /// When the caller is not believed, or that cannot be decided now.
    pub async fn verify<'a>(
        &self,
        body: Unverified<'a>,
        headers: &HeaderMap,
        reception: &str,
        now: Timestamp,
    ) -> Result<Verified<'a>, AuthError> {
        match self {
            Self::None => {}
            Self::Basic(basic) => basic.check(headers)?,
            Self::Signature(signature, nonces) => {
                let nonce = signature.check(headers)?;
                let first = nonces.first_use(nonce.digest(), reception, now).await;
                if !first.map_err(AuthError::Unchecked)? {
                    return Err(Rejection::NonceUsed.into());
                }
            }
        }
        Ok(Verified(body.0))
    }
}

impl TencentVerifier {
    /// Vouches for a body that came with this query.
    ///
    /// # Errors
    ///
    /// When the caller is not believed.
    pub fn verify<'a>(
        &self,
        body: Unverified<'a>,
        query: &Query,
        now: Timestamp,
    ) -> Result<Verified<'a>, AuthError> {
        self.check(query, now)?;
        Ok(Verified(body.0))
    }
}

impl From<Rejection> for AuthError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

// Secrets, and what could be used to guess them, stay out of every `{:?}`.
impl fmt::Debug for OpenImVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Basic(basic) => basic.fmt(f),
            Self::Signature(signature, _) => signature.fmt(f),
        }
    }
}

/// Go pads, others may not.
const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
pub(crate) const BASE64: GeneralPurpose =
    GeneralPurpose::new(&base64::alphabet::STANDARD, ANY_PADDING);
const BASE64_URL_SAFE: GeneralPurpose =
    GeneralPurpose::new(&base64::alphabet::URL_SAFE, ANY_PADDING);

type Sha256Digest = [u8; 32];

fn sha256(parts: &[&[u8]]) -> Sha256Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// The one value of something that may be there once, or which of the others it is.
fn only<T>(
    mut values: impl Iterator<Item = T>,
    missing: Rejection,
    repeated: Rejection,
) -> Result<T, Rejection> {
    match (values.next(), values.next()) {
        (None, _) => Err(missing),
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(repeated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;

    #[test]
    fn no_debug_output_shows_a_secret() {
        let basic = OpenImVerifier::Basic(BasicVerifier::new("user", ["hunter2"]));
        let signature = SignatureVerifier::new(
            SignatureAlgorithm::HmacSha256,
            SignatureEncoding::Hex,
            "x-signature",
            "x-nonce",
            &["hunter2"],
        );
        let tencent = TencentVerifier::new("1400000001", ["hunter2"]);
        let query = Query::from_pairs([("Sign", "hunter2")]);
        let event = r#"{"httpMethod":"POST","path":"/x","headers":{"authorization":"hunter2"},
            "queryStringParameters":{"Sign":"hunter2"},"body":"hunter2",
            "requestContext":{"httpMethod":"POST","identity":{}}}"#;
        let request = Request::from_event(event, "i", Timestamp::now()).unwrap();
        assert_eq!(request.headers["authorization"], "hunter2");
        let shown = format!(
            "{basic:?} {:?} {tencent:?} {query:?} {request:?}",
            signature.unwrap()
        );
        for secret in ["hunter2", "104, 117, 110"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
