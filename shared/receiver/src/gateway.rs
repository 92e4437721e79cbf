use std::fmt;

use domain::{Source, Timestamp};
use lambda_http::{
    Body, RequestExt as _, http,
    request::{LambdaRequest, RequestContext},
};
use protocol::{openim::OPERATION_ID_HEADER, tencent};
use serde::Deserialize;

use crate::{Problem, ProblemKind, Unverified};

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
    /// When the event is none of these.
    pub fn from_event(text: &str, invocation_id: &str, now: Timestamp) -> Result<Self, Problem> {
        let event: LambdaRequest = serde_json::from_str(text).map_err(|_| {
            // The parser's own words could quote the request.
            Problem::new(
                ProblemKind::UnreadableRequest,
                "the event is neither API Gateway's payload v1 nor v2",
            )
        })?;
        let (payload, extended_id) = match event {
            LambdaRequest::ApiGatewayV2(_) => (PayloadVersion::V2, None),
            _ => (PayloadVersion::V1, extended_request_id(text)),
        };
        // Before lambda_http makes one of several headers of a name.
        let headers = match &event {
            LambdaRequest::ApiGatewayV1(event) if !event.multi_value_headers.is_empty() => {
                event.multi_value_headers.clone()
            }
            LambdaRequest::ApiGatewayV1(event) => event.headers.clone(),
            LambdaRequest::ApiGatewayV2(event) => event.headers.clone(),
            _ => http::HeaderMap::new(),
        };
        // Panics on an event that claims base64 and holds none, or whose path is no path. The caller of
        // this function catches that: see `serve`.
        let request = http::Request::<Body>::from(event);
        let (id, epoch) = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV1(context)) => {
                let id = extended_id.as_deref().or(context.request_id.as_deref());
                (id, context.request_time_epoch)
            }
            Some(RequestContext::ApiGatewayV2(context)) => {
                (context.request_id.as_deref(), context.time_epoch)
            }
            _ => (None, 0),
        };
        Ok(Self {
            id: id
                .filter(|id| !id.is_empty())
                .unwrap_or(invocation_id)
                .to_owned(),
            received_at: received_at(epoch, now),
            method: request.method().to_string(),
            path: request.raw_http_path().to_owned(),
            query: request
                .query_string_parameters_ref()
                .into_iter()
                .flat_map(|query| query.iter())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            operation_id: headers
                .get_all(OPERATION_ID_HEADER)
                .into_iter()
                .find(|id| !id.is_empty())
                // The client chose it: any bytes are possible.
                .map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned()),
            headers,
            body: request.body().to_vec(),
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

/// A REST API's own id of a request, which lambda_http does not hand on.
fn extended_request_id(event: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Event {
        request_context: Context,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Context {
        extended_request_id: Option<String>,
    }

    let event: Event = serde_json::from_str(event).ok()?;
    let id = event.request_context.extended_request_id;
    id.filter(|id| !id.is_empty())
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
    fn an_event_of_another_kind_is_a_problem_and_not_quoted() {
        let problem = Request::from_event(r#"{"Records":["secret"]}"#, "i", now()).unwrap_err();
        assert_eq!(problem.kind(), ProblemKind::UnreadableRequest);
        assert!(!problem.to_string().contains("secret"));
    }
}
