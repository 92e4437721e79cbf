//! The Lambda function that reads the moderation queue.

use std::{
    env,
    time::{Duration, UNIX_EPOCH},
};

use lambda_runtime::{LambdaEvent, service_fn};
use moderate::{Moderator, Queue};
use receiver::{Config, Error, ModerationConfig};
use store::{EventsTable, Settings, sqs_batch::Batch};
use tokio::time::Instant;
use tracing::error;

/// How long a request to SQS may take. It is long, because nobody waits for this function.
const QUEUE_BUDGET: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    receiver::init_logging();
    let get = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    // If a setting is wrong, the function does not start. The messages stay in the queue.
    let started = start(get).await;
    let moderator =
        &started.inspect_err(|wrong| error!(%wrong, "misconfigured: no message can be judged"))?;
    lambda_runtime::run(service_fn(async |batch: LambdaEvent<Batch>| {
        let deadline = Duration::from_millis(batch.context.deadline);
        let now = UNIX_EPOCH.elapsed().unwrap_or_default();
        let end = Instant::now() + deadline.saturating_sub(now);
        Ok::<_, Error>(moderator.moderate(batch.payload, end).await)
    }))
    .await
}

async fn start(get: impl Fn(&str) -> Option<String> + Copy) -> Result<Moderator, Error> {
    let moderation = ModerationConfig::start(get).await?;
    let config = Config::from_env(&[], get)?;
    let (Some(settings), Some(storage)) = (config.settings, config.storage) else {
        return Err("EVENTS_TABLE is not set".into());
    };
    let client = store::patient(&settings);
    let table = EventsTable::new(client, storage.events_table, storage.retention);
    // A laptop has no queue: who invokes the function waits there as it likes.
    let queue = get("MODERATION_QUEUE_URL").map(|url| queue(&settings, url));
    Ok(Moderator::new(moderation, table, queue))
}

fn queue(settings: &Settings, url: String) -> Queue {
    Queue {
        client: store::sqs(settings, QUEUE_BUDGET),
        url,
    }
}
