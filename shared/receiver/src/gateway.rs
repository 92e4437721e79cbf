use std::{collections::BTreeMap, fmt};

use base64::Engine as _;
use domain::{Source, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue};
use protocol::{openim::OPERATION_ID_HEADER, tencent};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::{Problem, ProblemKind, Unverified, auth::BASE64};

/// What a journey needs of an HTTP request, wherever it came from.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// The gateway's id of the request: the identity of what it carries. From a REST API it is the extended
    /// request id, because callers can set the other one.
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
    pub headers: http::HeaderMap,
    /// OpenIM's `operationID` header, unless it is empty.
    operation_id: Option<String>,
    body: Vec<u8>,
    payload: PayloadVersion,
}

/// The two forms in which gateways hand requests to functions, and want their answers.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PayloadVersion {
    /// REST APIs.
    #[default]
    V1,
    /// HTTP APIs, function URLs, `cargo lambda watch`.
    V2,
}

impl Request {
    /// Reads a gateway event: REST API (payload v1), HTTP API or function URL (payload v2).
    ///
    /// `invocation_id` and `now` stand in where the event names no request id or time of its own.
    ///
    /// # Errors
    ///
    /// When the event is none of these, or its body is not the base64 that it is said to be.
    pub fn from_event(text: &str, invocation_id: &str, now: Timestamp) -> Result<Self, Problem> {
        // The parser's own words could quote the request.
        let unreadable = |why| Problem::new(ProblemKind::UnreadableRequest, why);
        let neither = "the event is neither API Gateway's payload v1 nor v2";
        let event: Event<'_> = serde_json::from_str(text).map_err(|_| unreadable(neither))?;
        let context = event.request_context;
        let (single_query, single_headers) = (event.query_string_parameters, event.headers);
        let (payload, method, path, epoch, query, headers) =
            match (context.http, context.http_method, event.http_method) {
                (Some(http), ..) => (
                    PayloadVersion::V2,
                    http.method,
                    event.raw_path,
                    context.time_epoch,
                    match event.raw_query_string {
                        Some(raw) => Some(parse_query(&raw)),
                        None => all_or_single(None, single_query),
                    },
                    all_or_single(None, single_headers),
                ),
                (None, Some(_), Some(method)) => (
                    PayloadVersion::V1,
                    method,
                    event.path,
                    context.request_time_epoch,
                    all_or_single(event.multi_value_query_string_parameters, single_query),
                    all_or_single(event.multi_value_headers, single_headers),
                ),
                // Such as a load balancer's.
                _ => return Err(unreadable(neither)),
            };
        let query = query.ok_or_else(|| unreadable(neither))?;
        let headers = headers
            .and_then(header_map)
            .ok_or_else(|| unreadable("a header is none that HTTP knows"))?;
        let named = |id: &Option<String>| id.as_ref().is_some_and(|id| !id.is_empty());
        let id = [context.extended_request_id, context.request_id];
        let id = id.into_iter().find(named).flatten();
        let body = event.body.unwrap_or_default();
        let body = match event.is_base64_encoded {
            Some(true) => BASE64
                .decode(body)
                .map_err(|_| unreadable("the body is not the base64 that it is said to be"))?,
            _ => body.into_bytes(),
        };
        Ok(Self {
            id: id.unwrap_or_else(|| invocation_id.to_owned()),
            received_at: received_at(epoch.unwrap_or_default(), now),
            method,
            path: path.unwrap_or_default(),
            query,
            operation_id: headers
                .get_all(OPERATION_ID_HEADER)
                .into_iter()
                .find(|id| !id.is_empty())
                // The client chose it: any bytes are possible.
                .map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned()),
            headers,
            body,
            payload,
        })
    }

    /// The form in which the gateway wants its answer.
    pub(crate) fn payload(&self) -> PayloadVersion {
        self.payload
    }

    /// The body, which a verifier has to vouch for before it can be read.
    #[must_use]
    pub fn body(&self) -> Unverified<'_> {
        Unverified::new(&self.body)
    }

    /// What the caller calls the request, in the way of its server.
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

    /// What Tencent Chat says in the query.
    pub(crate) fn tencent_query(&self) -> tencent::Query {
        tencent::Query::from_pairs(self.query.iter().map(|(k, v)| (k.as_str(), v.as_str())))
    }
}

// Headers, query and body hold credentials and what users wrote.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// What is read of a gateway's event. `lambda_http` reads all of it and makes a URL of it, which was half of a
/// callback's instructions without a table. It hands on neither a REST API's own id of a request nor several headers
/// of one name, and panics on events that contradict themselves. A test compares both.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    request_context: Context,
    // Payload v1.
    http_method: Option<String>,
    path: Option<String>,
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    multi_value_query_string_parameters: Option<BTreeMap<String, Vec<String>>>,
    // Payload v2.
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    // Both. What a REST API says twice is read once.
    #[serde(borrow)]
    headers: Option<&'a RawValue>,
    #[serde(borrow)]
    query_string_parameters: Option<&'a RawValue>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    request_id: Option<String>,
    // Payload v1.
    http_method: Option<IgnoredAny>,
    extended_request_id: Option<String>,
    request_time_epoch: Option<i64>,
    // Payload v2.
    http: Option<Http>,
    time_epoch: Option<i64>,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

/// Pairs of names and values: all where the event has them, or else the one of each name.
fn all_or_single(
    all: Option<BTreeMap<String, Vec<String>>>,
    single: Option<&RawValue>,
) -> Option<Vec<(String, String)>> {
    let all = all.unwrap_or_default();
    match single {
        Some(single) if all.is_empty() => {
            let single: Option<BTreeMap<String, String>> =
                serde_json::from_str(single.get()).ok()?;
            Some(single.unwrap_or_default().into_iter().collect())
        }
        _ => {
            let pairs = |(name, values): (String, Vec<String>)| {
                let pair = move |value| (name.clone(), value);
                values.into_iter().map(pair)
            };
            Some(all.into_iter().flat_map(pairs).collect())
        }
    }
}

fn parse_query(raw: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(raw.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn header_map(pairs: Vec<(String, String)>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::try_with_capacity(pairs.len()).ok()?;
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers
            .try_append(name, HeaderValue::try_from(value).ok()?)
            .ok()?;
    }
    Some(headers)
}

/// `cargo lambda watch` writes seconds where API Gateway writes milliseconds. A number that would be a
/// time before 2001 in milliseconds is none, and the clock is better than whole seconds.
fn received_at(epoch_millis: i64, now: Timestamp) -> Timestamp {
    const YEAR_2001: i64 = 1_000_000_000_000;
    if epoch_millis < YEAR_2001 {
        return now;
    }
    Timestamp::from_unix_millis(epoch_millis).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use lambda_http::{
        Body, RequestExt as _,
        request::{LambdaRequest, RequestContext},
    };
    use serde_json::{Value, json};

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_unix_millis(1_800_000_000_000).unwrap()
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
    fn an_event_without_a_request_id_is_known_by_its_invocation() {
        let event = r#"{"httpMethod":"POST","path":"/x","requestContext":{"requestId":"","httpMethod":"POST","identity":{}}}"#;
        let request = Request::from_event(event, "invocation", now()).unwrap();
        assert_eq!(request.id, "invocation");
        assert_eq!(request.received_at, now());
    }

    #[test]
    fn an_id_that_the_caller_can_choose_is_the_last_resort() {
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
    fn two_headers_of_a_name_are_two() {
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
                // lambda_http keeps one of several, which is why we do without it.
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
                _ => panic!("{event}"),
            };
            assert_eq!(ours.received_at, received_at(expected, now()));
        }
    }

    #[test]
    fn an_event_of_another_kind_is_a_problem_and_not_quoted() {
        let load_balancer = r#"{"requestContext":{"elb":{"targetGroupArn":"secret"}},"httpMethod":"POST","path":"/x",
            "queryStringParameters":{},"headers":{},"body":"secret","isBase64Encoded":false}"#;
        for event in [r#"{"Records":["secret"]}"#, load_balancer, "[]", "null", ""] {
            let problem = Request::from_event(event, "i", now()).unwrap_err();
            assert_eq!(problem.kind(), ProblemKind::UnreadableRequest, "{event}");
            assert!(!problem.to_string().contains("secret"));
        }
    }

    #[test]
    fn what_belongs_to_the_other_payload_is_not_read() {
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
    fn more_headers_than_there_can_be_are_a_problem() {
        let headers: Vec<String> = (0..40_000).map(|n| format!(r#""h{n}":"v""#)).collect();
        let headers = headers.join(",");
        let event = format!(
            r#"{{"httpMethod":"POST","headers":{{{headers}}},"requestContext":{{"httpMethod":"POST"}}}}"#
        );
        let problem = Request::from_event(&event, "i", now()).unwrap_err();
        assert_eq!(problem.kind(), ProblemKind::UnreadableRequest);
    }
}
