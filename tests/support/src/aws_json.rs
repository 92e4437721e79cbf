use serde_json::Value;

/// One call of a service on this machine whose SDK the tests do not need otherwise. `protocol` is the service's version of
/// AWS's JSON protocol.
pub(crate) async fn call(
    endpoint: &str,
    (service, protocol): (&str, &str),
    target: &str,
    request: &Value,
) -> Value {
    let credential = format!("local/20261121/eu-central-1/{service}/aws4_request");
    let answer = reqwest::Client::new()
        .post(endpoint)
        .header("content-type", format!("application/x-amz-json-{protocol}"))
        .header("x-amz-target", target)
        .header("x-amz-date", "20261121T000000Z")
        .header(
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=local"
            ),
        )
        .body(request.to_string())
        .send()
        .await
        .unwrap();
    let status = answer.status();
    let body = answer.text().await.unwrap();
    assert!(status.is_success(), "{target}: {body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{target}: {error}: {body}"))
}
