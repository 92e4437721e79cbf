//! Updates the relationships table from the stream of the events table. In the crate `domain`, `relation::rows` says
//! what an event means for who is friends with whom, and `group::rows` for who is in which group.
//!
//! It never skips a record because another one failed, and never replaces a row by an older fact.
//!
//! It tries to apply every record of a batch. If the table is away or busy, it reports the first record that failed. Lambda
//! then delivers that record and all after it again, as long as the stream has them. Applying a record again is harmless.
//!
//! A record that can never be applied as it is, because it cannot be read or the table does not accept its rows, goes into
//! the [failure queue](store::view_failures) with its content. Then it counts as done, so it holds up no other record.
//! `imhook requeue` applies it after a fix.

use std::collections::BTreeMap;

use receiver::Error;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{
    ErrorKind, RelationshipsTable,
    relationships_table::Applied,
    stream_record::{self, Names},
    view_failures::{PutAside, ViewFailures},
};
use tracing::{error, info, warn};

/// The answer to Lambda about a batch: the first record that Lambda has to deliver again.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// The first record that failed; empty if none failed.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// One record of the stream.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// Its sequence number. An empty one means the whole batch.
    pub item_identifier: String,
}

/// Applies a batch of the stream to the table. Puts aside what can never be applied, if there is a queue for that.
///
/// # Errors
///
/// When `event` is not a batch of records. Lambda delivers it again, as after a crash.
pub async fn project(
    table: &RelationshipsTable,
    failures: Option<&ViewFailures>,
    event: &str,
) -> Result<BatchResponse, Error> {
    let batch: Batch<'_> = serde_json::from_str(event)
        .map_err(|error| format!("not a batch of a stream ({:?})", error.classify()))?;
    // The place of each reception in the batch.
    let mut places = Vec::new();
    let mut receptions = Vec::new();
    // The place of each record that can never be applied, and the reason.
    let mut never = BTreeMap::new();
    for (place, record) in batch.records.iter().enumerate() {
        match stream_record::reception(record.get()) {
            Ok(Some(reception)) => {
                places.push(place);
                receptions.push(reception);
            }
            Ok(None) => {}
            Err(reason) => {
                never.insert(place, reason.to_owned());
            }
        }
    }
    let mut sum = Applied::default();
    let mut failed = 0;
    // The first record that has to come again.
    let mut first_failed = None;
    let results = table.apply(&receptions).await;
    for (place, result) in places.into_iter().zip(results) {
        match result {
            Ok(applied) => {
                sum.changed += applied.changed;
                sum.known += applied.known;
            }
            Err(error) if error.kind() == ErrorKind::Invalid => {
                never.insert(place, error.to_string());
            }
            Err(error) => {
                failed += 1;
                // One line is enough: after such an error, no further write is started.
                if first_failed.is_none() {
                    first_failed = Some(place);
                    let names = Names::of(batch.records[place].get());
                    warn!(
                        sequenceNumber = names.sequence_number,
                        requestId = names.request_id,
                        %error,
                        "events were not applied and come again"
                    );
                }
            }
        }
    }
    let mut put_aside = 0;
    for (place, reason) in never {
        // Everything after the first record that failed comes again. It would be put aside at each delivery.
        if first_failed.is_some_and(|first| first < place) {
            break;
        }
        let aside = PutAside::new(batch.records[place], reason);
        if is_put_aside(failures, &aside).await {
            put_aside += 1;
        } else {
            failed += 1;
            first_failed = Some(place);
        }
    }
    info!(
        events = receptions.len(),
        changed = sum.changed,
        known = sum.known,
        failed,
        putAside = (put_aside > 0).then_some(put_aside),
        "relationships updated"
    );
    Ok(BatchResponse {
        batch_item_failures: first_failed
            .map(|place| BatchItemFailure {
                item_identifier: Names::of(batch.records[place].get())
                    .sequence_number
                    .unwrap_or_default(),
            })
            .into_iter()
            .collect(),
    })
}

/// Puts a record aside. Logs that, or why it could not be done. The log has no content, only the queue has.
async fn is_put_aside(failures: Option<&ViewFailures>, aside: &PutAside) -> bool {
    let put = match failures {
        Some(failures) => failures.put(aside).await.map_err(|error| error.to_string()),
        None => Err("VIEW_FAILURES_QUEUE_URL is not set".to_owned()),
    };
    let (sequence_number, request_id) = (&aside.sequence_number, &aside.request_id);
    match put {
        Ok(()) => error!(
            sequenceNumber = sequence_number,
            requestId = request_id,
            reason = aside.reason,
            "a record of the stream cannot be applied and was put aside"
        ),
        Err(ref error) => error!(
            sequenceNumber = sequence_number,
            requestId = request_id,
            reason = aside.reason,
            error,
            "a record of the stream can neither be applied nor put aside"
        ),
    }
    put.is_ok()
}

#[derive(Deserialize)]
struct Batch<'a> {
    // Raw, so that one unreadable record does not make the others unreadable.
    #[serde(rename = "Records", borrow)]
    records: Vec<&'a RawValue>,
}
