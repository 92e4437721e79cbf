//! The Lambda function that reads the stream of the events table.

use std::env;

use lambda_runtime::{LambdaEvent, service_fn};
use receiver::Error;
use serde_json::value::RawValue;
use store::{RelationshipsTable, Settings, put_aside::FailureQueue};
use tracing::error;

fn main() -> Result<(), Error> {
    receiver::init_logging();
    // Without a table, the function does not start. Lambda delivers the records again, as long as the stream has them. After
    // that, the failure queue names the records, and the events table still has the events.
    let (table, failures) = table(|name| env::var(name).ok().filter(|value| !value.is_empty()))
        .inspect_err(|wrong| error!(%wrong, "misconfigured: no event can be applied"))?;
    let (table, failures) = (&table, failures.as_ref());
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(lambda_runtime::run(service_fn(
            move |event: LambdaEvent<Box<RawValue>>| async move {
                project_views::project(table, failures, event.payload.get()).await
            },
        )))
}

/// The table of the views, and the queue for what cannot be applied. A laptop has no queue: such a record then fails.
fn table(
    get: impl Fn(&str) -> Option<String>,
) -> Result<(RelationshipsTable, Option<FailureQueue>), Error> {
    let name = get("RELATIONSHIPS_TABLE").ok_or("RELATIONSHIPS_TABLE is not set")?;
    let failures = get("VIEW_FAILURES_QUEUE_URL");
    let settings = Settings::from_env(get)?;
    let failures = failures.map(|url| FailureQueue::new(&settings, url));
    Ok((
        RelationshipsTable::new(store::patient(&settings), name),
        failures,
    ))
}
