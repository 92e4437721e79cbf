//! Who is calling.
//!
//! A body becomes readable only by passing a verifier: [`Verified`] cannot be made in any other way.

use std::fmt;

use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use domain::Timestamp;
use protocol::tencent;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

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
}

impl OpenImVerifier {
    /// Vouches for a body. `authorization` is every value of the `Authorization` header.
    ///
    /// # Errors
    ///
    /// Says for the log why the caller was not believed.
    pub fn verify<'a>(
        &self,
        body: Unverified<'a>,
        authorization: &[&[u8]],
    ) -> Result<Verified<'a>, &'static str> {
        match self {
            Self::None => Ok(Verified(body.0)),
            Self::Basic(basic) => basic.verify(body, authorization),
        }
    }
}

type Sha256Digest = [u8; 32];

/// Checks HTTP Basic credentials against one user with one or two passwords.
///
/// Two, because the password stands in OpenIM's configuration and log and must be replaceable without a
/// moment in which callbacks are refused. Only digests are kept.
#[derive(Clone)]
pub struct BasicVerifier {
    accepted: Vec<Sha256Digest>,
}

/// Go pads, others may not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl BasicVerifier {
    /// Accepts `user` with any of the passwords.
    pub fn new<'a>(user: &str, passwords: impl IntoIterator<Item = &'a str>) -> Self {
        let accepted = passwords
            .into_iter()
            .map(|password| sha256(&[user.as_bytes(), b":", password.as_bytes()]))
            .collect();
        Self { accepted }
    }

    fn verify<'a>(
        &self,
        body: Unverified<'a>,
        authorization: &[&[u8]],
    ) -> Result<Verified<'a>, &'static str> {
        let [header] = authorization else {
            return Err(if authorization.is_empty() {
                "there is no Authorization header"
            } else {
                "there is more than one Authorization header"
            });
        };
        let (scheme, credentials) = header
            .iter()
            .position(|byte| *byte == b' ')
            .map(|space| (&header[..space], &header[space + 1..]))
            .ok_or("the Authorization header holds no credentials")?;
        if !scheme.eq_ignore_ascii_case(b"Basic") {
            return Err("the Authorization scheme is not Basic");
        }
        let credentials = BASE64
            .decode(credentials.trim_ascii())
            .map_err(|_| "the Basic credentials are not base64")?;
        let given = sha256(&[&credentials]);
        // Every candidate is compared, and user and password as one: the time it takes tells nothing.
        let matches = self
            .accepted
            .iter()
            .fold(Choice::from(0), |found, one| found | one.ct_eq(&given));
        if matches.into() {
            Ok(Verified(body.0))
        } else {
            Err("wrong user or password")
        }
    }
}

/// Checks that a callback belongs to our app of Tencent Chat, and its signature where one is configured.
#[derive(Clone)]
pub struct TencentVerifier {
    sdk_app_id: String,
    tokens: Vec<String>,
}

/// How far `RequestTime` may be from our clock, in seconds, either way.
///
/// <https://cloud.tencent.com/document/product/269/32431>
const REQUEST_TIME_WINDOW_SECONDS: u64 = 60;

impl TencentVerifier {
    /// Accepts the app's callbacks; signed with any of the tokens, unless there is none.
    pub fn new(
        sdk_app_id: impl Into<String>,
        tokens: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            sdk_app_id: sdk_app_id.into(),
            tokens: tokens.into_iter().map(Into::into).collect(),
        }
    }

    /// Whether callbacks must be signed. Otherwise whoever knows the app's id is believed.
    #[must_use]
    pub fn wants_signatures(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// Vouches for a body.
    ///
    /// # Errors
    ///
    /// Says for the log why the caller was not believed.
    pub fn verify<'a>(
        &self,
        body: Unverified<'a>,
        query: &tencent::Query,
        now: Timestamp,
    ) -> Result<Verified<'a>, &'static str> {
        match query.sdk_app_id.as_slice() {
            [] => return Err("there is no SdkAppid"),
            [given] if *given == self.sdk_app_id => {}
            [_] => return Err("SdkAppid is not ours"),
            _ => return Err("there is more than one SdkAppid"),
        }
        if self.wants_signatures() {
            self.verify_signature(query, now)?;
        }
        Ok(Verified(body.0))
    }

    fn verify_signature(&self, query: &tencent::Query, now: Timestamp) -> Result<(), &'static str> {
        let [sign] = query.sign.as_slice() else {
            return Err("there is not exactly one Sign");
        };
        let [request_time] = query.request_time.as_slice() else {
            return Err("there is not exactly one RequestTime");
        };
        if request_time.is_empty() || !request_time.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("RequestTime is not a number");
        }
        let seconds: i64 = request_time
            .parse()
            .map_err(|_| "RequestTime is out of range")?;
        if now.unix_seconds().abs_diff(seconds) > REQUEST_TIME_WINDOW_SECONDS {
            return Err("RequestTime is more than a minute from our clock");
        }
        let given = sign.to_ascii_lowercase();
        let matches = self.tokens.iter().fold(Choice::from(0), |found, token| {
            found
                | tencent_sign(token, request_time)
                    .as_bytes()
                    .ct_eq(given.as_bytes())
        });
        if matches.into() {
            Ok(())
        } else {
            Err("Sign is wrong")
        }
    }
}

/// The `Sign` that Tencent Chat sends: 64 lower-case hex digits of `SHA-256(token + RequestTime)`.
///
/// Public, so that a set-up can be tested with signed requests of one's own.
/// <https://www.tencentcloud.com/document/product/1047/34354>
///
/// ```
/// assert_eq!(
///     receiver::tencent_sign("xxxxyyyy", "1669872112"),
///     "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061",
/// );
/// ```
#[must_use]
pub fn tencent_sign(token: &str, request_time: &str) -> String {
    sha256(&[token.as_bytes(), request_time.as_bytes()])
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn sha256(parts: &[&[u8]]) -> Sha256Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

// Secrets, and what could be used to guess them, stay out of every `{:?}`.
impl fmt::Debug for OpenImVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic(_) => "Basic(..)",
        })
    }
}

impl fmt::Debug for BasicVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BasicVerifier(..)")
    }
}

impl fmt::Debug for TencentVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TencentVerifier")
            .field("sdk_app_id", &self.sdk_app_id)
            .field("signed", &self.wants_signatures())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: Unverified<'_> = Unverified(b"{}");

    fn basic(authorization: &[&str]) -> Result<(), &'static str> {
        let values: Vec<&[u8]> = authorization.iter().map(|v| v.as_bytes()).collect();
        OpenImVerifier::Basic(BasicVerifier::new("openim", ["new", "old"]))
            .verify(BODY, &values)
            .map(|_| ())
    }

    #[test]
    fn both_passwords_of_a_rotation_are_accepted() {
        for credentials in ["openim:new", "openim:old"] {
            let encoded = BASE64.encode(credentials);
            assert_eq!(basic(&[&format!("Basic {encoded}")]), Ok(()));
            let unpadded = encoded.trim_end_matches('=');
            assert_eq!(basic(&[&format!("basic {unpadded}")]), Ok(()));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let header = |credentials: &str| format!("Basic {}", BASE64.encode(credentials));
        let right = header("openim:new");
        for wrong in [
            header("openim:newer"),
            header("openim:ne"),
            header("openim:"),
            header("openim"),
            header(":new"),
            header("Openim:new"),
            header("openim:new:"),
            header(""),
            "Basic".into(),
            "Basic ".into(),
            "Basic openim:new".into(),
            right.replace("Basic", "Bearer"),
            right.replace(' ', ""),
            String::new(),
        ] {
            assert!(basic(&[&wrong]).is_err(), "{wrong}");
        }
        assert!(basic(&[]).is_err());
        assert!(basic(&[&right, &right]).is_err(), "two headers");
    }

    fn tencent(
        tokens: &[&str],
        query: &[(&str, &str)],
        now_seconds: i64,
    ) -> Result<(), &'static str> {
        let now = Timestamp::from_unix_millis(now_seconds * 1000).unwrap();
        TencentVerifier::new("1400000001", tokens.iter().copied())
            .verify(
                BODY,
                &tencent::Query::from_pairs(query.iter().copied()),
                now,
            )
            .map(|_| ())
    }

    const APP: (&str, &str) = ("SdkAppid", "1400000001");

    #[test]
    fn every_published_signature_verifies() {
        for (token, time, sign) in [
            (
                "xxxxyyyy",
                "1669872112",
                "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061",
            ),
            (
                "s3cr3t-Token_01",
                "1700000000",
                "0e25fa6f27130a6b6915ad67106fd57c8d67c46dc9ec5123badc0136f024ff97",
            ),
            (
                "回调令牌",
                "1700000000",
                "08b2a6237f5b47431caa99735cc8ef07a1f1f2e289338803428ef0e70fffcfaf",
            ),
            (
                "xxxyyy",
                "1669872112",
                "e78a85473bed2cdc8d6fa8c4d5a4ba4735fd64156e15a99516b9890293e135de",
            ),
        ] {
            assert_eq!(tencent_sign(token, time), sign);
            let now = time.parse().unwrap();
            let upper = sign.to_uppercase();
            for sign in [sign, &upper] {
                let query = [APP, ("Sign", sign), ("RequestTime", time)];
                assert_eq!(tencent(&["other", token], &query, now), Ok(()));
                assert!(tencent(&["other"], &query, now).is_err());
            }
        }
    }

    #[test]
    fn a_signature_is_good_for_sixty_seconds_either_way() {
        let sign = tencent_sign("token", "1700000000");
        let query = [APP, ("Sign", &*sign), ("RequestTime", "1700000000")];
        for (now, good) in [
            (1_700_000_000, true),
            (1_700_000_060, true),
            (1_699_999_940, true),
            (1_700_000_061, false),
            (1_699_999_939, false),
        ] {
            assert_eq!(tencent(&["token"], &query, now).is_ok(), good, "{now}");
        }
    }

    #[test]
    fn a_foreign_app_or_a_doubtful_query_is_refused() {
        let sign = tencent_sign("token", "1700000000");
        let time = ("RequestTime", "1700000000");
        for query in [
            &[][..],
            &[("SdkAppid", "1400000002")],
            &[("SdkAppid", "01400000001")],
            &[APP, ("SdkAppid", "1400000002")],
        ] {
            assert!(tencent(&[], query, 1_700_000_000).is_err(), "{query:?}");
        }
        assert_eq!(tencent(&[], &[APP], 1_700_000_000), Ok(()));
        for query in [
            &[APP][..],
            &[APP, time],
            &[APP, ("Sign", &sign)],
            &[APP, time, ("Sign", "")],
            &[APP, time, ("Sign", &sign[1..])],
            &[APP, time, ("Sign", &sign), ("Sign", "x")],
            &[APP, time, ("RequestTime", "1700000001"), ("Sign", &sign)],
            &[APP, ("RequestTime", "+1700000000"), ("Sign", &sign)],
            &[
                APP,
                ("RequestTime", "99999999999999999999"),
                ("Sign", &sign),
            ],
        ] {
            assert!(
                tencent(&["token"], query, 1_700_000_000).is_err(),
                "{query:?}"
            );
        }
    }

    #[test]
    fn no_debug_output_shows_a_secret() {
        let shown = format!(
            "{:?} {:?}",
            OpenImVerifier::Basic(BasicVerifier::new("user", ["hunter2"])),
            TencentVerifier::new("1400000001", ["hunter2"]),
        );
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
