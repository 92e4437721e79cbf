//! Hands callbacks on as they came.
//!
//! A message of the queue only names a callback's item in the events table. So the queue holds nothing that people wrote, and
//! a body can have any size.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use outgoing::More;
use receiver::Destination;
use store::{EventsTable, Position};

use crate::service::{Form, Said, Service, answered};

/// The header with OpenIM's id of the request.
const OPERATION_ID: HeaderName = HeaderName::from_static("operationid");

/// Another receiver.
#[derive(Debug)]
pub struct Forwarder {
    destination: Destination,
    events: EventsTable,
}

impl Forwarder {
    /// Sends the callbacks of this table there.
    #[must_use]
    pub fn new(destination: Destination, events: EventsTable) -> Self {
        Self {
            destination,
            events,
        }
    }

    fn headers(&self, operation_id: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let operation_id = operation_id.and_then(|id| HeaderValue::from_bytes(id.as_bytes()).ok());
        if let Some(id) = operation_id {
            headers.insert(OPERATION_ID, id);
        }
        if let Some(value) = &self.destination.authorization {
            headers.insert(AUTHORIZATION, value.clone());
        }
        headers
    }
}

impl Service for Forwarder {
    async fn post(&self, _: Form, id: &str, message: String, now: Duration) -> Said {
        let Ok(key) = serde_json::from_str::<Position>(&message) else {
            return Said::NeverAgain("the message does not name a callback");
        };
        let reception = match self.events.whole_reception_at(&key).await {
            Ok(Some(reception)) => reception,
            Ok(None) => return Said::NeverAgain("the callback is no longer stored"),
            Err(error) => {
                let why = format!("the callback could not be read: {error}");
                return Said::Failed { why, asked: None };
            }
        };
        let (Some(body), Some(target)) = (reception.body, reception.target) else {
            return Said::NeverAgain("the callback's body is no longer stored");
        };
        let more = More {
            target: &target,
            headers: self.headers(reception.operation_id.as_deref()),
        };
        let Destination { client, signer, .. } = &self.destination;
        let sent = client.post_with(signer, id, "application/json", body, &more);
        answered(sent, now).await
    }
}
