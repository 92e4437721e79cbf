//! `imhook sign`: signs as the chat servers and this receiver do, or says why a signature is wrong.

use std::{
    env, fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::http::{HeaderMap, HeaderValue};
use clap::{Args, Subcommand};
use domain::Timestamp;
use outgoing::Signer;
use protocol::tencent::Query;
pub(crate) use receiver::{SignatureAlgorithm as Algorithm, SignatureEncoding as Encoding};
use receiver::{SignatureVerifier, TencentVerifier, openim_sign, tencent_sign};
use serde_json::json;

use crate::{Result, exit, out, text};

/// Exit codes: 0 signed, or the signature is right; 3 the signature is wrong.
#[derive(Subcommand)]
pub(crate) enum Way {
    /// As OpenIM's commercial edition signs: the nonce, and not the body
    Openim(OpenIm),
    /// As Tencent Chat signs: `Sign` of the time, and not of the body
    Tencent(Tencent),
    /// As this receiver signs what it posts to your services: Standard Webhooks
    Webhook(Webhook),
}

#[derive(Args)]
pub(crate) struct OpenIm {
    /// The value of the nonce header
    nonce: String,
    /// HMAC-SHA1, HMAC-SHA256, HMAC-SHA512, RSA-SHA256 or ECDSA-SHA256, as in OpenIM's configuration
    #[arg(long, value_parser = algorithm, default_value = "HMAC-SHA256")]
    algorithm: Algorithm,
    /// hex or base64
    #[arg(long, value_parser = encoding, default_value = "hex")]
    encoding: Encoding,
    /// File with the key; without it, OPENIM_SIGNATURE_KEY. RSA and ECDSA sign with the private key, and verify with the public one
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Say whether this signature is right
    #[arg(long, value_name = "SIGNATURE")]
    verify: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct Tencent {
    /// `RequestTime`, in seconds since 1970; now if it is not given
    #[arg(long, value_name = "SECONDS")]
    request_time: Option<i64>,
    /// File with the token; without it, TENCENT_TOKEN
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Say whether this `Sign` is right
    #[arg(long, value_name = "SIGN", requires = "request_time")]
    verify: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct Webhook {
    /// File with the body; `-` reads standard input
    body: PathBuf,
    /// The header webhook-id
    #[arg(long)]
    id: String,
    /// The header webhook-timestamp, in seconds since 1970; now if it is not given
    #[arg(long, value_name = "SECONDS")]
    timestamp: Option<i64>,
    /// The secret of decisions, DECISION_SECRET, in place of that of deliveries, DELIVERY_SECRET
    #[arg(long)]
    decision: bool,
    /// File with the secret, in place of a variable
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Say whether this value of webhook-signature is right
    #[arg(long, value_name = "SIGNATURE", requires = "timestamp")]
    verify: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The name of an algorithm in OpenIM's configuration.
pub(crate) fn algorithm(name: &str) -> std::result::Result<Algorithm, String> {
    name.parse().map_err(|()| {
        let all: Vec<&str> = Algorithm::ALL.iter().map(|it| it.name()).collect();
        format!("the algorithms are {}", all.join(", "))
    })
}

pub(crate) fn encoding(name: &str) -> std::result::Result<Encoding, String> {
    name.parse()
        .map_err(|()| "the encodings are hex and base64".to_owned())
}

pub(crate) fn sign(way: Way) -> Result<()> {
    match way {
        Way::Openim(options) => openim(&options),
        Way::Tencent(options) => tencent(&options),
        Way::Webhook(options) => webhook(&options),
    }
}

/// A secret of a file or of the environment. It is never an argument, because all users of a machine see those.
fn secret(file: Option<&Path>, variable: &str) -> Result<String> {
    if let Some(file) = file {
        let secret = fs::read_to_string(file);
        let secret =
            secret.map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        return Ok(secret.trim_end_matches(['\r', '\n']).to_owned());
    }
    let secret = env::var(variable).ok().filter(|it| !it.is_empty());
    Ok(secret.ok_or_else(|| format!("{variable} is not set, and there is no --key-file"))?)
}

/// Says whether a signature is right. `wrong` says why it is not.
fn verified(wrong: Option<&str>, as_json: bool) -> Result<()> {
    out::line(&match (wrong, as_json) {
        (why, true) => text::json(&json!({"right": why.is_none(), "why": why}).to_string()).into(),
        (None, false) => "the signature is right".to_owned(),
        (Some(why), false) => why.to_owned(),
    })?;
    exit::found(wrong.is_some())
}

fn openim(options: &OpenIm) -> Result<()> {
    let OpenIm {
        nonce,
        algorithm,
        encoding,
        ..
    } = options;
    let key = secret(options.key_file.as_deref(), "OPENIM_SIGNATURE_KEY")?;
    let Some(signature) = &options.verify else {
        let signature = openim_sign(*algorithm, *encoding, &key, nonce)?;
        return out::line(&match options.json {
            true => json!({ "signature": signature }).to_string(),
            false => signature,
        });
    };
    let verifier = SignatureVerifier::new(*algorithm, *encoding, "signature", "nonce", &[&key])?;
    let mut headers = HeaderMap::new();
    headers.insert("signature", HeaderValue::from_str(signature)?);
    headers.insert("nonce", HeaderValue::from_str(nonce)?);
    let wrong = verifier.check(&headers).err().map(|why| {
        format!(
            "{why}: another key, nonce or algorithm ({}) signed it, or it was changed",
            algorithm.name()
        )
    });
    verified(wrong.as_deref(), options.json)
}

fn tencent(options: &Tencent) -> Result<()> {
    let token = secret(options.key_file.as_deref(), "TENCENT_TOKEN")?;
    let now = Timestamp::now();
    let time = options.request_time.unwrap_or_else(|| now.unix_seconds());
    let text = time.to_string();
    let Some(sign) = &options.verify else {
        let sign = tencent_sign(&token, &text);
        return out::line(&match options.json {
            true => json!({"Sign": sign, "RequestTime": text}).to_string(),
            false => format!("Sign={sign}&RequestTime={time}"),
        });
    };
    const APP: &str = "1400000001";
    let query = Query::from_pairs([("SdkAppid", APP), ("Sign", sign), ("RequestTime", &text)]);
    let verifier = TencentVerifier::new(APP, [token.as_str()]);
    let at = |time: i64| Timestamp::from_unix_millis(time.saturating_mul(1000));
    let then = at(time).map_err(|_| "--request-time is no time in seconds")?;
    let why = match verifier.check(&query, then) {
        Err(why) => Some(format!(
            "{why}: another token or RequestTime signed it, or it was changed"
        )),
        Ok(()) => verifier
            .check(&query, now)
            .err()
            .map(|why| format!("the token and RequestTime are right, but {why}")),
    };
    verified(why.as_deref(), options.json)
}

/// How old a request of Standard Webhooks may be, by its specification's libraries.
const TOLERANCE_SECONDS: u64 = 5 * 60;

fn webhook(options: &Webhook) -> Result<()> {
    let variable = match options.decision {
        true => "DECISION_SECRET",
        false => "DELIVERY_SECRET",
    };
    let secret = secret(options.key_file.as_deref(), variable)?;
    let signer =
        Signer::new([secret.as_str()]).map_err(|wrong| format!("the secret is {wrong}"))?;
    let mut body = Vec::new();
    match options.body.to_str() {
        Some("-") => io::stdin().read_to_end(&mut body).map(|_| ())?,
        _ => {
            let file = options.body.display();
            body = fs::read(&options.body)
                .map_err(|error| format!("{file} cannot be read: {error}"))?;
        }
    }
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    let timestamp = options.timestamp.unwrap_or(now);
    let right = signer.sign(&options.id, timestamp, &body);
    let Some(given) = &options.verify else {
        if options.json {
            let headers = json!({
                "webhook-id": options.id, "webhook-timestamp": timestamp.to_string(), "webhook-signature": right,
            });
            return out::json(&headers);
        }
        return out::lines(&format!(
            "webhook-id: {}\nwebhook-timestamp: {timestamp}\nwebhook-signature: {right}",
            options.id
        ));
    };
    let mut signatures = given.split(' ').filter(|it| !it.is_empty());
    let why = if !given.contains("v1,") {
        Some("there is no signature that begins with v1,".to_owned())
    } else if !signatures.any(|it| it == right) {
        Some(
            "the signature is wrong: another secret, id, timestamp or body signed it. The body counts byte for byte, also spaces \
             and the end of the last line"
                .to_owned(),
        )
    } else if timestamp.abs_diff(now) > TOLERANCE_SECONDS {
        Some(format!(
            "the signature is right, but its timestamp is {} s from this machine's clock, and libraries accept 300 s",
            timestamp.abs_diff(now)
        ))
    } else {
        None
    };
    verified(why.as_deref(), options.json)
}
