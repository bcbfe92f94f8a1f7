//! The few figures that describe many numbers.

/// A whole number as a real one.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "exact below 2^53, which no count and no duration in seconds reaches"
)]
pub const fn real(number: i64) -> f64 {
    number as f64
}

/// A count as a real number.
pub fn count(number: usize) -> f64 {
    real(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The share of `part` in `whole`; `None` of nothing.
pub fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| count(part) / count(whole))
}

/// The median of sorted numbers.
pub fn median(sorted: &[i64]) -> Option<f64> {
    quantile(sorted, 1, 2)
}

/// The quantile `numerator / denominator` of sorted numbers by linear interpolation between the two
/// that it falls between, as pandas does by default: of n numbers, counted from 0, it lies at place
/// (n - 1) · q.
pub fn quantile(sorted: &[i64], numerator: usize, denominator: usize) -> Option<f64> {
    let steps = sorted.len().checked_sub(1)?.checked_mul(numerator)?;
    let below = *sorted.get(steps.checked_div(denominator)?)?;
    let between = count(steps.checked_rem(denominator)?) / count(denominator);
    let above = sorted
        .get(steps.checked_div(denominator)? + 1)
        .copied()
        .unwrap_or(below);
    Some(real(below) + (real(above) - real(below)) * between)
}

/// The arithmetic mean.
pub fn mean(numbers: &[i64]) -> Option<f64> {
    (!numbers.is_empty()).then(|| real(numbers.iter().sum()) / count(numbers.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[7]), Some(7.0));
        assert_eq!(median(&[1, 2]), Some(1.5));
        assert_eq!(quantile(&[0, 10, 20], 9, 10), Some(18.0));
        assert_eq!(quantile(&[0, 10, 20], 1, 1), Some(20.0));
    }

    #[test]
    fn nothing_has_no_mean_and_no_share() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[1, 2]), Some(1.5));
        assert_eq!(share(0, 0), None);
        assert_eq!(share(1, 4), Some(0.25));
    }
}
