//! The stream of the local events table, fed into the function as AWS does it.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    convert::Infallible,
    time::Duration,
};

use serde_json::{Value, json};
use store::Settings;

use crate::Result;

/// How often the stream is looked at.
const PAUSE: Duration = Duration::from_millis(200);
/// The bytes of one batch, about; the Lambda runtime on a laptop takes 2 MB.
const BATCH_BYTES: usize = 1_000_000;
/// Tries of one batch, after which its first record is left out.
const ATTEMPTS: u32 = 5;

/// Where `cargo lambda watch` at this URL invokes the function behind the stream.
pub(crate) fn projection(url: &str) -> String {
    format!("{url}/2015-03-31/functions/project-views/invocations")
}

/// Feeds every record of the table's stream, from its beginning, into the function of the `cargo lambda
/// watch` at this URL. Ends only when the stream cannot be read.
pub(crate) async fn feed(endpoint: &str, table: &str, url: &str) -> Result<Infallible> {
    let function = projection(url);
    let client = store::dynamodb(&Settings::local(endpoint), Duration::from_secs(10));
    let described = client.describe_table().table_name(table).send().await;
    let described = described.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error)?;
    let stream = described
        .table
        .and_then(|table| table.latest_stream_arn)
        .ok_or("the events table has no stream")?;
    let streams = Streams {
        http: reqwest::Client::new(),
        endpoint: endpoint.to_owned(),
    };
    let mut iterators: BTreeMap<String, String> = BTreeMap::new();
    loop {
        let described = json!({ "StreamArn": stream });
        let described = streams.call("DescribeStream", described).await?;
        let shards = described.pointer("/StreamDescription/Shards");
        for shard in shards.and_then(Value::as_array).into_iter().flatten() {
            if let Entry::Vacant(unread) = iterators.entry(text(shard, "ShardId")?) {
                let from_the_beginning = json!({
                    "StreamArn": stream, "ShardId": unread.key(), "ShardIteratorType": "TRIM_HORIZON",
                });
                let iterator = streams.call("GetShardIterator", from_the_beginning).await?;
                unread.insert(text(&iterator, "ShardIterator")?);
            }
        }
        let mut quiet = true;
        for iterator in iterators.values_mut() {
            let asked = json!({ "ShardIterator": iterator, "Limit": 100 });
            let mut answer = streams.call("GetRecords", asked).await?;
            let records = answer["Records"].take();
            let records: Vec<Value> = serde_json::from_value(records)?;
            quiet &= records.is_empty();
            let stored = records.into_iter().filter(is_stored_relation).collect();
            for batch in batches(stored) {
                deliver(&streams.http, &function, batch).await;
            }
            if let Ok(next) = text(&answer, "NextShardIterator") {
                *iterator = next;
            }
        }
        if quiet {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// What the filter of template.yaml lets through.
fn is_stored_relation(record: &Value) -> bool {
    record["eventName"] == "INSERT" && record["dynamodb"]["NewImage"]["family"]["S"] == "relation"
}

fn batches(records: Vec<Value>) -> Vec<Vec<Value>> {
    let mut batches: Vec<Vec<Value>> = Vec::new();
    let mut bytes = BATCH_BYTES;
    for record in records {
        let size = record.to_string().len();
        if bytes + size > BATCH_BYTES {
            batches.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(batch) = batches.last_mut() {
            batch.push(record);
        }
    }
    batches
}

/// Delivers until all is applied. What cannot be is left out after some tries, with a word about it.
async fn deliver(http: &reqwest::Client, function: &str, mut batch: Vec<Value>) {
    let mut attempt = 0;
    while !batch.is_empty() {
        match invoke(http, function, &batch).await {
            Ok(None) => return,
            // All before the record that it names are done.
            Ok(Some(failed)) => {
                let first = batch
                    .iter()
                    .position(|record| record["dynamodb"]["SequenceNumber"] == failed.as_str());
                if let Some(first @ 1..) = first {
                    batch.drain(..first);
                    attempt = 0;
                }
            }
            Err(error) => println!("project-views: {error}"),
        }
        attempt += 1;
        if attempt == ATTEMPTS {
            let left_out = batch.remove(0);
            println!(
                "project-views: left out after {ATTEMPTS} tries: {}",
                left_out["dynamodb"]["Keys"]
            );
            attempt = 0;
        }
        tokio::time::sleep(PAUSE * attempt).await;
    }
}

/// One invocation. Gives the sequence number of the first record that was not applied.
pub(crate) async fn invoke(
    http: &reqwest::Client,
    function: &str,
    records: &[Value],
) -> Result<Option<String>> {
    let event = json!({ "Records": records });
    let answer = http.post(function).body(event.to_string()).send().await?;
    let body = answer.text().await?;
    let failures = serde_json::from_str::<Value>(&body)
        .ok()
        .and_then(|body| body.get("batchItemFailures")?.as_array().cloned())
        .ok_or_else(|| format!("it failed: {body}"))?;
    failures
        .first()
        .map(|failure| text(failure, "itemIdentifier"))
        .transpose()
}

/// DynamoDB Streams in its plain JSON: one more SDK would take longer to compile than this is long.
struct Streams {
    http: reqwest::Client,
    endpoint: String,
}

impl Streams {
    async fn call(&self, operation: &str, request: Value) -> Result<Value> {
        let answer = self
            .http
            .post(&self.endpoint)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDBStreams_20120810.{operation}"))
            // Wanted, and not checked.
            .header("x-amz-date", "20261121T000000Z")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=local/20261121/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=local",
            )
            .body(request.to_string())
            .send()
            .await?;
        let status = answer.status();
        let body = answer.text().await?;
        if !status.is_success() {
            return Err(format!("{operation}: {status} {body}").into());
        }
        Ok(serde_json::from_str(&body)?)
    }
}

fn text(value: &Value, name: &str) -> Result<String> {
    let text = value.get(name).and_then(Value::as_str);
    Ok(text.ok_or_else(|| format!("no {name}"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_stays_below_its_size_and_no_record_is_lost() {
        let record = |n: usize, bytes: usize| json!({ "n": n, "x": "x".repeat(bytes) });
        let records: Vec<Value> = (0..10)
            .map(|n| {
                record(
                    n,
                    if n == 5 {
                        2 * BATCH_BYTES
                    } else {
                        BATCH_BYTES / 4
                    },
                )
            })
            .collect();
        let batches = batches(records.clone());
        assert!(batches.iter().all(|batch| (1..4).contains(&batch.len())));
        assert_eq!(batches.concat(), records);
        assert!(super::batches(Vec::new()).is_empty());
    }
}
