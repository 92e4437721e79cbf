//! `imhook sample`, for `make sample`: posts one callback of each command, as the servers send it.

use std::time::Duration;

use clap::Args;
use domain::{Reception, UserId};
use serde_json::Value;
use store::{EventsTable, Retention, Settings};

use crate::{
    Result, out,
    samples::{OPENIM, Sample, TENCENT},
    text::json,
};

#[derive(Args)]
pub(crate) struct Options {
    /// URL to which the callbacks are posted
    #[arg(long, default_value = "http://127.0.0.1:9000")]
    url: String,
    /// DynamoDB's endpoint
    #[arg(long, default_value = "http://127.0.0.1:8000")]
    dynamodb: String,
    /// The events table's name
    #[arg(long, default_value = "events")]
    table: String,
    /// The app of Tencent Chat
    #[arg(long, default_value = "1400000001")]
    sdk_app_id: String,
}

pub(crate) async fn sample(options: Options) -> Result<()> {
    let dynamodb = store::dynamodb(&Settings::local(&options.dynamodb), Duration::from_secs(10));
    let table = EventsTable::new(dynamodb, &options.table, Retention::default());
    let client = reqwest::Client::new();
    for sample in OPENIM {
        let request = client
            .post(format!("{}/{}", options.url, sample.command))
            .header("operationID", "sample");
        post_and_show(request, sample, &table).await?;
    }
    for sample in TENCENT {
        let command = sample.command;
        let request = client.post(format!(
            "{}/tencent?SdkAppid={}&CallbackCommand={command}&contenttype=json&ClientIP=203.0.113.7&OptPlatform=iOS",
            options.url, options.sdk_app_id
        ));
        post_and_show(request, sample, &table).await?;
    }
    Ok(())
}

async fn post_and_show(
    request: reqwest::RequestBuilder,
    sample: &Sample,
    table: &EventsTable,
) -> Result<()> {
    let body = sample.body;
    let subject = subject(body)?;
    let before = table.history(&subject).await?.receptions.len();
    let (client, request) = request
        .header("content-type", "application/json; charset=utf-8")
        .body(body)
        .build_split();
    let request = request?;
    out::line(&format!("POST {}", request.url()))?;
    let sent: String = body.lines().map(str::trim).collect();
    out::line(&format!("  sent:     {}", json(&sent)))?;
    let answer = client
        .execute(request)
        .await
        .map_err(|error| format!("{error} (is `make run` running?)"))?;
    let status = answer.status();
    let answer = answer.text().await?;
    out::line(&format!("  answered: {status} {}", json(&answer)))?;
    let history = table.history(&subject).await?.receptions;
    let new: &[Reception] = history.get(before..).unwrap_or_default();
    for reception in new {
        let stored = serde_json::to_string(reception)?;
        out::line(&format!("  stored:   {}", json(&stored)))?;
    }
    let expected = usize::from(sample.stored);
    if !status.is_success() || new.len() != expected {
        return Err(format!("{} receptions were stored, expected {expected}", new.len()).into());
    }
    Ok(())
}

/// The user under whom the events table files this body.
fn subject(body: &str) -> Result<UserId> {
    let body: Value = serde_json::from_str(body)?;
    [
        "/ownerUserID",
        "/userID",
        "/users/0/userID",
        "/fromUserID",
        "/PairList/0/From_Account",
        "/From_Account",
    ]
    .into_iter()
    .find_map(|pointer| body.pointer(pointer)?.as_str())
    .map(UserId::new)
    .ok_or("the sample names no user")?
    .map_err(Into::into)
}
