//! Sends the events of the local stream to `deliver`, which the deliveries queue does on AWS.

use std::{
    collections::{BTreeSet, VecDeque},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use cloudevents::{CloudEvent, Key};
use publish::Only;
use serde_json::{Value, json};
use store::{
    Position,
    stream_record::{self, Names},
};

use crate::{
    run::print,
    stream::{Failed, invoke},
};

/// How many events `deliver` gets at once.
const BATCH: usize = 10;
/// The pauses after no event was taken become longer, from the first to the second.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(8)];
/// The stack in `source`.
const STACK: &str = "imhook";

/// Sends the events of these records until each is taken. If none is taken, it waits, longer each time.
pub(crate) async fn deliver(http: &reqwest::Client, url: &str, only: &Only, records: &[Value]) {
    let mut waiting: VecDeque<Value> = records
        .iter()
        .flat_map(events)
        .filter(|event| only.means(event))
        .map(|event| message(&event))
        .collect();
    let mut pause = PAUSES[0];
    while !waiting.is_empty() {
        let batch: Vec<Value> = waiting.drain(..waiting.len().min(BATCH)).collect();
        let failed: Failed = match invoke(http, url, "deliver", &batch).await {
            Ok(failed) => failed,
            Err(error) => {
                print::warn("deliver", &error.to_string());
                batch.iter().map(id).collect()
            }
        };
        let failed: BTreeSet<String> = failed.into_iter().collect();
        let taken = batch.len() - failed.len();
        // In front of the others, so that the order stays.
        let again = batch
            .into_iter()
            .rev()
            .filter(|it| failed.contains(&id(it)));
        again.for_each(|message| waiting.push_front(message));
        if taken > 0 {
            pause = PAUSES[0];
        } else {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES[1]);
        }
    }
}

/// The events of a record.
fn events(record: &Value) -> Vec<CloudEvent> {
    let record = record.to_string();
    match stream_record::reception(&record) {
        Ok(Some((Position { pk, sk }, reception))) => {
            let key = Key { pk: &pk, sk: &sk };
            cloudevents::from_reception(&reception, STACK, key)
        }
        Ok(None) => Vec::new(),
        Err(reason) => {
            let key = Names::of(&record).key;
            let key = key.map_or_else(String::new, |key| key.to_string());
            print::warn("deliver", &format!("left out: {key}: {reason}"));
            Vec::new()
        }
    }
}

/// An event in the form that Lambda gives to a function that reads a queue.
fn message(event: &CloudEvent) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default().as_millis().to_string();
    json!({
        "messageId": event.id,
        "receiptHandle": event.id,
        "body": event.to_json(),
        "attributes": {
            "SentTimestamp": now,
            "MessageGroupId": event.group(),
        },
    })
}

fn id(message: &Value) -> String {
    let id = message["messageId"].as_str();
    id.unwrap_or_default().to_owned()
}
