//! Sends the requests, and reads the answers as a chat server does.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    Result,
    reading::openim::{self, Verdict},
    text::cut,
};
use axum::{
    body::Bytes,
    http::{Request, Uri},
};

/// API Gateway gives a function 29 seconds.
const LONGEST: Duration = Duration::from_secs(30);

/// A stack's HTTP.
pub(crate) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Without a slash at the end, a user and a password.
    pub(crate) url: String,
}

/// A request.
pub(crate) struct Call {
    pub(crate) method: &'static str,
    /// Behind the stack's URL, with its query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Call {
    pub(crate) fn post(path: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            method: "POST",
            path: path.into(),
            headers: vec![(
                "content-type".to_owned(),
                "application/json; charset=utf-8".to_owned(),
            )],
            body: body.into(),
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            method: "GET",
            headers: Vec::new(),
            ..Self::post(path, "")
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) took: Duration,
}

impl Http {
    /// `option` is the option that gave the URL.
    pub(crate) fn new(option: &str, url: &str) -> Result<Self> {
        let url = without_user(option, url)?;
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?;
        // A machine without root certificates can still call a URL without TLS.
        let tls = match url.starts_with("https://") {
            true => tls
                .with_native_roots()
                .map_err(|error| format!("no root certificates for TLS: {error}"))?,
            false => tls.with_root_certificates(RootCertStore::empty()),
        };
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls.with_no_client_auth())
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(https);
        Ok(Self { client, url })
    }

    /// Sends a request to a path behind the stack's URL.
    pub(crate) async fn send(&self, call: Call) -> std::result::Result<Answer, String> {
        let url = format!("{}{}", self.url, call.path);
        self.send_to(&url, call).await
    }

    /// Sends a request to another URL.
    pub(crate) async fn send_to(
        &self,
        url: &str,
        call: Call,
    ) -> std::result::Result<Answer, String> {
        let mut request = Request::builder().method(call.method).uri(url);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::from(call.body));
        let request = request.map_err(|error| format!("the request cannot be sent: {error}"))?;
        let sent = Instant::now();
        let answered = async {
            let answer = self.client.request(request).await.map_err(|error| {
                let why = std::error::Error::source(&error).map(ToString::to_string);
                format!("no answer: {error}: {}", why.unwrap_or_default())
            })?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await;
            let body = body.map_err(|error| format!("half of an answer ({status}): {error}"))?;
            Ok(Answer {
                status,
                body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
                took: sent.elapsed(),
            })
        };
        let no_answer = || format!("no answer in {} s", LONGEST.as_secs());
        timeout(LONGEST, answered)
            .await
            .unwrap_or_else(|_| Err(no_answer()))
    }
}

/// The URL without a user and a password, which the stack's output has, and without a slash at the end.
fn without_user(option: &str, url: &str) -> Result<String> {
    let wrong = || {
        format!(
            "{option} is not a URL such as https://abc.execute-api.eu-central-1.amazonaws.com/prod"
        )
    };
    let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    let host = authority.rsplit('@').next().unwrap_or_default();
    let url = format!("{scheme}://{host}{}", path.trim_end_matches('/'));
    let is_url = url.parse::<Uri>().is_ok_and(|it| it.host().is_some()) && !url.contains('?');
    match (scheme, is_url) {
        ("http" | "https", true) => Ok(url),
        _ => Err(wrong().into()),
    }
}

impl Answer {
    /// Reads it as OpenIM does, whatever the status is.
    pub(crate) fn as_openim(&self) -> Verdict {
        openim::verdict(&self.body)
    }

    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The answer for a message.
    pub(crate) fn plain(&self) -> String {
        format!("{} {}", self.status, cut(&self.body, 160))
    }

    /// The answer for a message, with what Tencent Chat makes of it.
    pub(crate) fn tencent(&self) -> String {
        let reads = match (self.status, self.json()["ErrorCode"].as_i64()) {
            (200, Some(_)) => "",
            _ => " (a failure: the console says what happens)",
        };
        format!("{}{reads}", self.plain())
    }

    /// The answer for a message, with what OpenIM makes of it.
    pub(crate) fn shown(&self) -> String {
        let reads = match self.as_openim() {
            Verdict::Allowed { .. } => "OpenIM reads \"allowed\"".to_owned(),
            Verdict::Refused { code, .. } => format!("OpenIM reads a refusal with {code}"),
            Verdict::Unreadable => "OpenIM cannot read it".to_owned(),
        };
        format!("{} ({reads})", self.plain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer {
            status: 200,
            body: body.to_owned(),
            took: Duration::ZERO,
        }
    }

    #[test]
    fn an_answer_is_read_as_openim_reads_it() {
        let allowed = || Verdict::Allowed {
            detail: String::new(),
        };
        let refused = |code| Verdict::Refused {
            code,
            message: "no".to_owned(),
            detail: String::new(),
        };
        for (body, verdict) in [
            ("{}", allowed()),
            ("null", allowed()),
            (r#"{"message":"Forbidden"}"#, allowed()),
            (r#"{"nextCode":null,"errMsg":null}"#, allowed()),
            (
                r#"{"actionCode":1,"nextCode":1,"errCode":5001,"errMsg":"no"}"#,
                allowed(),
            ),
            (
                r#"{"ACTIONCODE":0,"nextcode":1,"errCode":20001,"errMsg":"no"}"#,
                refused(20001),
            ),
            (r#"{"nextCode":"1"}"#, Verdict::Unreadable),
            (r#"{"nextCode":1.0}"#, Verdict::Unreadable),
            (r#"{"errCode":2147483648}"#, Verdict::Unreadable),
            (r#"{"errMsg":1}"#, Verdict::Unreadable),
            ("", Verdict::Unreadable),
            ("[]", Verdict::Unreadable),
            ("{} x", Verdict::Unreadable),
        ] {
            assert_eq!(answer(body).as_openim(), verdict, "{body}");
        }
    }

    #[test]
    fn a_url_is_used_without_its_user_and_password() {
        for (given, used) in [
            ("http://127.0.0.1:9000/", "http://127.0.0.1:9000"),
            (
                "https://openim:PASSWORD@abc.example.com/prod",
                "https://abc.example.com/prod",
            ),
            ("https://a:p@ss@abc.example.com", "https://abc.example.com"),
        ] {
            assert_eq!(without_user("--url", given).unwrap(), used);
        }
        for wrong in [
            "",
            "abc.example.com",
            "ftp://x",
            "https://",
            "https://x/?a=b",
        ] {
            let error = without_user("--url", wrong).unwrap_err().to_string();
            assert!(error.starts_with("--url is not a URL"), "{wrong}");
        }
    }
}
