//! Percentiles, medians and rounding.

/// The percentiles of the values by the nearest rank, so each is a measured value. 0 if there are no values.
pub(crate) fn percentiles<const N: usize>(values: &[f64], percents: [f64; N]) -> [f64; N] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    percents.map(|percent| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        let value = sorted.get(rank.saturating_sub(1).min(last));
        value.copied().unwrap_or(0.0)
    })
}

/// The median of the values. For an even number of values, it is the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (length, half) if length % 2 == 1 => sorted[half],
        (_, half) => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

/// Rounds to three decimals, more than the measurement is precise.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(
            percentiles(&values, [0.0, 50.0, 90.0, 99.0, 100.0]),
            [1.0, 100.0, 180.0, 198.0, 200.0]
        );
        assert_eq!(percentiles(&[7.0], [99.0]), [7.0]);
        assert_eq!(percentiles(&[3.0, 1.0], [50.0]), [1.0]);
        assert_eq!(percentiles(&[], [50.0]), [0.0]);
    }

    #[test]
    fn a_median_has_as_many_values_above_it_as_below() {
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[9.0, 1.0, 2.0, 4.0]), 3.0);
        assert_eq!(median(&[]), 0.0);
    }
}
