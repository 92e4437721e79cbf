//! Turns a gateway's event into a request, and a reply into the gateway's response.

mod event;
mod repair;

use std::fmt;

use base64::Engine as _;
use domain::{Source, Timestamp};
use http::{HeaderMap, StatusCode};
use protocol::{openim::OPERATION_ID_HEADER, tencent};
use serde::Serialize;

use self::{
    event::{Event, Parts},
    repair::repaired,
};
use crate::{Problem, ProblemKind, Reply, Unverified, authenticate::BASE64};

/// What the receiver needs of an HTTP request, from any gateway.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// The gateway's id of the request, which becomes the reception's id. From a REST API it is the extended request id,
    /// because callers can set the other one.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html>
    pub id: String,
    /// When the gateway received it.
    pub received_at: Timestamp,
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, with or without the stage.
    pub path: String,
    /// The decoded query parameters.
    pub query: Vec<(String, String)>,
    /// The headers, each with all its values.
    pub headers: HeaderMap,
    /// OpenIM's `operationID` header, unless it is empty.
    operation_id: Option<String>,
    body: Vec<u8>,
    payload: Payload,
}

/// The form of a gateway's event. The response has to have the same form.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>,
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Payload {
    /// REST APIs.
    #[default]
    V1,
    /// HTTP APIs, function URLs, `cargo lambda watch`.
    V2,
    /// Application Load Balancers.
    LoadBalancer {
        /// Whether the target group has multi-value headers enabled.
        multi_value: bool,
    },
}

impl Payload {
    /// The form of an event, even if the event cannot be read.
    pub(crate) fn of(event: &str) -> Self {
        let event = repaired(event);
        let event = event.as_deref().and_then(Event::read);
        event.map_or_else(Self::default, |event| event.payload())
    }
}

impl Request {
    /// Reads a gateway event: REST API (payload v1), HTTP API or function URL (payload v2), or Application Load
    /// Balancer. Other fields of the event may have any content.
    ///
    /// `invocation_id` and `now` are used if the event has no request id or time. A load balancer's event never has an
    /// id that counts, because callers can choose its `x-amzn-trace-id`.
    ///
    /// # Errors
    ///
    /// When the event is not an object, has neither a method nor a body, or says that its body is base64 and it is not.
    pub fn from_event(text: &str, invocation_id: &str, now: Timestamp) -> Result<Self, Problem> {
        let parts = read(text).ok_or_else(|| unreadable(NO_EVENT))?;
        let body = if parts.is_base64_encoded {
            BASE64
                .decode(parts.body)
                .map_err(|_| unreadable("the event says that the body is base64, but it is not"))?
        } else {
            parts.body.into_bytes()
        };
        let id = parts.id.filter(|id| !id.is_empty());
        Ok(Self {
            id: id.unwrap_or_else(|| invocation_id.to_owned()),
            received_at: received_at(parts.epoch_millis, now),
            method: parts.method.as_str().to_owned(),
            path: parts.path,
            query: parts.query,
            operation_id: parts
                .headers
                .get_all(OPERATION_ID_HEADER)
                .into_iter()
                .find(|id| !id.is_empty())
                // Lossy, because the client chose it: any bytes are possible.
                .map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned()),
            headers: parts.headers,
            body,
            payload: parts.payload,
        })
    }

    /// The form that the response has to have.
    pub(crate) fn payload(&self) -> Payload {
        self.payload
    }

    /// The body. It can be read only after a verifier has accepted the caller.
    #[must_use]
    pub fn body(&self) -> Unverified<'_> {
        Unverified::new(&self.body)
    }

    /// Whether it is a health check of a load balancer or an uptime check.
    pub(crate) fn is_health_check(&self) -> bool {
        let mut segments = self.path.rsplit('/').filter(|segment| !segment.is_empty());
        matches!(self.method.as_str(), "GET" | "HEAD") && segments.next() == Some("healthz")
    }

    /// OpenIM's `operationID`, or Tencent Chat's `RequestId`.
    pub(crate) fn operation_id(&self, dialect: Source) -> Option<String> {
        match dialect {
            Source::Tencent => self.tencent_query().request_id.into_iter().next(),
            _ => self.operation_id.clone(),
        }
    }

    /// Every value of a query parameter.
    pub(crate) fn query_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The query parameters of Tencent Chat.
    pub(crate) fn tencent_query(&self) -> tencent::Query {
        tencent::Query::from_pairs(self.query.iter().map(|(k, v)| (k.as_str(), v.as_str())))
    }
}

// By hand, because headers, query and body contain credentials and what users wrote.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Replaces the parser's message, which could quote the request.
const NO_EVENT: &str = "the event is neither API Gateway's payload v1 nor v2 nor a load balancer's";

fn unreadable(why: &'static str) -> Problem {
    Problem::new(ProblemKind::UnreadableRequest, why)
}

/// Reads an event. One with an odd field is repaired and read again.
fn read(event: &str) -> Option<Parts> {
    let read = |event: &str| Event::read(event)?.parts();
    read(event).or_else(|| read(&repaired(event)?))
}

fn parse_query(raw: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(raw.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// The time of an event, or `now`. `cargo lambda watch` writes seconds where API Gateway writes milliseconds. So a number
/// that means a time before 2001 in milliseconds is not used: our clock is more exact than whole seconds.
fn received_at(epoch_millis: i64, now: Timestamp) -> Timestamp {
    const YEAR_2001: i64 = 1_000_000_000_000;
    if epoch_millis < YEAR_2001 {
        return now;
    }
    Timestamp::from_unix_millis(epoch_millis).unwrap_or(now)
}

/// The response to a gateway, which turns it into an HTTP response.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayResponse {
    status_code: u16,
    /// Only for a load balancer: to a REST API, a response with an unknown key is malformed.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Headers<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<Headers<[&'static str; 1]>>,
    body: String,
    is_base64_encoded: bool,
    /// Only for payload v2: to `cargo lambda watch`, a response without it is malformed.
    #[serde(skip_serializing_if = "Option::is_none")]
    cookies: Option<[(); 0]>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Headers<T> {
    content_type: T,
}

impl GatewayResponse {
    /// The answer to a health check: the function's version, and nothing else, because everybody may ask.
    pub(crate) fn health(request: &Request) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let reply = Reply {
            status: 200,
            body: format!(r#"{{"status":"ok","version":"{version}"}}"#),
        };
        let mut response = Self::new(reply, request.payload);
        if request.method == "HEAD" {
            response.body.clear();
        }
        response
    }

    /// The reply in the form of the request.
    pub(crate) fn new(reply: Reply, payload: Payload) -> Self {
        let content_type = "application/json";
        let is_load_balancer = matches!(payload, Payload::LoadBalancer { .. });
        // A target group with multi-value headers accepts only these.
        let is_multi_value = payload == Payload::LoadBalancer { multi_value: true };
        Self {
            status_code: reply.status,
            status_description: StatusCode::from_u16(reply.status)
                .ok()
                .filter(|_| is_load_balancer)
                .map(|status| status.to_string()),
            headers: (!is_multi_value).then_some(Headers { content_type }),
            multi_value_headers: is_multi_value.then_some(Headers {
                content_type: [content_type],
            }),
            body: reply.body,
            is_base64_encoded: false,
            cookies: (payload == Payload::V2).then_some([]),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use lambda_http::{
        Body, RequestExt as _,
        request::{LambdaRequest, RequestContext},
    };
    use serde_json::{Value, json};

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_unix_millis(1_800_000_000_000).unwrap()
    }

    /// A callback in the event of each kind of gateway.
    pub(crate) fn callbacks() -> [(Payload, Value); 4] {
        let rest_api = json!({
            "resource": "/{proxy+}", "path": "/callbackX", "httpMethod": "POST",
            "headers": {"operationID": "o"}, "multiValueHeaders": {"operationID": ["o"]},
            "queryStringParameters": null, "multiValueQueryStringParameters": null,
            "pathParameters": {"proxy": "callbackX"}, "stageVariables": null,
            "requestContext": {
                "requestId": "callers", "extendedRequestId": "r", "httpMethod": "POST", "stage": "prod",
                "requestTimeEpoch": 1_795_264_496_789_i64, "identity": {"sourceIp": "203.0.113.7"},
            },
            "body": "{\"a\":1}", "isBase64Encoded": false,
        });
        let http_api = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/callbackX", "rawQueryString": "",
            "headers": {"operationid": "o"},
            "requestContext": {
                "requestId": "r", "stage": "$default", "timeEpoch": 1_795_264_496_789_i64,
                "http": {"method": "POST", "path": "/callbackX", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"},
            },
            "body": "{\"a\":1}", "isBase64Encoded": false,
        });
        let load_balancer = json!({
            "requestContext": {"elb": {"targetGroupArn": "arn"}},
            "httpMethod": "POST", "path": "/callbackX", "body": "{\"a\":1}", "isBase64Encoded": false,
        });
        let mut single = load_balancer.clone();
        single["queryStringParameters"] = json!({});
        single["headers"] = json!({"operationid": "o"});
        let mut multi = load_balancer;
        multi["multiValueQueryStringParameters"] = json!({});
        multi["multiValueHeaders"] = json!({"operationid": ["o"]});
        let of_load_balancer = |multi_value| Payload::LoadBalancer { multi_value };
        [
            (Payload::V1, rest_api),
            (Payload::V2, http_api),
            (of_load_balancer(false), single),
            (of_load_balancer(true), multi),
        ]
    }

    /// Asserts that the event is read as the callback that it was made from.
    fn assert_understood(payload: Payload, event: &str) {
        let request = Request::from_event(event, "r", now()).expect(event);
        assert_eq!(request.payload(), payload, "{event}");
        assert_eq!(request.method, "POST", "{event}");
        assert_eq!(request.path, "/callbackX", "{event}");
        assert_eq!(request.query, [], "{event}");
        assert_eq!(request.body, br#"{"a":1}"#, "{event}");
        assert_eq!(request.id, "r", "{event}");
        let operation_id = request.operation_id(Source::OpenIm);
        assert_eq!(operation_id.as_deref(), Some("o"), "{event}");
        let received_at = match payload {
            Payload::LoadBalancer { .. } => now(),
            _ => Timestamp::from_unix_millis(1_795_264_496_789).unwrap(),
        };
        assert_eq!(request.received_at, received_at, "{event}");
    }

    #[test]
    fn an_unneeded_header_that_http_does_not_allow_changes_nothing() {
        let odd = [
            ("no name", json!("x")),
            ("", json!("x")),
            ("ä", json!("x")),
            ("x", json!("a\u{1}b")),
            ("x", json!("Beno\u{7f}t")),
            ("x", json!("a\r\nb: c")),
            ("x", json!("\0")),
            ("x", json!(null)),
            ("x", json!(5)),
            ("x", json!(true)),
            ("x", json!({"a": "b"})),
            ("x", json!([])),
            ("x", json!([null, 5, "a\u{1}b", ["x"]])),
            ("x", json!("café")),
        ];
        for (payload, event) in callbacks() {
            for (name, value) in &odd {
                let mut event = event.clone();
                for headers in ["headers", "multiValueHeaders"] {
                    if let Some(headers) = event.get_mut(headers) {
                        headers[name] = value.clone();
                    }
                }
                assert_understood(payload, &event.to_string());
            }
        }
    }

    #[test]
    fn only_the_values_of_a_header_that_http_allows_are_kept() {
        let event = json!({
            "httpMethod": "POST", "requestContext": {"httpMethod": "POST"},
            "multiValueHeaders": {"x": ["a", "b\u{1}", null, 5, "c"], "y": "\u{1}"},
        });
        let request = Request::from_event(&event.to_string(), "i", now()).unwrap();
        let values: Vec<_> = request.headers.get_all("x").iter().collect();
        assert_eq!(values, ["a", "5", "c"]);
        assert_eq!(request.headers.len(), 3);
    }

    #[test]
    fn an_unneeded_field_may_have_any_type_or_be_absent() {
        let places = [
            "/resource",
            "/version",
            "/routeKey",
            "/cookies",
            "/pathParameters",
            "/stageVariables",
            "/queryStringParameters",
            "/multiValueQueryStringParameters",
            "/new",
            "/requestContext/accountId",
            "/requestContext/apiId",
            "/requestContext/authentication",
            "/requestContext/authorizer",
            "/requestContext/domainName",
            "/requestContext/http/path",
            "/requestContext/http/sourceIp",
            "/requestContext/identity",
            "/requestContext/new",
            "/requestContext/path",
            "/requestContext/protocol",
            "/requestContext/requestTime",
            "/requestContext/stage",
            "/requestContext/time",
            "/requestContext/elb/targetGroupArn",
        ];
        let values = [
            json!(null),
            json!(5),
            json!(1.5),
            json!(true),
            json!("x"),
            json!([]),
            json!(["x", null]),
            json!({}),
            json!({"a": null}),
            json!({"a": {"b": 1}}),
        ];
        let mut understood = 0;
        for (payload, event) in callbacks() {
            for (parent, name) in places.map(|place| place.rsplit_once('/').unwrap()) {
                if event.pointer(parent).is_none() {
                    continue;
                }
                let changed = |value: Option<&Value>| {
                    let mut event = event.clone();
                    let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
                    match value {
                        Some(value) => parent.insert(name.to_owned(), value.clone()),
                        None => parent.remove(name),
                    };
                    event.to_string()
                };
                assert_understood(payload, &changed(None));
                for value in &values {
                    assert_understood(payload, &changed(Some(value)));
                    understood += 1;
                }
            }
        }
        assert!(understood > 700, "{understood}");
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        for (payload, event) in callbacks() {
            for (name, value) in [
                ("body", r#""other""#),
                ("isBase64Encoded", "true"),
                ("httpMethod", r#""GET""#),
                ("path", r#""/other""#),
                ("rawPath", r#""/other""#),
                ("requestContext", r#"{"http":{},"elb":{}}"#),
                ("headers", "5"),
                ("multiValueHeaders", r#"{"operationID":["other"]}"#),
            ] {
                if event.get(name).is_some() {
                    let event = format!(r#"{{"{name}":{value},{}"#, &event.to_string()[1..]);
                    assert_understood(payload, &event);
                }
            }
        }
    }

    #[test]
    fn an_unneeded_field_may_be_too_much_for_the_parser() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for (payload, event) in callbacks() {
            for value in [
                "1e400",
                "-1e400",
                r#""\ud83d""#,
                r#"{"\udE00":1,"\ud83d":2}"#,
                &deep,
            ] {
                for name in ["new", "pathParameters"] {
                    let event = event.to_string();
                    // Once in the event and once in its context.
                    let event = event.replacen('{', &format!(r#"{{"{name}":{value},"#), 1);
                    let context = r#""requestContext":{"#;
                    let odd = format!(r#"{context}"authorizer":{{"a":{value}}},"{name}":{value},"#);
                    assert_understood(payload, &event.replacen(context, &odd, 1));
                }
            }
        }
    }

    #[test]
    fn half_a_character_in_a_body_or_a_header_is_replaced() {
        for (payload, event) in callbacks() {
            let event = event.to_string();
            let event = event.replace(r#"{\"a\":1}"#, r#"{\"a\":\"\ud83d\"}"#);
            let event = event.replace(r#""o""#, r#""o\udE00""#);
            let request = Request::from_event(&event, "r", now()).unwrap();
            assert_eq!(request.body, "{\"a\":\"\u{FFFD}\"}".as_bytes());
            let operation_id = request.operation_id(Source::OpenIm);
            assert_eq!(operation_id.as_deref(), Some("o\u{FFFD}"));
            assert_eq!(request.payload(), payload);
        }
    }

    #[test]
    fn the_method_may_be_in_one_place_only_and_an_event_with_a_body_is_a_post() {
        let [(_, rest_api), (_, http_api), ..] = callbacks();
        let mut event = rest_api.clone();
        let context = event["requestContext"].as_object_mut().unwrap();
        context.remove("httpMethod");
        assert_understood(Payload::V1, &event.to_string());
        event.as_object_mut().unwrap().remove("httpMethod");
        assert_understood(Payload::V1, &event.to_string());
        for method in [json!(null), json!(7), json!([])] {
            let mut event = rest_api.clone();
            event["httpMethod"] = method.clone();
            assert_understood(Payload::V1, &event.to_string());
            event["requestContext"]["httpMethod"] = method.clone();
            assert_understood(Payload::V1, &event.to_string());

            let mut event = http_api.clone();
            event["requestContext"]["http"]["method"] = method;
            assert_understood(Payload::V2, &event.to_string());
        }
        let method = |event: Value| {
            let request = Request::from_event(&event.to_string(), "i", now());
            request.map(|request| request.method)
        };
        assert_eq!(method(json!({"httpMethod": "GET"})).unwrap(), "GET");
        assert_eq!(
            method(json!({"httpMethod": "BREW", "body": ""})).unwrap(),
            "BREW"
        );
        assert_eq!(method(json!({"body": "x"})).unwrap(), "POST");
        assert!(method(json!({"path": "/x"})).is_err());
        assert!(method(json!({"httpMethod": "PO ST", "body": "x"})).is_err());
    }

    #[test]
    fn an_event_without_a_context_is_read_as_a_rest_apis() {
        for context in [None, Some(json!(null)), Some(json!("x")), Some(json!([]))] {
            let mut event = callbacks()[0].1.clone();
            event.as_object_mut().unwrap().remove("requestContext");
            if let Some(context) = context {
                event["requestContext"] = context;
            }
            let request = Request::from_event(&event.to_string(), "i", now()).unwrap();
            assert_eq!(request.payload(), Payload::V1);
            assert_eq!(request.path, "/callbackX");
            assert_eq!(request.body, br#"{"a":1}"#);
            assert_eq!((request.id.as_str(), request.received_at), ("i", now()));
        }
    }

    #[test]
    fn an_http_apis_event_may_have_both_names_of_the_path_or_no_method() {
        let mut event = callbacks()[1].1.clone();
        event["path"] = json!("/other");
        assert_understood(Payload::V2, &event.to_string());
        event["rawPath"] = json!(null);
        event["path"] = json!("/callbackX");
        assert_understood(Payload::V2, &event.to_string());
        event["path"] = json!(null);
        assert_understood(Payload::V2, &event.to_string());

        let event = json!({"version": "2.0", "rawPath": "/callbackX", "body": "{}"});
        let request = Request::from_event(&event.to_string(), "i", now()).unwrap();
        assert_eq!(request.payload(), Payload::V2);
        assert_eq!(request.path, "/callbackX");
    }

    #[test]
    fn an_emulator_may_send_a_parsed_body_and_a_time_as_a_fraction_or_a_text() {
        let [(_, rest_api), (_, http_api), ..] = callbacks();
        for time in [json!(1_795_264_496_789.25), json!("1795264496789")] {
            let mut event = rest_api.clone();
            event["requestContext"]["requestTimeEpoch"] = time.clone();
            assert_understood(Payload::V1, &event.to_string());
            let mut event = http_api.clone();
            event["requestContext"]["timeEpoch"] = time;
            assert_understood(Payload::V2, &event.to_string());
        }
        for (payload, mut event) in callbacks() {
            event["body"] = json!({"a": 1});
            assert_understood(payload, &event.to_string());
        }
    }

    #[test]
    fn an_event_of_vpc_lattice_is_understood() {
        // https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html
        let event = json!({
            "version": "2.0", "path": "/callbackX", "method": "POST",
            "headers": {"operationid": ["o"]}, "queryStringParameters": {"command": ["a", "b"]},
            "body": "eyJhIjoxfQ==", "isBase64Encoded": true,
            "requestContext": {
                "serviceNetworkArn": "arn", "serviceArn": "arn", "targetGroupArn": "arn",
                "identity": {"type": "AWS_IAM"}, "region": "us-east-1", "timeEpoch": "1724876839000000",
            },
        });
        let request = Request::from_event(&event.to_string(), "i", now()).unwrap();
        assert_eq!(request.path, "/callbackX");
        assert_eq!(request.body, br#"{"a":1}"#);
        assert_eq!(
            request.query_values("command").collect::<Vec<_>>(),
            ["a", "b"]
        );
        assert_eq!(request.operation_id(Source::OpenIm).as_deref(), Some("o"));
        assert_eq!(
            (request.payload(), request.received_at),
            (Payload::V1, now())
        );
    }

    #[test]
    fn an_http_api_with_payload_version_1_is_read_as_a_rest_api() {
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
        let mut event = callbacks()[0].1.clone();
        event["version"] = json!("1.0");
        event["path"] = json!("/callbackX");
        event["requestContext"]["authorizer"] = json!({"claims": null, "scopes": null});
        event["requestContext"]["identity"]["clientCert"] = json!({"subjectDN": "x"});
        assert_understood(Payload::V1, &event.to_string());
    }

    #[test]
    fn only_get_and_head_of_healthz_are_health_checks() {
        let asks = |method: &str, path: &str| {
            let event = json!({"httpMethod": method, "path": path, "requestContext": {"httpMethod": method}});
            let request = Request::from_event(&event.to_string(), "i", now()).unwrap();
            request.is_health_check()
        };
        for path in [
            "/healthz",
            "/healthz/",
            "//healthz",
            "/prod/healthz",
            "healthz",
        ] {
            assert!(asks("GET", path) && asks("HEAD", path), "{path}");
            assert!(!asks("POST", path) && !asks("OPTIONS", path), "{path}");
        }
        for path in ["", "/", "/healthz/x", "/xhealthz", "/healthz2", "/Healthz"] {
            assert!(!asks("GET", path), "{path}");
        }
    }

    #[test]
    fn the_gateways_time_counts_unless_it_is_in_seconds() {
        assert_eq!(
            received_at(1_700_000_000_123, now()).to_string(),
            "2023-11-14T22:13:20.123Z"
        );
        for no_millis in [0, -1, 1_700_000_000, i64::MAX, i64::MIN] {
            assert_eq!(received_at(no_millis, now()), now());
        }
    }

    #[test]
    fn an_event_without_a_request_id_gets_the_id_of_its_invocation() {
        let event = r#"{"httpMethod":"POST","path":"/x","requestContext":{"requestId":"","httpMethod":"POST","identity":{}}}"#;
        let request = Request::from_event(event, "invocation", now()).unwrap();
        assert_eq!(request.id, "invocation");
        assert_eq!(request.received_at, now());
    }

    #[test]
    fn an_id_that_the_caller_can_choose_counts_only_without_the_gateways_own() {
        let id = |context: &str| {
            let event = format!(
                r#"{{"httpMethod":"POST","path":"/x","requestContext":{{{context}"httpMethod":"POST","identity":{{}}}}}}"#
            );
            Request::from_event(&event, "invocation", now()).unwrap().id
        };
        assert_eq!(
            id(r#""requestId":"callers","extendedRequestId":"gateways","#),
            "gateways"
        );
        assert_eq!(id(r#""requestId":"r","extendedRequestId":"","#), "r");
        assert_eq!(id(r#""requestId":"r","#), "r");
        assert_eq!(id(""), "invocation");
    }

    #[test]
    fn two_headers_with_the_same_name_stay_two() {
        let event = r#"{"httpMethod":"POST","path":"/x","headers":{"authorization":"b"},
            "multiValueHeaders":{"authorization":["a","b"]},
            "requestContext":{"httpMethod":"POST","identity":{}}}"#;
        let request = Request::from_event(event, "i", now()).unwrap();
        let values: Vec<_> = request.headers.get_all("authorization").iter().collect();
        assert_eq!(values, ["a", "b"]);
    }

    #[test]
    fn an_event_is_understood_as_lambda_http_understands_it() {
        let v1 = json!({
            "resource": "/{proxy+}", "path": "/call back", "httpMethod": "POST",
            "headers": {"Content-Type": "application/json", "X-Twice": "b"},
            "multiValueHeaders": {"Content-Type": ["application/json"], "X-Twice": ["a", "b"]},
            "queryStringParameters": {"command": "b", "empty": ""},
            "multiValueQueryStringParameters": {"command": ["a%20b", "b"], "empty": [""]},
            "pathParameters": null, "stageVariables": null,
            "requestContext": {
                "path": "/prod/x", "stage": "prod", "httpMethod": "POST", "requestId": "r", "resourceId": "p",
                "requestTimeEpoch": 1_795_264_496_789_i64, "identity": {"sourceIp": "203.0.113.7"},
            },
            "body": "{\"a\":\"\\u00e4\"}", "isBase64Encoded": false,
        });
        let v2 = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/a%2Fb",
            "rawQueryString": "a=1+2&a=%C3%A4&b&=c&d=%zz", "cookies": ["c=1"],
            "headers": {"content-type": "application/json", "x-twice": "a,b"},
            "queryStringParameters": {"a": "1 2,x"},
            "requestContext": {
                "accountId": "1", "apiId": "x", "requestId": "r", "stage": "$default",
                "timeEpoch": 1_795_264_496_789_i64,
                "http": {"method": "PUT", "path": "/a%2Fb", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"},
            },
            "body": "eyJhIjoxfQ==", "isBase64Encoded": true,
        });
        let changed = |event: &Value, pointer: &str, value: Value| {
            let mut event = event.clone();
            *event.pointer_mut(pointer).unwrap() = value;
            event
        };
        let mut events = vec![v1.clone(), v2.clone()];
        events.extend([load_balancer(false), load_balancer(true)]);
        for pointer in [
            "/multiValueHeaders",
            "/headers",
            "/queryStringParameters",
            "/multiValueQueryStringParameters",
            "/body",
            "/requestContext/requestTimeEpoch",
        ] {
            let nothing = match pointer {
                "/requestContext/requestTimeEpoch" => json!(0),
                _ => json!(null),
            };
            events.push(changed(&v1, pointer, nothing));
        }
        events.push(changed(&v1, "/body", json!("")));
        events.push(changed(&v2, "/rawQueryString", json!("")));
        events.push(changed(&v2, "/body", json!(null)));
        events.push(changed(&v2, "/headers/content-type", json!("text/plain")));
        for event in events {
            let text = event.to_string();
            let ours = Request::from_event(&text, "i", now()).unwrap();
            let theirs: LambdaRequest = serde_json::from_str(&text).unwrap();
            let theirs = http::Request::<Body>::from(theirs);
            assert_eq!(ours.method, theirs.method().as_str());
            assert_eq!(ours.path, theirs.raw_http_path());
            let mut query: Vec<_> = theirs
                .query_string_parameters_ref()
                .into_iter()
                .flat_map(|query| query.iter())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let mut our_query = ours.query.clone();
            query.sort();
            our_query.sort();
            assert_eq!(our_query, query, "{event}");
            assert_eq!(ours.body, theirs.body().to_vec(), "{event}");
            for name in ours.headers.keys() {
                // `lambda_http` keeps only one of several values.
                let one = theirs.headers().get(name).unwrap();
                assert!(ours.headers.get_all(name).iter().any(|value| value == one));
            }
            assert!(
                theirs
                    .headers()
                    .keys()
                    .all(|name| name == "cookie" || ours.headers.contains_key(name))
            );
            let expected = match theirs.request_context_ref() {
                Some(RequestContext::ApiGatewayV1(context)) => context.request_time_epoch,
                Some(RequestContext::ApiGatewayV2(context)) => context.time_epoch,
                Some(RequestContext::Alb(_)) => 0,
                _ => panic!("{event}"),
            };
            assert_eq!(ours.received_at, received_at(expected, now()));
        }
    }

    #[test]
    fn an_event_of_another_kind_is_a_problem_and_is_not_quoted() {
        let half =
            r#"{"requestContext":{"elb":{"targetGroupArn":"secret"}},"path":"/x","body":null}"#;
        let bad_method = r#"{"httpMethod":"PO ST","body":"secret"}"#;
        let records = r#"{"Records":["secret"]}"#;
        for event in [
            records,
            half,
            bad_method,
            "[]",
            "null",
            "",
            "{",
            "\"secret\"",
        ] {
            let problem = Request::from_event(event, "i", now()).unwrap_err();
            assert_eq!(problem.kind(), ProblemKind::UnreadableRequest, "{event}");
            assert!(!problem.to_string().contains("secret"));
        }
    }

    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>
    fn load_balancer(multi_value: bool) -> Value {
        let mut event = json!({
            "requestContext": {"elb": {
                "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/x/6d0ecf831eec9f09",
            }},
            "httpMethod": "POST", "path": "/a%2Fb", "body": "{\"a\":1}", "isBase64Encoded": false,
        });
        if multi_value {
            event["multiValueQueryStringParameters"] =
                json!({"RequestId": ["a+b", "%C3%A4"], "empty": [""]});
            event["multiValueHeaders"] = json!({
                "content-type": ["application/json"], "operationid": ["o"], "x-twice": ["a", "b"],
                "x-amzn-trace-id": ["Root=1-5bdb40ca-556d8b0c50dc66f0511bf520"],
            });
        } else {
            event["queryStringParameters"] = json!({"RequestId": "a+b", "empty": ""});
            event["headers"] = json!({
                "content-type": "application/json", "operationid": "o", "x-twice": "b",
                "x-amzn-trace-id": "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520",
            });
        }
        event
    }

    #[test]
    fn an_event_of_a_load_balancer_gets_the_id_of_its_invocation() {
        for multi_value in [false, true] {
            let event = load_balancer(multi_value).to_string();
            let request = Request::from_event(&event, "invocation", now()).unwrap();
            assert_eq!(request.id, "invocation");
            assert_eq!(request.received_at, now());
            assert_eq!(request.method, "POST");
            assert_eq!(request.path, "/a%2Fb");
            assert_eq!(request.body, br#"{"a":1}"#);
            assert_eq!(request.operation_id(Source::OpenIm).as_deref(), Some("o"));
            assert_eq!(request.payload(), Payload::LoadBalancer { multi_value });
            let twice: Vec<_> = request.headers.get_all("x-twice").iter().collect();
            assert_eq!(
                twice,
                if multi_value {
                    vec!["a", "b"]
                } else {
                    vec!["b"]
                }
            );
        }
    }

    #[test]
    fn a_load_balancers_query_is_decoded_once() {
        let values = |event: &Value, name: &str| {
            let request = Request::from_event(&event.to_string(), "i", now()).unwrap();
            let values = request.query_values(name).map(str::to_owned);
            values.collect::<Vec<_>>()
        };
        assert_eq!(values(&load_balancer(false), "RequestId"), ["a b"]);
        assert_eq!(values(&load_balancer(true), "RequestId"), ["a b", "ä"]);
        assert_eq!(values(&load_balancer(true), "empty"), [""]);
        let mut event = load_balancer(false);
        event["queryStringParameters"] = json!({"a%5Fb": "%2541%26c=d&", "x": "a=b"});
        assert_eq!(values(&event, "a_b"), ["%41&c=d"]);
        assert_eq!(values(&event, "x"), ["a=b"]);
        event["queryStringParameters"] = json!({});
        assert_eq!(values(&event, "x"), [""; 0]);
    }

    #[test]
    fn a_load_balancers_body_may_be_base64_or_absent() {
        let mut event = load_balancer(false);
        event["isBase64Encoded"] = json!(true);
        let read = |event: &Value| Request::from_event(&event.to_string(), "i", now());
        assert_eq!(
            read(&event).unwrap_err().kind(),
            ProblemKind::UnreadableRequest
        );
        event["body"] = json!("eyJhIjoxfQ==");
        assert_eq!(read(&event).unwrap().body, br#"{"a":1}"#);
        for empty in [json!(null), json!("")] {
            event["body"] = empty;
            assert_eq!(read(&event).unwrap().body, b"");
        }
    }

    #[test]
    fn a_header_may_hold_any_bytes() {
        for event in [
            r#"{"httpMethod":"POST","multiValueHeaders":{"operationID":["ä"]},"requestContext":{"httpMethod":"POST"}}"#,
            r#"{"headers":{"operationID":"ä"},"requestContext":{"http":{"method":"POST"}}}"#,
            r#"{"httpMethod":"POST","headers":{"operationID":"ä"},"requestContext":{"elb":{}}}"#,
        ] {
            let request = Request::from_event(event, "i", now()).unwrap();
            assert_eq!(request.operation_id(Source::OpenIm).as_deref(), Some("ä"));
        }
    }

    #[test]
    fn a_response_has_the_form_of_the_event() {
        let response = |event: &str| {
            let reply = Reply {
                status: 503,
                body: "{}".to_owned(),
            };
            serde_json::to_value(GatewayResponse::new(reply, Payload::of(event))).unwrap()
        };
        let v1 = json!({
            "statusCode": 503, "headers": {"content-type": "application/json"},
            "body": "{}", "isBase64Encoded": false,
        });
        let mut v2 = v1.clone();
        v2["cookies"] = json!([]);
        let mut balancer = v1.clone();
        balancer["statusDescription"] = json!("503 Service Unavailable");
        let multi_value = json!({
            "statusCode": 503, "statusDescription": "503 Service Unavailable",
            "multiValueHeaders": {"content-type": ["application/json"]},
            "body": "{}", "isBase64Encoded": false,
        });
        assert_eq!(response(r#"{"requestContext":{"httpMethod":"POST"}}"#), v1);
        assert_eq!(response("nothing"), v1);
        assert_eq!(response(r#"{"requestContext":{"http":{}}}"#), v2);
        assert_eq!(response(&load_balancer(false).to_string()), balancer);
        assert_eq!(response(&load_balancer(true).to_string()), multi_value);
    }

    #[test]
    fn fields_of_the_other_payload_are_not_read() {
        let v2 = r#"{"rawPath":"/x","rawQueryString":"a=1","headers":{"a":"1"},"multiValueHeaders":{"a":["2"]},
            "multiValueQueryStringParameters":{"a":["2"]},"requestContext":{"http":{"method":"POST"}}}"#;
        let v1 = r#"{"httpMethod":"POST","path":"/x","rawPath":"/y","rawQueryString":"a=2","headers":{"a":"1"},
            "queryStringParameters":{"a":"1"},"requestContext":{"httpMethod":"POST"}}"#;
        for event in [v1, v2] {
            let request = Request::from_event(event, "i", now()).unwrap();
            assert_eq!(request.path, "/x");
            assert_eq!(request.query, [("a".to_owned(), "1".to_owned())]);
            assert_eq!(request.headers["a"], "1");
        }
    }

    #[test]
    fn more_headers_than_a_map_can_hold_are_a_problem() {
        let headers: Vec<String> = (0..40_000).map(|n| format!(r#""h{n}":"v""#)).collect();
        let headers = headers.join(",");
        let event = format!(
            r#"{{"httpMethod":"POST","headers":{{{headers}}},"requestContext":{{"httpMethod":"POST"}}}}"#
        );
        let problem = Request::from_event(&event, "i", now()).unwrap_err();
        assert_eq!(problem.kind(), ProblemKind::UnreadableRequest);
    }
}
