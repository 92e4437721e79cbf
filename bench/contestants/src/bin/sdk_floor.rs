//! The floor: a tuned function with `lambda_http` and the AWS SDK that writes one item with `PutItem` and gives a fixed
//! answer. It never authenticates, validates or logs.
//!
//! `ITEM_TEXT_BYTES` adds a text of this length to the item, for the comparison with a message. With `READS_TABLE`, it reads
//! two items of this table with `BatchGetItem` instead, for the comparison with a question about friends.
//!
//! It contains no code of this project, so a change that makes the project's functions slower does not make this one
//! slower. Both have the same compiler profile and library versions; `bench/recorded.json` shows when those become
//! slower.

use std::{env, fs, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    config::{
        BehaviorVersion, Credentials, IdentityCache, Region, SharedCredentialsProvider,
        StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
    },
    types::{AttributeValue, KeysAndAttributes},
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_types::SdkConfig;
use lambda_http::{
    Body, Error, Request, RequestExt as _, Response, http::header::CONTENT_TYPE, service_fn,
};

/// The file of root certificates that the project's functions trust. It is not code.
const AMAZON_TRUST_SERVICES: &[u8] =
    include_bytes!("../../../../shared/store/src/amazon-trust-services.pem");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = &client()?;
    let table = &env::var("EVENTS_TABLE")?;
    let reads = &env::var("READS_TABLE").ok();
    let bytes: usize = env::var("ITEM_TEXT_BYTES").map_or(Ok(0), |bytes| bytes.parse())?;
    // Opens the connection before the first event. The condition never holds, so nothing is written.
    let _ = client
        .put_item()
        .table_name(table)
        .item("pk", text("user#"))
        .item("sk", text("open-connection"))
        .condition_expression("attribute_exists(pk)")
        .send()
        .await;
    lambda_http::run(service_fn(move |request: Request| async move {
        let id = &request.lambda_context().request_id;
        match reads {
            Some(table) => get(client, table).await?,
            None => put(client, table, id, bytes).await?,
        }
        Ok::<Response<Body>, Error>(
            Response::builder()
                .header(CONTENT_TYPE, "application/json")
                .body(
                    r#"{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0}"#.into(),
                )?,
        )
    }))
    .await
}

/// Writes an item as large as that of the other contestants.
async fn put(client: &Client, table: &str, id: &str, bytes: usize) -> Result<(), Error> {
    let mut event = vec![
        ("type", text("friend_deleted")),
        ("owner", text("4801153207")),
        ("friend", text("7720934416")),
    ];
    if bytes > 0 {
        event.push(("text", text("x".repeat(bytes))));
    }
    let event = event.into_iter();
    let event = event.map(|(name, value)| (name.to_owned(), value));
    client
        .put_item()
        .table_name(table)
        .item("pk", text("user#4801153207"))
        .item("sk", text(format!("2026-11-21T12:34:56.789Z#{id}")))
        .item("id", text(id))
        .item("received_at", text("2026-11-21T12:34:56.789Z"))
        .item("source", text("openim"))
        .item("command", text("callbackAfterDeleteFriendCommand"))
        .item("operation_id", text("3f1c9a54-8f0e-4c1b-9b6e-0d5a7f21c0e4"))
        .item("family", text("relation"))
        .item(
            "events",
            AttributeValue::L(vec![AttributeValue::M(event.collect())]),
        )
        .item("v", AttributeValue::N("2".into()))
        .item("expires_at", AttributeValue::N("1826800496".into()))
        .condition_expression("attribute_not_exists(pk)")
        .send()
        .await?;
    Ok(())
}

/// Reads what one user keeps about another: two items.
async fn get(client: &Client, table: &str) -> Result<(), Error> {
    let keys = ["friend", "block"].map(|aspect| {
        [
            ("pk".to_owned(), text("user#7720934416")),
            ("sk".to_owned(), text(format!("{aspect}#4801153207"))),
        ]
        .into()
    });
    let keys = KeysAndAttributes::builder().set_keys(Some(keys.into()));
    let read = client.batch_get_item().request_items(table, keys.build()?);
    read.send().await?;
    Ok(())
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn client() -> Result<Client, Error> {
    let roots = match env::var("AWS_CA_BUNDLE") {
        Ok(path) => fs::read(path)?,
        Err(_) => AMAZON_TRUST_SERVICES.to_vec(),
    };
    let tls = TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(roots))
        .build()?;
    let credentials = Credentials::new(
        env::var("AWS_ACCESS_KEY_ID")?,
        env::var("AWS_SECRET_ACCESS_KEY")?,
        env::var("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    );
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(env::var("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .identity_cache(IdentityCache::no_cache())
        .http_client(
            Builder::new()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(tls)
                .build_https(),
        )
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .timeout_config(
            TimeoutConfig::builder()
                .operation_timeout(Duration::from_secs(1))
                .build(),
        )
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(env::var("AWS_ENDPOINT_URL_DYNAMODB").ok());
    Ok(Client::new(&config.build()))
}
