//! The Lambda function that reads the stream of the events table.

use std::env;

use lambda_runtime::{LambdaEvent, service_fn};
use receiver::Error;
use serde_json::value::RawValue;
use store::{RelationshipsTable, Settings};
use tracing::error;

fn main() -> Result<(), Error> {
    receiver::init_logging();
    // Without a table, the function does not start. Lambda delivers the records again, a limited number of times. When it
    // gives up, the failure queue names the records, and the events table still has the events.
    let table = table(|name| env::var(name).ok().filter(|value| !value.is_empty()))
        .inspect_err(|wrong| error!(%wrong, "misconfigured: no event can be applied"))?;
    let table = &table;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(lambda_runtime::run(service_fn(
            move |event: LambdaEvent<Box<RawValue>>| async move {
                project_views::project(table, event.payload.get()).await
            },
        )))
}

fn table(get: impl Fn(&str) -> Option<String>) -> Result<RelationshipsTable, Error> {
    let name = get("RELATIONSHIPS_TABLE").ok_or("RELATIONSHIPS_TABLE is not set")?;
    let client = store::patient(&Settings::from_env(get)?);
    Ok(RelationshipsTable::new(client, name))
}
