use aws_sdk_dynamodb::Client;
use serde_json::{Value, json};

use crate::Table;

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
    let answer = reqwest::Client::new()
        .post(&table.endpoint)
        .header("content-type", "application/x-amz-json-1.0")
        .header(
            "x-amz-target",
            format!("DynamoDBStreams_20120810.{operation}"),
        )
        .header("x-amz-date", "20261121T000000Z")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=local/20261121/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=local",
        )
        .body(request.to_string())
        .send()
        .await
        .unwrap();
    let body = answer.text().await.unwrap();
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{operation}: {error}: {body}"))
}
