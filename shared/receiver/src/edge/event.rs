//! The event of a gateway: what is read of it, and nothing else.
//!
//! `lambda_http` has types for these events. They read the headers of an event twice, and many fields that nobody needs. With
//! them, a callback that is not stored takes 402,000 instructions and not 300,000. One that is stored takes 9 % more, and one
//! of Tencent Chat 13 %. A test compares what is read here with what `lambda_http` reads.

use std::{borrow::Cow, fmt};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Payload, parse_query};

/// An event of any gateway.
///
/// - REST API: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>
/// - HTTP API: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
/// - Load balancer: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event<'a> {
    #[serde(default)]
    request_context: EventContext,
    http_method: Option<String>,
    path: Option<String>,
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    #[serde(borrow)]
    query_string_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    multi_value_query_string_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    headers: Option<&'a RawValue>,
    #[serde(borrow)]
    multi_value_headers: Option<&'a RawValue>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventContext {
    http: Option<Http>,
    elb: Option<IgnoredAny>,
    request_id: Option<String>,
    extended_request_id: Option<String>,
    request_time_epoch: Option<i64>,
    time_epoch: Option<i64>,
}

#[derive(Deserialize)]
struct Http {
    method: Option<String>,
    path: Option<String>,
}

/// The parts of a request that all kinds of events have, each in its own place.
pub(super) struct Parts {
    pub(super) payload: Payload,
    pub(super) id: Option<String>,
    /// 0 where the event has no time.
    pub(super) epoch_millis: i64,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    pub(super) is_base64_encoded: bool,
}

impl<'a> Event<'a> {
    /// Reads an event; `None` if a field has another type than its gateway's documents say, or comes twice.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn payload(&self) -> Payload {
        let context = &self.request_context;
        match (&context.http, &context.elb) {
            (Some(_), _) => Payload::V2,
            (None, Some(_)) => Payload::LoadBalancer {
                multi_value: self.multi_value_headers.is_some(),
            },
            (None, None) => Payload::V1,
        }
    }

    /// What a request needs; `None` if the event has no method, or if a header or a parameter has another form than its
    /// gateway's documents say.
    pub(super) fn parts(self) -> Option<Parts> {
        let payload = self.payload();
        let context = self.request_context;
        let extended = context.extended_request_id.filter(|id| !id.is_empty());
        let (all_headers, all_parameters) = match payload {
            Payload::V2 => (None, None),
            _ => (
                self.multi_value_headers,
                self.multi_value_query_string_parameters,
            ),
        };
        let (method, path, id, epoch_millis) = match payload {
            Payload::V1 => (
                self.http_method,
                self.path,
                extended.or(context.request_id),
                context.request_time_epoch,
            ),
            Payload::V2 => {
                let (method, path) = context
                    .http
                    .map_or((None, None), |http| (http.method, http.path));
                (
                    method,
                    self.raw_path.or(self.path).or(path),
                    context.request_id,
                    context.time_epoch,
                )
            }
            // Its only id is one that callers can choose.
            Payload::LoadBalancer { .. } => (self.http_method, self.path, None, None),
        };
        let query = match (payload, self.raw_query_string) {
            (Payload::V2, Some(raw)) => parse_query(&raw),
            _ => parameters(payload, all_parameters, self.query_string_parameters)?,
        };
        Some(Parts {
            payload,
            id,
            epoch_millis: epoch_millis.unwrap_or_default(),
            method: Method::from_bytes(method?.as_bytes()).ok()?,
            path: path.unwrap_or_default(),
            query,
            headers: headers(all_headers, self.headers)?,
            body: self.body.unwrap_or_default(),
            is_base64_encoded: self.is_base64_encoded,
        })
    }
}

fn headers(all: Option<&RawValue>, single: Option<&RawValue>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    each_pair(all, single, |name, value| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = HeaderValue::from_str(value).ok()?;
        // Fails if there are more headers than a map can hold. No gateway passes on so many.
        headers.try_append(name, value).ok().map(drop)
    })?;
    Some(headers)
}

fn parameters(
    payload: Payload,
    all: Option<&RawValue>,
    single: Option<&RawValue>,
) -> Option<Vec<(String, String)>> {
    let mut query = Vec::new();
    each_pair(all, single, |name, value| {
        // <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>, "Multi-value headers": "If the query parameters are URL-encoded, the load balancer does not decode
        // them. You must decode them in your Lambda function."
        match payload {
            Payload::LoadBalancer { .. } => query.extend(parse_query(&format!("{name}={value}"))),
            _ => query.push((name.to_owned(), value.to_owned())),
        }
        Some(())
    })?;
    Some(query)
}

/// Calls `take` with each name and value. Some events have headers and parameters twice: with all values, and with one value
/// for each name. The second form counts only if the first is missing or empty.
fn each_pair(
    all: Option<&RawValue>,
    single: Option<&RawValue>,
    mut take: impl FnMut(&str, &str) -> Option<()>,
) -> Option<()> {
    let mut any = false;
    for pairs in [all, single].into_iter().flatten() {
        if any {
            break;
        }
        let mut take = |name: &str, value: &str| {
            any = true;
            take(name, value)
        };
        let mut pairs = serde_json::Deserializer::from_str(pairs.get());
        pairs.deserialize_map(Pairs(&mut take)).ok()?;
    }
    Some(())
}

type Take<'t> = dyn FnMut(&str, &str) -> Option<()> + 't;

/// An object whose values are texts, or lists of texts.
struct Pairs<'t>(&'t mut Take<'t>);

/// The value or values of one name.
struct Values<'t, 'n> {
    name: &'n str,
    take: &'n mut Take<'t>,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for Pairs<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(Text(name)) = map.next_key()? {
            map.next_value_seed(Values {
                name: &name,
                take: self.0,
            })?;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Values<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Values<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        (self.take)(self.name, value).ok_or_else(|| E::custom("not allowed"))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        while let Some(Text(value)) = seq.next_element()? {
            (self.take)(self.name, &value).ok_or_else(|| S::Error::custom("not allowed"))?;
        }
        Ok(())
    }
}
