//! Sends the sent messages of the local stream to `moderate`, which the moderation queue does on AWS.

use std::{collections::BTreeSet, time::Duration};

use receiver::JudgedLater;
use serde_json::Value;

use crate::{
    deliveries::{id, message, reception},
    run::print,
    stream::invoke,
};

/// How many messages `moderate` gets at once.
const BATCH: usize = 10;
/// The pauses before a message is tried again. After the last, it is left out: a laptop has no queue that keeps it.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Sends the messages of these records that are judged.
pub(crate) async fn judge(
    http: &reqwest::Client,
    url: &str,
    later: &JudgedLater,
    records: &[Value],
) {
    let mut waiting: Vec<Value> = records
        .iter()
        .filter_map(|record| reception("moderate", record))
        .flat_map(|(reception, events)| {
            let judged = publish::judged(&reception, later);
            let events = events.into_iter().zip(judged);
            events.filter_map(|(event, is_judged)| is_judged.then(|| message(&event)))
        })
        .collect();
    for pause in PAUSES {
        let mut again = Vec::new();
        for batch in waiting.chunks(BATCH) {
            let failed: BTreeSet<String> = match invoke(http, url, "moderate", batch).await {
                Ok(failed) => failed.into_iter().collect(),
                Err(error) => {
                    print::warn("moderate", &error.to_string());
                    batch.iter().map(id).collect()
                }
            };
            again.extend(batch.iter().filter(|it| failed.contains(&id(it))).cloned());
        }
        waiting = again;
        if waiting.is_empty() {
            return;
        }
        tokio::time::sleep(pause).await;
    }
    for message in waiting {
        let tries = PAUSES.len();
        print::warn(
            "moderate",
            &format!("left out after {tries} tries: {}", id(&message)),
        );
    }
}
