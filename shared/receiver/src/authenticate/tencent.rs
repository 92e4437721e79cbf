use std::fmt;

use domain::Timestamp;
use protocol::tencent::Query;
use subtle::{Choice, ConstantTimeEq as _};

use super::{Rejection, only, sha256};

/// Checks that a callback of Tencent Chat is our app's, and checks its signature.
#[derive(Clone)]
pub struct TencentVerifier {
    sdk_app_id: String,
    /// `None` if callbacks need no signature.
    tokens: Option<Vec<String>>,
}

/// How far `RequestTime` may be from our clock, in seconds, either way.
///
/// <https://cloud.tencent.com/document/product/269/32431>
const REQUEST_TIME_WINDOW_SECONDS: u64 = 60;

impl TencentVerifier {
    /// Accepts the app's callbacks that are signed with any of the tokens. Ignores an empty token, because everybody can
    /// sign with it.
    pub fn new(
        sdk_app_id: impl Into<String>,
        tokens: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let tokens = tokens.into_iter().map(Into::into);
        Self {
            sdk_app_id: sdk_app_id.into(),
            tokens: Some(tokens.filter(|token| !token.is_empty()).collect()),
        }
    }

    /// Accepts the app's callbacks without a signature: every caller that knows the app's id is accepted. Every client
    /// of the app contains that id.
    pub fn unsigned(sdk_app_id: impl Into<String>) -> Self {
        Self {
            sdk_app_id: sdk_app_id.into(),
            tokens: None,
        }
    }

    /// Whether callbacks must be signed. If not, every caller that knows the app's id is accepted.
    #[must_use]
    pub fn wants_signatures(&self) -> bool {
        self.tokens.is_some()
    }

    /// Checks that a request with this query is our app's.
    ///
    /// # Errors
    ///
    /// Says why it is not.
    pub fn check(&self, query: &Query, now: Timestamp) -> Result<(), Rejection> {
        let app = query.sdk_app_id.iter();
        if *only(app, Rejection::AppMissing, Rejection::AppRepeated)? != self.sdk_app_id {
            return Err(Rejection::AppWrong);
        }
        match &self.tokens {
            Some(tokens) => check_signature(tokens, query, now),
            None => Ok(()),
        }
    }
}

fn check_signature(tokens: &[String], query: &Query, now: Timestamp) -> Result<(), Rejection> {
    let sign = query.sign.iter();
    let sign = only(sign, Rejection::SignMissing, Rejection::SignRepeated)?;
    let request_time = only(
        query.request_time.iter(),
        Rejection::RequestTimeMissing,
        Rejection::RequestTimeRepeated,
    )?;
    // `parse` alone would accept `+` and `-`.
    if !request_time.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Rejection::RequestTimeInvalid);
    }
    let seconds: i64 = request_time
        .parse()
        .map_err(|_| Rejection::RequestTimeInvalid)?;
    if now.unix_seconds().abs_diff(seconds) > REQUEST_TIME_WINDOW_SECONDS {
        return Err(Rejection::RequestTimeOff);
    }
    let given = sign.to_ascii_lowercase();
    let matches = tokens.iter().fold(Choice::from(0), |found, token| {
        found
            | tencent_sign(token, request_time)
                .as_bytes()
                .ct_eq(given.as_bytes())
    });
    if matches.into() {
        Ok(())
    } else {
        Err(Rejection::SignWrong)
    }
}

/// The `Sign` that Tencent Chat sends: 64 lower-case hex digits of `SHA-256(token + RequestTime)`.
///
/// It is public, so you can test a set-up with requests that you sign.
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
    base16ct::lower::encode_string(&sha256(&[token.as_bytes(), request_time.as_bytes()]))
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

    fn tencent(tokens: &[&str], query: &[(&str, &str)], now_seconds: i64) -> Result<(), Rejection> {
        let now = Timestamp::from_unix_millis(now_seconds * 1000).unwrap();
        TencentVerifier::new("1400000001", tokens.iter().copied())
            .check(&Query::from_pairs(query.iter().copied()), now)
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
    fn a_signature_is_accepted_for_sixty_seconds_either_way() {
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
    fn another_app_or_a_wrong_query_is_refused_with_its_own_reason() {
        use Rejection::*;

        let sign = tencent_sign("token", "1700000000");
        let sign = ("Sign", &*sign);
        let time = ("RequestTime", "1700000000");
        let cut = ("Sign", &sign.1[1..]);
        for (query, reason) in [
            (&[][..], AppMissing),
            (&[time, sign], AppMissing),
            (&[("SdkAppid", "1400000002"), time, sign], AppWrong),
            (&[("SdkAppid", "01400000001"), time, sign], AppWrong),
            (&[APP, ("SdkAppid", "1400000002"), time, sign], AppRepeated),
            (&[APP], SignMissing),
            (&[APP, time], SignMissing),
            (&[APP, sign], RequestTimeMissing),
            (&[APP, time, ("Sign", "")], SignWrong),
            (&[APP, time, cut], SignWrong),
            (&[APP, time, sign, cut], SignRepeated),
            (
                &[APP, time, ("RequestTime", "1700000001"), sign],
                RequestTimeRepeated,
            ),
            (
                &[APP, ("RequestTime", "+1700000000"), sign],
                RequestTimeInvalid,
            ),
            (
                &[APP, ("RequestTime", "1700000000.0"), sign],
                RequestTimeInvalid,
            ),
            (&[APP, ("RequestTime", ""), sign], RequestTimeInvalid),
            (
                &[APP, ("RequestTime", "99999999999999999999"), sign],
                RequestTimeInvalid,
            ),
            (
                &[APP, ("RequestTime", "9223372036854775807"), sign],
                RequestTimeOff,
            ),
            (&[APP, ("RequestTime", "01700000000"), sign], SignWrong),
        ] {
            assert_eq!(
                tencent(&["token"], query, 1_700_000_000),
                Err(reason),
                "{query:?}"
            );
        }
        // Repeating the same value changes nothing.
        assert_eq!(
            tencent(&["token"], &[APP, APP, time, sign, sign], 1_700_000_000),
            Ok(())
        );
    }

    #[test]
    fn unsigned_callbacks_are_accepted_only_when_that_is_configured() {
        let time = ("RequestTime", "1700000000");
        let signed_with_nothing = tencent_sign("", time.1);
        let signed = [APP, time, ("Sign", signed_with_nothing.as_str())];
        for tokens in [&[][..], &[""]] {
            assert_eq!(
                tencent(tokens, &[APP], 1_700_000_000),
                Err(Rejection::SignMissing)
            );
            assert_eq!(
                tencent(tokens, &signed, 1_700_000_000),
                Err(Rejection::SignWrong)
            );
        }
        let unsigned = TencentVerifier::unsigned("1400000001");
        let now = Timestamp::from_unix_millis(0).unwrap();
        assert_eq!(unsigned.check(&Query::from_pairs([APP]), now), Ok(()));
        assert_eq!(
            unsigned.check(&Query::from_pairs([]), now),
            Err(Rejection::AppMissing)
        );
    }
}
