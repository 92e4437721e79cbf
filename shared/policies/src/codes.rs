//! How the refusals of the two servers differ.

use std::ops::RangeInclusive;

use domain::Source;

/// The codes that the server's documents leave to the app, except those that this receiver uses itself. It uses 39000
/// when nobody could decide.
pub(crate) fn codes(source: Source) -> RangeInclusive<i32> {
    match source {
        Source::OpenIm => 20001..=29000,
        Source::Tencent => 38000..=38999,
    }
}

/// Where the default codes begin. They are far from the first codes, which handlers are likely to use.
pub(crate) fn default_codes(source: Source) -> i32 {
    match source {
        Source::OpenIm => 28000,
        Source::Tencent => 38900,
    }
}

/// Whether a refusal can have a detail: OpenIM's `errDlt`. Tencent Chat shows only one text.
pub(crate) fn has_detail(source: Source) -> bool {
    match source {
        Source::OpenIm => true,
        Source::Tencent => false,
    }
}
