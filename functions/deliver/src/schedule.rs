//! When an event is tried again.
//!
//! A queue keeps nothing between two tries but the age of a message and how often it was received. Tries go by the age. The
//! number of receives is a limit: an event that waited for hours behind another one of its subject, and then fails for the
//! first time, does not wait for hours again.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::Duration,
};

/// At this age, the last tries are made.
pub const END: Duration = Duration::from_secs(24 * 3600);
/// The longest time for which SQS hides a message.
const LONGEST: Duration = Duration::from_secs(12 * 3600);

/// The times between the tries, in seconds: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h. The rest of the day, 6 h 25 min, ends at
/// [`END`].
const WAITS: [u32; 6] = [5, 300, 1800, 7200, 18_000, 36_000];

/// How long an event waits after a failed try, if it is so old and was received so often, this time included. `asked` is
/// what the service asks for, which counts if it is longer. `None` if this was the last try.
///
/// The waits of an event are up to a tenth shorter or longer than those of another. So the events of one outage do not come
/// back at the same moment. An event's waits are shortened or lengthened in the same way at each of its tries.
#[must_use]
pub fn next(id: &str, age: Duration, receives: usize, asked: Option<Duration>) -> Option<Duration> {
    if age >= END {
        return None;
    }
    let pace = pace(id);
    let wait = |seconds: u32| Duration::from_secs(seconds.into()).mul_f64(pace);
    let mut step = Duration::ZERO;
    let by_age = WAITS.into_iter().find_map(|seconds| {
        step += wait(seconds);
        step.checked_sub(age).filter(|left| !left.is_zero())
    });
    let left = END - age;
    let before = receives.saturating_sub(1);
    let most = WAITS.get(before).map_or(left, |seconds| wait(*seconds));
    let next = by_age.unwrap_or(left).min(most);
    let next = next.max(asked.unwrap_or_default()).min(left).min(LONGEST);
    Some(whole_seconds(next))
}

/// SQS counts in seconds. Rounded up, so that a try is not made just before its step.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

/// Between 0.9 and 1.1.
fn pace(id: &str) -> f64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    let part = u16::try_from(hasher.finish() % 2001).unwrap_or_default();
    0.9 + f64::from(part) / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [f64; 6] = [5.0, 305.0, 2105.0, 9305.0, 27_305.0, 63_305.0];

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    /// The ages at which an event is tried if every try fails after `took`.
    fn tries(id: &str, first: Duration, took: Duration) -> Vec<Duration> {
        let mut ages = vec![first];
        let mut age = first + took;
        for receives in 1.. {
            let Some(wait) = next(id, age, receives, None) else {
                break;
            };
            assert!(wait > Duration::ZERO && wait <= LONGEST, "{wait:?}");
            age += wait;
            ages.push(age);
            age += took;
        }
        ages
    }

    #[test]
    fn an_event_is_tried_at_eight_ages_within_a_tenth_of_the_schedule() {
        for took in [0.0, 15.0] {
            for n in 0..1000 {
                let took = Duration::from_secs_f64(took);
                let ages = tries(&format!("event-{n}"), Duration::ZERO, took);
                assert_eq!(ages.len(), 8, "{ages:?}");
                assert_eq!(ages[7], END);
                for (age, step) in ages[1..].iter().zip(STEPS) {
                    let (age, took) = (age.as_secs_f64(), took.as_secs_f64());
                    let most = step * 1.1 + 1.0 + took;
                    assert!((step * 0.9..=most).contains(&age), "{ages:?}");
                }
            }
        }
    }

    #[test]
    fn the_events_of_one_outage_do_not_come_back_together() {
        let ids: Vec<String> = (0..1000).map(|n| format!("event-{n}")).collect();
        let waits = ids.iter().filter_map(|id| next(id, seconds(400), 9, None));
        let mut waits: Vec<_> = waits.collect();
        waits.sort_unstable();
        waits.dedup();
        assert!(waits.len() > 200, "{}", waits.len());
    }

    #[test]
    fn an_event_that_waited_for_an_earlier_one_is_soon_tried_again() {
        let ages = tries("event", seconds(20 * 3600), Duration::ZERO);
        let waits: Vec<_> = ages
            .windows(2)
            .map(|two| (two[1] - two[0]).as_secs())
            .collect();
        assert_eq!(waits.len(), 5, "{waits:?}");
        for (wait, expected) in waits.iter().zip([5, 300, 1800, 7200]) {
            assert!(
                (expected * 9 / 10..=expected * 11 / 10 + 1).contains(wait),
                "{waits:?}"
            );
        }
        assert_eq!(ages.last(), Some(&END));
        // Received often, because others of its subject failed or because the service was left alone.
        let wait = next("event", seconds(3 * 3600), 200, None).unwrap();
        assert!((3..6).contains(&(wait.as_secs() / 3600)), "{wait:?}");
        assert_eq!(next("event", END, 1, None), None);
    }

    #[test]
    fn a_longer_wait_that_the_service_asks_for_counts_but_not_beyond_the_end() {
        let minutes = |n: u64| seconds(n * 60);
        let next = |age, asked| next("event", age, 2, asked);
        let age = seconds(10);
        let step = next(age, None);
        assert_eq!(next(age, Some(minutes(1))), step);
        assert_eq!(next(age, Some(minutes(60))), Some(minutes(60)));
        assert_eq!(next(age, Some(minutes(6000))), Some(LONGEST));
        let late = END - minutes(10);
        assert_eq!(next(late, Some(minutes(60))), Some(minutes(10)));
        assert_eq!(next(END, Some(minutes(60))), None);
    }
}
