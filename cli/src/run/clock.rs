//! Times and ids that no two requests share.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// What tells the requests of a run apart, and in which order they came.
pub(crate) struct Clock {
    started: i64,
    ids: AtomicU64,
    last: AtomicI64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            started: now(),
            ids: AtomicU64::new(0),
            last: AtomicI64::new(0),
        }
    }

    /// An id that no other request has, in this run or another.
    pub(crate) fn id(&self) -> String {
        let count = self.ids.fetch_add(1, Ordering::Relaxed);
        format!("{:x}-{count}", self.started)
    }

    /// Milliseconds since 1970, later than all before: of two requests within a millisecond, or while the clock is set
    /// back, the second one is the newer.
    pub(crate) fn tick(&self) -> i64 {
        let now = now();
        let later = |last: i64| now.max(last + 1);
        // Always some, so it never fails.
        let (Ok(last) | Err(last)) =
            self.last
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                    Some(later(last))
                });
        later(last)
    }

    /// Milliseconds since 1970, so much later than now.
    pub(crate) fn after(time: Duration) -> i64 {
        now().saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_requests_have_the_same_time_or_id() {
        let clock = Clock::new();
        let times: Vec<i64> = (0..10_000).map(|_| clock.tick()).collect();
        assert!(times.is_sorted_by(|one, next| one < next));
        assert!(times[0] > 1_700_000_000_000);
        let ids: BTreeSet<String> = (0..10_000).map(|_| clock.id()).collect();
        assert_eq!(ids.len(), 10_000);
    }
}
