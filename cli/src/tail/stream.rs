//! Follows the stream of a table, on this machine or in AWS.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::error::SdkError;
use domain::Timestamp;
use serde_json::{Value, json};
use store::StoreError;
use tokio::time::sleep;

use crate::{
    Result,
    aws::{Client, STREAMS},
    tables::Database,
};

/// The pause after nothing new came. In AWS, a stream allows five readings a second, and other readers are there, too.
const PAUSE_HERE: Duration = Duration::from_millis(200);
const PAUSE_IN_AWS: Duration = Duration::from_secs(1);
/// How often the list of shards is read.
const SHARDS: Duration = Duration::from_secs(10);

/// A stream that is being followed.
pub(crate) struct Stream {
    client: Client,
    arn: String,
    pause: Duration,
    /// Where the next reading of each shard begins.
    iterators: BTreeMap<String, String>,
    /// The shards that were read to their end.
    finished: BTreeSet<String>,
    /// When the list of shards was read.
    listed: Instant,
    /// What begins: all that the stream has, or only what is new.
    from: &'static str,
}

impl Stream {
    pub(crate) async fn open(
        database: &Database,
        table: &str,
        since: Option<Timestamp>,
    ) -> Result<Self> {
        let described = database.client()?.describe_table().table_name(table);
        let described = described.send().await.map_err(|error| match error {
            SdkError::ServiceError(error) => error.into_err().into(),
            error => Box::<dyn std::error::Error>::from(StoreError::from_sdk(error)),
        })?;
        let arn = described.table.and_then(|table| table.latest_stream_arn);
        let mut stream = Self {
            client: Client::new(&STREAMS, database)?,
            arn: arn.ok_or("the events table has no stream")?,
            pause: match database.is_aws() {
                true => PAUSE_IN_AWS,
                false => PAUSE_HERE,
            },
            iterators: BTreeMap::new(),
            finished: BTreeSet::new(),
            listed: Instant::now(),
            from: match since {
                Some(_) => "TRIM_HORIZON",
                None => "LATEST",
            },
        };
        stream.list_shards().await?;
        // A shard that begins later has only what is new.
        stream.from = "TRIM_HORIZON";
        Ok(stream)
    }

    async fn list_shards(&mut self) -> std::result::Result<(), String> {
        let mut after = Value::Null;
        loop {
            let mut asked = json!({ "StreamArn": self.arn });
            if !after.is_null() {
                asked["ExclusiveStartShardId"] = after;
            }
            let described = self.client.call("DescribeStream", &asked).await?;
            let described = &described["StreamDescription"];
            for shard in described["Shards"].as_array().into_iter().flatten() {
                let id = shard["ShardId"].as_str().unwrap_or_default().to_owned();
                if self.finished.contains(&id) || self.iterators.contains_key(&id) {
                    continue;
                }
                let asked =
                    json!({"StreamArn": self.arn, "ShardId": id, "ShardIteratorType": self.from});
                let answer = self.client.call("GetShardIterator", &asked).await?;
                if let Some(iterator) = answer["ShardIterator"].as_str() {
                    self.iterators.insert(id, iterator.to_owned());
                }
            }
            after = described["LastEvaluatedShardId"].clone();
            if after.is_null() {
                self.listed = Instant::now();
                return Ok(());
            }
        }
    }

    /// The next records of all shards. Waits until there are some. An error says why the stream cannot be read any more.
    pub(crate) async fn next(&mut self) -> std::result::Result<Vec<Value>, String> {
        loop {
            if self.listed.elapsed() > SHARDS {
                self.list_shards().await?;
            }
            let mut records = Vec::new();
            let mut places = Vec::new();
            for (shard, iterator) in &self.iterators {
                let mut iterator = iterator.clone();
                // All that the shard has by now, so that the first lines are in the order of their times.
                loop {
                    let asked = json!({"ShardIterator": iterator, "Limit": 1000});
                    let mut answer = self.client.call("GetRecords", &asked).await?;
                    let new: Vec<Value> =
                        serde_json::from_value(answer["Records"].take()).unwrap_or_default();
                    let is_empty = new.is_empty();
                    records.extend(new);
                    match answer["NextShardIterator"].as_str() {
                        Some(next) => next.clone_into(&mut iterator),
                        None => {
                            places.push((shard.clone(), None));
                            break;
                        }
                    }
                    if is_empty {
                        places.push((shard.clone(), Some(iterator)));
                        break;
                    }
                }
            }
            for (shard, place) in places {
                match place {
                    Some(place) => self.iterators.insert(shard, place),
                    None => {
                        self.finished.insert(shard.clone());
                        self.iterators.remove(&shard)
                    }
                };
            }
            if !records.is_empty() {
                return Ok(records);
            }
            sleep(self.pause).await;
        }
    }
}
