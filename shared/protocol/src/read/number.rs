use domain::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::any::Any;

/// An integer that decides nothing, such as a time or a flag. It may be missing, and a value that is not an integer
/// counts as missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Number(Option<i64>);

impl Number {
    /// The number. `None` if it is missing.
    #[must_use]
    pub fn get(self) -> Option<i64> {
        self.0
    }

    /// The time that it stands for in Unix milliseconds. Servers write 0 for a time that they do not know.
    pub(crate) fn time(self) -> Option<Timestamp> {
        let millis = self.0.filter(|millis| *millis > 0)?;
        Timestamp::from_unix_millis(millis).ok()
    }

    /// The time that it stands for in Unix seconds, of which 0 is none, too.
    pub(crate) fn time_in_seconds(self) -> Option<Timestamp> {
        Self(self.0?.checked_mul(1000)).time()
    }

    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(Some(number))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Any::deserialize(deserializer)? {
            Any::Integer(number) => Some(number),
            Any::Text(digits) => integer(&digits).and_then(|number| number.try_into().ok()),
            Any::Null | Any::Odd => None,
        }))
    }
}

/// The integer in a text such as `1` or `1.0`.
pub(super) fn integer(digits: &str) -> Option<i128> {
    let digits = whole(digits.trim());
    digits
        .parse()
        .ok()
        .or_else(|| exact(digits.parse().ok()?).map(i128::from))
}

/// The digits of a number without a fraction of zero. An id can have more digits than a float holds.
pub(super) fn whole(digits: &str) -> &str {
    match digits.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|it| it == b'0') => whole,
        _ => digits,
    }
}

/// The integer that a float represents, if it represents exactly one.
pub(super) fn exact(number: f64) -> Option<i64> {
    // Beyond this, one float represents several integers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation)]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}
