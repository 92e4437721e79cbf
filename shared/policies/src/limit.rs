use domain::{Timestamp, UserId};

use crate::{Outcome, Refusal};

/// How many friend requests one user may send within one window of time.
///
/// Windows are fixed: all of a length begin at its multiples since 1970-01-01T00:00:00Z, the same for
/// everybody. So around the end of one a user can send twice the limit in a short time. It is one counter
/// for each user and window, which an atomic `ADD` raises.
///
/// It comes after [`Rules::judge`](crate::Rules::judge), so that what another rule refuses is not counted.
/// What this rule itself refuses is, and what a handler refuses that is asked after the policies.
#[derive(Debug)]
pub struct RequestLimit {
    pub(crate) command: &'static str,
    pub(crate) limit: u32,
    pub(crate) window_seconds: u32,
    pub(crate) allow_when_unknown: bool,
    pub(crate) refusal: Refusal,
}

/// The counter of one user at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its key: `requests#<command>#<seconds>#<begin>#<user>`, at most 1,100 bytes. It names the window's
    /// length, so that a changed one begins with fresh counters.
    pub key: String,
    /// When nobody asks for it any more, in Unix seconds: for the table's TTL.
    pub ends_at: i64,
}

impl RequestLimit {
    /// The counter to raise for a request that this user sends at this time, by one or, where one callback
    /// carries several requests, by their number.
    #[must_use]
    pub fn window(&self, user: &UserId, now: Timestamp) -> Window {
        let Self {
            command,
            window_seconds,
            ..
        } = self;
        let length = i64::from(*window_seconds);
        let begin = now.unix_seconds().div_euclid(length) * length;
        Window {
            key: format!("requests#{command}#{window_seconds}#{begin}#{user}"),
            ends_at: begin + length,
        }
    }

    /// The answer to the request that is number `count` in its window, the first one being 1; `None` when
    /// the counter cannot be had.
    ///
    /// When a counter was raised by `n` for one callback and is `total` now, its requests have the numbers
    /// `total - n + 1` to `total`, in their order.
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
