//! The Lambda function that reads the deliveries queue.

use std::{env, time::Duration};

use deliver::{Batch, Clock as _, Deliverer, PAUSE, SystemClock, service::Form};
use lambda_runtime::{LambdaEvent, service_fn};
use outgoing::Circuit;
use receiver::{Destination, Error};
use store::{Deliveries, Settings};
use tracing::error;

/// How long a request to SQS may take. It is long, because nobody waits for this function.
const QUEUE_BUDGET: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    receiver::init_logging();
    let get = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    // Without a destination, the function does not start. The events stay in the queue.
    let started = start(get).await;
    let (destination, queue, form) =
        started.inspect_err(|wrong| error!(%wrong, "misconfigured: no event can be delivered"))?;
    // On a laptop, a developer waits, and there is no queue to protect.
    let pause = queue.as_ref().map_or(Circuit::PAUSE, |_| PAUSE);
    let deliverer = &Deliverer::new(destination, queue, SystemClock, form, pause);
    lambda_runtime::run(service_fn(async |batch: LambdaEvent<Batch>| {
        let deadline = Duration::from_millis(batch.context.deadline);
        let left = deadline.saturating_sub(SystemClock.now());
        let end = SystemClock.instant() + left;
        Ok::<_, Error>(deliverer.deliver(&batch.payload, end).await)
    }))
    .await
}

/// Where events go, the queue that they come from, and how they are sent. A laptop has no queue.
async fn start(
    get: impl Fn(&str) -> Option<String> + Copy,
) -> Result<(Destination, Option<Deliveries>, Form), Error> {
    let form = match get("DELIVERY_BATCH").as_deref() {
        None | Some("no") => Form::Single,
        Some("yes") => Form::Batch,
        Some(_) => return Err("DELIVERY_BATCH is neither yes nor no".into()),
    };
    let destination = Destination::start(get).await?;
    let queue = match (
        get("DELIVERIES_QUEUE_URL"),
        get("DELIVERIES_DEAD_LETTER_QUEUE_URL"),
    ) {
        (Some(url), Some(dead_letters)) => {
            let client = store::sqs(&Settings::from_env(get)?, QUEUE_BUDGET);
            Some(Deliveries::new(client, url, dead_letters))
        }
        (None, None) => None,
        _ => {
            let both = "DELIVERIES_QUEUE_URL and DELIVERIES_DEAD_LETTER_QUEUE_URL: one is not set";
            return Err(both.into());
        }
    };
    Ok((destination, queue, form))
}
