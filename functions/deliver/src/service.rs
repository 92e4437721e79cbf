//! One request to the app's own service.

use std::time::Duration;

use http::header::RETRY_AFTER;
use outgoing::Answer;
use receiver::Destination;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tokio::time::timeout;

/// How long the service may take.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// What became of one request.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// The service has the event.
    Taken,
    /// It can never be taken, now or later. The text says why.
    NeverAgain(&'static str),
    /// The service did not take it.
    Failed {
        /// Why, without what the service sent.
        why: String,
        /// How long it wants to be left alone.
        asked: Option<Duration>,
    },
}

/// How events are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Each in its own request.
    Single,
    /// As a JSON array, with as many as the function has.
    Batch,
}

impl Form {
    fn media_type(self) -> &'static str {
        match self {
            Self::Single => "application/cloudevents+json",
            Self::Batch => "application/cloudevents-batch+json",
        }
    }
}

/// What takes events.
pub trait Service {
    /// Sends events. `now` is the time since 1970, for an answer that names a time.
    fn post(&self, form: Form, id: &str, body: String, now: Duration)
    -> impl Future<Output = Said>;
}

impl Service for Destination {
    async fn post(&self, form: Form, id: &str, body: String, now: Duration) -> Said {
        let sent = self.client.post(&self.signer, id, form.media_type(), body);
        answered(sent, now).await
    }
}

/// What the service says within its time.
pub(crate) async fn answered(
    sent: impl Future<Output = Result<Answer, outgoing::Failure>>,
    now: Duration,
) -> Said {
    let why = match timeout(TIMEOUT, sent).await {
        Ok(Ok(answer)) => return said(&answer, now),
        Ok(Err(failure)) => failure.to_string(),
        Err(_) => format!("it did not answer within {} s", TIMEOUT.as_secs()),
    };
    Said::Failed { why, asked: None }
}

fn said(answer: &Answer, now: Duration) -> Said {
    match answer.status {
        200..300 => Said::Taken,
        410 => Said::NeverAgain("its status is 410"),
        status => Said::Failed {
            why: format!("its status is {status}"),
            asked: match status {
                429 | 503 => asked(answer, now),
                _ => None,
            },
        },
    }
}

/// The time in `retry-after`: seconds, or a date.
fn asked(answer: &Answer, now: Duration) -> Option<Duration> {
    let text = answer.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    let date = u64::try_from(date.unix_timestamp()).ok()?;
    Some(Duration::from_secs(date).saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn answer(status: u16, retry_after: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(retry_after).unwrap());
        Answer {
            status,
            headers,
            body: Default::default(),
        }
    }

    #[test]
    fn only_a_status_of_success_means_that_the_service_has_the_event() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(said(&answer(status, "1"), Duration::ZERO), Said::Taken);
        }
        let gone = said(&answer(410, "1"), Duration::ZERO);
        assert_eq!(gone, Said::NeverAgain("its status is 410"));
        for status in [
            100, 301, 302, 307, 308, 400, 401, 404, 429, 500, 502, 503, 504,
        ] {
            let said = said(&answer(status, ""), Duration::ZERO);
            let why = format!("its status is {status}");
            assert_eq!(said, Said::Failed { why, asked: None });
        }
    }

    #[test]
    fn retry_after_counts_for_429_and_503_as_seconds_or_as_a_date() {
        let now = Duration::from_secs(1_795_264_496);
        for (status, text, expected) in [
            (429, "120", Some(120)),
            (503, " 7 ", Some(7)),
            (503, "Sat, 21 Nov 2026 12:35:56 GMT", Some(60)),
            (503, "Sat, 21 Nov 2020 12:35:56 GMT", Some(0)),
            (429, "soon", None),
            (429, "-5", None),
            (429, "1.5", None),
            (500, "120", None),
        ] {
            let Said::Failed { asked, .. } = said(&answer(status, text), now) else {
                panic!("{status} counts as taken");
            };
            assert_eq!(asked, expected.map(Duration::from_secs), "{status} {text}");
        }
    }
}
