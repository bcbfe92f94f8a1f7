//! The figures that the audit's actions share. Each states the definition that it follows.

/// A count as a number; exact up to 2^32, far above what an analysis reads.
pub fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// The arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / number(values.len()))
}

/// The standard deviation of a sample (divided by n - 1); `None` of less than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / number(values.len().saturating_sub(1))).sqrt())
}

/// The quantile at `share` (0 to 1) of sorted values, between neighbours by linear interpolation
/// (Hyndman and Fan's type 7); `None` of nothing.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * number(last);
    let below = (0..=last).rev().find(|index| number(*index) <= place)?;
    let low = *sorted.get(below)?;
    let high = *sorted.get(below.saturating_add(1)).unwrap_or(&low);
    Some(low + (high - low) * (place - number(below)))
}

/// The values in ascending order.
pub fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// Where a value stands among sorted values that hold it, as a percentage: how many lie below, plus
/// half of one more than how many equal it.
pub fn percentile_rank(sorted: &[f64], value: f64) -> f64 {
    let below = sorted.partition_point(|other| *other < value);
    let equal = sorted
        .partition_point(|other| *other <= value)
        .saturating_sub(below);
    100.0 * (number(below) + (number(equal) + 1.0) / 2.0) / number(sorted.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [1.0, 2.0, 4.0];
        assert_eq!(quantile(&values, 0.0), Some(1.0));
        assert_eq!(quantile(&values, 0.25), Some(1.5));
        assert_eq!(quantile(&values, 0.75), Some(3.0));
        assert_eq!(quantile(&values, 1.0), Some(4.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn equal_values_share_their_rank() {
        let values = [1.0, 2.0, 2.0, 3.0];
        assert!((percentile_rank(&values, 2.0) - 62.5).abs() < 1e-12);
        assert!((percentile_rank(&values, 3.0) - 100.0).abs() < 1e-12);
    }

    #[test]
    fn one_value_has_no_spread() {
        assert_eq!(standard_deviation(&[5.0]), None);
        assert_eq!(standard_deviation(&[1.0, 3.0]), Some(2f64.sqrt()));
    }
}
