//! The options of a command that say where published events go.

use clap::Args;
use publish::Publisher;
use store::Settings;

use crate::{
    Result,
    queues::Queues,
    tables::{Tables, local_account},
};

/// For commands that also have the options [`Tables`], which say whether AWS is meant.
#[derive(Args)]
pub(crate) struct Destinations {
    /// Name of the event bus: output EventBusName of the stack
    #[arg(long, value_name = "NAME")]
    pub(crate) event_bus: Option<String>,
    /// Endpoint of an EventBridge on this machine
    #[arg(long, value_name = "URL", conflicts_with = "aws")]
    eventbridge: Option<String>,
    /// Name of the stack, for the `source` of events
    #[arg(long, value_name = "NAME", default_value = "imhook")]
    pub(crate) stack: String,
}

impl Destinations {
    /// What sends events there. `queues` names the queues, and an SQS on this machine.
    pub(crate) fn publisher(&self, tables: &Tables, queues: Option<&Queues>) -> Result<Publisher> {
        let here = |name: &str| match name {
            "AWS_ENDPOINT_URL_EVENTBRIDGE" => self.eventbridge.clone(),
            "AWS_ENDPOINT_URL_SQS" => queues.and_then(|it| it.sqs.clone()),
            _ => local_account(name),
        };
        let settings = match tables.aws() {
            true => Settings::from_env(|name| std::env::var(name).ok())?,
            false => Settings::from_env(here)?,
        };
        if !tables.aws() && self.event_bus.is_some() && self.eventbridge.is_none() {
            return Err(
                "no EventBridge is named: use --aws, or --eventbridge for one on this machine"
                    .into(),
            );
        }
        let publisher = Publisher::from_env(&settings, |name| match name {
            "EVENT_BUS" => self.event_bus.clone(),
            "DELIVERIES_QUEUE_URL" => queues.and_then(|it| it.deliveries_queue.clone()),
            "FORWARD_QUEUE_URL" => queues.and_then(|it| it.forward_queue.clone()),
            "STACK_NAME" => Some(self.stack.clone()),
            _ => None,
        });
        Ok(publisher.map_err(
            |_| {
                "name where events go: --event-bus with the stack's output EventBusName, --deliveries-queue with its output \
                 DeliveriesQueueUrl, or --forward-queue with its output ForwardQueueUrl"
            },
        )?)
    }
}
