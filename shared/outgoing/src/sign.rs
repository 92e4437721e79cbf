use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::hmac;

/// Signs requests as Standard Webhooks 1.0.0 says, with one secret, or during a rotation with two.
///
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
pub struct Signer {
    keys: Vec<hmac::Key>,
}

/// A secret that is not base64 of 24 to 64 bytes. It does not show the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSecret;

impl fmt::Display for InvalidSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not base64 of 24 to 64 bytes, with or without whsec_ before it")
    }
}

impl std::error::Error for InvalidSecret {}

impl Signer {
    /// A signer with these secrets: base64, with or without `whsec_` before it.
    ///
    /// # Errors
    ///
    /// If a secret is not base64, or if it has fewer than 24 or more than 64 bytes.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidSecret> {
        let keys = secrets.into_iter().map(key).collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// The value of `webhook-signature` for a request. `timestamp` is the seconds of this try.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let signatures = self.keys.iter().map(|key| {
            let mut context = hmac::Context::with_key(key);
            context.update(format!("{id}.{timestamp}.").as_bytes());
            context.update(body);
            format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({} keys)", self.keys.len())
    }
}

fn key(secret: &str) -> Result<hmac::Key, InvalidSecret> {
    let text = secret.strip_prefix("whsec_").unwrap_or(secret);
    let bytes = BASE64_STANDARD.decode(text).map_err(|_| InvalidSecret)?;
    match bytes.len() {
        24..=64 => Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes)),
        _ => Err(InvalidSecret),
    }
}

#[cfg(test)]
mod tests {
    use standardwebhooks::Webhook;

    use super::*;

    const NEW: &str = "whsec_bmV3IHNlY3JldCBuZXcgc2VjcmV0IG5ldyBzZWNyZXQ=";
    const OLD: &str = "whsec_b2xkIHNlY3JldCBvbGQgc2VjcmV0IG9sZCBzZWNyZXQ=";

    /// Whether the library of Standard Webhooks accepts the request.
    fn accepts(secret: &str, id: &str, timestamp: i64, signature: &str, body: &[u8]) -> bool {
        let mut headers = http::HeaderMap::new();
        headers.insert("webhook-id", id.parse().unwrap());
        headers.insert("webhook-timestamp", timestamp.into());
        headers.insert("webhook-signature", signature.parse().unwrap());
        let webhook = Webhook::new(secret).unwrap();
        webhook.verify(body, &headers).is_ok()
    }

    #[test]
    fn the_published_library_accepts_each_signature_of_a_rotation() {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let now = i64::try_from(now).unwrap();
        let body = r#"{"text":"héllo 🙂"}"#.as_bytes();
        let both = Signer::new([NEW, OLD]).unwrap().sign("id-1", now, body);
        assert_eq!(both.split(' ').count(), 2);
        for secret in [NEW, OLD] {
            assert!(accepts(secret, "id-1", now, &both, body));
            assert!(!accepts(secret, "id-2", now, &both, body));
            assert!(!accepts(secret, "id-1", now + 1, &both, body));
            assert!(!accepts(secret, "id-1", now, &both, b"{}"));
        }
        let one = Signer::new([NEW]).unwrap().sign("id-1", now, body);
        assert!(accepts(NEW, "id-1", now, &one, body));
        assert!(!accepts(OLD, "id-1", now, &one, body));
    }

    #[test]
    fn the_prefix_of_a_secret_is_optional() {
        let without = NEW.strip_prefix("whsec_").unwrap();
        let [one, other] = [NEW, without].map(|it| Signer::new([it]).unwrap().sign("i", 1, b"x"));
        assert_eq!(one, other);
    }

    #[test]
    fn a_secret_has_24_to_64_bytes_and_is_never_shown() {
        for (bytes, is_valid) in [(0, false), (23, false), (24, true), (64, true), (65, false)] {
            let secret = BASE64_STANDARD.encode(vec![7; bytes]);
            assert_eq!(Signer::new([secret.as_str()]).is_ok(), is_valid, "{bytes}");
        }
        assert!(Signer::new(["not base64, but long enough to be a secret"]).is_err());
        assert_eq!(
            format!("{:?}", Signer::new([NEW]).unwrap()),
            "Signer(1 keys)"
        );
    }
}
