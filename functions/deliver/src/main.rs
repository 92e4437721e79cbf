//! The Lambda function that reads the deliveries queue or the forward queue.

use std::{env, time::Duration};

use deliver::{
    Clock as _, Deliverer, PAUSE, SystemClock,
    forward::Forwarder,
    service::{Form, Service},
};
use lambda_runtime::{LambdaEvent, service_fn};
use outgoing::Circuit;
use receiver::{Destination, Error, Sends};
use store::{Deliveries, EventsTable, Retention, Settings, sqs_batch::Batch};
use tracing::error;

/// How long a request to AWS may take. It is long, because nobody waits for this function.
const AWS_BUDGET: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    receiver::init_logging();
    let get = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    // Without a destination, the function does not start. The events stay in the queue.
    let started = start(get).await;
    let (service, queue, form) =
        started.inspect_err(|wrong| error!(%wrong, "misconfigured: nothing can be delivered"))?;
    match service {
        // Boxed, because the compiler limits how deep futures are nested.
        To::Service(destination) => Box::pin(run(destination, queue, form)).await,
        To::Receiver(forwarder) => Box::pin(run(forwarder, queue, form)).await,
    }
}

/// Who gets what is in the queue.
enum To {
    /// The app's own service gets events.
    Service(Destination),
    /// Another receiver gets callbacks.
    Receiver(Forwarder),
}

async fn run(service: impl Service, queue: Option<Deliveries>, form: Form) -> Result<(), Error> {
    // On a laptop, a developer waits, and there is no queue to protect.
    let pause = queue.as_ref().map_or(Circuit::PAUSE, |_| PAUSE);
    let deliverer = &Deliverer::new(service, queue, SystemClock, form, pause);
    lambda_runtime::run(service_fn(async |batch: LambdaEvent<Batch>| {
        let deadline = Duration::from_millis(batch.context.deadline);
        let left = deadline.saturating_sub(SystemClock.now());
        let end = SystemClock.instant() + left;
        Ok::<_, Error>(deliverer.deliver(&batch.payload, end).await)
    }))
    .await
}

/// Who gets what, from which queue, and in which form. A laptop has no queue.
async fn start(
    get: impl Fn(&str) -> Option<String> + Copy,
) -> Result<(To, Option<Deliveries>, Form), Error> {
    let form = match get("DELIVERY_BATCH").as_deref() {
        None | Some("no") => Form::Single,
        Some("yes") => Form::Batch,
        Some(_) => return Err("DELIVERY_BATCH is neither yes nor no".into()),
    };
    let service = match get("FORWARD_URL") {
        Some(_) => To::Receiver(forwarder(get).await?),
        None => To::Service(Destination::start(Sends::Events, get).await?),
    };
    let queue = match (
        get("DELIVERIES_QUEUE_URL"),
        get("DELIVERIES_DEAD_LETTER_QUEUE_URL"),
    ) {
        (Some(url), Some(dead_letters)) => {
            let client = store::sqs(&Settings::from_env(get)?, AWS_BUDGET);
            Some(Deliveries::new(client, url, dead_letters))
        }
        (None, None) => None,
        _ => {
            let both = "DELIVERIES_QUEUE_URL and DELIVERIES_DEAD_LETTER_QUEUE_URL: one is not set";
            return Err(both.into());
        }
    };
    Ok((service, queue, form))
}

async fn forwarder(get: impl Fn(&str) -> Option<String> + Copy) -> Result<Forwarder, Error> {
    if get("DELIVERY_URL").is_some() || get("DELIVERY_BATCH").as_deref() == Some("yes") {
        return Err("FORWARD_URL is for a function of its own, without DELIVERY_URL".into());
    }
    let table = get("EVENTS_TABLE").ok_or("FORWARD_URL is set, but EVENTS_TABLE is not")?;
    let destination = Destination::start(Sends::Callbacks, get).await?;
    let client = store::dynamodb(&Settings::from_env(get)?, AWS_BUDGET);
    // Nothing is written, so the retention does not matter.
    let events = EventsTable::new(client, table, Retention::default());
    Ok(Forwarder::new(destination, events))
}
