//! The Lambda function that publishes events from the stream of the events table.

use std::env;

use lambda_runtime::{LambdaEvent, service_fn};
use publish::Publisher;
use receiver::Error;
use serde_json::value::RawValue;
use store::{Settings, put_aside::FailureQueue};
use tracing::error;

fn main() -> Result<(), Error> {
    receiver::init_logging();
    // Without a destination, the function does not start. Lambda delivers the records again, as long as the stream has them.
    let (publisher, failures) = destinations()
        .inspect_err(|wrong| error!(%wrong, "misconfigured: no event can be published"))?;
    let (publisher, failures) = (&publisher, failures.as_ref());
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(lambda_runtime::run(service_fn(
            move |event: LambdaEvent<Box<RawValue>>| async move {
                // Boxed, because the compiler limits how deep futures are nested.
                Box::pin(publish::publish(publisher, failures, event.payload.get())).await
            },
        )))
}

/// Where events go, and the queue for those that cannot.
fn destinations() -> Result<(Publisher, Option<FailureQueue>), Error> {
    let get = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let settings = Settings::from_env(get)?;
    let failures = get("PUBLISH_FAILURES_QUEUE_URL").map(|url| FailureQueue::new(&settings, url));
    Ok((Publisher::from_env(&settings, get)?, failures))
}
