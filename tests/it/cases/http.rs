//! HTTP at the level of bytes: it can send requests that no HTTP library sends.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    case::{Request, fill},
    judge::Answer,
};

/// The longest time for any case.
const PATIENCE: Duration = Duration::from_secs(12);

/// Sends a request with these additional headers to a host and port. A gateway's event goes to the Invoke API there.
/// Without an answer, the status is 0, and the body has the reason.
pub(super) async fn send(
    host: &str,
    request: &Request,
    id: &str,
    more_headers: &[(&str, &str)],
) -> Answer {
    let started = Instant::now();
    let message = match request.event(id) {
        Some((function, event)) => invocation(host, function, &event),
        None => message(host, request, id, more_headers),
    };
    let got = tokio::time::timeout(PATIENCE, exchange(host, &message)).await;
    let (status, body) = match got.as_deref() {
        Ok(raw) => read(raw, request.method == "HEAD"),
        Err(_) => None,
    }
    .unwrap_or_else(|| (0, format!("no answer: {got:?}").into_bytes()));
    let answer = Answer {
        status,
        body,
        took: started.elapsed(),
    };
    match request.event(id) {
        Some(_) => answer.of_the_function(),
        None => answer,
    }
}

fn message(host: &str, request: &Request, id: &str, more_headers: &[(&str, &str)]) -> Vec<u8> {
    let mut headers = request.headers(id);
    headers.extend(
        more_headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let mut body = request.body(id);
    let given = |wanted: &str| {
        let mut names = headers.iter().map(|(name, _)| name);
        names.any(|name| name.eq_ignore_ascii_case(wanted))
    };
    let mut added = Vec::new();
    if !given("host") {
        added.push(("Host".to_owned(), host.to_owned()));
    }
    if headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked")
    }) {
        body = in_chunks(&body);
    } else if !given("content-length") && (!body.is_empty() || request.method == "POST") {
        added.push(("Content-Length".to_owned(), body.len().to_string()));
    }
    added.push(("Connection".to_owned(), "close".to_owned()));
    headers.extend(added);

    let query = fill(&request.query, id);
    let mark = if query.is_empty() { "" } else { "?" };
    let mut head = format!(
        "{} {}{mark}{query} {}\r\n",
        request.method,
        fill(&request.path, id),
        request.version.as_deref().unwrap_or("HTTP/1.1")
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let head = match request.headers_encoding.as_deref() {
        Some("latin-1") => head.chars().map(|c| u8::try_from(c).unwrap()).collect(),
        Some(other) => panic!("unknown encoding {other}"),
        None => head.into_bytes(),
    };
    [head, body].concat()
}

/// Sends the body as two chunks.
fn in_chunks(body: &[u8]) -> Vec<u8> {
    let (first, second) = body.split_at(body.len() / 2);
    let chunks = [first, second].into_iter().filter(|part| !part.is_empty());
    let chunks = chunks.flat_map(|part| {
        let size = format!("{:x}\r\n", part.len()).into_bytes();
        [size, part.to_vec(), b"\r\n".to_vec()].concat()
    });
    chunks.chain(*b"0\r\n\r\n").collect()
}

fn invocation(host: &str, function: &str, event: &str) -> Vec<u8> {
    format!(
        "POST /2015-03-31/functions/{function}/invocations HTTP/1.1\r\nHost: {host}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{event}",
        event.len()
    )
    .into_bytes()
}

/// Sends a message, and reads everything until the other side closes the connection.
async fn exchange(host: &str, message: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    let Ok(mut connection) = TcpStream::connect(host).await else {
        return raw;
    };
    // The other side may answer and close before it has read everything.
    let _ = connection.write_all(message).await;
    let _ = connection.read_to_end(&mut raw).await;
    raw
}

/// The status and the body; `None` if the answer is not complete.
fn read(raw: &[u8], only_a_head: bool) -> Option<(u16, Vec<u8>)> {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&raw[..end]).to_ascii_lowercase();
    let body = &raw[end + 4..];
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let header = |wanted: &str| {
        let mut headers = head.lines().filter_map(|line| line.split_once(':'));
        headers.find_map(|(name, value)| (name == wanted).then_some(value.trim()))
    };
    let body = if only_a_head {
        Vec::new()
    } else if header("transfer-encoding") == Some("chunked") {
        from_chunks(body)?
    } else {
        let length = header("content-length")?.parse().ok()?;
        body.get(..length)?.to_vec()
    };
    Some((status, body))
}

fn from_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 4 + size..)?;
    }
}

/// Every item of a table, each as a text.
pub(super) async fn items(dynamodb: &str, table: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut query = serde_json::json!({ "TableName": table, "ConsistentRead": true });
    loop {
        let answer = reqwest::Client::new()
            .post(dynamodb)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", "DynamoDB_20120810.Scan")
            .header("x-amz-date", "20260101T000000Z")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=local/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00",
            )
            .body(query.to_string())
            .send()
            .await
            .unwrap();
        let mut page: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        items.extend(
            page["Items"]
                .as_array()
                .unwrap()
                .iter()
                .map(Value::to_string),
        );
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"].take();
        if query["ExclusiveStartKey"].is_null() {
            return items;
        }
    }
}
