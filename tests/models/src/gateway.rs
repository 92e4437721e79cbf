use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

/// The route that takes every request that no other route takes.
pub const CATCH_ALL: &str = "/{proxy+}";

/// An HTTP request as a gateway has read it and passes it to a function.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// As it was sent.
    pub method: String,
    /// Without the stage.
    pub path: String,
    /// The route that takes it: its path, or [`CATCH_ALL`].
    pub route: String,
    /// Decoded, in the order in which they were sent.
    pub query: Vec<(String, String)>,
    /// In the order in which they were sent.
    pub headers: Vec<(String, String)>,
    /// As it was sent.
    pub body: Vec<u8>,
    /// Whether a text body is passed in base64. A body that is not text always is.
    pub base64: bool,
}

impl HttpRequest {
    /// The event that a REST API makes of this request (payload v1), with the request's id and its time in
    /// milliseconds.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
    pub fn to_rest_api_event(&self, id: &str, received_at: i64) -> Value {
        let (body, is_base64_encoded) = self.body();
        let proxy = json!({"proxy": self.path.trim_start_matches('/')});
        let mut headers = self.headers.iter();
        let agent = headers.rfind(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
        json!({
            "resource": self.route,
            "path": self.path,
            "httpMethod": self.method,
            "headers": last(&self.headers),
            "multiValueHeaders": all(&self.headers),
            "queryStringParameters": last(&self.query),
            "multiValueQueryStringParameters": all(&self.query),
            "pathParameters": if self.route == CATCH_ALL { proxy } else { Value::Null },
            "stageVariables": null,
            "requestContext": {
                "resourceId": "abc123",
                "resourcePath": self.route,
                "httpMethod": self.method,
                "extendedRequestId": id,
                "requestTime": "21/Nov/2026:12:34:56 +0000",
                "path": format!("/prod{}", self.path),
                "accountId": "123456789012",
                "protocol": "HTTP/1.1",
                "stage": "prod",
                "domainPrefix": "a1b2c3d4e5",
                "requestTimeEpoch": received_at,
                // Not the reception's id, because callers can set it.
                "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                "identity": {
                    "cognitoIdentityPoolId": null,
                    "accountId": null,
                    "cognitoIdentityId": null,
                    "caller": null,
                    "sourceIp": "203.0.113.7",
                    "principalOrgId": null,
                    "accessKey": null,
                    "cognitoAuthenticationType": null,
                    "cognitoAuthenticationProvider": null,
                    "userArn": null,
                    "userAgent": agent.map(|(_, agent)| agent),
                    "user": null,
                },
                "domainName": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
                "deploymentId": "q1w2e3",
                "apiId": "a1b2c3d4e5",
            },
            "body": body,
            "isBase64Encoded": is_base64_encoded,
        })
    }

    /// The event that an HTTP API makes of this request (payload v2).
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
    pub fn to_http_api_event(&self, id: &str, received_at: i64) -> Value {
        let (body, is_base64_encoded) = self.body();
        let query = self.query.iter();
        let query = query.map(|(name, value)| format!("{}={}", percent(name), percent(value)));
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.path,
            "rawQueryString": query.collect::<Vec<_>>().join("&"),
            "headers": joined(&self.headers),
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "http": {"method": self.method, "path": self.path, "protocol": "HTTP/1.1"},
                "requestId": id,
                "stage": "$default",
                "timeEpoch": received_at,
            },
            "body": body,
            "isBase64Encoded": is_base64_encoded,
        })
    }

    /// The event that an Application Load Balancer makes of this request. The target group decides whether headers and
    /// query have one value for each name or all of them. The query stays encoded. The event has no id and no time.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>
    pub fn to_load_balancer_event(&self, multi_value: bool) -> Value {
        let (body, is_base64_encoded) = self.body();
        let query = self.query.iter();
        let query: Vec<_> = query
            .map(|(name, value)| (percent(name), percent(value)))
            .collect();
        let headers = self.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
            .collect();
        let (query_key, headers_key) = if multi_value {
            ("multiValueQueryStringParameters", "multiValueHeaders")
        } else {
            ("queryStringParameters", "headers")
        };
        // An empty object, never null.
        let values = |pairs: &[_]| match (pairs, multi_value) {
            ([], _) => json!({}),
            (pairs, true) => all(pairs),
            (pairs, false) => last(pairs),
        };
        json!({
            "requestContext": {"elb": {
                "targetGroupArn":
                    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/imhook/6d0ecf831eec9f09",
            }},
            "httpMethod": self.method,
            "path": self.path,
            query_key: values(&query),
            headers_key: values(&headers),
            "body": body.as_str().unwrap_or_default(),
            "isBase64Encoded": is_base64_encoded,
        })
    }

    fn body(&self) -> (Value, bool) {
        match std::str::from_utf8(&self.body) {
            Ok("") => (Value::Null, false),
            Ok(text) if !self.base64 => (json!(text), false),
            _ => (json!(BASE64_STANDARD.encode(&self.body)), true),
        }
    }
}

/// Encodes a text for a URL, so that the gateway reads the original text.
fn percent(text: &str) -> String {
    let encode = |byte| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// The last value of each name.
fn last(pairs: &[(String, String)]) -> Value {
    let pairs = pairs.iter();
    or_null(pairs.map(|(name, value)| (name.clone(), json!(value))))
}

/// All values of each name.
fn all(pairs: &[(String, String)]) -> Value {
    or_null(pairs.iter().map(|(name, _)| {
        let same = pairs.iter().filter(|(other, _)| other == name);
        (name.clone(), same.map(|(_, value)| json!(value)).collect())
    }))
}

/// All values of each name in one text, with commas between them.
fn joined(pairs: &[(String, String)]) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in pairs {
        match map.get_mut(name) {
            Some(Value::String(values)) => *values = format!("{values},{value}"),
            _ => drop(map.insert(name.clone(), json!(value))),
        }
    }
    map
}

fn or_null(pairs: impl Iterator<Item = (String, Value)>) -> Value {
    let map: Map<String, Value> = pairs.collect();
    if map.is_empty() {
        Value::Null
    } else {
        Value::Object(map)
    }
}

#[test]
fn an_event_has_everything_of_its_request() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let request = HttpRequest {
        method: "POST".into(),
        path: "/call back".into(),
        route: CATCH_ALL.into(),
        query: vec![pair("a", "1 &"), pair("a", "2")],
        headers: vec![pair("x", "1"), pair("y", "2"), pair("x", "3")],
        body: b"{}".into(),
        base64: false,
    };
    let event = request.to_rest_api_event("r", 7);
    assert_eq!(event["headers"], json!({"x": "3", "y": "2"}));
    assert_eq!(
        event["multiValueHeaders"],
        json!({"x": ["1", "3"], "y": ["2"]})
    );
    assert_eq!(event["queryStringParameters"], json!({"a": "2"}));
    let query = &event["multiValueQueryStringParameters"];
    assert_eq!(*query, json!({"a": ["1 &", "2"]}));
    assert_eq!(event["pathParameters"], json!({"proxy": "call back"}));
    assert_eq!(event["body"], json!("{}"));

    let event = request.to_http_api_event("r", 7);
    assert_eq!(event["headers"], json!({"x": "1,3", "y": "2"}));
    assert_eq!(event["rawQueryString"], json!("a=1%20%26&a=2"));

    let event = request.to_load_balancer_event(false);
    assert_eq!(event["headers"], json!({"x": "3", "y": "2"}));
    assert_eq!(event["queryStringParameters"], json!({"a": "2"}));
    let event = request.to_load_balancer_event(true);
    assert_eq!(
        event["multiValueHeaders"],
        json!({"x": ["1", "3"], "y": ["2"]})
    );
    let query = &event["multiValueQueryStringParameters"];
    assert_eq!(*query, json!({"a": ["1%20%26", "2"]}));

    for (body, base64, expected) in [
        (&b""[..], false, json!([null, false])),
        (b"{}", true, json!(["e30=", true])),
        (b"\xff", false, json!(["/w==", true])),
    ] {
        let body = body.into();
        let request = HttpRequest {
            body,
            base64,
            ..request.clone()
        };
        let event = request.to_rest_api_event("r", 7);
        assert_eq!(json!([event["body"], event["isBase64Encoded"]]), expected);
    }
}
