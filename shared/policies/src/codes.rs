//! What the two servers' refusals have in common, and what not.

use std::ops::RangeInclusive;

use domain::Source;

/// The codes that the server's documents leave to the app, without those that this receiver answers: 39000
/// says that nothing could be decided.
pub(crate) fn codes(source: Source) -> RangeInclusive<i32> {
    match source {
        Source::OpenIm => 20001..=29000,
        Source::Tencent => 38000..=38999,
    }
}

/// Where the default codes begin: far from the first ones, which handlers tend to take.
pub(crate) fn default_codes(source: Source) -> i32 {
    match source {
        Source::OpenIm => 28000,
        Source::Tencent => 38900,
    }
}

/// OpenIM's `errDlt`; Tencent Chat shows one text only.
pub(crate) fn has_detail(source: Source) -> bool {
    match source {
        Source::OpenIm => true,
        Source::Tencent => false,
    }
}
