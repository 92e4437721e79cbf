//! Gives each request its own time and id.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use domain::{Arrivals, Timestamp};

/// Gives ids, and times in the order in which requests come.
pub(crate) struct Clock {
    started: i64,
    ids: AtomicU64,
    arrivals: Arrivals,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            started: Timestamp::now().unix_millis(),
            ids: AtomicU64::new(0),
            arrivals: Arrivals::default(),
        }
    }

    /// An id that no other request has, in any run.
    pub(crate) fn id(&self) -> String {
        let count = self.ids.fetch_add(1, Ordering::Relaxed);
        format!("{:x}-{count}", self.started)
    }

    /// Milliseconds since 1970. Each time is later than the one before, even for two requests in the same millisecond, and
    /// if somebody sets the clock back.
    pub(crate) fn tick(&self) -> i64 {
        self.arrivals.next(Timestamp::now()).unix_millis()
    }

    /// The time after this duration, in milliseconds since 1970.
    pub(crate) fn after(time: Duration) -> i64 {
        let now = Timestamp::now().unix_millis();
        now.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
    }
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
