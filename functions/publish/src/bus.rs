//! The event bus.

use std::time::Duration;

use aws_sdk_eventbridge::{
    Client,
    primitives::DateTime,
    types::{PutEventsRequestEntry, PutEventsResultEntry},
};
use cloudevents::CloudEvent;
use store::{Settings, StoreError};
use stream::Failed;

use crate::entries::{Answer, Limits, PAUSES, send_all};

/// For one request. Nobody waits for it.
const BUDGET: Duration = Duration::from_secs(10);

/// What `PutEvents` accepts. The sum of the entries of one request must be less than 1 MB.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
const LIMITS: Limits = Limits {
    entries: 10,
    bytes: 999_999,
    pauses: PAUSES,
};

#[derive(Debug)]
pub(crate) struct Bus {
    client: Client,
    name: String,
}

/// The size of an entry, as EventBridge counts: 14 bytes for the time, and the texts.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-event-size>
fn bytes(entry: &PutEventsRequestEntry) -> usize {
    let texts = [entry.source(), entry.detail_type(), entry.detail()];
    14 + texts.into_iter().flatten().map(str::len).sum::<usize>()
}

impl Bus {
    pub(crate) fn new(settings: &Settings, name: String) -> Self {
        Self {
            client: Client::new(&settings.eventbridge(BUDGET)),
            name,
        }
    }

    /// Puts events on the bus.
    pub(crate) async fn put(&self, events: &[&CloudEvent]) -> Vec<Result<(), Failed>> {
        let entries: Vec<PutEventsRequestEntry> =
            events.iter().map(|event| self.entry(event)).collect();
        send_all(&entries, bytes, LIMITS, async |group| {
            let entries = group.iter().map(|&entry| entry.clone()).collect();
            let put = self.client.put_events().set_entries(Some(entries));
            match put.send().await.map_err(StoreError::from_sdk) {
                Ok(answer) => answer.entries().iter().map(answer_of).collect(),
                Err(error) => vec![Answer::from(error); group.len()],
            }
        })
        .await
    }

    fn entry(&self, event: &CloudEvent) -> PutEventsRequestEntry {
        let server = event.source.rsplit('/').next().unwrap_or_default();
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(server)
            .detail_type(&event.kind)
            .time(DateTime::from_secs(event.time.unix_seconds()))
            .detail(event.to_json())
            .build()
    }
}

/// What the bus says about one entry.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html>
fn answer_of(entry: &PutEventsResultEntry) -> Answer {
    let Some(code) = entry.error_code() else {
        return Answer::Taken;
    };
    let error = format!("{code}: {}", entry.error_message().unwrap_or_default());
    match code {
        "MalformedDetail" | "InvalidArgument" | "RedactionFailure" => Answer::Refused(error),
        "ThrottlingException" | "InternalFailure" => Answer::Busy(error),
        // AccessDeniedException, InvalidAccountIdException, NotAuthorizedFor….
        _ => Answer::Denied(error),
    }
}
