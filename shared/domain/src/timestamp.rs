use std::{
    fmt,
    sync::atomic::{AtomicI64, Ordering},
};

use serde::{Deserialize, Serialize};
use time::{
    OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description,
    parsing::Parsed,
};

/// Always with three digits of milliseconds, so times sort as text. The sort key of the events table begins with a
/// time.
const RFC3339_MILLIS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
///
/// Its text is `2026-11-21T12:34:56.789Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(into = "String", try_from = "String")]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// The time this many milliseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    ///
    /// If the year is not between 0 and 9999.
    pub fn from_unix_millis(millis: i64) -> Result<Self, OutOfRange> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
            .ok()
            .filter(|time| (0..=9999).contains(&time.year()))
            .map(Self)
            .ok_or(OutOfRange)
    }

    /// What the machine's clock shows now.
    #[must_use]
    pub fn now() -> Self {
        let now = OffsetDateTime::now_utc();
        Self(now.replace_millisecond(now.millisecond()).unwrap_or(now))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_millis(self) -> i64 {
        self.0.unix_timestamp() * 1000 + i64::from(self.0.millisecond())
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.format(RFC3339_MILLIS).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.to_string()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = OutOfRange;

    fn try_from(text: String) -> Result<Self, OutOfRange> {
        let mut parsed = Parsed::new();
        let rest = parsed
            .parse_items(text.as_bytes(), RFC3339_MILLIS)
            .map_err(|_| OutOfRange)?;
        if !rest.is_empty() {
            return Err(OutOfRange);
        }
        let time: time::PrimitiveDateTime = parsed.try_into().map_err(|_| OutOfRange)?;
        Ok(Self(time.assume_utc()))
    }
}

/// Gives every arrival its own time. A later arrival has a later time, even if both come within a millisecond or the
/// machine's clock goes back. The relationships view needs that: of two facts it keeps the later one.
#[derive(Debug, Default)]
pub struct Arrivals {
    /// The last time that was given, in Unix milliseconds.
    last: AtomicI64,
}

impl Arrivals {
    /// The time of what has just arrived, if the clock shows `now`.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        let after = |last: i64| last.saturating_add(1).max(now.unix_millis());
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(after(last))
            });
        let (Ok(last) | Err(last)) = last;
        Timestamp::from_unix_millis(after(last)).unwrap_or(now)
    }
}

/// A number or a text that is not a [`Timestamp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a time between the years 0 and 9999, written like 2026-11-21T12:34:56.789Z",
        )
    }
}

impl std::error::Error for OutOfRange {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_with_three_digits_of_milliseconds_and_read_back() {
        for (millis, text) in [
            (-1, "1969-12-31T23:59:59.999Z"),
            (0, "1970-01-01T00:00:00.000Z"),
            (1_700_000_000_000, "2023-11-14T22:13:20.000Z"),
            (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
        ] {
            let time = Timestamp::from_unix_millis(millis).unwrap();
            assert_eq!(time.unix_millis(), millis);
            assert_eq!(time.to_string(), text);
            assert_eq!(Timestamp::try_from(text.to_owned()).unwrap(), time);
        }
    }

    #[test]
    fn times_sort_the_same_as_their_texts() {
        let times = [1, 999, 1000, 1001, 1_700_000_000_000, 253_402_300_799_999]
            .map(|millis| Timestamp::from_unix_millis(millis).unwrap());
        let texts = times.map(String::from);
        assert!(times.is_sorted() && texts.is_sorted(), "{texts:?}");
    }

    #[test]
    fn years_of_five_digits_and_other_texts_are_refused() {
        assert_eq!(Timestamp::from_unix_millis(i64::MAX), Err(OutOfRange));
        assert_eq!(
            Timestamp::from_unix_millis(253_402_300_800_000),
            Err(OutOfRange)
        );
        for text in [
            "",
            "2023",
            "2023-11-14T22:13:20Z",
            "2023-11-14T22:13:20.123Z ",
        ] {
            assert_eq!(Timestamp::try_from(text.to_owned()), Err(OutOfRange));
        }
    }

    #[test]
    fn a_later_arrival_has_a_later_time_whatever_the_clock_shows() {
        let at = |millis| Timestamp::from_unix_millis(millis).unwrap();
        let arrivals = Arrivals::default();
        // The clock stands still, goes back, and goes on.
        for (clock, time) in [
            (1_800_000_000_000, 1_800_000_000_000),
            (1_800_000_000_000, 1_800_000_000_001),
            (1_800_000_000_000, 1_800_000_000_002),
            (1_700_000_000_000, 1_800_000_000_003),
            (1_800_000_000_003, 1_800_000_000_004),
            (1_800_000_000_009, 1_800_000_000_009),
        ] {
            assert_eq!(arrivals.next(at(clock)), at(time));
        }
    }

    #[test]
    fn arrivals_on_several_threads_have_different_times() {
        let arrivals = Arrivals::default();
        let now = Timestamp::now();
        let mut times: Vec<_> = std::thread::scope(|scope| {
            let each = || (0..1000).map(|_| arrivals.next(now)).collect::<Vec<_>>();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(each)).collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        times.sort();
        times.dedup();
        assert_eq!(times.len(), 4000);
    }
}
