//! Sends the stream of the local events table to its readers, as AWS does.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::Family;
use publish::Only;
use receiver::JudgedLater;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Settings, item};

use crate::{
    Result, deliveries,
    inspect::{self, seen::Seen},
    moderation,
    run::print,
};

/// The pause before an empty stream is read again.
const PAUSE: Duration = Duration::from_millis(200);
/// About how many bytes a batch has. Lambda accepts 6 MB, `cargo lambda watch` 2 MB. A single record can be larger.
const BATCH_BYTES: usize = 1_000_000;
/// How often a batch is tried before a record that the function named is left out. On AWS, the function puts aside what can
/// never be applied, and Lambda tries all else for 23 hours. A laptop has no queue for that, so this does not tell the two
/// apart.
const ATTEMPTS: u32 = 5;
/// The pause after the function itself failed.
const FUNCTION_PAUSE: Duration = Duration::from_secs(1);

/// Who reads the stream.
pub(crate) enum Reader {
    /// `project-views`.
    Views,
    /// `publish`.
    Bus,
    /// `deliver`, with these events.
    Deliveries(Only),
    /// `forward`, with these callbacks.
    Forwards(Only),
    /// `moderate`, with these messages.
    Moderation(JudgedLater),
}

impl Reader {
    /// Whether the reader gets this record. The filters in template.yaml say the same, and also drop the markers of retries,
    /// which are no events.
    fn reads(&self, record: &Value) -> bool {
        let family = record["dynamodb"]["NewImage"][item::FAMILY]["S"].as_str();
        let reads = |family| match self {
            Self::Views => item::is_viewed(family),
            Self::Bus | Self::Deliveries(_) | Self::Forwards(_) => true,
            Self::Moderation(_) => family == Family::Message.as_str(),
        };
        record["eventName"] == "INSERT" && family.is_some_and(reads)
    }

    async fn get(&self, http: &reqwest::Client, url: &str, records: Vec<Value>) {
        for batch in batches(records) {
            match self {
                Self::Views => deliver(http, url, "project-views", batch).await,
                Self::Bus => deliver(http, url, "publish", batch).await,
                Self::Deliveries(only) => deliveries::deliver(http, url, only, &batch).await,
                Self::Forwards(only) => deliveries::forward(http, url, only, &batch).await,
                Self::Moderation(later) => moderation::judge(http, url, later, &batch).await,
            }
        }
    }
}

/// Sends every record of the table's stream to a reader, whose function can be invoked at this URL. Begins after the last
/// record that the file names, or at the stream's beginning. Keeps the file up to date. `seen` remembers all of it for the
/// page. Ends only if the stream cannot be read, or if the file cannot be written.
pub(crate) async fn feed(
    reader: &Reader,
    endpoint: &str,
    table: &str,
    url: &str,
    file: Option<&Path>,
    seen: Option<&Seen>,
) -> Result<Infallible> {
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
    let mut checkpoint = Checkpoint::read(file, &stream);
    let mut iterators: BTreeMap<String, String> = BTreeMap::new();
    loop {
        let described = json!({ "StreamArn": stream });
        let described = streams.call("DescribeStream", described).await?;
        let shards = described.pointer("/StreamDescription/Shards");
        for shard in shards.and_then(Value::as_array).into_iter().flatten() {
            if let Entry::Vacant(unread) = iterators.entry(text(shard, "ShardId")?) {
                let mut from = json!({ "StreamArn": stream, "ShardId": unread.key() });
                match checkpoint.of(shard) {
                    Some(applied) => {
                        from["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
                        from["SequenceNumber"] = json!(applied);
                    }
                    None => from["ShardIteratorType"] = json!("TRIM_HORIZON"),
                }
                let iterator = streams.call("GetShardIterator", from).await?;
                unread.insert(text(&iterator, "ShardIterator")?);
            }
        }
        let mut quiet = true;
        for (shard, iterator) in &mut iterators {
            let asked = json!({ "ShardIterator": iterator, "Limit": 100 });
            let mut answer = streams.call("GetRecords", asked).await?;
            let records = answer["Records"].take();
            let records: Vec<Value> = serde_json::from_value(records)?;
            let last = records.last().map(|record| &record["dynamodb"]);
            let last = last.map(|record| text(record, "SequenceNumber"));
            let last = last.transpose()?;
            if let Some(seen) = seen {
                inspect::remember(&records, seen, None);
            }
            let stored = records.into_iter().filter(|record| reader.reads(record));
            reader.get(&streams.http, url, stored.collect()).await;
            if let Some(last) = last {
                quiet = false;
                checkpoint.save(shard, last)?;
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

/// The progress of reading a stream, in a file.
struct Checkpoint {
    file: Option<PathBuf>,
    saved: Saved,
}

#[derive(Deserialize, Serialize)]
struct Saved {
    stream: String,
    /// The last sequence number of each shard.
    applied: BTreeMap<String, String>,
}

impl Checkpoint {
    /// Reads the file. Ignores a missing file, a damaged file, and a file about another stream. Then all records are
    /// applied again, which changes nothing.
    fn read(file: Option<&Path>, stream: &str) -> Self {
        let saved = file
            .and_then(|file| fs::read(file).ok())
            .and_then(|saved| serde_json::from_slice(&saved).ok())
            .filter(|saved: &Saved| saved.stream == stream)
            .unwrap_or_else(|| Saved {
                stream: stream.to_owned(),
                applied: BTreeMap::new(),
            });
        Self {
            file: file.map(Path::to_owned),
            saved,
        }
    }

    /// The last sequence number of a shard that was applied. `None` if it is after the shard's end, because then the data
    /// is older than the file.
    fn of(&self, shard: &Value) -> Option<&str> {
        let number = |text: &str| text.parse::<u128>().ok();
        let applied = self.saved.applied.get(shard["ShardId"].as_str()?)?;
        let end = shard["SequenceNumberRange"]["EndingSequenceNumber"].as_str()?;
        (number(applied)? <= number(end)?).then_some(applied)
    }

    /// Saves the progress. Replaces the file at once, so an interruption leaves the old file or the new one.
    fn save(&mut self, shard: &str, applied: String) -> Result<()> {
        self.saved.applied.insert(shard.to_owned(), applied);
        let Some(file) = &self.file else {
            return Ok(());
        };
        let new = file.with_extension("new");
        fs::write(&new, serde_json::to_vec(&self.saved)?)
            .and_then(|()| fs::rename(&new, file))
            .map_err(|error| format!("{} cannot be written: {error}", file.display()).into())
    }
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

/// Delivers a batch until all of it is applied. After some tries, leaves out the first record that fails, with a warning. If
/// the function itself fails, for example because it is built again, tries without end, as AWS does.
async fn deliver(http: &reqwest::Client, url: &str, function: &str, mut batch: Vec<Value>) {
    let mut attempt = 0;
    while !batch.is_empty() {
        match invoke(http, url, function, &batch).await {
            // The records before the first one that failed are applied.
            Ok(failed) => {
                let Some(failed) = failed.first() else {
                    return;
                };
                let first = batch
                    .iter()
                    .position(|record| record["dynamodb"]["SequenceNumber"] == failed.as_str());
                if let Some(first @ 1..) = first {
                    batch.drain(..first);
                    attempt = 0;
                }
            }
            Err(error) => {
                print::warn(function, &error.to_string());
                tokio::time::sleep(FUNCTION_PAUSE).await;
                continue;
            }
        }
        attempt += 1;
        if attempt == ATTEMPTS {
            let left_out = batch.remove(0);
            let keys = &left_out["dynamodb"]["Keys"];
            print::warn(
                function,
                &format!("left out after {ATTEMPTS} tries: {keys}"),
            );
            attempt = 0;
        }
        tokio::time::sleep(PAUSE * attempt).await;
    }
}

/// What a function names that has to come again.
pub(crate) type Failed = Vec<String>;

/// One invocation of a function.
pub(crate) async fn invoke(
    http: &reqwest::Client,
    url: &str,
    function: &str,
    records: &[Value],
) -> Result<Failed> {
    let event = json!({ "Records": records });
    let function = format!("{url}/2015-03-31/functions/{function}/invocations");
    let answer = http.post(function).body(event.to_string()).send().await?;
    let body = answer.text().await?;
    let failures = serde_json::from_str::<Value>(&body)
        .ok()
        .and_then(|body| body.get("batchItemFailures")?.as_array().cloned())
        .ok_or_else(|| format!("it failed: {body}"))?;
    let failures = failures.iter();
    failures
        .map(|failure| text(failure, "itemIdentifier"))
        .collect()
}

/// A client of DynamoDB Streams that writes its JSON itself. One more SDK would only make builds longer.
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
            // The headers are required, but not checked.
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

    fn shard(end: &str) -> Value {
        json!({ "ShardId": "s", "SequenceNumberRange": { "EndingSequenceNumber": end } })
    }

    #[test]
    fn a_checkpoint_counts_for_one_stream_and_never_after_its_end() {
        let folder = std::env::temp_dir().join(format!("checkpoint-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("stream.json");
        let mut checkpoint = Checkpoint::read(Some(&file), "one");
        assert_eq!(checkpoint.of(&shard("7")), None);
        checkpoint.save("s", "9".to_owned()).unwrap();
        checkpoint.save("s", "10".to_owned()).unwrap();

        let read = |stream| Checkpoint::read(Some(&file), stream);
        assert_eq!(read("one").of(&shard("10")), Some("10"));
        assert_eq!(read("one").of(&shard("9")), None, "older data");
        assert_eq!(read("one").of(&json!({ "ShardId": "s" })), None);
        assert_eq!(read("other").of(&shard("10")), None);
        fs::write(&file, "{").unwrap();
        assert_eq!(read("one").of(&shard("10")), None);
        fs::remove_dir_all(&folder).unwrap();
        assert!(checkpoint.save("s", "11".to_owned()).is_err());
    }

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
