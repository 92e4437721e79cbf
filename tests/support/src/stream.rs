use aws_sdk_dynamodb::Client;
use serde_json::{Value, json};

use crate::{Table, aws_json};

/// Reads every record of a table's stream, oldest first, in the form in which Lambda passes them to a function.
pub async fn records(table: &Table) -> Vec<Value> {
    let stream = stream_of(&table.client, &table.name).await;
    let description = call(table, "DescribeStream", json!({ "StreamArn": stream })).await;
    let mut records = Vec::new();
    for shard in description["StreamDescription"]["Shards"]
        .as_array()
        .unwrap()
    {
        let from_the_beginning = json!({
            "StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON",
        });
        let mut iterator = call(table, "GetShardIterator", from_the_beginning).await;
        loop {
            let asked = json!({ "ShardIterator": iterator["ShardIterator"] });
            let page = call(table, "GetRecords", asked).await;
            let found = page["Records"].as_array().unwrap();
            if found.is_empty() {
                break;
            }
            records.extend(found.iter().cloned());
            iterator = json!({ "ShardIterator": page["NextShardIterator"] });
        }
    }
    for record in &mut records {
        record["eventSourceARN"] = json!(stream);
    }
    records
}

async fn stream_of(client: &Client, table: &str) -> String {
    let described = client.describe_table().table_name(table).send().await;
    described.unwrap().table.unwrap().latest_stream_arn.unwrap()
}

async fn call(table: &Table, operation: &str, request: Value) -> Value {
    let target = format!("DynamoDBStreams_20120810.{operation}");
    aws_json::call(&table.endpoint, ("dynamodb", "1.0"), &target, &request).await
}
