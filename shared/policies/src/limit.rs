use domain::{Timestamp, UserId};

use crate::{Outcome, Refusal};

/// How often one user may do something within one window of time.
///
/// Windows are fixed, and the same for everybody: they begin at multiples of their length since 1970-01-01T00:00:00Z. So
/// around the end of a window, a user can do it twice as often in a short time. Each user has one counter per window,
/// which an atomic `ADD` raises.
///
/// It is applied after [`Rules::judge`](crate::Rules::judge), so what another rule refuses is not counted. What this rule
/// or the handler refuses is counted.
#[derive(Debug)]
pub struct Limit {
    /// What is counted: `requests#<command>` or `messages`.
    pub(crate) counted: String,
    pub(crate) limit: u32,
    pub(crate) window_seconds: u32,
    pub(crate) allow_when_unknown: bool,
    pub(crate) refusal: Refusal,
}

/// The counter of one user in one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its key: `requests#<command>#<seconds>#<begin>#<user>` or `messages#<seconds>#<begin>#<user>`, at most 1,100
    /// bytes. It contains the window's length, so new counters start if the length changes.
    pub key: String,
    /// When the window ends, in Unix seconds. The counter is not needed after that: for the table's TTL.
    pub ends_at: i64,
}

impl Limit {
    /// The counter to raise if this user does it at this time. Raise it by the number of open questions in the callback.
    #[must_use]
    pub fn window(&self, user: &UserId, now: Timestamp) -> Window {
        let Self {
            counted,
            window_seconds,
            ..
        } = self;
        let length = i64::from(*window_seconds);
        let begin = now.unix_seconds().div_euclid(length) * length;
        Window {
            key: format!("{counted}#{window_seconds}#{begin}#{user}"),
            ends_at: begin + length,
        }
    }

    /// The answer to number `count` of a window. The first one is 1. `None` means that the count is not known.
    ///
    /// If a callback raised the counter by `n` to `total`, its questions have the numbers `total - n + 1` to `total`, in
    /// their order.
    #[must_use]
    pub fn judge(&self, count: Option<u64>) -> Outcome<'_> {
        let allowed = count.map_or(self.allow_when_unknown, |count| {
            count <= u64::from(self.limit)
        });
        if allowed {
            Outcome::Allow
        } else {
            Outcome::Refuse(&self.refusal)
        }
    }
}
