//! Follows the stream of a table, on this machine or in AWS.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    time::{Duration, Instant, SystemTime},
};

use aws_sdk_dynamodb::{config::Credentials, error::SdkError};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use domain::Timestamp;
use serde_json::{Value, json};
use store::StoreError;
use tokio::time::sleep;

use crate::{
    Result,
    smoke::http::{Call, Http},
    tables::{Database, local_account},
};

/// The pause after nothing new came. In AWS, a stream allows five readings a second, and other readers are there, too.
const PAUSE_HERE: Duration = Duration::from_millis(200);
const PAUSE_IN_AWS: Duration = Duration::from_secs(1);
/// How often the list of shards is read.
const SHARDS: Duration = Duration::from_secs(10);
/// The pauses before a call is made again that failed.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
];

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
            client: Client::new(database)?,
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

/// A client of DynamoDB Streams that writes its JSON itself. One more SDK would only make builds longer.
struct Client {
    http: Http,
    region: String,
    credentials: Credentials,
}

impl Client {
    fn new(database: &Database) -> Result<Self> {
        let is_aws = database.is_aws();
        let variable = |name: &str| match is_aws {
            true => env::var(name).ok().filter(|value| !value.is_empty()),
            false => local_account(name),
        };
        let need = |name: &str| variable(name).ok_or_else(|| format!("{name} is not set"));
        let region = need("AWS_REGION")?;
        let credentials = Credentials::new(
            need("AWS_ACCESS_KEY_ID")?,
            need("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let endpoint = match database.here() {
            Some(here) => here.to_owned(),
            None => variable("AWS_ENDPOINT_URL_DYNAMODB_STREAMS")
                .or_else(|| variable("AWS_ENDPOINT_URL"))
                .unwrap_or_else(|| format!("https://streams.dynamodb.{region}.amazonaws.com")),
        };
        Ok(Self {
            http: Http::new("the endpoint", &endpoint)?,
            region,
            credentials,
        })
    }

    /// Calls an operation, again if it fails.
    async fn call(&self, operation: &str, request: &Value) -> std::result::Result<Value, String> {
        let mut pauses = PAUSES.iter();
        loop {
            let why = match self.once(operation, request.to_string()).await {
                Ok(answer) => return Ok(answer),
                Err(why) => why,
            };
            let Some(pause) = pauses.next() else {
                return Err(why);
            };
            sleep(*pause).await;
        }
    }

    async fn once(&self, operation: &str, request: String) -> std::result::Result<Value, String> {
        let call = self
            .signed(operation, request)
            .map_err(|it| it.to_string())?;
        let answer = self.http.send(call).await?;
        match answer.status {
            200 => Ok(answer.json()),
            status => Err(format!("{operation}: {status} {}", answer.body)),
        }
    }

    fn signed(&self, operation: &str, body: String) -> Result<Call> {
        let target = format!("DynamoDBStreams_20120810.{operation}");
        let url = format!("{}/", self.http.url);
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", &target),
        ];
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("dynamodb")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signable = SignableBody::Bytes(body.as_bytes());
        let request = SignableRequest::new("POST", &url, headers.into_iter(), signable)?;
        let (instructions, _) = sign(request, &parameters)?.into_parts();
        let mut call = Call::post("/", "");
        call.headers.clear();
        for (name, value) in headers.into_iter().chain(instructions.headers()) {
            call = call.header(name, value);
        }
        call.body = body;
        Ok(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_signed_for_the_region_and_with_the_token_of_the_session() {
        let client = Client {
            http: Http::new(
                "the endpoint",
                "https://streams.dynamodb.eu-central-1.amazonaws.com",
            )
            .unwrap(),
            region: "eu-central-1".to_owned(),
            credentials: Credentials::new("AKID", "s3cret", Some("t0ken".to_owned()), None, "test"),
        };
        let call = client.signed("GetRecords", "{}".to_owned()).unwrap();
        let header = |name: &str| {
            let mut all = call.headers.iter();
            all.find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        let authorization = header("authorization").unwrap();
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"));
        assert!(authorization.contains("/eu-central-1/dynamodb/aws4_request, "));
        for signed in [
            "content-type",
            "host",
            "x-amz-date",
            "x-amz-security-token",
            "x-amz-target",
        ] {
            assert!(authorization.contains(signed), "{signed}");
        }
        assert_eq!(header("x-amz-security-token"), Some("t0ken"));
        assert_eq!(
            header("x-amz-target"),
            Some("DynamoDBStreams_20120810.GetRecords")
        );
        assert!(
            call.headers
                .iter()
                .all(|(_, value)| !value.contains("s3cret"))
        );
    }
}
