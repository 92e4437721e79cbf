use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Stops requests to a service that does not work, so that nobody waits for it.
///
/// It opens after [`FAILURES`](Self::FAILURES) failures in a row. While it is open, one request in each pause goes through.
/// It closes when one of them succeeds.
#[derive(Debug)]
pub struct Circuit {
    /// How long it stops requests before it lets one through.
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// When the next request may go through; `None` while it is closed.
    next: Option<Instant>,
}

impl Circuit {
    /// The number of failures in a row after which it opens.
    pub const FAILURES: u32 = 5;
    /// The pause of a circuit for requests that a user waits for.
    pub const PAUSE: Duration = Duration::from_secs(5);

    /// A closed circuit with this pause.
    #[must_use]
    pub fn new(pause: Duration) -> Self {
        Self {
            pause,
            state: Mutex::default(),
        }
    }

    /// When the next request may go through; `None` while it is closed.
    pub fn waits_until(&self) -> Option<Instant> {
        self.lock().next
    }

    /// Whether a request may be sent now.
    pub fn lets_through(&self, now: Instant) -> bool {
        let mut state = self.lock();
        match state.next {
            None => true,
            Some(next) if now < next => false,
            Some(_) => {
                state.next = Some(now + self.pause);
                true
            }
        }
    }

    /// Notes that a request succeeded. Says whether the circuit closes.
    pub fn succeeded(&self) -> bool {
        let mut state = self.lock();
        let was_open = state.next.is_some();
        *state = State::default();
        was_open
    }

    /// Notes that a request failed. Says whether the circuit opens.
    pub fn failed(&self, now: Instant) -> bool {
        let mut state = self.lock();
        let was_open = state.next.is_some();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= Self::FAILURES {
            state.next = Some(now + self.pause);
        }
        !was_open && state.next.is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_five_failures_in_a_row_and_closes_after_one_success() {
        const PAUSE: Duration = Duration::from_secs(7);
        let circuit = Circuit::new(PAUSE);
        let start = Instant::now();
        let at = |pauses: u32| start + PAUSE * pauses;
        for _ in 0..4 {
            assert!(!circuit.failed(start));
        }
        assert!(!circuit.succeeded());
        for n in 1..=5 {
            assert!(circuit.lets_through(start));
            assert_eq!(circuit.failed(start), n == 5);
        }
        assert_eq!(circuit.waits_until(), Some(at(1)));
        assert!(!circuit.lets_through(at(1) - Duration::from_millis(1)));
        assert!(circuit.lets_through(at(1)));
        // Only one, while its outcome is not known.
        assert!(!circuit.lets_through(at(1)));
        assert!(!circuit.failed(at(1)));
        assert!(!circuit.lets_through(at(1)));
        assert!(circuit.lets_through(at(2)));
        assert!(circuit.succeeded());
        assert_eq!(circuit.waits_until(), None);
        assert!(circuit.lets_through(at(2)));
    }
}
