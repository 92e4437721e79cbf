//! Sends the events of the local stream to `deliver`, and its callbacks to `forward`, which queues do on AWS.

use std::{
    collections::{BTreeSet, VecDeque},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use cloudevents::{CloudEvent, Key};
use domain::Reception;
use publish::Only;
use serde_json::{Value, json};
use store::{
    Position,
    stream_record::{self, Names},
};

use crate::{
    run::{print, stack::FORWARD},
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
    let events = records.iter().flat_map(events);
    let meant = events.filter(|event| only.means(event));
    send(http, url, "deliver", meant.map(|event| message(&event))).await;
}

/// Hands on the callbacks in these records until each is taken, as [`deliver`].
pub(crate) async fn forward(http: &reqwest::Client, url: &str, only: &Only, records: &[Value]) {
    let callbacks = records.iter().filter_map(|record| {
        let record = record.to_string();
        let (key, reception) = stream_record::reception(&record).ok()??;
        let forwarded = publish::forwarded(&reception, &key, STACK, only)?;
        Some(in_lambdas_form(&forwarded.id, &forwarded.body, &key.pk))
    });
    send(http, url, FORWARD, callbacks).await;
}

async fn send(
    http: &reqwest::Client,
    url: &str,
    function: &str,
    messages: impl Iterator<Item = Value>,
) {
    let mut waiting: VecDeque<Value> = messages.collect();
    let mut pause = PAUSES[0];
    while !waiting.is_empty() {
        let batch: Vec<Value> = waiting.drain(..waiting.len().min(BATCH)).collect();
        let failed: Failed = match invoke(http, url, function, &batch).await {
            Ok(failed) => failed,
            Err(error) => {
                print::warn(function, &error.to_string());
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
    let reception = reception("deliver", record);
    reception.map_or_else(Vec::new, |(_, events)| events)
}

/// The reception in a record, and its events. A reader leaves out a record that cannot be read.
pub(crate) fn reception(reader: &str, record: &Value) -> Option<(Reception, Vec<CloudEvent>)> {
    let record = record.to_string();
    match stream_record::reception(&record) {
        Ok(found) => found.map(|(Position { pk, sk }, reception)| {
            let key = Key { pk: &pk, sk: &sk };
            let events = cloudevents::from_reception(&reception, STACK, key);
            (reception, events)
        }),
        Err(reason) => {
            let key = Names::of(&record).key;
            let key = key.map_or_else(String::new, |key| key.to_string());
            print::warn(reader, &format!("left out: {key}: {reason}"));
            None
        }
    }
}

/// An event in the form that Lambda gives to a function that reads a queue.
pub(crate) fn message(event: &CloudEvent) -> Value {
    in_lambdas_form(&event.id, &event.to_json(), event.group())
}

fn in_lambdas_form(id: &str, body: &str, group: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default().as_millis().to_string();
    json!({
        "messageId": id,
        "receiptHandle": id,
        "body": body,
        "attributes": {
            "SentTimestamp": now,
            "MessageGroupId": group,
        },
    })
}

pub(crate) fn id(message: &Value) -> String {
    let id = message["messageId"].as_str();
    id.unwrap_or_default().to_owned()
}
