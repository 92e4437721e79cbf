//! How a call of OpenIM or Tencent Chat proves where it comes from.

use std::env;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use receiver::openim_sign;

use crate::{
    Result,
    sign::{self, Algorithm, Encoding},
    smoke::http::Call,
};

pub(crate) enum Caller {
    /// Not at all.
    Anybody,
    /// The `Authorization` header.
    Basic(String),
    Signature {
        algorithm: Algorithm,
        encoding: Encoding,
        key: String,
        signature_header: String,
        nonce_header: String,
    },
    /// Tencent Chat's token, which signs the URL.
    Token(String),
}

/// A variable that is not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

impl Caller {
    pub(crate) fn basic(user: &str, password: &str) -> Self {
        let credentials = BASE64_STANDARD.encode(format!("{user}:{password}"));
        Self::Basic(format!("Basic {credentials}"))
    }

    /// Signs with a key. The environment says how.
    pub(crate) fn signature(key: String) -> Result<Self> {
        let need = |name: &str| {
            variable(name).ok_or_else(|| {
                format!("{name} is not set, which OPENIM_SIGNATURE_KEY needs to sign")
            })
        };
        Ok(Self::Signature {
            algorithm: sign::algorithm(&need("OPENIM_SIGNATURE_ALGORITHM")?)?,
            encoding: sign::encoding(&need("OPENIM_SIGNATURE_ENCODING")?)?,
            key,
            signature_header: need("OPENIM_SIGNATURE_HEADER")?,
            nonce_header: need("OPENIM_NONCE_HEADER")?,
        })
    }

    /// Adds OpenIM's headers. The nonce must be new.
    pub(crate) fn prove(&self, call: Call, nonce: &str) -> Result<Call> {
        Ok(match self {
            Self::Anybody | Self::Token(_) => call,
            Self::Basic(authorization) => call.header("authorization", authorization),
            Self::Signature {
                algorithm,
                encoding,
                key,
                signature_header,
                nonce_header,
            } => {
                let signature = openim_sign(*algorithm, *encoding, key, nonce)?;
                call.header(signature_header, signature)
                    .header(nonce_header, nonce)
            }
        })
    }
}
