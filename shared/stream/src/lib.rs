//! Reads batches of the events table's stream, for the functions that do: the views, and what publishes events.
//!
//! A reader tries every record of a batch. If what it writes to is away or busy, it reports the first record that failed.
//! Lambda then delivers that record and all after it again, as long as the stream has them. So doing a record again must be
//! harmless.
//!
//! A record that can never be done as it is goes into the reader's [failure queue](store::put_aside) with its content. Then it
//! counts as done, so it holds up no other record.

use std::collections::BTreeMap;

use domain::Reception;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{
    ErrorKind, Position, StoreError,
    put_aside::{FailureQueue, PutAside},
    stream_record::{self, Names},
};
use tracing::{error, warn};

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

/// Why a reception was not done.
#[derive(Debug)]
pub enum Failed {
    /// What the reader writes to is away, busy, or refuses the reader. The record has to come again.
    Now(String),
    /// It can never be done as it is.
    Never(String),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            ErrorKind::Invalid => Self::Never(error.to_string()),
            _ => Self::Now(error.to_string()),
        }
    }
}

/// One reader of the stream.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The failure queue. Without one, a record that can never be done fails each time.
    pub failures: Option<&'a FailureQueue>,
    /// The variable that names the failure queue.
    pub variable: &'static str,
    /// Reads the reception in a record, and the key of its item; `None` if the reader does not need it.
    pub reception: fn(&str) -> stream_record::Read,
}

/// The receptions of a batch, and the keys of their items in the events table.
#[derive(Debug, Default)]
pub struct Stored {
    /// In the stream's order.
    pub receptions: Vec<Reception>,
    /// A key for each of them.
    pub keys: Vec<Position>,
}

/// What became of a batch.
#[derive(Debug)]
pub struct Outcome<T> {
    /// The answer to Lambda.
    pub response: BatchResponse,
    /// The results of the receptions that were done.
    pub done: Vec<T>,
    /// How many receptions the batch had.
    pub receptions: usize,
    /// How many records failed.
    pub failed: usize,
    /// How many records were put aside.
    pub put_aside: Option<usize>,
}

impl Reader<'_> {
    /// Reads a batch and gives its receptions to `work`, which has a result for each of them, in their order.
    ///
    /// # Errors
    ///
    /// When `event` is not a batch of records. Lambda delivers it again, as after a crash.
    pub async fn read<T>(
        self,
        event: &str,
        work: impl AsyncFnOnce(&Stored) -> Vec<Result<T, Failed>>,
    ) -> Result<Outcome<T>, String> {
        let batch: Batch<'_> = serde_json::from_str(event)
            .map_err(|error| format!("not a batch of a stream ({:?})", error.classify()))?;
        // The place of each reception in the batch.
        let mut places = Vec::new();
        let mut stored = Stored::default();
        // The place of each record that can never be done, and the reason.
        let mut never = BTreeMap::new();
        for (place, record) in batch.records.iter().enumerate() {
            match (self.reception)(record.get()) {
                Ok(Some((key, reception))) => {
                    places.push(place);
                    stored.receptions.push(reception);
                    stored.keys.push(key);
                }
                Ok(None) => {}
                Err(reason) => {
                    never.insert(place, reason.to_owned());
                }
            }
        }
        let mut done = Vec::new();
        let mut failed = 0;
        // The first record that has to come again.
        let mut first_failed = None;
        for (place, result) in places.into_iter().zip(work(&stored).await) {
            match result {
                Ok(result) => done.push(result),
                Err(Failed::Never(reason)) => {
                    never.insert(place, reason);
                }
                Err(Failed::Now(error)) => {
                    failed += 1;
                    // One line is enough: the others fail for the same reason.
                    if first_failed.is_none() {
                        first_failed = Some(place);
                        let names = Names::of(batch.records[place].get());
                        warn!(
                            sequenceNumber = names.sequence_number,
                            requestId = names.request_id,
                            error,
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
            if self.is_put_aside(&aside).await {
                put_aside += 1;
            } else {
                failed += 1;
                first_failed = Some(place);
            }
        }
        let again = first_failed.map(|place| BatchItemFailure {
            item_identifier: Names::of(batch.records[place].get())
                .sequence_number
                .unwrap_or_default(),
        });
        Ok(Outcome {
            response: BatchResponse {
                batch_item_failures: again.into_iter().collect(),
            },
            done,
            receptions: stored.receptions.len(),
            failed,
            put_aside: (put_aside > 0).then_some(put_aside),
        })
    }

    /// Puts a record aside. Logs that, or why it could not be done. The log has no content, only the queue has.
    async fn is_put_aside(self, aside: &PutAside) -> bool {
        let put = match self.failures {
            Some(failures) => failures.put(aside).await.map_err(|error| error.to_string()),
            None => Err(format!("{} is not set", self.variable)),
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
}

#[derive(Deserialize)]
struct Batch<'a> {
    // Raw, so that one unreadable record does not make the others unreadable.
    #[serde(rename = "Records", borrow)]
    records: Vec<&'a RawValue>,
}
