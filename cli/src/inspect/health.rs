//! Counts of the last hour, minute by minute, and the page that draws them.

use domain::Timestamp;

use super::seen::Outcome;

/// How many minutes are kept.
pub(super) const MINUTES: usize = 60;

/// A time belongs to the first bucket whose end it does not reach. The ends grow by a quarter, from 0.1 ms to a minute.
const BUCKETS: usize = 60;

/// What happened in one minute.
#[derive(Clone)]
pub(super) struct Minute {
    /// Minutes since 1970.
    pub(super) at: i64,
    pub(super) all: u32,
    pub(super) refused: u32,
    pub(super) failed: u32,
    times: [u32; BUCKETS],
}

impl Minute {
    fn new(at: i64) -> Self {
        Self {
            at,
            all: 0,
            refused: 0,
            failed: 0,
            times: [0; BUCKETS],
        }
    }

    /// The milliseconds that this share of the answers did not exceed. `None` without answers.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        quantile(&self.times, share)
    }
}

/// The last hour, oldest minute first. A minute without callbacks is not there.
#[derive(Clone, Default)]
pub(super) struct Minutes(Vec<Minute>);

impl Minutes {
    pub(super) fn count(&mut self, at: Timestamp, outcome: Outcome, milliseconds: Option<f64>) {
        let at = at.unix_seconds().div_euclid(60);
        let place = match self.0.binary_search_by_key(&at, |it| it.at) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, Minute::new(at));
                if self.0.len() > MINUTES {
                    self.0.remove(0);
                    // It is older than all that are kept.
                    if place == 0 {
                        return;
                    }
                    place - 1
                } else {
                    place
                }
            }
        };
        let Some(minute) = self.0.get_mut(place) else {
            return;
        };
        minute.all += 1;
        match outcome {
            Outcome::Refused => minute.refused += 1,
            Outcome::Failed | Outcome::Rejected => minute.failed += 1,
            _ => {}
        }
        if let Some(milliseconds) = milliseconds {
            minute.times[bucket(milliseconds)] += 1;
        }
    }

    /// The minutes of the last hour.
    pub(super) fn last_hour(&self, now: Timestamp) -> Vec<&Minute> {
        let first = now.unix_seconds().div_euclid(60) - MINUTES as i64;
        self.0.iter().filter(|it| it.at > first).collect()
    }
}

/// The quantile of several minutes.
pub(super) fn quantile_of(minutes: &[&Minute], share: f64) -> Option<f64> {
    let mut times = [0; BUCKETS];
    for minute in minutes {
        for (all, one) in times.iter_mut().zip(&minute.times) {
            *all += one;
        }
    }
    quantile(&times, share)
}

fn quantile(times: &[u32; BUCKETS], share: f64) -> Option<f64> {
    let all: u32 = times.iter().sum();
    if all == 0 {
        return None;
    }
    let wanted = f64::from(all) * share;
    let mut sum = 0;
    for (bucket, count) in times.iter().enumerate() {
        sum += count;
        if f64::from(sum) >= wanted {
            return Some(end(bucket));
        }
    }
    None
}

/// The end of a bucket in milliseconds.
fn end(bucket: usize) -> f64 {
    0.1 * 1.25_f64.powi(i32::try_from(bucket).unwrap_or(i32::MAX))
}

fn bucket(milliseconds: f64) -> usize {
    (0..BUCKETS - 1)
        .find(|bucket| milliseconds < end(*bucket))
        .unwrap_or(BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_at_most_a_quarter_too_large() {
        let mut minutes = Minutes::default();
        let at = |minute: i64| Timestamp::from_unix_millis(minute * 60_000).unwrap();
        for n in 1..=100 {
            minutes.count(at(0), Outcome::Allowed, Some(f64::from(n)));
        }
        let all = minutes.last_hour(at(1));
        for (share, right) in [(0.5, 50.0), (0.99, 99.0)] {
            let found = quantile_of(&all, share).unwrap();
            assert!((right..=right * 1.25).contains(&found), "{found}");
        }
        assert_eq!(quantile_of(&[], 0.5), None);
    }

    #[test]
    fn only_the_last_hour_is_kept_whatever_the_order() {
        let mut minutes = Minutes::default();
        let at = |minute: i64| Timestamp::from_unix_millis(minute * 60_000).unwrap();
        for minute in (0..200).rev().chain(100..300) {
            minutes.count(at(minute), Outcome::Refused, None);
        }
        assert_eq!(minutes.0.len(), MINUTES);
        let last = minutes.last_hour(at(299));
        assert_eq!((last[0].at, last.len()), (240, MINUTES));
        assert!(last.iter().all(|it| it.all == 1 && it.refused == 1));
    }
}
