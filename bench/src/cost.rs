//! What Lambda costs.

use serde::{Deserialize, Serialize};

/// USD for a request: <https://aws.amazon.com/lambda/pricing/>, as it was in May 2026, the same in nearly all regions.
pub(crate) const REQUEST: f64 = 0.20 / 1e6;
/// USD for a second with 1,024 MB on arm64, in the first tier of the same list.
pub(crate) const GB_SECOND_ARM64: f64 = 0.000_013_333_4;
/// The same on x86-64.
pub(crate) const GB_SECOND_X86: f64 = 0.000_016_666_7;

/// USD for a million callbacks, requests included, and none of them for free.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PerMillion {
    pub(crate) arm64: f64,
    pub(crate) x86_64: f64,
}

/// Milliseconds as Lambda bills them: every one that was begun.
pub(crate) fn billed(millis: f64) -> f64 {
    millis.ceil()
}

/// What a million requests cost, `cold` of 1 in environments that start with them. Their start is billed, too, for
/// every runtime: <https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/>.
pub(crate) fn per_million(memory_mb: u32, warm_ms: f64, cold_ms: f64, cold: f64) -> PerMillion {
    let seconds = ((1.0 - cold) * warm_ms + cold * cold_ms) / 1000.0;
    let gb_seconds = seconds * f64::from(memory_mb) / 1024.0;
    let of = |price: f64| 1e6 * (REQUEST + gb_seconds * price);
    PerMillion {
        arm64: of(GB_SECOND_ARM64),
        x86_64: of(GB_SECOND_X86),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-4, "{value}");
    }

    #[test]
    fn a_millisecond_that_was_begun_is_billed() {
        for (millis, expected) in [(0.2, 1.0), (1.0, 1.0), (1.0001, 2.0), (19.5, 20.0)] {
            assert_eq!(billed(millis), expected);
        }
    }

    #[test]
    fn a_million_requests_of_a_second_at_1024_mb_cost_a_million_gb_seconds_and_the_requests() {
        let cost = per_million(1024, 1000.0, 1000.0, 0.5);
        assert_near(cost.arm64, 13.3334 + 0.20);
        assert_near(cost.x86_64, 16.6667 + 0.20);
    }

    #[test]
    fn one_start_in_a_hundred_requests_costs_its_hundredth() {
        // 0.99 × 5 ms + 0.01 × 505 ms = 10 ms at a quarter of a GB.
        let cost = per_million(256, 5.0, 505.0, 0.01);
        assert_near(cost.arm64, 0.20 + 0.01 * 0.25 * 13.3334);
    }
}
