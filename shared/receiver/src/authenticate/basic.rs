use std::fmt;

use base64::Engine as _;
use http::{HeaderMap, header::AUTHORIZATION};
use subtle::{Choice, ConstantTimeEq as _};

use super::{BASE64, Rejection, Sha256Digest, only, sha256};

/// Checks HTTP Basic credentials against one user with one or two passwords.
///
/// OpenIM's configuration and log contain the password, so it must be possible to change it. With two passwords, no
/// callback is refused during the change. The verifier keeps only digests.
#[derive(Clone)]
pub struct BasicVerifier {
    accepted: Vec<Sha256Digest>,
}

impl BasicVerifier {
    /// Accepts `user` with any of the passwords.
    pub fn new<'a>(user: &str, passwords: impl IntoIterator<Item = &'a str>) -> Self {
        let accepted = passwords
            .into_iter()
            .map(|password| sha256(&[user.as_bytes(), b":", password.as_bytes()]))
            .collect();
        Self { accepted }
    }

    /// Checks the credentials in these headers.
    ///
    /// # Errors
    ///
    /// Says why the headers do not have the right credentials.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Rejection> {
        let values = headers.get_all(AUTHORIZATION).iter();
        let header = only(values, Rejection::BasicMissing, Rejection::BasicRepeated)?.as_bytes();
        let (scheme, credentials) = header
            .iter()
            .position(|byte| *byte == b' ')
            .map(|space| (&header[..space], &header[space + 1..]))
            .ok_or(Rejection::BasicScheme)?;
        if !scheme.eq_ignore_ascii_case(b"Basic") {
            return Err(Rejection::BasicScheme);
        }
        let credentials = BASE64
            .decode(credentials.trim_ascii())
            .map_err(|_| Rejection::BasicEncoding)?;
        let given = sha256(&[&credentials]);
        // Compares every candidate, and user and password together: the time that it takes shows nothing about them.
        let matches = self
            .accepted
            .iter()
            .fold(Choice::from(0), |found, one| found | one.ct_eq(&given));
        if matches.into() {
            Ok(())
        } else {
            Err(Rejection::BasicWrong)
        }
    }
}

impl fmt::Debug for BasicVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BasicVerifier(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(authorization: &[&str]) -> Result<(), Rejection> {
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        BasicVerifier::new("openim", ["new", "old"]).check(&headers)
    }

    fn header(credentials: &str) -> String {
        format!("Basic {}", BASE64.encode(credentials))
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
    fn everything_else_is_refused_with_its_own_reason() {
        let right = header("openim:new");
        for (wrong, reason) in [
            (header("openim:newer"), Rejection::BasicWrong),
            (header("openim:ne"), Rejection::BasicWrong),
            (header("openim:"), Rejection::BasicWrong),
            (header("openim"), Rejection::BasicWrong),
            (header(":new"), Rejection::BasicWrong),
            (header("Openim:new"), Rejection::BasicWrong),
            (header("openim:new:"), Rejection::BasicWrong),
            (header(""), Rejection::BasicWrong),
            ("Basic".into(), Rejection::BasicScheme),
            ("Basic ".into(), Rejection::BasicWrong),
            ("Basic openim:new".into(), Rejection::BasicEncoding),
            (right.replace("Basic", "Bearer"), Rejection::BasicScheme),
            (right.replace(' ', ""), Rejection::BasicScheme),
            (String::new(), Rejection::BasicScheme),
        ] {
            assert_eq!(basic(&[&wrong]), Err(reason), "{wrong}");
        }
        assert_eq!(basic(&[]), Err(Rejection::BasicMissing));
        assert_eq!(basic(&[&right, &right]), Err(Rejection::BasicRepeated));
    }
}
