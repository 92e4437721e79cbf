use base64::{Engine as _, prelude::BASE64_STANDARD};
use models::{Verdict, read_as_openim};
use serde_json::{Map, Value, json};

/// An HTTP request, to be sent in whichever way a test wants.
#[derive(Clone, Debug)]
pub struct Request {
    /// `POST`, but for those who are wrong.
    pub method: &'static str,
    /// Without the stage.
    pub path: String,
    /// As it stands in the URL.
    pub query: String,
    /// In the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// As it is sent.
    pub body: Vec<u8>,
}

/// What came back.
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
    /// As OpenIM and Tencent Chat send it.
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

    /// With another method.
    pub fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    /// Sets a header, in place of one of that name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends a header once more.
    pub fn one_more_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What a REST API of API Gateway makes of it (payload v1).
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
    pub fn to_rest_api_event(&self, request_id: &str, time_epoch: i64) -> Value {
        let url = reqwest::Url::parse(&format!("http://x/?{}", self.query)).unwrap();
        let mut single = Map::new();
        let mut multi = Map::new();
        for (name, value) in url.query_pairs() {
            single.insert(name.to_string(), json!(value));
            let values = multi.entry(name.to_string()).or_insert(json!([]));
            values.as_array_mut().unwrap().push(json!(value));
        }
        let or_null = |map: Map<String, Value>| {
            if map.is_empty() {
                Value::Null
            } else {
                Value::Object(map)
            }
        };
        let headers: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let mut multi_headers = Map::new();
        for (name, value) in &self.headers {
            let values = multi_headers.entry(name).or_insert(json!([]));
            values.as_array_mut().unwrap().push(json!(value));
        }
        let (body, is_base64_encoded) = match std::str::from_utf8(&self.body) {
            Ok("") => (Value::Null, false),
            Ok(text) => (json!(text), false),
            Err(_) => (json!(BASE64_STANDARD.encode(&self.body)), true),
        };
        json!({
            "resource": "/{proxy+}",
            "path": self.path,
            "httpMethod": self.method,
            "headers": headers,
            "multiValueHeaders": multi_headers,
            "queryStringParameters": or_null(single),
            "multiValueQueryStringParameters": or_null(multi),
            "pathParameters": {"proxy": self.path.trim_start_matches('/')},
            "stageVariables": null,
            "requestContext": {
                "resourceId": "123456",
                "resourcePath": "/{proxy+}",
                "httpMethod": self.method,
                "extendedRequestId": request_id,
                "requestTime": "21/Nov/2026:12:34:56 +0000",
                "path": format!("/prod{}", self.path),
                "accountId": "123456789012",
                "protocol": "HTTP/1.1",
                "stage": "prod",
                "domainPrefix": "1234567890",
                "requestTimeEpoch": time_epoch,
                "requestId": "callers can set this one",
                "identity": {"sourceIp": "203.0.113.7", "userAgent": "Go-http-client/2.0"},
                "domainName": "1234567890.execute-api.eu-central-1.amazonaws.com",
                "apiId": "1234567890",
            },
            "body": body,
            "isBase64Encoded": is_base64_encoded,
        })
    }

    /// Sends it as HTTP.
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
    /// What a function told the gateway to answer.
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

    /// What it says, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// OpenIM reads a refusal with this code in it.
    pub fn assert_refused(&self, code: i64, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        match read_as_openim(&self.body) {
            Verdict::Refused { code: refused, .. } => assert_eq!(refused, code, "{self:?}"),
            verdict => panic!("{verdict:?}: {self:?}"),
        }
    }
}
