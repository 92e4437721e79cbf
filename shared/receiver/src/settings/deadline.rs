use std::time::Duration;

use tokio::time::Instant;

use super::Config;

/// How the time of a callback is divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    after: Shares,
    before: Shares,
}

impl Deadlines {
    pub(crate) fn of(config: &Config) -> Self {
        let shares = |deadline| Shares::of(deadline, config.has_queue());
        Self {
            after: shares(config.deadline),
            before: shares(config.before_deadline),
        }
    }

    /// The shares of a callback. `asks` says whether it is a before callback.
    pub(crate) fn shares(&self, asks: bool) -> Shares {
        match asks {
            true => self.before,
            false => self.after,
        }
    }
}

/// How a deadline is divided among the steps that an answer can wait for. The shares add up to more than the deadline,
/// because few callbacks need more than one of them in full. If one does, `all` cuts the last step short.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares {
    /// For opening a connection when a function starts. A callback may be waiting, so a table that hangs must not use up
    /// its time. A healthy table answers in a tenth of this share.
    pub(crate) open: Duration,
    /// For the nonces table.
    pub(crate) nonces: Duration,
    /// For the limits table, and for the relationships table.
    pub(crate) limits: Duration,
    /// For the handler, which may wait for another service.
    pub(crate) handler: Duration,
    /// For the question to the app's own service. With a table that works, there is still time to store the decision.
    pub(crate) question: Duration,
    /// For the events table.
    pub(crate) table: Duration,
    /// For the queue.
    pub(crate) queue: Duration,
    /// For all steps together.
    pub(crate) all: Duration,
}

impl Shares {
    /// The end of a share that begins now, for a callback that came at `start`.
    pub(crate) fn end(self, start: Instant, share: Duration) -> Instant {
        (start + self.all).min(Instant::now() + share)
    }

    pub(crate) fn of(deadline: Duration, has_queue: bool) -> Self {
        Self {
            open: (deadline / 3).min(Duration::from_millis(300)),
            nonces: deadline * 2 / 5,
            limits: deadline * 2 / 5,
            handler: deadline * 3 / 5,
            question: deadline / 2,
            table: if has_queue {
                deadline / 2
            } else {
                deadline * 4 / 5
            },
            queue: deadline * 2 / 5,
            // Sending the answer takes milliseconds, however short the deadline is.
            all: (deadline * 19 / 20).min(deadline.saturating_sub(Duration::from_millis(10))),
        }
    }
}
