use std::time::Duration;

use domain::Source;
use store::Nonces;

use super::{
    InvalidConfig,
    config::{SECONDS_PER_DAY, number},
};
use crate::{
    BasicVerifier, InvalidSignatureVerifier, OpenImVerifier, SignatureAlgorithm, SignatureEncoding,
    SignatureVerifier, TencentVerifier,
};

const DEFAULT_NONCE_WINDOW_SECONDS: u64 = SECONDS_PER_DAY;

/// The verifiers of the servers whose commands a function serves.
///
/// Secrets can be in Secrets Manager ([how](crate#secrets)), or in the environment on a laptop.
///
/// | Variable | Default | Meaning |
/// |---|---|---|
/// | `OPENIM_VERIFIER` | required for OpenIM | `basic`, `signature`, or `none` to accept every caller |
/// | `OPENIM_BASIC_USER` | required with `basic` | User name in the configured URL |
/// | `OPENIM_BASIC_PASSWORD` | required with `basic`, secret | Password in the configured URL |
/// | `OPENIM_BASIC_PASSWORD_PREVIOUS` | none, secret | A second password, accepted during a change |
/// | `OPENIM_SIGNATURE_ALGORITHM` | required with `signature` | [`SignatureAlgorithm`], by OpenIM's name |
/// | `OPENIM_SIGNATURE_HEADER` | required with `signature` | Name of the header with the signature |
/// | `OPENIM_NONCE_HEADER` | required with `signature` | Name of the header with the nonce, which is signed |
/// | `OPENIM_SIGNATURE_ENCODING` | required with `signature` | `hex` or `base64` |
/// | `OPENIM_SIGNATURE_KEY` | required with `signature`, secret | Shared secret (HMAC) or public key as PEM |
/// | `OPENIM_SIGNATURE_KEY_PREVIOUS` | none, secret | A second key, accepted during a change |
/// | `NONCES_TABLE` | required with `signature` | The table that remembers nonces |
/// | `OPENIM_NONCE_WINDOW_SECONDS` | 86400 | Seconds for which a nonce is not accepted again; 60 to 31536000 |
/// | `TENCENT_SDK_APP_ID` | none | Our app; without it, all callbacks of Tencent Chat are refused |
/// | `TENCENT_VERIFIER` | `token` | `token`, or `none` to accept every caller that knows the app's id |
/// | `TENCENT_TOKEN` | required with `token`, secret | Token of the console |
/// | `TENCENT_TOKEN_PREVIOUS` | none, secret | A second token, accepted during a change |
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verifiers {
    /// `None` where the function serves no OpenIM command.
    pub openim: Option<OpenImVerifier>,
    /// `None` refuses all callbacks of Tencent Chat.
    pub tencent: Option<TencentVerifier>,
}

impl Verifiers {
    /// Reads the settings through `get`, which knows the environment and the fetched secrets. A `pending` variable may be
    /// missing, because its secret has not been fetched. `nonces` gives the nonces table for a name and a window.
    ///
    /// # Errors
    ///
    /// Lists everything that is wrong.
    pub(crate) fn from_env(
        serves: &[Source],
        get: impl Fn(&str) -> Option<String>,
        pending: &[&str],
        nonces: impl FnOnce(String, Duration) -> Option<Nonces>,
    ) -> Result<Self, InvalidConfig> {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let mut wrong = Vec::new();
        let openim = serves
            .contains(&Source::OpenIm)
            .then(|| openim_verifier(get, nonces, &mut wrong))
            .flatten();
        let tencent = serves
            .contains(&Source::Tencent)
            .then(|| tencent_verifier(get, &mut wrong))
            .flatten();
        wrong.retain(|mistake| !pending.iter().any(|name| mistake.ends_with(&not_set(name))));
        if wrong.is_empty() {
            Ok(Self { openim, tencent })
        } else {
            Err(InvalidConfig(wrong))
        }
    }
}

/// Reads a variable that has to be set. If it is not, adds that to `wrong`.
fn need(
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
    chosen: &str,
    name: &str,
) -> Option<String> {
    let value = get(name);
    if value.is_none() {
        wrong.push(format!("{chosen}{}", not_set(name)));
    }
    value
}

fn not_set(name: &str) -> String {
    format!(", but {name} is not set")
}

fn openim_verifier(
    get: impl Fn(&str) -> Option<String>,
    nonces: impl FnOnce(String, Duration) -> Option<Nonces>,
    wrong: &mut Vec<String>,
) -> Option<OpenImVerifier> {
    match get("OPENIM_VERIFIER").as_deref() {
        Some("none") => Some(OpenImVerifier::None),
        Some("basic") => basic_verifier(get, wrong).map(OpenImVerifier::Basic),
        Some("signature") => signature_verifier(get, nonces, wrong),
        Some(_) => {
            wrong.push("OPENIM_VERIFIER is not basic, signature or none".to_owned());
            None
        }
        None => {
            wrong.push(
                "OPENIM_VERIFIER is not set: basic, signature, or none to accept every caller"
                    .to_owned(),
            );
            None
        }
    }
}

fn basic_verifier(
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
) -> Option<BasicVerifier> {
    let chosen = "OPENIM_VERIFIER is basic";
    let user = need(&get, wrong, chosen, "OPENIM_BASIC_USER");
    let password = need(&get, wrong, chosen, "OPENIM_BASIC_PASSWORD");
    let previous = get("OPENIM_BASIC_PASSWORD_PREVIOUS");
    let user = user?;
    if user.contains(':') {
        wrong.push("OPENIM_BASIC_USER must not contain a colon".to_owned());
        return None;
    }
    let passwords: Vec<String> = [password?].into_iter().chain(previous).collect();
    let passwords = passwords.iter().map(String::as_str);
    Some(BasicVerifier::new(&user, passwords))
}

fn signature_verifier(
    get: impl Fn(&str) -> Option<String>,
    nonces: impl FnOnce(String, Duration) -> Option<Nonces>,
    wrong: &mut Vec<String>,
) -> Option<OpenImVerifier> {
    let mut need = |name| need(&get, wrong, "OPENIM_VERIFIER is signature", name);
    let algorithm = need("OPENIM_SIGNATURE_ALGORITHM");
    let encoding = need("OPENIM_SIGNATURE_ENCODING");
    let signature_header = need("OPENIM_SIGNATURE_HEADER");
    let nonce_header = need("OPENIM_NONCE_HEADER");
    let key = need("OPENIM_SIGNATURE_KEY");
    let table = need("NONCES_TABLE");
    let previous = get("OPENIM_SIGNATURE_KEY_PREVIOUS");
    let window = number(
        &get,
        wrong,
        "OPENIM_NONCE_WINDOW_SECONDS",
        DEFAULT_NONCE_WINDOW_SECONDS,
        60..=365 * SECONDS_PER_DAY,
    );
    let algorithm = algorithm.and_then(|name| {
        let known = name.parse::<SignatureAlgorithm>();
        known
            .map_err(|()| {
                let names: Vec<_> = SignatureAlgorithm::ALL.iter().map(|a| a.name()).collect();
                let names = names.join(", ");
                wrong.push(format!("OPENIM_SIGNATURE_ALGORITHM is not one of {names}"));
            })
            .ok()
    });
    let encoding = encoding.and_then(|name| {
        let known = name.parse::<SignatureEncoding>();
        known
            .map_err(|()| {
                wrong.push("OPENIM_SIGNATURE_ENCODING is neither hex nor base64".to_owned());
            })
            .ok()
    });
    let keys: Vec<String> = key.into_iter().chain(previous).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let verifier = SignatureVerifier::new(
        algorithm?,
        encoding?,
        &signature_header?,
        &nonce_header?,
        &keys,
    );
    let verifier = verifier
        .map_err(|InvalidSignatureVerifier(reasons)| {
            let reasons = reasons.into_iter();
            wrong.extend(reasons.map(|reason| format!("OPENIM_SIGNATURE_*: {reason}")));
        })
        .ok()?;
    let nonces = nonces(table?, Duration::from_secs(window))?;
    Some(OpenImVerifier::Signature(verifier, nonces))
}

fn tencent_verifier(
    get: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
) -> Option<TencentVerifier> {
    // Not a mistake: without an app, callbacks of Tencent Chat are refused, and OpenIM's still work.
    let app = get("TENCENT_SDK_APP_ID")?;
    if !app.bytes().all(|byte| byte.is_ascii_digit()) {
        wrong.push("TENCENT_SDK_APP_ID is not a decimal number".to_owned());
        return None;
    }
    match get("TENCENT_VERIFIER").as_deref() {
        Some("none") => Some(TencentVerifier::unsigned(app)),
        None | Some("token") => {
            let chosen = "TENCENT_VERIFIER is token";
            let token = need(&get, wrong, chosen, "TENCENT_TOKEN")?;
            let previous = get("TENCENT_TOKEN_PREVIOUS");
            Some(TencentVerifier::new(
                app,
                [token].into_iter().chain(previous),
            ))
        }
        Some(_) => {
            wrong.push("TENCENT_VERIFIER is neither token nor none".to_owned());
            None
        }
    }
}
