//! The Lambda function that reads the events queue.

use std::{env, time::Duration};

use lambda_runtime::{LambdaEvent, service_fn};
use receiver::{Config, Error};
use store::{EventsTable, sqs_batch::Batch};

/// How long the table may take. It is long, because nobody waits for this function.
const TABLE_BUDGET: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    receiver::init_logging();
    let config = Config::from_env(&[], |name| env::var(name).ok())?;
    let (Some(settings), Some(storage)) = (config.settings, config.storage) else {
        return Err("EVENTS_TABLE is not set".into());
    };
    let client = store::dynamodb(&settings, TABLE_BUDGET);
    let table = EventsTable::new(client, storage.events_table, storage.retention);
    lambda_runtime::run(service_fn(async |batch: LambdaEvent<Batch>| {
        Ok::<_, Error>(redrive::redrive(batch.payload, &table).await)
    }))
    .await
}
