//! `risk_distribution`: how a figure is spread over the firms.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::firm::{Firm, Firms};
use super::measure::AuditMeasure;
use super::population::{AuditGrouping, Choice};
use super::statistics::{mean, quantile, sorted, standard_deviation};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// Most groups that are answered.
const MOST_GROUPS: usize = 100;
/// Most quantiles that are answered.
const MOST_QUANTILES: usize = 20;

/// Describes a distribution.
pub struct RiskDistribution;

/// Of what, over whom, in which bins.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskDistributionInput {
    /// The column.
    #[serde(default = "AuditMeasure::usual")]
    #[schema(default = "audit_risk")]
    of: AuditMeasure,
    /// What the firms are put together by.
    #[serde(default = "ungrouped")]
    #[schema(default = "none")]
    group_by: AuditGrouping,
    /// Bins of the histogram.
    #[serde(default = "ten")]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    bins: u32,
    /// How the bins divide the values.
    #[serde(default)]
    #[schema(default = "equal_width")]
    binning: RiskBinning,
    /// The quantiles to answer, each from 0 to 1; at most 20.
    #[serde(default = "usual_quantiles")]
    #[schema(default = json!([0.05, 0.25, 0.5, 0.75, 0.95]), max_items = 20, example = json!([0.5, 0.9]))]
    quantiles: Vec<f64>,
    /// Only firms of the sector with this historical risk score.
    sector_score: Option<f64>,
    /// Only firms of this class.
    #[schema(max_length = 64)]
    class: Option<String>,
    /// Only firms of this location.
    #[schema(max_length = 64)]
    location_id: Option<String>,
}

fn ungrouped() -> AuditGrouping {
    AuditGrouping::None
}

fn ten() -> u32 {
    10
}

fn usual_quantiles() -> Vec<f64> {
    vec![0.05, 0.25, 0.5, 0.75, 0.95]
}

/// How bins divide the values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RiskBinning {
    /// Each bin is as wide as the others.
    #[default]
    EqualWidth,
    /// Each bin ends at the same multiple of where it begins: for values of very different size.
    Logarithmic,
}

/// A distribution.
#[derive(Debug, Serialize, ToSchema)]
pub struct RiskDistributionOutput {
    /// The column.
    of: AuditMeasure,
    /// What the column holds.
    meaning: String,
    /// The edges of the bins, the same for all groups, one more than there are bins. Each bin holds
    /// its lower edge, the last one its upper edge too.
    edges: Vec<f64>,
    /// Numbers in their order before names.
    groups: Vec<RiskGroup>,
    /// What was left out or assumed.
    notes: Vec<String>,
}

/// The distribution over one group of firms.
#[derive(Debug, Serialize, ToSchema)]
pub struct RiskGroup {
    /// The group.
    #[schema(example = "3.89")]
    group: String,
    /// How many firms have a number in the column.
    firms: usize,
    /// The mean.
    mean: Option<f64>,
    /// The standard deviation of a sample (divided by n - 1); null for less than two firms.
    standard_deviation: Option<f64>,
    /// The least value.
    minimum: Option<f64>,
    /// The greatest value.
    maximum: Option<f64>,
    /// The quantiles that were asked for.
    quantiles: Vec<RiskQuantile>,
    /// How many firms are in each bin.
    histogram: Vec<usize>,
}

/// A quantile.
#[derive(Debug, Serialize, ToSchema)]
pub struct RiskQuantile {
    /// Which share of the firms lies at or below, from 0 to 1.
    share: f64,
    /// The value there.
    value: Option<f64>,
}

impl Action for RiskDistribution {
    const NAME: &'static str = "risk_distribution";
    const SUMMARY: &'static str = "Show how a risk is distributed over firms";
    const DESCRIPTION: &'static str = "Answers count, mean, standard deviation (n - 1), extremes, \
        quantiles and a histogram of a column, for all firms or by sector, class or location. \
        Quantiles between two values are interpolated linearly. The bins of the histogram run from \
        the least to the greatest value of all chosen firms and are the same in each group; \
        logarithmic bins leave out values that are not above zero, and the notes count them. \
        Audit risks span four orders of magnitude: logarithmic bins show more of them.";
    const SCOPE: &'static str = "audit:read";
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "Audit risk by class",
        input: r#"{"of": "audit_risk", "group_by": "class", "bins": 2, "quantiles": [0.5]}"#,
        output: include_str!("examples/risk_distribution.json"),
    }];

    type Input = RiskDistributionInput;
    type Output = RiskDistributionOutput;

    async fn run(
        context: &ActionContext,
        input: RiskDistributionInput,
    ) -> Result<RiskDistributionOutput, ActionError> {
        let shares = &input.quantiles;
        if shares.len() > MOST_QUANTILES || !shares.iter().all(|share| (0.0..=1.0).contains(share))
        {
            let problem = format!("at most {MOST_QUANTILES} shares, each from 0 to 1");
            return Err(ActionError::invalid("quantiles", problem));
        }
        let firms = context.dataset::<Firms>().await?;
        let choice = Choice::new(input.sector_score, &input.class, &input.location_id);
        let mut population = choice.of(&firms)?;
        let measured = population.measured(input.of);
        let values = sorted(measured.iter().map(|(_, value)| *value).collect());
        let edges = edges(&values, input.bins, input.binning);
        let mut notes = population.notes;
        if input.binning == RiskBinning::Logarithmic {
            let left_out = values.partition_point(|value| *value <= 0.0);
            notes.push(format!(
                "{left_out} firms with a value that is not above zero are in no bin."
            ));
        }
        let with_number: Vec<&Firm> = measured.iter().map(|(firm, _)| *firm).collect();
        let mut groups = input.group_by.split(&with_number);
        if groups.len() > MOST_GROUPS {
            notes.push(format!(
                "Of {} groups, the first {MOST_GROUPS} are shown.",
                groups.len()
            ));
            groups.truncate(MOST_GROUPS);
        }
        let groups = groups.into_iter().map(|(group, firms)| {
            let values = firms
                .iter()
                .filter_map(|firm| firm.value(input.of))
                .collect();
            describe(group, &sorted(values), shares, &edges)
        });
        Ok(RiskDistributionOutput {
            of: input.of,
            meaning: input.of.meaning().to_owned(),
            groups: groups.collect(),
            edges,
            notes,
        })
    }
}

fn describe(group: String, values: &[f64], shares: &[f64], edges: &[f64]) -> RiskGroup {
    let quantiles = shares.iter().map(|share| RiskQuantile {
        share: *share,
        value: quantile(values, *share),
    });
    RiskGroup {
        group,
        firms: values.len(),
        mean: mean(values),
        standard_deviation: standard_deviation(values),
        minimum: values.first().copied(),
        maximum: values.last().copied(),
        quantiles: quantiles.collect(),
        histogram: histogram(values, edges),
    }
}

/// From the least to the greatest of sorted values. Values that are all the same have one bin, which
/// begins and ends with them.
fn edges(values: &[f64], bins: u32, binning: RiskBinning) -> Vec<f64> {
    let positive = values.partition_point(|value| *value <= 0.0);
    let values = match binning {
        RiskBinning::EqualWidth => values,
        RiskBinning::Logarithmic => values.get(positive..).unwrap_or_default(),
    };
    let (Some(&least), Some(&greatest)) = (values.first(), values.last()) else {
        return Vec::new();
    };
    if least == greatest {
        return vec![least, greatest];
    }
    let inner = (1..bins).map(|edge| match binning {
        RiskBinning::EqualWidth => {
            let width = (greatest - least) / f64::from(bins);
            least + f64::from(edge) * width
        }
        RiskBinning::Logarithmic => {
            let step = (greatest.log10() - least.log10()) / f64::from(bins);
            10f64.powf(least.log10() + f64::from(edge) * step)
        }
    });
    [least].into_iter().chain(inner).chain([greatest]).collect()
}

fn histogram(values: &[f64], edges: &[f64]) -> Vec<usize> {
    let last = edges.len().saturating_sub(2);
    let bins = edges.windows(2).enumerate().map(|(bin, _)| {
        let from = edges.get(bin).copied().unwrap_or(f64::INFINITY);
        let to = edges
            .get(bin.saturating_add(1))
            .copied()
            .unwrap_or(f64::INFINITY);
        let start = values.partition_point(|value| *value < from);
        let end = values.partition_point(|value| *value < to || (bin == last && *value == to));
        end.saturating_sub(start)
    });
    bins.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_greatest_value_is_in_the_last_bin() {
        let values = [0.0, 1.0, 2.0];
        let edges = edges(&values, 2, RiskBinning::EqualWidth);
        assert_eq!(edges, [0.0, 1.0, 2.0]);
        assert_eq!(histogram(&values, &edges), [1, 2]);
    }

    #[test]
    fn values_that_are_all_the_same_have_one_bin() {
        let edges = edges(&[3.0, 3.0], 5, RiskBinning::EqualWidth);
        assert_eq!(histogram(&[3.0, 3.0], &edges), [2]);
        assert_eq!(super::edges(&[], 5, RiskBinning::Logarithmic), [0.0; 0]);
    }

    proptest! {
        #[test]
        fn every_value_is_in_one_bin(values in prop::collection::vec(0.001f64..1e6, 1..80), bins in 1u32..100) {
            let values = sorted(values);
            for binning in [RiskBinning::EqualWidth, RiskBinning::Logarithmic] {
                let edges = edges(&values, bins, binning);
                let counted: usize = histogram(&values, &edges).iter().sum();
                prop_assert_eq!(counted, values.len());
            }
        }
    }
}
