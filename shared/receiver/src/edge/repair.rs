//! What there is to read of an event that is not quite what its gateway's documents say.

use std::{borrow::Cow, collections::BTreeMap};

use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json, value::RawValue};

/// The members of a JSON object as they stand in the text, but for those that are null; the last one of those with the
/// same name.
type Members<'a> = BTreeMap<String, &'a RawValue>;

/// The same event with nothing but what is read of one, each thing of the type that it has to have. Headers that HTTP
/// does not allow are not in it, nor anything that is null or of another type: nobody needs them.
///
/// None, if the text is no JSON object. Whether the event says enough is for its reader to see.
pub(super) fn repaired(text: &str) -> Option<String> {
    let text = without_lone_surrogates(text);
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
        // The type of an HTTP API's event takes both names.
        "path": path.into_iter().find_map(string),
        "rawQueryString": string(event.get("rawQueryString")),
        "queryStringParameters": values(event.get("queryStringParameters"), any),
        "multiValueQueryStringParameters": values(event.get("multiValueQueryStringParameters"), any),
        "headers": values(event.get("headers"), is_header),
        // Whether it is there says how a load balancer wants its answer.
        "multiValueHeaders": event.get("multiValueHeaders").map(|all| values(Some(all), is_header)),
        "body": event.get("body").map(body),
        "isBase64Encoded": scalar(event.get("isBase64Encoded")).is_some_and(|it| it == "true"),
        "requestContext": needed_context,
    });
    Some(repaired.to_string())
}

/// The method, wherever the event names it. What has a body and names none was posted.
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

/// Without members, if it is no object.
fn object<'a>(raw: Option<&&'a RawValue>) -> Members<'a> {
    raw.and_then(|raw| members(raw.get())).unwrap_or_default()
}

/// Null for what is not there or cannot be read.
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

/// A text, or what was to be one.
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

/// 0 for what is none.
fn integer(raw: Option<&&RawValue>) -> i64 {
    let text = scalar(raw).unwrap_or_default();
    // Emulators count in fractions. A time that is too large for the type is too large for a time.
    #[allow(clippy::cast_possible_truncation)]
    text.parse()
        .or_else(|_| text.parse().map(|number: f64| number as i64))
        .unwrap_or_default()
}

/// The body's text. Some emulators have read the JSON in it already.
fn body(raw: &&RawValue) -> String {
    serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
}

/// One value or several for each name, those that are to be kept.
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

/// The JSON text with U+FFFD in the place of each half of a surrogate pair that stands alone (`"\ud83d"`): what is left
/// of a character when a text was cut.
fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    let mut whole = String::new();
    // Up to here it is in `whole`.
    let mut copied = 0;
    let mut at = 0;
    // In JSON a backslash stands in strings only, and another character after it.
    while let Some(found) = json.as_bytes()[at..].iter().position(|byte| *byte == b'\\') {
        let escape = at + found;
        at = escape
            + match unit(json, escape) {
                Some(0xD800..=0xDBFF)
                    if matches!(unit(json, escape + 6), Some(0xDC00..=0xDFFF)) =>
                {
                    12
                }
                Some(0xD800..=0xDFFF) => {
                    whole.push_str(&json[copied..escape]);
                    whole.push('\u{FFFD}');
                    copied = escape + 6;
                    6
                }
                _ => 2,
            };
        if at >= json.len() {
            break;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    whole.push_str(&json[copied..]);
    Cow::Owned(whole)
}

/// The UTF-16 unit of the escape (`\u00e4`) that begins there, if one does.
fn unit(json: &str, at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_is_replaced_and_a_whole_one_kept() {
        for (json, whole) in [
            (r#""\ud83d""#, "\"\u{FFFD}\""),
            (r#""\udE00 b""#, "\"\u{FFFD} b\""),
            (
                r#""\ud83d\ud83d\ude00\ude00""#,
                "\"\u{FFFD}\\ud83d\\ude00\u{FFFD}\"",
            ),
            (r#""\ud83d\u00e4ä""#, "\"\u{FFFD}\\u00e4ä\""),
        ] {
            assert_eq!(without_lone_surrogates(json), whole, "{json}");
        }
        for whole in [
            "",
            "{}",
            r#""\ud83d\ude00""#,
            // A backslash and the letters.
            r#""\\ud83d""#,
            r#""\\\\ud83d\n""#,
            r#""\u00e4""#,
            // No JSON: cut, in one way and another.
            r"\",
            r"\u",
            r"\ud83",
            r"\uä234",
            r"\u+83d",
        ] {
            assert!(matches!(without_lone_surrogates(whole), Cow::Borrowed(same) if same == whole));
        }
    }
}
