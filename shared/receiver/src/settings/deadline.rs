use std::time::Duration;

use tokio::time::Instant;

use super::Config;

/// The shares of the time that a callback has.
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

    /// Those of a callback. `asks` says whether somebody waits for a decision.
    pub(crate) fn shares(&self, asks: bool) -> Shares {
        match asks {
            true => self.before,
            false => self.after,
        }
    }
}

/// How a deadline is divided among what an answer can wait for. Seldom does more than one of them take its whole
/// share; when they do, `all` cuts short what comes last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares {
    /// For opening a connection when a function starts. A callback may be waiting for that, so a table that
    /// hangs must not use up its patience; a good one answers in a tenth of it.
    pub(crate) open: Duration,
    /// For the nonces table.
    pub(crate) nonces: Duration,
    /// For the limits table.
    pub(crate) limits: Duration,
    /// For the handler, which may wait for something of its own.
    pub(crate) handler: Duration,
    /// For the events table.
    pub(crate) table: Duration,
    /// For the queue.
    pub(crate) queue: Duration,
    /// When all of that has ended, whatever took the time.
    pub(crate) all: Duration,
}

impl Shares {
    /// When a share that begins now ends, in a callback that came at `start`.
    pub(crate) fn end(self, start: Instant, share: Duration) -> Instant {
        (start + self.all).min(Instant::now() + share)
    }

    pub(crate) fn of(deadline: Duration, has_queue: bool) -> Self {
        Self {
            open: (deadline / 3).min(Duration::from_millis(300)),
            nonces: deadline * 2 / 5,
            limits: deadline * 2 / 5,
            handler: deadline * 3 / 5,
            table: if has_queue {
                deadline / 2
            } else {
                deadline * 4 / 5
            },
            queue: deadline * 2 / 5,
            // The answer's way out takes milliseconds, however short the deadline is.
            all: (deadline * 19 / 20).min(deadline.saturating_sub(Duration::from_millis(10))),
        }
    }
}
