//! `audit_sample`: a sample of firms that anybody can draw again.
//!
//! There is no generator with a state. A firm's *ticket* is the SHA-256 of `SEED:FIRM_ID` (UTF-8), in
//! hexadecimal; the lowest tickets are drawn, so that the order of the firms does not matter and a
//! larger sample with the same seed holds the smaller one. Monetary-unit sampling takes its random
//! start from the SHA-256 of `SEED:start`.

mod monetary_unit;
mod stratified;
mod ticket;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::firm::{AuditFirm, Firm, Firms};
use super::measure::AuditMeasure;
use super::population::{AuditGrouping, Choice, Population};
use crate::actions::{Action, ActionContext, ActionError, Example, page};
use crate::audit::sha256_hex;
use crate::policy::Effect;

/// Draws a sample.
pub struct AuditSample;

/// How to draw which firms.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditSampleInput {
    /// How the firms are drawn.
    method: AuditSampleMethod,
    /// How many firms to draw; for `monetary_unit`, how many monetary units.
    #[schema(minimum = 1, maximum = 1000, example = 25)]
    size: u32,
    /// Any text. The same seed draws the same firms.
    #[schema(min_length = 1, max_length = 64, example = "audit 2026")]
    seed: String,
    /// For `stratified`: what a stratum has in common. `sector` unless given.
    stratify_by: Option<AuditStratification>,
    /// For `stratified`: how the size is shared among the strata. `proportional` unless given.
    allocation: Option<AuditAllocation>,
    /// For `monetary_unit`, and needed there: the column of amounts.
    value: Option<AuditMeasure>,
    /// Only firms of the sector with this historical risk score.
    sector_score: Option<f64>,
    /// Only firms of this class.
    #[schema(max_length = 64)]
    class: Option<String>,
    /// Only firms of this location.
    #[schema(max_length = 64)]
    location_id: Option<String>,
    /// `next_cursor` of the page before.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
    /// Firms on the page.
    #[serde(default = "page::usual_figures")]
    #[schema(minimum = 1, maximum = 200, default = 100)]
    limit: u32,
}

/// How a sample is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditSampleMethod {
    /// Every firm is as likely as the others.
    Random,
    /// So many firms of each stratum.
    Stratified,
    /// Every unit of an amount is as likely as the others, so that firms are drawn by their size.
    MonetaryUnit,
}

/// What a stratum has in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditStratification {
    /// The sector.
    Sector,
    /// The class.
    Class,
}

/// How a sample's size is shared among strata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditAllocation {
    /// By how many firms they have, rounded by the largest remainders.
    Proportional,
    /// The same for each; a stratum with fewer firms is drawn whole, and the others share the rest.
    Equal,
}

/// A sample, and all that is needed to draw it again.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditSampleOutput {
    /// How it was drawn.
    method: AuditSampleMethod,
    /// The size that was asked for.
    size: u32,
    /// The seed.
    seed: String,
    /// What it was drawn from.
    population: AuditPopulation,
    /// The strata, for `stratified`.
    strata: Vec<AuditStratum>,
    /// The interval and what follows from it, for `monetary_unit`.
    monetary_unit: Option<MonetaryUnits>,
    /// How many firms were drawn, on all pages: fewer than `size` for `monetary_unit` where one holds
    /// several of the units.
    drawn: usize,
    /// What was drawn: by ticket, within each stratum; for `monetary_unit`, by identifier.
    items: Vec<AuditSampleItem>,
    /// Hand this in as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
    /// How to draw it again.
    procedure: String,
    /// What was left out or assumed.
    notes: Vec<String>,
}

/// What a sample was drawn from.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditPopulation {
    /// How many firms.
    firms: usize,
    /// SHA-256 of their identifiers, sorted, each followed by a line feed: the same only for the same
    /// firms.
    digest: String,
}

/// A stratum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditStratum {
    /// What its firms have in common.
    stratum: String,
    /// How many firms it has.
    firms: usize,
    /// How many of them were drawn.
    drawn: usize,
}

/// The figures of a monetary-unit sample.
#[derive(Debug, Serialize, ToSchema)]
pub struct MonetaryUnits {
    /// The column of amounts.
    value: AuditMeasure,
    /// Firms with an amount above zero.
    firms: usize,
    /// Their amounts together.
    total_value: f64,
    /// One unit is drawn in each stretch of this length: the total divided by the size.
    interval: f64,
    /// Where in the first stretch, and so in each: from 0, below the interval.
    random_start: f64,
    /// Firms whose amount reaches the interval: they are drawn whatever the seed.
    certainty_items: usize,
}

/// A firm that was drawn.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuditSampleItem {
    /// The firm.
    firm: AuditFirm,
    /// SHA-256 of `SEED:FIRM_ID`; null for `monetary_unit`.
    ticket: Option<String>,
    /// Its stratum, for `stratified`.
    stratum: Option<String>,
    /// Its amount, for `monetary_unit`.
    value: Option<f64>,
    /// How many of its units were drawn, for `monetary_unit`.
    hits: Option<u32>,
    /// Whether its amount reaches the interval, for `monetary_unit`.
    certainty: Option<bool>,
}

impl AuditSampleItem {
    fn of(firm: &Firm) -> Self {
        Self {
            firm: AuditFirm::from(firm),
            ticket: None,
            stratum: None,
            value: None,
            hits: None,
            certainty: None,
        }
    }
}

/// What a method adds to the answer.
struct Drawn {
    items: Vec<AuditSampleItem>,
    strata: Vec<AuditStratum>,
    monetary_unit: Option<MonetaryUnits>,
    procedure: String,
}

impl Action for AuditSample {
    const NAME: &'static str = "audit_sample";
    const SUMMARY: &'static str = "Draw a reproducible audit sample";
    const DESCRIPTION: &'static str = "Draws firms by a seed, so that the same seed draws the same \
        firms. A firm's ticket is the SHA-256 of the UTF-8 text SEED:FIRM_ID in hexadecimal; the \
        lowest tickets are drawn (random), or the lowest in each stratum (stratified; shares rounded \
        by the largest remainder, ties to the stratum that comes first; equal shares that a stratum \
        cannot fill go to the others). monetary_unit lays the amounts end to end in the order of \
        firm_id, counted in millionths; the interval is their total T divided by the size n; r is \
        the number of the first 13 hexadecimal digits of the SHA-256 of SEED:start; and the firms \
        are drawn that hold the units at floor((k * 2^52 + r) * T / (n * 2^52)) for k from 0 to \
        n - 1. Firms whose amount reaches the interval are certainty items. Amounts that are \
        missing, zero or negative cannot be drawn and are counted in the notes. The answer holds all \
        that is needed to draw the sample again; its firms come a page at a time, and a cursor \
        belongs to one sample of the same firms.";
    const SCOPE: &'static str = "audit:read";
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[
        Example {
            summary: "One firm at random",
            input: r#"{"method": "random", "size": 1, "seed": "audit 2026"}"#,
            output: include_str!("../examples/audit_sample_random.json"),
        },
        Example {
            summary: "Firms by the money involved",
            input: r#"{"method": "monetary_unit", "size": 3, "seed": "audit 2026", "value":
                "money_value"}"#,
            output: include_str!("../examples/audit_sample_monetary_unit.json"),
        },
    ];

    type Input = AuditSampleInput;
    type Output = AuditSampleOutput;

    async fn run(
        context: &ActionContext,
        input: AuditSampleInput,
    ) -> Result<AuditSampleOutput, ActionError> {
        input.refuse_what_does_not_belong()?;
        context.note("seed", &*input.seed);
        let firms = context.dataset::<Firms>().await?;
        let choice = Choice::new(input.sector_score, &input.class, &input.location_id);
        let mut population = choice.of(&firms)?;
        let described = AuditPopulation {
            firms: population.firms.len(),
            digest: digest(&population),
        };
        let drawn = input.draw(&mut population)?;
        // All that chose the sample, the firms themselves with it: were they others by now, the next
        // page would be that of another sample.
        let of = (
            Self::NAME,
            (input.method, input.size, &input.seed),
            (input.stratify_by, input.allocation, input.value),
            (choice, &described.digest),
        );
        let items: Vec<_> = drawn.items.into_iter().enumerate().collect();
        let place = |(place, _): &(usize, AuditSampleItem)| *place;
        let page = page::paginate(&items, place, &of, input.cursor.as_deref(), input.limit)?;
        Ok(AuditSampleOutput {
            method: input.method,
            size: input.size,
            seed: input.seed,
            population: described,
            strata: drawn.strata,
            monetary_unit: drawn.monetary_unit,
            drawn: items.len(),
            items: page.items.iter().map(|(_, item)| item.clone()).collect(),
            next_cursor: page.next_cursor,
            procedure: drawn.procedure,
            notes: population.notes,
        })
    }
}

impl AuditSampleInput {
    /// What is given for another method would be passed over without a word.
    fn refuse_what_does_not_belong(&self) -> Result<(), ActionError> {
        let given = [
            (
                "stratify_by",
                self.stratify_by.is_some(),
                AuditSampleMethod::Stratified,
            ),
            (
                "allocation",
                self.allocation.is_some(),
                AuditSampleMethod::Stratified,
            ),
            (
                "value",
                self.value.is_some(),
                AuditSampleMethod::MonetaryUnit,
            ),
        ];
        for (field, is_given, method) in given {
            if is_given && self.method != method {
                return Err(ActionError::invalid(
                    field,
                    "does not belong to this method",
                ));
            }
        }
        Ok(())
    }

    fn draw(&self, population: &mut Population<'_>) -> Result<Drawn, ActionError> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let firms = population.firms.len();
        if self.method != AuditSampleMethod::MonetaryUnit && size > firms {
            let problem = format!("there are only {firms} firms to draw from");
            return Err(ActionError::invalid("size", problem));
        }
        match self.method {
            AuditSampleMethod::Random => Ok(Drawn {
                items: ticket::lowest(&self.seed, &population.firms, size),
                strata: Vec::new(),
                monetary_unit: None,
                procedure: format!(
                    "Sort the firms by ticket, the SHA-256 of SEED:FIRM_ID in hexadecimal; take the \
                     first {size}."
                ),
            }),
            AuditSampleMethod::Stratified => {
                let grouping = match self.stratify_by {
                    None | Some(AuditStratification::Sector) => AuditGrouping::Sector,
                    Some(AuditStratification::Class) => AuditGrouping::Class,
                };
                let allocation = self.allocation.unwrap_or(AuditAllocation::Proportional);
                Ok(stratified::draw(
                    population, &self.seed, size, grouping, allocation,
                ))
            }
            AuditSampleMethod::MonetaryUnit => {
                let value = self.value.ok_or_else(|| {
                    ActionError::invalid("value", "is needed: the column of amounts")
                })?;
                monetary_unit::draw(population, &self.seed, self.size, value)
            }
        }
    }
}

fn digest(population: &Population<'_>) -> String {
    let mut text = String::new();
    for firm in &population.firms {
        text.push_str(&firm.firm_id);
        text.push('\n');
    }
    sha256_hex(text.as_bytes())
}
