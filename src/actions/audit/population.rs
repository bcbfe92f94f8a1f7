//! Which firms an analysis is about, and what it has to say of those that it leaves out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::firm::{Firm, Firms};
use super::measure::AuditMeasure;
use crate::actions::ActionError;

/// Most values that a refusal lists.
const LISTED: usize = 40;

/// What firms are put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditGrouping {
    /// All of them in one group.
    None,
    /// By sector, which is named by its historical risk score.
    Sector,
    /// By the class that the auditors gave.
    Class,
    /// By location.
    Location,
}

impl AuditGrouping {
    /// The group of a firm; `none` where it is missing.
    pub fn group(self, firm: &Firm) -> String {
        let named = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
        match self {
            Self::None => "all".to_owned(),
            Self::Sector => firm.sector(),
            Self::Class => named(&firm.class),
            Self::Location => named(&firm.location_id),
        }
    }

    /// The groups of firms, numbers in their order and before names.
    pub fn split<'a>(self, firms: &[&'a Firm]) -> Vec<(String, Vec<&'a Firm>)> {
        let mut groups: BTreeMap<String, Vec<&Firm>> = BTreeMap::new();
        for firm in firms {
            groups.entry(self.group(firm)).or_default().push(firm);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by(|(one, _), (other, _)| order(one).total_cmp(&order(other)));
        groups
    }
}

/// Names stand behind all numbers, and among themselves as they were.
fn order(name: &str) -> f64 {
    name.parse().unwrap_or(f64::INFINITY)
}

/// What the firms must have in common.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Choice<'a> {
    sector_score: Option<f64>,
    class: Option<&'a str>,
    location_id: Option<&'a str>,
}

/// The firms of an analysis.
pub struct Population<'a> {
    /// In the order of their identifiers.
    pub firms: Vec<&'a Firm>,
    /// What an answer has to say of them.
    pub notes: Vec<String>,
}

impl<'a> Choice<'a> {
    /// Of a sector, by its historical risk score, a class and a location, where these are given.
    pub fn new(
        sector_score: Option<f64>,
        class: &'a Option<String>,
        location_id: &'a Option<String>,
    ) -> Self {
        Self {
            sector_score,
            class: class.as_deref(),
            location_id: location_id.as_deref(),
        }
    }
}

impl Choice<'_> {
    /// The firms that it is about.
    ///
    /// # Errors
    /// A sector, class or location that no firm has.
    pub fn of<'a>(&self, firms: &'a Firms) -> Result<Population<'a>, ActionError> {
        let all: Vec<&Firm> = firms.all.iter().collect();
        let sector = self.sector_score.map(|score| score.to_string());
        known(
            &all,
            "sector_score",
            AuditGrouping::Sector,
            sector.as_deref(),
        )?;
        known(&all, "class", AuditGrouping::Class, self.class)?;
        known(
            &all,
            "location_id",
            AuditGrouping::Location,
            self.location_id,
        )?;
        let is = |firm: &Firm, grouping: AuditGrouping, wanted: Option<&str>| {
            wanted.is_none_or(|wanted| grouping.group(firm) == wanted)
        };
        let firms: Vec<&Firm> = all
            .into_iter()
            .filter(|firm| is(firm, AuditGrouping::Sector, sector.as_deref()))
            .filter(|firm| is(firm, AuditGrouping::Class, self.class))
            .filter(|firm| is(firm, AuditGrouping::Location, self.location_id))
            .collect();
        let mut notes = Vec::new();
        let copied = firms.iter().filter(|firm| firm.copies > 1).count();
        if copied > 0 {
            notes.push(format!(
                "{copied} of the firms have a row that is the same in everything as another firm's; \
                 each counts as a firm of its own."
            ));
        }
        Ok(Population { firms, notes })
    }
}

impl<'a> Population<'a> {
    /// The firms that have a number in a column, with it. How many have none is noted.
    pub fn measured(&mut self, measure: AuditMeasure) -> Vec<(&'a Firm, f64)> {
        let numbers = |firm: &&'a Firm| Some((*firm, firm.value(measure)?));
        let measured: Vec<_> = self.firms.iter().filter_map(numbers).collect();
        let missing = self.firms.len().saturating_sub(measured.len());
        if missing > 0 {
            self.notes.push(format!(
                "{missing} firms have no number in {} and are left out.",
                measure.name()
            ));
        }
        measured
    }
}

fn known(
    all: &[&Firm],
    field: &str,
    grouping: AuditGrouping,
    wanted: Option<&str>,
) -> Result<(), ActionError> {
    let Some(wanted) = wanted else { return Ok(()) };
    let groups = grouping.split(all);
    if groups.iter().any(|(name, _)| name == wanted) {
        return Ok(());
    }
    let names: Vec<_> = groups
        .into_iter()
        .map(|(name, _)| name)
        .take(LISTED)
        .collect();
    Err(ActionError::invalid(
        field,
        format!("no firm has this; known are {}", names.join(", ")),
    ))
}
