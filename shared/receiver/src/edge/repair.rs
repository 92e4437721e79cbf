//! Reads an event that is not quite what its gateway's documents say.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json, value::RawValue};

/// The members of a JSON object, as written in the text. Members that are null are left out. If several members have the
/// same name, the last one counts.
type Members<'a> = BTreeMap<String, &'a RawValue>;

/// Makes an event with only the fields that the receiver reads, each with the right type. It leaves out headers that HTTP
/// does not allow, and fields that are null or have another type: no callback needs them.
///
/// Gives `None` if the text is not a JSON object. Does not check whether the event has all that a request needs.
pub(super) fn repaired(text: &str) -> Option<String> {
    // An event can contain half a character, too.
    let text = protocol::text(text.as_bytes());
    let event = members(&text)?;
    let context = object(event.get("requestContext"));
    let http = object(context.get("http"));

    let is_http_api = context.contains_key("http")
        || (event.contains_key("rawPath") && !event.contains_key("httpMethod"));
    let method = method(&event, &context, &http);
    let [path, other_path] = if is_http_api {
        ["rawPath", "path"]
    } else {
        ["path", "rawPath"]
    };
    let path = [
        event.get(path),
        event.get(other_path),
        http.get("path"),
        context.get("path"),
    ];

    let mut needed_context = json!({
        "httpMethod": method,
        "requestId": scalar(context.get("requestId")),
        "extendedRequestId": scalar(context.get("extendedRequestId")),
        "requestTimeEpoch": integer(context.get("requestTimeEpoch")),
        "timeEpoch": integer(context.get("timeEpoch")),
    });
    if is_http_api {
        needed_context["http"] = json!({ "method": method });
    } else if context.contains_key("elb") {
        needed_context["elb"] = json!({});
    }
    let any = |_: &str, _: &str| true;
    let repaired = json!({
        "httpMethod": method,
        // An HTTP API's event may have either name.
        "path": path.into_iter().find_map(string),
        "rawQueryString": string(event.get("rawQueryString")),
        "queryStringParameters": values(event.get("queryStringParameters"), any),
        "multiValueQueryStringParameters": values(event.get("multiValueQueryStringParameters"), any),
        "headers": values(event.get("headers"), is_header),
        // The key must stay even if it is empty: a load balancer then needs it in the response, too.
        "multiValueHeaders": event.get("multiValueHeaders").map(|all| values(Some(all), is_header)),
        "body": event.get("body").map(body),
        "isBase64Encoded": scalar(event.get("isBase64Encoded")).is_some_and(|it| it == "true"),
        "requestContext": needed_context,
    });
    Some(repaired.to_string())
}

/// The method, from any place where the event can name it. An event with a body and without a method counts as a POST.
fn method(event: &Members<'_>, context: &Members<'_>, http: &Members<'_>) -> Option<String> {
    let named = [
        http.get("method"),
        event.get("httpMethod"),
        context.get("httpMethod"),
        // VPC Lattice's name for it.
        event.get("method"),
    ];
    let mut named = named.into_iter().filter_map(string).peekable();
    if named.peek().is_none() {
        return event.contains_key("body").then(|| "POST".to_owned());
    }
    named.find(|method| Method::from_bytes(method.as_bytes()).is_ok())
}

fn members(json: &str) -> Option<Members<'_>> {
    let mut members: Members<'_> = serde_json::from_str(json).ok()?;
    members.retain(|_, value| value.get() != "null");
    Some(members)
}

/// The members of an object; empty if it is not an object.
fn object<'a>(raw: Option<&&'a RawValue>) -> Members<'a> {
    raw.and_then(|raw| members(raw.get())).unwrap_or_default()
}

/// A value; null if it is missing or cannot be read.
fn value(raw: Option<&&RawValue>) -> Value {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

/// A text that is not empty.
fn string(raw: Option<&&RawValue>) -> Option<String> {
    match value(raw) {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// A text; a number or a boolean becomes a text.
fn scalar(raw: Option<&&RawValue>) -> Option<String> {
    text(value(raw))
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(word) => Some(word.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An integer; 0 if it is not a number.
fn integer(raw: Option<&&RawValue>) -> i64 {
    let text = scalar(raw).unwrap_or_default();
    // Emulators send fractions. The cast may cut a number that is too large, because such a time is wrong anyway.
    #[allow(clippy::cast_possible_truncation)]
    text.parse()
        .or_else(|_| text.parse().map(|number: f64| number as i64))
        .unwrap_or_default()
}

/// The body's text. Some emulators send the parsed JSON instead of the text.
fn body(raw: &&RawValue) -> String {
    serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
}

/// For each name, the value or values that `is_kept` accepts.
fn values(raw: Option<&&RawValue>, is_kept: impl Fn(&str, &str) -> bool) -> Map<String, Value> {
    object(raw)
        .into_iter()
        .filter_map(|(name, raw)| {
            let kept = |value| text(value).filter(|value| is_kept(&name, value));
            let value = match value(Some(&raw)) {
                Value::Array(all) => {
                    let all: Vec<_> = all.into_iter().filter_map(kept).collect();
                    (!all.is_empty()).then(|| all.into())
                }
                one => kept(one).map(Value::String),
            };
            Some((name, value?))
        })
        .collect()
}

fn is_header(name: &str, value: &str) -> bool {
    HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok()
}
