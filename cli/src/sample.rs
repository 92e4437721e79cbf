//! `imhook sample`, for `make sample`: posts one callback of each command, as the servers send it.

use std::{collections::BTreeSet, time::Duration};

use clap::Args;
use domain::Reception;
use store::{Settings, StoreError, item};

use crate::{
    Result, out,
    sample_event::tencent_url,
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
    let mut table = Table {
        client: dynamodb,
        name: options.table,
        known: BTreeSet::new(),
    };
    table.new_receptions().await?;
    let client = reqwest::Client::new();
    for sample in OPENIM {
        let request = client
            .post(format!("{}/{}", options.url, sample.command))
            .header("operationID", "sample");
        post_and_show(request, sample, &mut table).await?;
    }
    for sample in TENCENT {
        let path = tencent_url(sample.command, &options.sdk_app_id);
        let request = client.post(format!("{}{path}", options.url));
        post_and_show(request, sample, &mut table).await?;
    }
    Ok(())
}

async fn post_and_show(
    request: reqwest::RequestBuilder,
    sample: &Sample,
    table: &mut Table,
) -> Result<()> {
    let body = sample.body;
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
    let new = table.new_receptions().await?;
    for reception in &new {
        let stored = serde_json::to_string(reception)?;
        out::line(&format!("  stored:   {}", json(&stored)))?;
    }
    let expected = usize::from(sample.stored);
    if !status.is_success() || new.len() != expected {
        return Err(format!("{} receptions were stored, expected {expected}", new.len()).into());
    }
    Ok(())
}

/// The events table. It is read as a whole, because each family is filed in another way.
struct Table {
    client: store::Client,
    name: String,
    known: BTreeSet<String>,
}

impl Table {
    /// The receptions that were stored since the last call.
    async fn new_receptions(&mut self) -> Result<Vec<Reception>> {
        let scan = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true);
        let mut items = scan.into_paginator().items().send();
        let mut new = Vec::new();
        while let Some(item) = items.next().await {
            // Another program may have stored something that this one cannot read.
            let Ok(reception) = item::to_reception(item.map_err(StoreError::from_sdk)?) else {
                continue;
            };
            if self.known.insert(reception.id.clone()) {
                new.push(reception);
            }
        }
        Ok(new)
    }
}
