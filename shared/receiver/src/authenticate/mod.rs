//! Checks who calls.
//!
//! Only a verifier makes a body readable: nothing else makes a [`Verified`]. Each verifier has a `check` without I/O.
//! When it does not accept a caller, it gives the reason as a [`Rejection`].

mod basic;
mod rejection;
mod signature;
mod tencent;

use std::fmt;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use domain::Source;
use sha2::{Digest as _, Sha256};
use store::Nonces;
use tokio::time::timeout_at;

use crate::{Problem, ProblemKind, Verifiers, call::Call, settings::Shares};

pub use basic::BasicVerifier;
pub use rejection::Rejection;
pub use signature::{
    InvalidKey, InvalidSignatureVerifier, Nonce, SignatureAlgorithm, SignatureEncoding,
    SignatureVerifier, openim_sign,
};
pub use tencent::{TencentVerifier, tencent_sign};

/// A body that no verifier has accepted yet. It cannot be read.
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
    /// No proof: every caller that reaches the URL is accepted. For a laptop, or for a function behind something that
    /// has authenticated the caller already.
    None,
    /// HTTP Basic authentication, which OpenIM's client sends when the configured URL is
    /// `https://user:password@host/…`.
    Basic(BasicVerifier),
    /// The signature of OpenIM's commercial edition over a nonce, and the nonces that were used before.
    Signature(SignatureVerifier, Nonces),
}

/// The body of an authenticated caller.
pub(crate) struct Authentic<'a> {
    pub(crate) body: Verified<'a>,
    /// The nonce that the callback uses up when it is accepted.
    pub(crate) nonce: Option<Nonce>,
}

/// Checks the caller with the verifier of its server, and gives the body.
pub(crate) fn authenticate<'a>(
    verifiers: &Verifiers,
    call: &Call<'a>,
) -> Result<Authentic<'a>, Problem> {
    let headers = &call.request.headers;
    let checked = match call.source {
        Source::OpenIm => match &verifiers.openim {
            Some(OpenImVerifier::None) => Ok(None),
            Some(OpenImVerifier::Basic(basic)) => basic.check(headers).map(|()| None),
            Some(OpenImVerifier::Signature(signature, _)) => signature.check(headers).map(Some),
            None => Err(Rejection::NotConfigured),
        },
        Source::Tencent => match &verifiers.tencent {
            Some(tencent) => tencent
                .check(&call.request.tencent_query(), call.now)
                .map(|()| None),
            None => Err(Rejection::NotConfigured),
        },
    };
    let nonce = checked.map_err(Problem::unauthorized)?;
    let Unverified(body) = call.request.body();
    Ok(Authentic {
        body: Verified(body),
        nonce,
    })
}

/// Uses up a nonce. The same request may use it again, because the first answer can be lost on the way.
pub(crate) async fn spend(
    verifiers: &Verifiers,
    nonce: Nonce,
    call: &Call<'_>,
    shares: Shares,
) -> Result<(), Problem> {
    let Some(OpenImVerifier::Signature(_, nonces)) = &verifiers.openim else {
        return Ok(());
    };
    let first = nonces.first_use(nonce.digest(), &call.request.id, call.now);
    let unknown = match timeout_at(shares.end(call.start, shares.nonces), first).await {
        Ok(Ok(true)) => return Ok(()),
        Ok(Ok(false)) => return Err(Problem::unauthorized(Rejection::NonceUsed)),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no time was left".to_owned(),
    };
    Err(Problem::new(
        ProblemKind::NotReady,
        format!("cannot check whether the nonce was used before: {unknown}"),
    ))
}

// By hand, because `{:?}` must show no secret, and nothing that helps to guess one.
impl fmt::Debug for OpenImVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Basic(basic) => basic.fmt(f),
            Self::Signature(signature, _) => signature.fmt(f),
        }
    }
}

/// Go pads base64. Other clients may not.
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

/// The only value; or `missing` if there is none, or `repeated` if there are more.
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
    use domain::Timestamp;
    use protocol::tencent::Query;

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
