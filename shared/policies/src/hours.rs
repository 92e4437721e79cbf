use std::collections::BTreeSet;

use domain::{GroupId, Timestamp};

use crate::Refusal;

/// Hours of every day in which something is refused.
#[derive(Debug)]
pub(crate) struct Hours {
    /// The first minute of the day.
    pub(crate) from: i64,
    /// The first minute after them. If it is not after `from`, the hours go on after midnight.
    pub(crate) to: i64,
    /// How many minutes the clock is ahead of UTC.
    pub(crate) offset: i64,
    /// The groups in which they apply; `None` for everywhere.
    pub(crate) groups: Option<BTreeSet<String>>,
    pub(crate) refusal: Refusal,
}

impl Hours {
    pub(crate) fn apply(&self, group: Option<&GroupId>, now: Timestamp) -> bool {
        let minute = (now.unix_seconds().div_euclid(60) + self.offset).rem_euclid(24 * 60);
        let now = if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        };
        let here = self.groups.as_ref().is_none_or(|groups| {
            let group = group.map(|group| groups.contains(group.as_str()));
            group.unwrap_or(false)
        });
        now && here
    }
}
