//! Delivers the events in the deliveries queue to the app's own service, or the callbacks in the forward queue, as they
//! came, to [another receiver](forward).
//!
//! It never drops an event: an event is taken by the service, comes again, or is in the dead-letter queue. It never
//! delivers an event before an earlier one of the same group, and never changes one.
//!
//! The queue is a FIFO queue. While a message is hidden, SQS gives no later one of its group. So a failed event is hidden
//! until its [next try](schedule), and everything after it waits.
//!
//! A service that fails as a whole is left alone for [`PAUSE`]. The function keeps its messages and waits for the
//! end of that. Otherwise it would take all messages of the queue, one after the other, only to hide them.

pub mod forward;
pub mod queue;
pub mod schedule;
pub mod service;

use std::{collections::BTreeSet, time::Duration};

use outgoing::Circuit;
use receiver::messages::{
    BATCH_NOT_DELIVERED, DELIVERY_DEAD, DELIVERY_GOES_ON, DELIVERY_WAITS, NOT_DELIVERED,
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use store::sqs_batch::{Batch, Message, PartialBatchFailure};
use tokio::time::Instant;
use tracing::{error, info, warn};

use self::{
    queue::Queue,
    service::{Form, Said, Service},
};

/// How long a service is left alone after [`Circuit::FAILURES`] failures in a row, or after one more.
pub const PAUSE: Duration = Duration::from_secs(60);
/// How long a message is hidden that was not tried, because the service is left alone. So a message is received at most
/// 480 times in a day, and the queue allows 1,000.
pub const LEFT_ALONE: Duration = Duration::from_secs(180);
/// How long a message is hidden that could not be put into the dead-letter queue.
const BURY_AGAIN: Duration = Duration::from_secs(300);
/// How often an event that is a day old is tried in one go, and the time between these tries. An earlier event of its group
/// may have held it up for the whole day, so these may be its only tries.
const LAST_TRIES: u32 = 3;
const BETWEEN_LAST_TRIES: Duration = Duration::from_secs(5);
/// A try, and the requests to SQS after it.
const TIME_OF_A_TRY: Duration = Duration::from_secs(service::TIMEOUT.as_secs() + 10);

const DELIVERED: &str = "events delivered";

/// The time.
pub trait Clock {
    /// The time since 1970.
    fn now(&self) -> Duration;
    /// A time that never goes back.
    fn instant(&self) -> Instant;
    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()>;
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        std::time::UNIX_EPOCH.elapsed().unwrap_or_default()
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// Delivers events, one after the other.
#[derive(Debug)]
pub struct Deliverer<S, Q, C> {
    service: S,
    queue: Q,
    clock: C,
    form: Form,
    circuit: Circuit,
    pause: Duration,
}

/// What happens to a message now.
enum End {
    /// The service has it.
    Taken,
    /// The dead-letter queue has it.
    Buried,
    /// It comes again after this time.
    Again(Duration),
}

/// The part of an event that is needed here.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(default)]
    r#type: String,
}

impl Event {
    /// Reads an event. `None` if it has no id with which it can be signed.
    fn read(body: &str) -> Option<Self> {
        let event: Self = serde_json::from_str(body).ok()?;
        let is_fit = |byte: u8| byte.is_ascii_graphic() && byte != b'.';
        (!event.id.is_empty() && event.id.bytes().all(is_fit)).then_some(event)
    }
}

impl<S: Service, Q: Queue, C: Clock> Deliverer<S, Q, C> {
    /// Delivers to this service what comes from this queue. A service that fails in a row is left alone for `pause`.
    pub fn new(service: S, queue: Q, clock: C, form: Form, pause: Duration) -> Self {
        Self {
            service,
            queue,
            clock,
            form,
            circuit: Circuit::new(pause),
            pause,
        }
    }

    /// Delivers a batch, and is done at `end`. Gives the messages that come again. The others are taken or buried.
    pub async fn deliver(&self, batch: &Batch, end: Instant) -> PartialBatchFailure {
        self.wait_for_the_pause(end).await;
        if self.form == Form::Batch && self.is_taken_whole(batch, end).await {
            info!(delivered = batch.messages.len(), "{DELIVERED}");
            return PartialBatchFailure::default();
        }
        let mut again = PartialBatchFailure::default();
        let mut held_up = BTreeSet::new();
        let (mut taken, mut buried) = (0, 0);
        for message in &batch.messages {
            let ended = match held_up.contains(message.group()) {
                // It waits for the one that failed, which is hidden.
                true => End::Again(Duration::ZERO),
                false => self.end_of(message, end).await,
            };
            match ended {
                End::Taken => taken += 1,
                End::Buried => buried += 1,
                End::Again(time) => {
                    held_up.insert(message.group());
                    if let Err(error) = self.queue.hide(&message.receipt_handle, time).await {
                        // Then it comes again when the queue's visibility time-out is over.
                        warn!(error, "a message keeps its visibility time-out");
                    }
                    again.add(message);
                }
            }
        }
        info!(
            delivered = taken,
            buried,
            again = again.batch_item_failures.len(),
            "{DELIVERED}"
        );
        again
    }

    /// Sends all events of a batch in one request. If this fails, nothing has happened: each of them is then sent alone, so
    /// that one that the service does not take holds up only its own group.
    async fn is_taken_whole(&self, batch: &Batch, end: Instant) -> bool {
        let events = batch.messages.iter().map(|it| Event::read(&it.body));
        let Some(events) = events.collect::<Option<Vec<_>>>() else {
            return false;
        };
        let now = self.clock.instant();
        let is_batch = events.len() > 1 && now + TIME_OF_A_TRY <= end;
        if !is_batch || !self.circuit.lets_through(now) {
            return false;
        }
        let mut digest = Sha256::new();
        for event in &events {
            digest.update(event.id.as_bytes());
            // No id has a dot.
            digest.update(b".");
        }
        let id = base16ct::lower::encode_string(&digest.finalize());
        let bodies: Vec<&str> = batch.messages.iter().map(|it| it.body.as_str()).collect();
        let body = format!("[{}]", bodies.join(","));
        let said = self.service.post(Form::Batch, &id, body, self.clock.now());
        let why = match said.await {
            Said::Taken => {
                self.succeeded();
                return true;
            }
            Said::NeverAgain(why) => why.to_owned(),
            Said::Failed { why, .. } => why,
        };
        warn!(events = events.len(), why, "{BATCH_NOT_DELIVERED}");
        self.failed();
        false
    }

    /// Waits until the service may be asked again, as far as the time allows one try after that.
    async fn wait_for_the_pause(&self, end: Instant) {
        let Some(until) = self.circuit.waits_until() else {
            return;
        };
        let now = self.clock.instant();
        let most = end.saturating_duration_since(now);
        let most = most.saturating_sub(TIME_OF_A_TRY);
        let time = until.saturating_duration_since(now).min(most);
        if !time.is_zero() {
            self.clock.sleep(time).await;
        }
    }

    async fn end_of(&self, message: &Message, end: Instant) -> End {
        let Some(event) = Event::read(&message.body) else {
            let id = &message.message_id;
            error!(messageId = id, "a message of the queue cannot be read");
            return self.bury(message, None).await;
        };
        let mut last_tries = 0;
        loop {
            let now = self.clock.instant();
            if now + TIME_OF_A_TRY > end {
                return End::Again(Duration::ZERO);
            }
            if !self.circuit.lets_through(now) {
                return self.left_alone(message, &event).await;
            }
            let body = match self.form {
                Form::Single => message.body.clone(),
                Form::Batch => format!("[{}]", message.body),
            };
            let now = self.clock.now();
            let said = self.service.post(self.form, &event.id, body, now);
            let (why, asked) = match said.await {
                Said::Taken => {
                    self.succeeded();
                    return End::Taken;
                }
                Said::NeverAgain(why) => {
                    self.succeeded();
                    self.not_delivered(message, &event, why, None);
                    return self.bury(message, Some(&event)).await;
                }
                Said::Failed { why, asked } => (why, asked),
            };
            let age = message.age(self.clock.now());
            let next = schedule::next(&event.id, age, message.receives(), asked);
            self.not_delivered(message, &event, &why, next);
            self.failed();
            if let Some(time) = next {
                // A service that fails as a whole is not the fault of this event.
                return End::Again(match (self.circuit.waits_until(), asked) {
                    (Some(_), None) => LEFT_ALONE,
                    (Some(_), Some(_)) => time.max(LEFT_ALONE),
                    (None, _) => time,
                });
            }
            last_tries += 1;
            if last_tries == LAST_TRIES || self.circuit.waits_until().is_some() {
                return self.bury(message, Some(&event)).await;
            }
            self.clock.sleep(BETWEEN_LAST_TRIES).await;
        }
    }

    /// The end of an event that is not tried, because the service is left alone.
    async fn left_alone(&self, message: &Message, event: &Event) -> End {
        match message.age(self.clock.now()) < schedule::END {
            true => End::Again(LEFT_ALONE),
            false => self.bury(message, Some(event)).await,
        }
    }

    fn succeeded(&self) {
        if self.circuit.succeeded() {
            info!("{DELIVERY_GOES_ON}");
        }
    }

    fn failed(&self) {
        if self.circuit.failed(self.clock.instant()) {
            warn!(seconds = self.pause.as_secs(), "{DELIVERY_WAITS}");
        }
    }

    fn not_delivered(&self, message: &Message, event: &Event, why: &str, next: Option<Duration>) {
        warn!(
            eventId = event.id,
            eventType = event.r#type,
            why,
            received = message.receives(),
            ageSeconds = message.age(self.clock.now()).as_secs(),
            nextSeconds = next.map(|time| time.as_secs()),
            "{NOT_DELIVERED}"
        );
    }

    async fn bury(&self, message: &Message, event: Option<&Event>) -> End {
        let (id, event) = (&message.message_id, event.map(|it| &it.id));
        let buried = self.queue.bury(message.group(), id, &message.body).await;
        match buried {
            Ok(()) => {
                warn!(eventId = event, "{DELIVERY_DEAD}");
                End::Buried
            }
            Err(error) => {
                warn!(
                    eventId = event,
                    error, "an event could not be put into the dead-letter queue"
                );
                End::Again(BURY_AGAIN)
            }
        }
    }
}
