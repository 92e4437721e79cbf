//! What the event bus gets: a rule and a queue that exist for one run.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::{
    Result,
    aws::{BUS, Client, QUEUES},
    tables::Database,
};

pub(super) struct Bus {
    bus: String,
    events: Client,
    queues: Client,
    /// The URL of the queue, from the moment when there is something to remove.
    queue: Mutex<Option<String>>,
}

type Done<T> = std::result::Result<T, String>;

impl Bus {
    pub(super) fn new(bus: &str, database: &Database) -> Result<Self> {
        Ok(Self {
            bus: bus.to_owned(),
            events: Client::new(&BUS, database)?,
            queues: Client::new(&QUEUES, database)?,
            queue: Mutex::default(),
        })
    }

    /// Makes a rule and a queue of this name, for what the bus gets about a subject.
    pub(super) async fn listen(&self, name: &str, subject: &str) -> Done<()> {
        let queue = json!({"QueueName": name, "Attributes": {"MessageRetentionPeriod": "3600"}});
        let mut queue = self.queues.call("CreateQueue", &queue).await?;
        let url = queue["QueueUrl"].take();
        let made = url.as_str().map(ToOwned::to_owned);
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = made;
        let asked = json!({"QueueUrl": url, "AttributeNames": ["QueueArn"]});
        let mut attributes = self.queues.call("GetQueueAttributes", &asked).await?;
        let queue = attributes["Attributes"]["QueueArn"].take();

        let pattern = json!({"detail": {"subject": [subject]}}).to_string();
        let rule = json!({"Name": name, "EventBusName": self.bus, "EventPattern": pattern});
        let rule = self.events.call("PutRule", &rule).await?;
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage", "Resource": queue,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule["RuleArn"]}},
        }]});
        let attributes = json!({ "Policy": policy.to_string() });
        let allow = json!({"QueueUrl": url, "Attributes": attributes});
        self.queues.call("SetQueueAttributes", &allow).await?;
        let target = json!([{"Id": "queue", "Arn": queue}]);
        let target = json!({"Rule": name, "EventBusName": self.bus, "Targets": target});
        let answer = self.events.call("PutTargets", &target).await?;
        match answer["FailedEntryCount"].as_u64() {
            None | Some(0) => Ok(()),
            _ => Err(format!("PutTargets: {}", answer["FailedEntries"])),
        }
    }

    /// What has come since then, as EventBridge writes it.
    pub(super) async fn take(&self) -> Done<Vec<Value>> {
        let Some(url) = self.url() else {
            return Ok(Vec::new());
        };
        let asked = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1});
        let received = self.queues.call("ReceiveMessage", &asked).await?;
        let messages = received["Messages"].as_array().into_iter().flatten();
        let bodies = messages.filter_map(|it| serde_json::from_str(it["Body"].as_str()?).ok());
        Ok(bodies.collect())
    }

    /// Removes the rule and the queue, if there are some.
    pub(super) async fn remove(&self, name: &str) -> Done<()> {
        let Some(url) = self.url() else {
            return Ok(());
        };
        let rule = json!({"Rule": name, "EventBusName": self.bus, "Ids": ["queue"]});
        let targets = self.events.call("RemoveTargets", &rule).await;
        let rule = json!({"Name": name, "EventBusName": self.bus});
        let rule = self.events.call("DeleteRule", &rule).await;
        let queue = json!({ "QueueUrl": url });
        let queue = self.queues.call("DeleteQueue", &queue).await;
        // The run can end before there is a rule.
        let missing = |why: &String| why.contains("ResourceNotFoundException");
        for removed in [targets, rule, queue] {
            if let Err(why) = removed
                && !missing(&why)
            {
                return Err(format!(
                    "the rule and the queue {name} are still there: {why}"
                ));
            }
        }
        Ok(())
    }

    fn url(&self) -> Option<String> {
        let url = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        url.clone()
    }
}
