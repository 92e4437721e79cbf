//! Turns a request into an event, and a function's response into an HTTP response, like a REST API of API Gateway.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>

use std::{collections::BTreeMap, net::IpAddr};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE, request::Parts},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A request as it came, and what the gateway knows about it.
pub(crate) struct Received<'a> {
    pub(crate) head: &'a Parts,
    pub(crate) body: &'a [u8],
    /// The gateway's id of the request.
    pub(crate) id: &'a str,
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) from: IpAddr,
    /// The route of the request.
    pub(crate) route: &'a str,
}

impl Received<'_> {
    /// The event of the request (payload v1). A REST API without binary media types sends every body as text. In bodies
    /// and headers, U+FFFD replaces bytes that are not UTF-8.
    pub(crate) fn event(&self) -> Value {
        let path = self.head.uri.path();
        let method = self.head.method.as_str();
        let headers = self.head.headers.iter();
        let headers = headers.map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), value.into_owned())
        });
        let (headers, all_headers) = last_and_all(headers);
        let query = self.head.uri.query().unwrap_or_default();
        let query = form_urlencoded::parse(query.as_bytes()).into_owned();
        let (query, all_query) = last_and_all(query);
        let proxy = self.route.contains("{proxy+}");
        json!({
            "resource": self.route,
            "path": path,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": all_headers,
            "queryStringParameters": query,
            "multiValueQueryStringParameters": all_query,
            "pathParameters": proxy.then(|| json!({"proxy": path.trim_start_matches('/')})),
            "stageVariables": null,
            "requestContext": {
                "resourcePath": self.route,
                "httpMethod": method,
                "path": path,
                "stage": "local",
                "protocol": format!("{:?}", self.head.version),
                "requestTimeEpoch": self.at,
                "requestId": self.id,
                "extendedRequestId": self.id,
                "accountId": "000000000000",
                "apiId": "local",
                "identity": {
                    "sourceIp": self.from.to_string(),
                    "userAgent": headers["user-agent"],
                },
            },
            "body": (!self.body.is_empty()).then(|| String::from_utf8_lossy(self.body)),
            "isBase64Encoded": false,
        })
    }
}

/// The last value of each name, and all values of each name; null if there is no pair.
fn last_and_all(pairs: impl Iterator<Item = (String, String)>) -> (Value, Value) {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in pairs {
        all.entry(name).or_default().push(value);
    }
    if all.is_empty() {
        return (Value::Null, Value::Null);
    }
    let last = all.iter().map(|(name, values)| (name, values.last()));
    (json!(last.collect::<BTreeMap<_, _>>()), json!(all))
}

/// A response that a function may give. To a REST API, a response with an unknown key is malformed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FunctionResponse {
    status_code: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    multi_value_headers: Option<BTreeMap<String, Vec<Value>>>,
    #[serde(default)]
    body: Option<String>,
    // Read but ignored: a REST API without binary media types sends the body as it is.
    #[serde(default, rename = "isBase64Encoded")]
    _is_base64_encoded: bool,
}

/// The HTTP response that a function's response describes; `None` if it is malformed.
pub(crate) fn response(answer: &[u8]) -> Option<Response> {
    let answer: FunctionResponse = serde_json::from_slice(answer).ok()?;
    let body = answer.body.unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status_code)
        .ok()
        .filter(|status| !status.is_informational())?;
    let headers = answer.headers.into_iter().flatten();
    let all = answer.multi_value_headers.into_iter().flatten();
    let headers = headers
        .map(|(name, value)| (name, vec![value]))
        .chain(all)
        .flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)));
    for (name, value) in headers {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), ToOwned::to_owned);
        let name = HeaderName::try_from(name).ok()?;
        let value = HeaderValue::try_from(value).ok()?;
        response.headers_mut().append(name, value);
    }
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().entry(CONTENT_TYPE).or_insert(json);
    Some(response)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::http::Request;

    use super::*;

    fn event(request: axum::http::request::Builder, body: &[u8]) -> Value {
        let (head, ()) = request.body(()).unwrap().into_parts();
        Received {
            head: &head,
            body,
            id: "id-1",
            at: 1_795_264_496_789,
            from: Ipv4Addr::LOCALHOST.into(),
            route: "/{proxy+}",
        }
        .event()
    }

    #[test]
    fn an_event_contains_everything_of_its_request() {
        let request = Request::post("/a/b%20c?x=1%20%26&x=2&y=%FF&z")
            .header("x-one", "1")
            .header("x-two", "1")
            .header("x-two", HeaderValue::from_bytes(b"Ren\xe9").unwrap())
            .header("user-agent", "Go-http-client/2.0");
        let event = event(request, b"{\"a\": \"\xef\xbb\xbf\xff\"}");
        assert_eq!(event["path"], "/a/b%20c");
        assert_eq!(event["pathParameters"], json!({"proxy": "a/b%20c"}));
        assert_eq!(
            event["multiValueQueryStringParameters"],
            json!({"x": ["1 &", "2"], "y": ["\u{fffd}"], "z": [""]})
        );
        assert_eq!(
            event["queryStringParameters"],
            json!({"x": "2", "y": "\u{fffd}", "z": ""})
        );
        assert_eq!(
            event["multiValueHeaders"]["x-two"],
            json!(["1", "Ren\u{fffd}"])
        );
        assert_eq!(event["headers"]["x-one"], "1");
        assert_eq!(event["headers"]["x-two"], "Ren\u{fffd}");
        assert_eq!(event["body"], "{\"a\": \"\u{feff}\u{fffd}\"}");
        assert_eq!(event["isBase64Encoded"], false);
        let context = &event["requestContext"];
        assert_eq!(context["requestTimeEpoch"], 1_795_264_496_789_i64);
        assert_eq!(context["extendedRequestId"], "id-1");
        assert_eq!(context["identity"]["userAgent"], "Go-http-client/2.0");
    }

    #[test]
    fn missing_parts_of_a_request_are_null() {
        let event = event(Request::get("/"), b"");
        for name in ["body", "headers", "queryStringParameters"] {
            assert_eq!(event[name], Value::Null, "{name}");
        }
    }

    #[test]
    fn a_response_contains_what_the_function_returned() {
        let answer = json!({
            "statusCode": 405,
            "headers": {"allow": "POST", "x-n": 7},
            "multiValueHeaders": {"x-m": ["a", "b"]},
            "body": "{}",
            "isBase64Encoded": false,
        });
        let response = response(answer.to_string().as_bytes()).unwrap();
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()["allow"], "POST");
        assert_eq!(response.headers()["x-n"], "7");
        assert_eq!(response.headers().get_all("x-m").iter().count(), 2);
        assert_eq!(response.headers()["content-type"], "application/json");
    }

    #[test]
    fn a_response_that_is_malformed_for_a_rest_api_is_rejected() {
        for answer in [
            r#"{"message": "hello"}"#,
            r#"{"statusCode": 200, "cookies": []}"#,
            r#"{"statusCode": 99}"#,
            r#"{"statusCode": 101}"#,
            r#"{"statusCode": 200, "headers": {"a b": "c"}}"#,
            r#"{"statusCode": 200, "headers": {"a": "\n"}}"#,
            r#"{"statusCode": 200, "body": {}}"#,
            "null",
            "",
        ] {
            assert!(response(answer.as_bytes()).is_none(), "{answer}");
        }
    }
}
