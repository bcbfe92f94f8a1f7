//! `benford_test`: whether the first digits of a column follow Benford's law.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::firm::Firms;
use super::measure::AuditMeasure;
use super::population::Choice;
use super::statistics::number;
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// Fewer values than this leave less than five expected for the digit 9, too few for chi-square.
const ENOUGH_FOR_CHI_SQUARE: usize = 110;
/// Fewer values than this make the mean absolute deviation large by chance alone (Nigrini).
const ENOUGH_FOR_DEVIATION: usize = 300;

/// Tests first digits.
pub struct BenfordTest;

/// Which column of which firms.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BenfordTestInput {
    /// The column. Amounts that grew by themselves, such as `money_value`, `para_a`, `para_b` or
    /// `total`; not scores.
    column: AuditMeasure,
    /// Only firms of the sector with this historical risk score.
    sector_score: Option<f64>,
    /// Only firms of this class.
    #[schema(max_length = 64)]
    class: Option<String>,
    /// Only firms of this location.
    #[schema(max_length = 64)]
    location_id: Option<String>,
}

/// The outcome of the test.
#[derive(Debug, Serialize, ToSchema)]
pub struct BenfordTestOutput {
    /// The column.
    column: AuditMeasure,
    /// How many values were tested: those above zero.
    tested: usize,
    /// How many were left out, and why.
    left_out: BenfordLeftOut,
    /// The digits 1 to 9.
    digits: Vec<BenfordDigit>,
    /// Pearson's chi-square over the nine digits; null if nothing was tested.
    chi_square: Option<f64>,
    /// Degrees of freedom: 8.
    degrees_of_freedom: u32,
    /// How likely a chi-square at least as large is if the law holds; null if nothing was tested.
    p_value: Option<f64>,
    /// Mean absolute deviation of the nine shares from the law's; null if nothing was tested.
    mean_absolute_deviation: Option<f64>,
    /// What Nigrini calls such a deviation; null if nothing was tested.
    conformity: Option<BenfordConformity>,
    /// What was left out or assumed.
    notes: Vec<String>,
}

/// Values that were not tested.
#[derive(Debug, Serialize, ToSchema)]
pub struct BenfordLeftOut {
    /// No number at all.
    missing: usize,
    /// Zero.
    zero: usize,
    /// Below zero.
    negative: usize,
}

/// A first digit.
#[derive(Debug, Serialize, ToSchema)]
pub struct BenfordDigit {
    /// The digit.
    digit: u32,
    /// How many values begin with it.
    observed: usize,
    /// Which share of the tested values that is.
    observed_share: Option<f64>,
    /// The law's share: log10(1 + 1 / digit).
    expected_share: f64,
    /// The law's share of the tested values.
    expected: f64,
    /// Distance of the shares in standard errors, with the correction for continuity where it is
    /// smaller than the distance (Nigrini); above 1.96 is rare by chance.
    z_score: Option<f64>,
}

/// Nigrini's bands of the mean absolute deviation of first digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BenfordConformity {
    /// Up to 0.006.
    Close,
    /// Above 0.006, up to 0.012.
    Acceptable,
    /// Above 0.012, up to 0.015.
    MarginallyAcceptable,
    /// Above 0.015.
    Nonconformity,
}

impl Action for BenfordTest {
    const NAME: &'static str = "benford_test";
    const SUMMARY: &'static str = "Test the first digits of a column against Benford's law";
    const DESCRIPTION: &'static str = "Counts the first significant digits of a column's values and \
        compares them with Benford's law, log10(1 + 1/d): Pearson's chi-square with 8 degrees of \
        freedom and its p-value, a z-score for each digit, and the mean absolute deviation with \
        Nigrini's bands for first digits (close up to 0.006, acceptable up to 0.012, marginally \
        acceptable up to 0.015, else nonconformity). Missing, zero and negative values are left out \
        and counted. The law fits amounts that span orders of magnitude, not scores; a deviation is \
        a reason to look closer, no proof of anything.";
    const SCOPE: &'static str = "audit:read";
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "The money involved in misstatements",
        input: r#"{"column": "money_value"}"#,
        output: include_str!("examples/benford_test.json"),
    }];

    type Input = BenfordTestInput;
    type Output = BenfordTestOutput;

    async fn run(
        context: &ActionContext,
        input: BenfordTestInput,
    ) -> Result<BenfordTestOutput, ActionError> {
        let firms = context.dataset::<Firms>().await?;
        let choice = Choice::new(input.sector_score, &input.class, &input.location_id);
        let mut population = choice.of(&firms)?;
        let measured = population.measured(input.column);
        let left_out = BenfordLeftOut {
            missing: population.firms.len().saturating_sub(measured.len()),
            zero: measured.iter().filter(|(_, value)| *value == 0.0).count(),
            negative: measured.iter().filter(|(_, value)| *value < 0.0).count(),
        };
        let positive: Vec<f64> = measured
            .iter()
            .map(|(_, value)| *value)
            .filter(|value| *value > 0.0)
            .collect();
        let mut notes = population.notes;
        notes.extend(cautions(&positive));
        let digits = digits(&positive);
        let tested = positive.len();
        let any = |value: f64| (tested > 0).then_some(value);
        let chi_square = any(digits.iter().map(deviation_squared).sum());
        let mean_absolute_deviation = any(digits.iter().filter_map(deviation).sum::<f64>() / 9.0);
        Ok(BenfordTestOutput {
            column: input.column,
            tested,
            left_out,
            digits,
            chi_square,
            degrees_of_freedom: 8,
            p_value: chi_square.map(p_value),
            mean_absolute_deviation,
            conformity: mean_absolute_deviation.map(conformity),
            notes,
        })
    }
}

/// What makes the outcome less than it seems.
fn cautions(values: &[f64]) -> Vec<String> {
    let mut cautions = Vec::new();
    let count = values.len();
    if count < ENOUGH_FOR_CHI_SQUARE {
        cautions.push(format!(
            "With {count} values, fewer than five are expected for some digits: chi-square and its \
             p-value are not to be relied on."
        ));
    }
    if count < ENOUGH_FOR_DEVIATION {
        cautions.push(format!(
            "With {count} values, fewer than {ENOUGH_FOR_DEVIATION}, the mean absolute deviation is \
             large by chance alone."
        ));
    }
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(0.0, f64::max);
    if greatest < least * 100.0 {
        cautions.push(
            "The values span less than two orders of magnitude: the law is not expected to hold."
                .to_owned(),
        );
    }
    cautions
}

fn digits(positive: &[f64]) -> Vec<BenfordDigit> {
    let tested = number(positive.len());
    let first: Vec<Option<u32>> = positive.iter().map(|value| first_digit(*value)).collect();
    let digits = (1..=9u32).map(|digit| {
        let observed = first.iter().filter(|first| **first == Some(digit)).count();
        let expected_share = (1.0 + 1.0 / f64::from(digit)).log10();
        let observed_share = (tested > 0.0).then(|| number(observed) / tested);
        BenfordDigit {
            digit,
            observed,
            observed_share,
            expected_share,
            expected: expected_share * tested,
            z_score: observed_share.map(|share| z_score(share, expected_share, tested)),
        }
    });
    digits.collect()
}

/// The first significant digit of the value's shortest decimal form.
fn first_digit(value: f64) -> Option<u32> {
    format!("{value:e}").chars().next()?.to_digit(10)
}

fn z_score(share: f64, expected: f64, tested: f64) -> f64 {
    let distance = (share - expected).abs();
    let correction = 1.0 / (2.0 * tested);
    let corrected = if correction < distance {
        distance - correction
    } else {
        distance
    };
    corrected / (expected * (1.0 - expected) / tested).sqrt()
}

fn deviation_squared(digit: &BenfordDigit) -> f64 {
    (number(digit.observed) - digit.expected).powi(2) / digit.expected
}

fn deviation(digit: &BenfordDigit) -> Option<f64> {
    Some((digit.observed_share? - digit.expected_share).abs())
}

/// The upper tail of chi-square with 8 degrees of freedom, which has a closed form: e^-h (1 + h +
/// h^2/2 + h^3/6) for h half of chi-square.
fn p_value(chi_square: f64) -> f64 {
    let half = chi_square / 2.0;
    (-half).exp() * (1.0 + half + half.powi(2) / 2.0 + half.powi(3) / 6.0)
}

fn conformity(mean_absolute_deviation: f64) -> BenfordConformity {
    match mean_absolute_deviation {
        deviation if deviation <= 0.006 => BenfordConformity::Close,
        deviation if deviation <= 0.012 => BenfordConformity::Acceptable,
        deviation if deviation <= 0.015 => BenfordConformity::MarginallyAcceptable,
        _ => BenfordConformity::Nonconformity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_digits_are_of_the_decimal_form() {
        for (value, digit) in [(0.00042, 4), (9.999_999_999, 9), (1e300, 1), (730.0, 7)] {
            assert_eq!(first_digit(value), Some(digit), "{value}");
        }
    }

    #[test]
    fn p_values_are_those_of_the_tables() {
        assert!((p_value(15.507_313_055_865_453) - 0.05).abs() < 1e-12);
        assert!((p_value(20.090_235_029_663_233) - 0.01).abs() < 1e-12);
        assert!((p_value(0.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_bands_hold_their_upper_ends() {
        assert_eq!(conformity(0.006), BenfordConformity::Close);
        assert_eq!(conformity(0.0121), BenfordConformity::MarginallyAcceptable);
        assert_eq!(conformity(0.0151), BenfordConformity::Nonconformity);
    }

    #[test]
    fn powers_of_two_follow_the_law() {
        let values: Vec<f64> = (0..1000).map(|power| 2f64.powi(power)).collect();
        let digits = digits(&values);
        let off: f64 = digits.iter().filter_map(deviation).sum::<f64>() / 9.0;
        assert_eq!(conformity(off), BenfordConformity::Close);
        assert_eq!(
            digits.iter().map(|digit| digit.observed).sum::<usize>(),
            1000
        );
    }
}
