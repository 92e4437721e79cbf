//! Publishes stored events as [CloudEvents](cloudevents): it reads the stream of the events table, and sends each event to
//! an EventBridge bus, to the queue of deliveries, or to both. It also sends the callbacks that another receiver gets as they
//! came, and the sent messages that are judged, to a queue of their own.
//!
//! No event is skipped. If a destination is away or busy, the records come again, as long as the stream has them. So an event
//! can be sent more than once, with the same id each time. An event that a destination never accepts is put aside with its
//! record, and `imhook dead-letters redrive` sends it after a fix: see the crate `stream`.

mod bus;
mod entries;
mod moderation;
mod only;
mod queue;

use cloudevents::{CloudEvent, Key};
use domain::{Family, Reception, Timestamp};
use receiver::{Error, JudgedLater, messages::NOT_FORWARDED};
use serde_json::json;
use store::{Position, Settings, put_aside::FailureQueue, stream_record};
use stream::{BatchResponse, Failed, Reader, Stored};
use tracing::{info, warn};

use self::{
    bus::Bus,
    queue::{Message, Queue},
};
pub use self::{
    moderation::judged,
    only::{InvalidOnly, Only},
};

/// Where events go.
#[derive(Debug)]
pub struct Publisher {
    stack: String,
    bus: Option<Bus>,
    deliveries: Option<(Queue, Only)>,
    /// The queue of callbacks for another receiver.
    forwards: Option<(Queue, Only)>,
    moderation: Option<(Queue, JudgedLater)>,
}

/// How many events of a reception were sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Published {
    /// To the bus.
    pub to_bus: usize,
    /// To the queue of deliveries.
    pub to_deliveries: usize,
    /// Callbacks to the forward queue.
    pub to_forward: usize,
    /// After callbacks that are not forwarded, because their body is not stored as it came.
    pub without_body: usize,
    /// To the moderation queue.
    pub to_moderation: usize,
}

impl Publisher {
    /// Reads the environment.
    ///
    /// | Variable | Meaning |
    /// |---|---|
    /// | `STACK_NAME` | Names the stack in `source`; `imhook` if it is not set |
    /// | `EVENT_BUS` | Name or ARN of the bus |
    /// | `DELIVERIES_QUEUE_URL` | URL of the queue of deliveries |
    /// | `DELIVERY_ONLY` | Which events are delivered: see [`Only`] |
    /// | `FORWARD_QUEUE_URL` | URL of the queue of callbacks for another receiver |
    /// | `FORWARD_ONLY` | Which callbacks these are: those with such an event |
    /// | `MODERATION_QUEUE_URL` | URL of the queue of sent messages that are judged |
    /// | `MODERATE_LATER` | Which messages these are: see [`JudgedLater`] |
    ///
    /// # Errors
    ///
    /// Lists what is missing or wrong.
    pub fn from_env(
        settings: &Settings,
        get: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let queue = |url: &str, list: &str| {
            let only = Only::new(&get(list).unwrap_or_default());
            let only = only.map_err(|wrong| format!("{list} {wrong}"))?;
            Ok::<_, String>(get(url).map(|url| (Queue::new(settings, url), only)))
        };
        let mut wrong = Vec::new();
        let moderation = get("MODERATION_QUEUE_URL").map(|url| {
            let later = JudgedLater::from_env(get, &mut wrong);
            (Queue::new(settings, url), later)
        });
        if !wrong.is_empty() {
            return Err(wrong.join("; "));
        }
        let publisher = Self {
            stack: get("STACK_NAME").unwrap_or_else(|| "imhook".to_owned()),
            bus: get("EVENT_BUS").map(|name| Bus::new(settings, name)),
            deliveries: queue("DELIVERIES_QUEUE_URL", "DELIVERY_ONLY")?,
            forwards: queue("FORWARD_QUEUE_URL", "FORWARD_ONLY")?,
            moderation,
        };
        if publisher.bus.is_none()
            && publisher.deliveries.is_none()
            && publisher.forwards.is_none()
            && publisher.moderation.is_none()
        {
            return Err(
                "none of EVENT_BUS, DELIVERIES_QUEUE_URL, FORWARD_QUEUE_URL and MODERATION_QUEUE_URL is set"
                    .to_owned(),
            );
        }
        Ok(publisher)
    }

    /// Sends the events of these receptions. Gives a result for each reception. `replayed` marks them as sent again by hand.
    pub async fn publish(
        &self,
        stored: &Stored,
        replayed: Option<Timestamp>,
    ) -> Vec<Result<Published, Failed>> {
        let mut results: Vec<Result<Published, Failed>> = Vec::new();
        results.resize_with(stored.receptions.len(), || Ok(Published::default()));
        // The events of all receptions, and the place of each one's reception.
        let (mut events, mut places) = (Vec::new(), Vec::new());
        // Whether each of them is a sent message that is judged.
        let mut are_judged = Vec::new();
        for (place, (reception, key)) in stored.receptions.iter().zip(&stored.keys).enumerate() {
            let key = Key {
                pk: &key.pk,
                sk: &key.sk,
            };
            let moderation = self.moderation.as_ref();
            let judged = moderation.map(|(_, later)| judged(reception, later));
            are_judged.extend(judged.unwrap_or_default());
            for mut event in cloudevents::from_reception(reception, &self.stack, key) {
                event.replayed = replayed;
                events.push(event);
                places.push(place);
            }
            // A callback that is kept as it came is one event, which nobody judges.
            are_judged.resize(events.len(), false);
        }
        if let Some(bus) = &self.bus {
            let all: Vec<&CloudEvent> = events.iter().collect();
            let sent = bus.put(&all).await;
            note(&mut results, places.iter().copied().zip(sent), |it| {
                it.to_bus += 1;
            });
        }
        if let Some((deliveries, only)) = &self.deliveries {
            let (meant, places): (Vec<Message>, Vec<usize>) = events
                .iter()
                .zip(&places)
                .filter(|(event, _)| only.means(event))
                .map(|(event, place)| (Message::event(event), *place))
                .unzip();
            let sent = deliveries.send(&meant).await;
            note(&mut results, places.into_iter().zip(sent), |it| {
                it.to_deliveries += 1;
            });
        }
        if let Some((forwards, only)) = &self.forwards {
            let (mut meant, mut of_meant) = (Vec::new(), Vec::new());
            for (place, (reception, key)) in stored.receptions.iter().zip(&stored.keys).enumerate()
            {
                // The places are in ascending order.
                let begin = places.partition_point(|of| *of < place);
                let end = places.partition_point(|of| *of <= place);
                let its = &events[begin..end];
                if !is_forwarded(reception) || !only.means_callback(reception, its) {
                    continue;
                }
                if has_body(reception) {
                    meant.push(Message::callback(reception, key, replayed));
                    of_meant.push(place);
                } else if let Ok(published) = &mut results[place] {
                    published.without_body += 1;
                }
            }
            let sent = forwards.send(&meant).await;
            note(&mut results, of_meant.into_iter().zip(sent), |it| {
                it.to_forward += 1;
            });
        }
        if let Some((moderation, _)) = &self.moderation {
            let (meant, places): (Vec<Message>, Vec<usize>) = events
                .iter()
                .zip(&places)
                .zip(are_judged)
                .filter(|(_, is_judged)| *is_judged)
                .map(|((event, place), _)| (Message::sent(event), *place))
                .unzip();
            let sent = moderation.send(&meant).await;
            note(&mut results, places.into_iter().zip(sent), |it| {
                it.to_moderation += 1;
            });
        }
        results
    }
}

/// A message of the forward queue.
#[derive(Debug)]
pub struct Forwarded {
    /// The id of the reception, without a dot.
    pub id: String,
    /// What is in the message.
    pub body: String,
}

/// The message for a reception that another receiver gets; `None` if it does not, or if its body is not stored as it came.
#[must_use]
pub fn forwarded(
    reception: &Reception,
    key: &Position,
    stack: &str,
    only: &Only,
) -> Option<Forwarded> {
    let place = Key {
        pk: &key.pk,
        sk: &key.sk,
    };
    let events = cloudevents::from_reception(reception, stack, place);
    let is_meant = is_forwarded(reception) && only.means_callback(reception, &events);
    (is_meant && has_body(reception)).then(|| Forwarded::new(reception, key))
}

impl Forwarded {
    fn new(reception: &Reception, key: &Position) -> Self {
        let id = cloudevents::reception_id(reception);
        let body = json!({"id": id, "type": reception.command, "pk": key.pk, "sk": key.sk});
        Self {
            body: store::for_sqs(body.to_string()),
            id,
        }
    }
}

/// Whether the body is stored as it came. Of a large reception, the first part says it.
fn has_body(reception: &Reception) -> bool {
    reception.target.is_some()
}

/// Whether a reception stands for an after callback: not a later part of one, no before callback, which another receiver
/// could not answer, and not what no callback said.
fn is_forwarded(reception: &Reception) -> bool {
    let is_first = reception.part.as_ref().is_none_or(|part| part.number == 0);
    is_first
        && !reception.is_reconciled()
        && reception.events.family() != Family::Decision
        && !protocol::asks(reception.source, &reception.command)
}

/// Notes what became of events at their receptions. A failure that passes matters more than one that does not: only then the
/// record comes again, with all its events.
fn note(
    results: &mut [Result<Published, Failed>],
    sent: impl Iterator<Item = (usize, Result<(), Failed>)>,
    count: impl Fn(&mut Published),
) {
    for (place, sent) in sent {
        match (&mut results[place], sent) {
            (Ok(published), Ok(())) => count(published),
            (result @ Ok(_), Err(failed)) => *result = Err(failed),
            (result @ Err(Failed::Never(_)), Err(failed @ Failed::Now(_))) => {
                *result = Err(failed);
            }
            (Err(_), _) => {}
        }
    }
}

/// Publishes a batch of the stream. Puts aside what can never be published, if there is a queue for that.
///
/// # Errors
///
/// When `event` is not a batch of records. Lambda delivers it again, as after a crash.
pub async fn publish(
    publisher: &Publisher,
    failures: Option<&FailureQueue>,
    event: &str,
) -> Result<BatchResponse, Error> {
    let reader = Reader {
        failures,
        variable: "PUBLISH_FAILURES_QUEUE_URL",
        reception: stream_record::reception,
    };
    let outcome = reader.read(event, async |stored| publisher.publish(stored, None).await);
    let outcome = outcome.await?;
    let sum = |count: fn(&Published) -> usize| outcome.done.iter().map(count).sum::<usize>();
    info!(
        receptions = outcome.receptions,
        toBus = sum(|published| published.to_bus),
        toDeliveries = sum(|published| published.to_deliveries),
        toForward = sum(|published| published.to_forward),
        toModeration = sum(|published| published.to_moderation),
        failed = outcome.failed,
        putAside = outcome.put_aside,
        "events published"
    );
    let without_body = sum(|published| published.without_body);
    if without_body > 0 {
        warn!(callbacks = without_body, "{NOT_FORWARDED}");
    }
    Ok(outcome.response)
}

#[cfg(test)]
mod tests {
    use domain::{Events, RECONCILE, Source, Timestamp, UserId, relation::Event};

    use super::*;

    #[test]
    fn an_after_callback_is_handed_on_and_what_no_callback_said_is_not() {
        let id = |id: &str| UserId::new(id).unwrap();
        let unblocked = Event::Unblocked {
            owner: id("ana"),
            blocked: id("leo"),
        };
        let is_forwarded = |command: &str| {
            is_forwarded(&Reception {
                id: "r".into(),
                received_at: Timestamp::from_unix_millis(0).unwrap(),
                source: Source::OpenIm,
                command: command.into(),
                operation_id: None,
                events: Events::Relation(vec![unblocked.clone()]),
                body: None,
                target: None,
                part: None,
            })
        };
        assert!(is_forwarded("callbackAfterRemoveBlackCommand"));
        assert!(!is_forwarded("callbackBeforeAddBlackCommand"));
        assert!(!is_forwarded(RECONCILE));
    }
}
