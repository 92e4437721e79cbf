use serde_json::{Value, json};

use crate::{Dynamodb, Queue, aws_json};

/// An EventBridge bus in MiniStack, with a rule that sends all its events to a queue.
pub struct EventBus {
    /// Its name.
    pub name: String,
    /// What is on the bus.
    pub events: Queue,
}

impl EventBus {
    /// Makes a new bus.
    pub async fn create(ministack: &Dynamodb, name: &str) -> Self {
        call(ministack, "CreateEventBus", json!({ "Name": name })).await;
        Self::at(ministack, name).await
    }

    /// Adds the rule to a bus.
    pub async fn at(ministack: &Dynamodb, name: &str) -> Self {
        let events = Queue::create(ministack, &format!("{name}-events")).await;
        let queue = format!("arn:aws:sqs:eu-central-1:000000000000:{name}-events");
        let everything = json!({"source": [{"prefix": ""}]}).to_string();
        let rule = json!({"Name": "all", "EventBusName": name, "EventPattern": everything});
        call(ministack, "PutRule", rule).await;
        let target = json!([{"Id": "queue", "Arn": queue}]);
        let targets = json!({"Rule": "all", "EventBusName": name, "Targets": target});
        call(ministack, "PutTargets", targets).await;
        Self {
            name: name.to_owned(),
            events,
        }
    }

    /// Takes all events from the bus, in the form that EventBridge gives them.
    pub async fn take(&self) -> Vec<Value> {
        let messages = self.events.receive_all().await;
        let bodies = messages.iter().filter_map(|message| message.body.as_ref());
        bodies
            .map(|body| serde_json::from_str(body).unwrap())
            .collect()
    }
}

async fn call(ministack: &Dynamodb, operation: &str, request: Value) {
    let target = format!("AWSEvents.{operation}");
    aws_json::call(&ministack.endpoint, ("events", "1.1"), &target, &request).await;
}
