use models::{CATCH_ALL, HttpRequest, Verdict, read_as_openim};
use serde_json::{Value, json};

/// An HTTP request, which a test can send in several ways.
#[derive(Clone, Debug)]
pub struct Request {
    /// `POST`, except where a test sends a wrong method.
    pub method: &'static str,
    /// Without the stage.
    pub path: String,
    /// As it is written in the URL.
    pub query: String,
    /// In the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// As it is sent.
    pub body: Vec<u8>,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Empty when there is none.
    pub content_type: String,
    /// As it came.
    pub body: String,
}

impl Request {
    /// A request with the headers that OpenIM and Tencent Chat send.
    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method: "POST",
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: body.into(),
        }
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Go-http-client/2.0")
    }

    /// Changes the method.
    pub fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    /// Sets a header, and removes another of that name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header, even if one of that name exists.
    pub fn one_more_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The event that a REST API of API Gateway makes of this request (payload v1).
    pub fn to_rest_api_event(&self, request_id: &str, time_epoch: i64) -> Value {
        let url = reqwest::Url::parse(&format!("http://x/?{}", self.query)).unwrap();
        let query = url.query_pairs();
        HttpRequest {
            method: self.method.to_owned(),
            path: self.path.clone(),
            route: CATCH_ALL.to_owned(),
            query: query
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            headers: self.headers.clone(),
            body: self.body.clone(),
            base64: false,
        }
        .to_rest_api_event(request_id, time_epoch)
    }

    /// Sends this request over HTTP.
    pub async fn send(&self, base: &str) -> Answer {
        let mark = if self.query.is_empty() { "" } else { "?" };
        let url = format!("{base}{}{mark}{}", self.path, self.query);
        let mut request = reqwest::Client::new()
            .request(self.method.parse().unwrap(), &url)
            .body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{url}: {error}"));
        Answer {
            status: answer.status().as_u16(),
            content_type: answer
                .headers()
                .get("content-type")
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default(),
            body: answer.text().await.unwrap(),
        }
    }
}

impl Answer {
    /// The answer that a function's response makes the gateway send.
    pub fn from_gateway_response(response: &Value) -> Self {
        assert_eq!(response["isBase64Encoded"], json!(false), "{response}");
        Self {
            status: u16::try_from(response["statusCode"].as_u64().unwrap()).unwrap(),
            content_type: response["headers"]["content-type"]
                .as_str()
                .unwrap()
                .to_owned(),
            body: response["body"].as_str().unwrap().to_owned(),
        }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks the status, and that OpenIM reads a refusal with this code.
    pub fn assert_refused(&self, code: i64, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        match read_as_openim(&self.body) {
            Verdict::Refused { code: refused, .. } => assert_eq!(refused, code, "{self:?}"),
            verdict => panic!("{verdict:?}: {self:?}"),
        }
    }
}
