//! `firms_by_risk`: the firms in the order of a risk or another figure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::firm::{AuditFirm, Firm, Firms};
use super::measure::AuditMeasure;
use super::population::Choice;
use crate::actions::{Action, ActionContext, ActionError, Example, page};
use crate::policy::Effect;

/// Ranks firms.
pub struct FirmsByRisk;

/// Which firms, ranked by what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirmsByRiskInput {
    /// The column to rank by.
    #[serde(default = "AuditMeasure::usual")]
    #[schema(default = "audit_risk")]
    by: AuditMeasure,
    /// Only firms of the sector with this historical risk score.
    #[schema(example = 3.89)]
    sector_score: Option<f64>,
    /// Only firms of this class: A is high risk, B is not.
    #[schema(max_length = 64, example = "A")]
    class: Option<String>,
    /// Only firms of this location.
    #[schema(max_length = 64, example = "23")]
    location_id: Option<String>,
    /// `next_cursor` of the page before.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
    /// Firms on the page.
    #[serde(default = "page::usual")]
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: u32,
}

/// A page of ranked firms.
#[derive(Debug, Serialize, ToSchema)]
pub struct FirmsByRiskOutput {
    /// The highest first; equal ones in the order of their identifiers.
    firms: Vec<RankedAuditFirm>,
    /// How many firms are ranked altogether.
    total: usize,
    /// Hand this in as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
    /// What was left out or assumed.
    notes: Vec<String>,
}

/// A firm and its place.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RankedAuditFirm {
    /// 1 for the highest; firms with equal values share the rank of the first of them.
    rank: usize,
    /// What it is ranked by.
    value: f64,
    /// The firm.
    firm: AuditFirm,
}

impl Action for FirmsByRisk {
    const NAME: &'static str = "firms_by_risk";
    const SUMMARY: &'static str = "Rank audited firms by risk";
    const DESCRIPTION: &'static str = "Lists firms from the highest to the lowest of a column, \
        audit_risk unless another is named, within a sector, class or location if these are given. \
        The rank is among the firms that were chosen; equal values share a rank. Firms with no number \
        in the column are left out, and counted in the notes. A firm has no key in the source: \
        firm_id is made from the content of its row, so that it stays the same however the table is \
        loaded.";
    const SCOPE: &'static str = "audit:read";
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "The riskiest firm of a sector",
        input: r#"{"sector_score": 1.99, "limit": 1}"#,
        output: include_str!("examples/firms_by_risk.json"),
    }];

    type Input = FirmsByRiskInput;
    type Output = FirmsByRiskOutput;

    async fn run(
        context: &ActionContext,
        input: FirmsByRiskInput,
    ) -> Result<FirmsByRiskOutput, ActionError> {
        let firms = context.dataset::<Firms>().await?;
        let choice = Choice::new(input.sector_score, &input.class, &input.location_id);
        let mut population = choice.of(&firms)?;
        let ranked = ranked(population.measured(input.by));
        let of = (Self::NAME, input.by, choice);
        let key = |place: &Place<'_>| (descending(place.value), place.firm.firm_id.clone());
        let page = page::paginate(&ranked, key, &of, input.cursor.as_deref(), input.limit)?;
        let shown = page.items.iter().map(|place| RankedAuditFirm {
            rank: place.rank,
            value: place.value,
            firm: AuditFirm::from(place.firm),
        });
        Ok(FirmsByRiskOutput {
            firms: shown.collect(),
            total: ranked.len(),
            next_cursor: page.next_cursor,
            notes: population.notes,
        })
    }
}

struct Place<'a> {
    rank: usize,
    value: f64,
    firm: &'a Firm,
}

/// The highest first. Firms come in the order of their identifiers, and equal ones keep it.
fn ranked(mut measured: Vec<(&Firm, f64)>) -> Vec<Place<'_>> {
    measured.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let mut places: Vec<Place<'_>> = Vec::with_capacity(measured.len());
    for (before, (firm, value)) in measured.into_iter().enumerate() {
        let rank = match places.last() {
            Some(last) if last.value == value => last.rank,
            _ => before.saturating_add(1),
        };
        places.push(Place { rank, value, firm });
    }
    places
}

/// A whole number that is the smaller, the greater the value is.
fn descending(value: f64) -> u64 {
    let bits = value.to_bits();
    let negative = bits >> 63 == 1;
    if negative {
        bits
    } else {
        !bits & (u64::MAX >> 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_run_against_values(one in -1e12f64..1e12, other in -1e12f64..1e12) {
            prop_assert_eq!(descending(one).cmp(&descending(other)), other.total_cmp(&one));
        }
    }
}
