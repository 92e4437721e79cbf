//! What the function does with messages besides delivering them.

use std::time::Duration;

use store::Deliveries;

/// The queue, and its dead-letter queue.
pub trait Queue {
    /// Hides a message for so long.
    fn hide(&self, receipt: &str, time: Duration) -> impl Future<Output = Result<(), String>>;

    /// Puts a message into the dead-letter queue.
    fn bury(
        &self,
        group: &str,
        message_id: &str,
        body: &str,
    ) -> impl Future<Output = Result<(), String>>;
}

/// `None` on a laptop, which has no queue: who invokes the function waits there as it likes, and what is buried is gone.
impl Queue for Option<Deliveries> {
    async fn hide(&self, receipt: &str, time: Duration) -> Result<(), String> {
        match self {
            Some(queue) => queue.hide(receipt, time).await,
            None => Ok(()),
        }
        .map_err(|error| error.to_string())
    }

    async fn bury(&self, group: &str, message_id: &str, body: &str) -> Result<(), String> {
        let Some(queue) = self else {
            return Ok(());
        };
        // The message's id, and not the event's: an event that was sent to the deliveries queue again, and fails at once,
        // must not be taken for a repetition.
        let buried = queue.bury(group, message_id, body).await;
        buried.map_err(|error| error.to_string())
    }
}
