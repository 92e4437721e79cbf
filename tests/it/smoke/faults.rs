//! The faults that are planted, and the proxies that plant them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::Source;
use receiver::{SignatureAlgorithm, SignatureEncoding, openim_sign};
use serde_json::{Value, json};
use support::serve;
use tokio::task::JoinHandle;

use super::{KEY, NONCE_HEADER, PASSWORD, PREVIOUS, SIGNATURE_HEADER};

/// A request on its way.
#[derive(Clone)]
pub(super) struct Asked {
    method: Method,
    /// Without the stage.
    path: String,
    query: String,
    authorization: Option<String>,
    headers: HeaderMap,
    body: Bytes,
    /// Whether the URL has the right stage.
    stage: bool,
}

/// What happens to a request.
pub(super) enum Spoil {
    /// It is forwarded.
    Nothing,
    /// It is forwarded in this form.
    Send(Box<Asked>),
    /// It is not forwarded, and this is the answer.
    Lose(u16, String),
    /// It is forwarded, and this is the answer.
    Instead(u16, String),
    /// It is forwarded later.
    Late,
    /// It is forwarded, and half of the answer comes back.
    Half,
}

/// A fault, and the checks that must find it.
pub(super) struct Fault {
    pub(super) what: &'static str,
    pub(super) found_by: Vec<String>,
    /// The seconds for which the checks wait.
    pub(super) patience: &'static str,
    pub(super) spoil: fn(&Asked) -> Spoil,
}

const ALLOWED: &str = r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0}"#;
const OK: &str = r#"{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#;
const FORBIDDEN: &str = r#"{"message":"Forbidden"}"#;

fn refusal(code: i32, detail: &str) -> String {
    format!(r#"{{"actionCode":0,"errCode":{code},"errMsg":"no","errDlt":"{detail}","nextCode":1}}"#)
}

fn basic(password: &str) -> String {
    let credentials = BASE64_STANDARD.encode(format!("openim:{password}"));
    format!("Basic {credentials}")
}

impl Asked {
    fn is_post(&self) -> bool {
        self.method == Method::POST
    }

    fn is_health_check(&self) -> bool {
        self.path == "/healthz"
    }

    fn is_tencent(&self) -> bool {
        self.query.contains("SdkAppid=")
    }

    /// The path is a slash and a command.
    fn has_plain_path(&self) -> bool {
        let command = self.path.strip_prefix('/').unwrap_or_default();
        command.starts_with("callback") && !command.contains('/')
    }

    fn has_right_password(&self) -> bool {
        let given = self.authorization.as_deref();
        [PASSWORD, PREVIOUS]
            .map(basic)
            .iter()
            .any(|right| given == Some(right))
    }

    /// What both servers read as "allowed".
    fn allowed(&self) -> &'static str {
        match self.is_tencent() {
            true => OK,
            false => ALLOWED,
        }
    }
}

/// No fault.
pub(super) fn none(_: &Asked) -> Spoil {
    Spoil::Nothing
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// These checks, and those of all commands of the servers.
fn and_commands(own: &[&str], of: &[Source]) -> Vec<String> {
    let commands = protocol::catalogue().filter(|it| of.contains(&it.source));
    let commands = commands.map(|it| it.name.to_owned());
    names(own).into_iter().chain(commands).collect()
}

#[allow(clippy::too_many_lines)]
pub(super) fn faults() -> Vec<Fault> {
    let both = &[Source::OpenIm, Source::Tencent];
    vec![
        Fault {
            what: "health checks need a password",
            found_by: names(&["health", "health-head"]),
            patience: "20",
            spoil: |asked| match asked.is_health_check() {
                true => Spoil::Lose(401, refusal(29001, "")),
                false => Spoil::Nothing,
            },
        },
        Fault {
            what: "every callback is answered with {}",
            found_by: and_commands(
                &[
                    "accepted",
                    "previous-password",
                    "unknown-before",
                    "tencent-check",
                ],
                both,
            ),
            patience: "20",
            spoil: |asked| match asked.is_post() {
                true => Spoil::Instead(200, "{}".to_owned()),
                false => Spoil::Nothing,
            },
        },
        Fault {
            what: "nextCode is a text, and somebody is refused in Tencent Chat",
            found_by: and_commands(&["accepted", "deadline"], both),
            patience: "20",
            spoil: |asked| {
                let wrong = match asked.is_tencent() {
                    true => OK.replace(
                        '}',
                        r#","ResultItem":[{"To_Account":"x","ResultCode":37999}]}"#,
                    ),
                    false => ALLOWED.replace("\"nextCode\":0", "\"nextCode\":\"0\""),
                };
                Spoil::Lose(200, wrong)
            },
        },
        Fault {
            what: "a rule refuses everything that asks",
            found_by: names(&["deadline", "callbackBeforeAddFriendCommand"]),
            patience: "20",
            spoil: |_| Spoil::Lose(200, refusal(28001, "")),
        },
        Fault {
            what: "the answer to a changed group does not repeat its fields",
            found_by: names(&[
                "callbackBeforeSetGroupInfoCommand",
                "callbackBeforeSetGroupInfoExCommand",
            ]),
            patience: "20",
            spoil: |_| Spoil::Lose(200, ALLOWED.to_owned()),
        },
        Fault {
            what: "only a slash and the command is served",
            found_by: names(&[
                "query-url",
                "query-url-slash",
                "double-slash",
                "trailing-slash",
                "tencent-root",
            ]),
            patience: "20",
            spoil: |asked| match asked.has_plain_path() {
                true => Spoil::Nothing,
                false => Spoil::Lose(403, FORBIDDEN.to_owned()),
            },
        },
        Fault {
            what: "accepted events are lost",
            found_by: names(&[
                "accepted",
                "stored",
                "stored-twice",
                "half-emoji",
                "odd-body",
                "unknown-after",
                "view-row",
                "view-member",
                "refused-not-stored",
                "tencent-stored",
                "tencent-retry",
            ]),
            patience: "1",
            spoil: |asked| Spoil::Lose(200, asked.allowed().to_owned()),
        },
        Fault {
            what: "odd bodies are refused",
            found_by: names(&["half-emoji", "odd-body"]),
            patience: "20",
            spoil: |asked| {
                let body = String::from_utf8_lossy(&asked.body);
                match body.contains("\\ud83d") || body.contains("[\"") {
                    true => Spoil::Lose(400, refusal(29006, "")),
                    false => Spoil::Nothing,
                }
            },
        },
        Fault {
            what: "a retry cannot be recognized",
            found_by: names(&["tencent-retry"]),
            patience: "20",
            spoil: |asked| {
                let mut asked = asked.clone();
                asked.query = asked.query.replace("&RequestId=", "&Lost=");
                Spoil::Send(asked.into())
            },
        },
        Fault {
            what: "every caller is believed",
            found_by: names(&[
                "no-password",
                "wrong-password",
                "wrong-user",
                "stranger-path",
                "stranger-get",
                "refused-not-stored",
            ]),
            patience: "20",
            spoil: |asked| {
                let authorization = Some(basic(PASSWORD));
                let asked = Asked {
                    authorization,
                    ..asked.clone()
                };
                Spoil::Send(asked.into())
            },
        },
        Fault {
            what: "the answer says what is wrong with the password",
            found_by: names(&["wrong-password", "wrong-user"]),
            patience: "20",
            spoil: |asked| match asked.authorization.is_some() && !asked.has_right_password() {
                true => Spoil::Instead(401, refusal(29001, "the password is wrong")),
                false => Spoil::Nothing,
            },
        },
        Fault {
            what: "a wrong password gets another sentence",
            found_by: names(&["wrong-password", "wrong-user"]),
            patience: "20",
            spoil: |asked| match asked.authorization.is_some() && !asked.has_right_password() {
                true => Spoil::Instead(401, refusal(29001, "")),
                false => Spoil::Nothing,
            },
        },
        Fault {
            what: "the previous password is forgotten",
            found_by: names(&["previous-password"]),
            patience: "20",
            spoil: |asked| match asked.authorization == Some(basic(PREVIOUS)) {
                true => {
                    let authorization = None;
                    let asked = Asked {
                        authorization,
                        ..asked.clone()
                    };
                    Spoil::Send(asked.into())
                }
                false => Spoil::Nothing,
            },
        },
        Fault {
            what: "the gateway answers what is no callback in its own words",
            found_by: names(&[
                "get-command",
                "get-root",
                "stranger-get",
                "unknown-path",
                "stranger-path",
                "no-command",
            ]),
            patience: "20",
            spoil: |asked| match asked.is_post() && asked.has_plain_path() {
                true => Spoil::Nothing,
                false => Spoil::Lose(403, FORBIDDEN.to_owned()),
            },
        },
        Fault {
            what: "everything is allowed",
            found_by: names(&[
                "no-password",
                "wrong-password",
                "get-command",
                "get-root",
                "unknown-path",
                "no-command",
                "two-commands",
                "empty-body",
                "not-json",
                "empty-id",
                "not-an-object",
                "body-3-mb",
                "body-7-mb",
                "body-11-mb",
                "tencent-wrong-app",
                "tencent-wrong-token",
                "tencent-old-time",
            ]),
            patience: "20",
            spoil: |asked| Spoil::Lose(200, asked.allowed().to_owned()),
        },
        Fault {
            what: "a large body gets a page of a web server",
            found_by: names(&["body-3-mb", "body-7-mb", "body-11-mb"]),
            patience: "20",
            spoil: |asked| match asked.body.len() > 1_000_000 {
                true => Spoil::Lose(413, "<html>too large</html>".to_owned()),
                false => Spoil::Nothing,
            },
        },
        Fault {
            what: "a long header gets an answer of somebody else",
            found_by: names(&["long-header"]),
            patience: "20",
            spoil: |asked| match asked.headers.contains_key("x-smoke") {
                true => Spoil::Lose(431, FORBIDDEN.to_owned()),
                false => Spoil::Nothing,
            },
        },
        Fault {
            what: "a refusal of the body does not say where",
            found_by: names(&["empty-id", "not-an-object"]),
            patience: "20",
            spoil: |_| Spoil::Lose(400, refusal(29007, "")),
        },
        Fault {
            what: "unknown commands are refused",
            found_by: names(&["unknown-after", "unknown-before"]),
            patience: "20",
            spoil: |asked| match asked.path.contains("SmokeTest") {
                true => Spoil::Lose(404, refusal(29016, "")),
                false => Spoil::Nothing,
            },
        },
        Fault {
            what: "any stage is served",
            found_by: names(&["wrong-stage"]),
            patience: "20",
            spoil: |asked| Spoil::Send(asked.clone().into()),
        },
        Fault {
            what: "answers are late",
            found_by: names(&["deadline"]),
            patience: "20",
            spoil: |_| Spoil::Late,
        },
        Fault {
            what: "half of an answer arrives",
            found_by: names(&["accepted", "unknown-path", "tencent-root"]),
            patience: "20",
            spoil: |_| Spoil::Half,
        },
        Fault {
            what: "Tencent Chat's URL belongs to somebody else",
            found_by: names(&["tencent-check", "tencent-root", "tencent-wrong-app"]),
            patience: "20",
            spoil: |asked| match asked.is_tencent() {
                true => Spoil::Lose(403, FORBIDDEN.to_owned()),
                false => Spoil::Nothing,
            },
        },
    ]
}

/// What the checks of a stack that verifies signatures find.
pub(super) fn faults_of_signatures() -> Vec<Fault> {
    vec![
        Fault {
            what: "every caller is believed",
            found_by: names(&[
                "no-password",
                "wrong-signature",
                "used-nonce",
                "stranger-path",
                "stranger-get",
                "refused-not-stored",
            ]),
            patience: "20",
            spoil: |asked| {
                let mut asked = asked.clone();
                for (name, value) in signature(KEY) {
                    asked.headers.insert(name, value.parse().unwrap());
                }
                Spoil::Send(asked.into())
            },
        },
        Fault {
            what: "the answer says what is wrong with the signature",
            found_by: names(&["wrong-signature"]),
            patience: "20",
            spoil: |asked| match asked.headers.contains_key(SIGNATURE_HEADER) {
                true => Spoil::Instead(401, refusal(29001, "the signature is wrong")),
                false => Spoil::Nothing,
            },
        },
        Fault {
            what: "the previous key is forgotten",
            found_by: names(&["previous-password"]),
            patience: "20",
            spoil: |asked| {
                let mut asked = asked.clone();
                asked.headers.remove(SIGNATURE_HEADER);
                Spoil::Send(asked.into())
            },
        },
    ]
}

/// The headers of a caller with this key, and a new nonce.
fn signature(key: &str) -> [(&'static str, String); 2] {
    let nonce = format!("proxy-{:016x}", fastrand::u64(..));
    let (algorithm, encoding) = (SignatureAlgorithm::HmacSha256, SignatureEncoding::Hex);
    let signature = openim_sign(algorithm, encoding, key, &nonce).unwrap();
    [(SIGNATURE_HEADER, signature), (NONCE_HEADER, nonce)]
}

/// What CloudWatch says: the lines of the log with a text, and the states of two alarms.
#[derive(Clone)]
pub(super) struct CloudWatch {
    /// The line about the callback with this operationID.
    pub(super) line: fn(&str) -> Option<String>,
    pub(super) states: &'static [&'static str],
}

impl CloudWatch {
    /// Serves it, and returns the URL.
    pub(super) async fn start(self) -> String {
        let router = Router::new()
            .fallback(answer_as_cloudwatch)
            .with_state(self);
        serve(router).await.0
    }
}

async fn answer_as_cloudwatch(
    State(says): State<CloudWatch>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let signed = headers[header::AUTHORIZATION].to_str().unwrap();
    assert!(signed.starts_with("AWS4-HMAC-SHA256 "), "{signed}");
    let answer = match headers["x-amz-target"].to_str().unwrap() {
        "Logs_20140328.FilterLogEvents" => {
            assert_eq!(asked["logGroupName"], "functions");
            let id = asked["filterPattern"].as_str().unwrap().trim_matches('"');
            match asked["nextToken"].is_null() {
                // A page without a line, and the token of the next one.
                true => json!({"events": [], "nextToken": "next"}),
                false => {
                    let lines = (says.line)(id).into_iter();
                    let lines = lines.map(|line| json!({ "message": line }));
                    json!({"events": lines.collect::<Vec<_>>()})
                }
            }
        }
        "GraniteServiceVersion20100801.DescribeAlarms" => {
            assert_eq!(asked["AlarmNamePrefix"], "chat-");
            let alarms = says.states.iter().zip(["failed", "silence"]);
            let alarms = alarms.map(
                |(state, name)| json!({"AlarmName": format!("chat-{name}"), "StateValue": state}),
            );
            json!({"MetricAlarms": alarms.collect::<Vec<_>>(), "CompositeAlarms": []})
        }
        other => panic!("{other}"),
    };
    answer.to_string().into_response()
}

/// A gateway with the stage `prod` in front of `imhook run`. It answers requests to other stages as API Gateway does.
pub(super) struct Proxy {
    pub(super) url: String,
    behind: Arc<Behind>,
    serving: JoinHandle<()>,
}

struct Behind {
    upstream: String,
    client: reqwest::Client,
    spoil: Mutex<fn(&Asked) -> Spoil>,
}

impl Proxy {
    pub(super) async fn start(upstream: &str) -> Self {
        let behind = Arc::new(Behind {
            upstream: upstream.to_owned(),
            client: reqwest::Client::new(),
            spoil: Mutex::new(none),
        });
        let router = Router::new()
            .fallback(pass)
            .layer(DefaultBodyLimit::disable())
            .with_state(behind.clone());
        let (endpoint, serving) = serve(router).await;
        Self {
            url: format!("{endpoint}/prod"),
            behind,
            serving,
        }
    }

    pub(super) fn plant(&self, spoil: fn(&Asked) -> Spoil) {
        *self.behind.spoil.lock().unwrap() = spoil;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(
    State(behind): State<Arc<Behind>>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (stage, path) = match uri.path().strip_prefix("/prod") {
        Some(path) => (true, path),
        None => (false, uri.path()),
    };
    let path = match stage {
        true => path.to_owned(),
        // Without the other stage.
        false => format!("/{}", path.rsplit('/').next().unwrap()),
    };
    let authorization = headers.remove(header::AUTHORIZATION);
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let asked = Asked {
        method,
        path,
        query: uri.query().unwrap_or_default().to_owned(),
        authorization: authorization.map(|it| it.to_str().unwrap().to_owned()),
        headers,
        body,
        stage,
    };
    let spoil = *behind.spoil.lock().unwrap();
    let answer = |status: u16, body: String| {
        let json = [(header::CONTENT_TYPE, "application/json")];
        (StatusCode::from_u16(status).unwrap(), json, body).into_response()
    };
    match spoil(&asked) {
        Spoil::Nothing if !asked.stage => answer(403, FORBIDDEN.to_owned()),
        Spoil::Nothing => {
            let (status, body) = behind.forward(&asked).await;
            answer(status, body)
        }
        Spoil::Send(asked) => {
            let (status, body) = behind.forward(&asked).await;
            answer(status, body)
        }
        Spoil::Lose(status, body) => answer(status, body),
        Spoil::Instead(status, body) => {
            behind.forward(&asked).await;
            answer(status, body)
        }
        Spoil::Late => {
            let (status, body) = behind.forward(&asked).await;
            tokio::time::sleep(Duration::from_millis(1500)).await;
            answer(status, body)
        }
        Spoil::Half => {
            let (status, body) = behind.forward(&asked).await;
            let (half, _) = body.split_at(body.len() / 2);
            let pieces = [
                Ok(half.to_owned()),
                Err(std::io::Error::other("the connection ends here")),
            ];
            let stream = futures_util::stream::iter(pieces);
            let mut answer = answer(status, String::new());
            answer
                .headers_mut()
                .insert(header::CONTENT_LENGTH, body.len().into());
            *answer.body_mut() = Body::from_stream(stream);
            answer
        }
    }
}

impl Behind {
    async fn forward(&self, asked: &Asked) -> (u16, String) {
        let mark = if asked.query.is_empty() { "" } else { "?" };
        let url = format!("{}{}{mark}{}", self.upstream, asked.path, asked.query);
        let mut request = self
            .client
            .request(asked.method.clone(), url)
            .headers(asked.headers.clone())
            .body(asked.body.clone());
        if let Some(authorization) = &asked.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// A DynamoDB that says that it deletes, and does not.
pub(super) struct DeleteNothing {
    pub(super) url: String,
    serving: JoinHandle<()>,
}

impl DeleteNothing {
    pub(super) async fn start(upstream: &str) -> Self {
        let behind = (upstream.to_owned(), reqwest::Client::new());
        let router = Router::new().fallback(keep).with_state(behind);
        let (url, serving) = serve(router).await;
        Self { url, serving }
    }
}

impl Drop for DeleteNothing {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn keep(
    State((upstream, client)): State<(String, reqwest::Client)>,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers.get("x-amz-target");
    if target.is_some_and(|it| it.to_str().unwrap().ends_with("DeleteItem")) {
        return "{}".into_response();
    }
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let answer = client.post(upstream).headers(headers).body(body);
    let answer = answer.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.bytes().await.unwrap()).into_response()
}
