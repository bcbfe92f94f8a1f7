//! `firm_profile`: one firm against its sector.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::firm::{AuditFirm, Firm, Firms};
use super::measure::AuditMeasure;
use super::statistics::{mean, percentile_rank, quantile, sorted, standard_deviation};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// Compares a firm with its sector.
pub struct FirmProfile;

/// Which firm.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirmProfileInput {
    /// Its identifier, as `firms_by_risk` has it.
    #[schema(
        pattern = "^firm-[0-9a-f]{12}(-[0-9]{1,9})?$",
        example = "firm-d99ab8645511"
    )]
    firm_id: String,
}

/// A firm against its sector.
#[derive(Debug, Serialize, ToSchema)]
pub struct FirmProfileOutput {
    /// The firm.
    firm: AuditFirm,
    /// How many firms its sector has, itself included.
    sector_firms: usize,
    /// Its rank by audit risk in the sector, 1 for the highest; null if it has none.
    sector_rank: Option<usize>,
    /// Its rank by audit risk among all firms; null if it has none.
    rank: Option<usize>,
    /// How many firms there are.
    firms: usize,
    /// How many rows say the same as this firm's in everything, its own included.
    copies: usize,
    /// Each figure beside those of the sector.
    factors: Vec<FirmFactor>,
    /// What was left out or assumed.
    notes: Vec<String>,
}

/// A figure of a firm beside those of its sector.
#[derive(Debug, Serialize, ToSchema)]
pub struct FirmFactor {
    /// The column.
    measure: AuditMeasure,
    /// What the column holds.
    meaning: String,
    /// The firm's value.
    value: f64,
    /// The sector's median.
    sector_median: Option<f64>,
    /// The sector's mean.
    sector_mean: Option<f64>,
    /// Where the firm stands in the sector, above 0 up to 100: the share of firms below, plus half of
    /// one more than those that are equal.
    percentile_rank: f64,
    /// How many standard deviations (n - 1) of the sector it lies above the sector's mean; null if
    /// the sector's values are all the same.
    z_score: Option<f64>,
}

impl Action for FirmProfile {
    const NAME: &'static str = "firm_profile";
    const SUMMARY: &'static str = "Compare one firm with its sector";
    const DESCRIPTION: &'static str = "Shows every figure of a firm beside those of the firms with \
        the same sector_score, itself included: the sector's median and mean, the firm's percentile \
        rank (firms below plus half of one more than those that are equal, in percent), and its \
        z-score (distance from the mean in standard deviations of a sample). Ranks by audit risk \
        count from the highest; equal firms share one.";
    const SCOPE: &'static str = "audit:read";
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "A firm",
        input: r#"{"firm_id": "firm-d99ab8645511"}"#,
        output: include_str!("examples/firm_profile.json"),
    }];

    type Input = FirmProfileInput;
    type Output = FirmProfileOutput;

    async fn run(
        context: &ActionContext,
        input: FirmProfileInput,
    ) -> Result<FirmProfileOutput, ActionError> {
        let firms = context.dataset::<Firms>().await?;
        let firm = firms.find(&input.firm_id)?;
        let name = firm.sector();
        let sector: Vec<&Firm> = firms
            .all
            .iter()
            .filter(|other| other.sector() == name)
            .collect();
        let mut notes = Vec::new();
        if sector.len() < 10 {
            notes.push(format!(
                "The sector has {} firms: its figures say little.",
                sector.len()
            ));
        }
        let missing = AuditMeasure::ALL
            .len()
            .saturating_sub(firm.values().count());
        if missing > 0 {
            notes.push(format!(
                "{missing} columns hold no number for this firm and are left out."
            ));
        }
        let factors = firm
            .values()
            .filter(|(measure, _)| *measure != AuditMeasure::SectorScore)
            .map(|(measure, value)| factor(measure, value, &sector));
        Ok(FirmProfileOutput {
            firm: AuditFirm::from(firm),
            sector_firms: sector.len(),
            sector_rank: rank(firm, sector.iter().copied()),
            rank: rank(firm, firms.all.iter()),
            firms: firms.all.len(),
            copies: firm.copies,
            factors: factors.collect(),
            notes,
        })
    }
}

fn rank<'a>(firm: &Firm, among: impl Iterator<Item = &'a Firm>) -> Option<usize> {
    let own = firm.value(AuditMeasure::AuditRisk)?;
    let above = among
        .filter_map(|other| other.value(AuditMeasure::AuditRisk))
        .filter(|value| *value > own);
    Some(above.count().saturating_add(1))
}

fn factor(measure: AuditMeasure, value: f64, sector: &[&Firm]) -> FirmFactor {
    let values = sorted(
        sector
            .iter()
            .filter_map(|firm| firm.value(measure))
            .collect(),
    );
    let spread = standard_deviation(&values).filter(|_| values.first() != values.last());
    let sector_mean = mean(&values);
    FirmFactor {
        measure,
        meaning: measure.meaning().to_owned(),
        value,
        sector_median: quantile(&values, 0.5),
        sector_mean,
        percentile_rank: percentile_rank(&values, value),
        z_score: spread
            .zip(sector_mean)
            .map(|(spread, mean)| (value - mean) / spread),
    }
}
