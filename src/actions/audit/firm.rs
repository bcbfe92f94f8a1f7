//! The firms of the table `audit_risk`.
//!
//! Its rows have no key, so each firm gets an identifier from what its row says. A row's canonical
//! text is its 27 values in the order of the source file, joined by `,`: numbers in their shortest
//! decimal form without exponent (`3.89`, `5`, `0`), text as it stands, missing values empty. The
//! identifier is `firm-` and the first 12 hexadecimal digits of the text's SHA-256. Rows that are the
//! same in everything are told apart by their count: the second gets `-2` behind it, the third `-3`.
//! So an identifier stays as it is when other rows come and go or are read in another order.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::measure::AuditMeasure;
use crate::actions::{ActionError, Dataset, Reader};
use crate::audit::sha256_hex;
use crate::warehouse::Value;

/// The table.
pub const TABLE: &str = "audit_risk";
/// Digits of the hash that an identifier holds.
const DIGITS: usize = 12;

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Firm {
    /// See the module.
    pub firm_id: String,
    /// Where it is: a number, or a name.
    pub location_id: Option<String>,
    /// The class that the auditors gave it; in the source, A is high risk and B is not.
    pub class: Option<String>,
    /// How many rows are the same as this one, itself included.
    pub copies: usize,
    /// By place in [`AuditMeasure::ALL`].
    values: Vec<Option<f64>>,
}

impl Firm {
    /// What the row holds in a column; `None` if it is missing or no number.
    pub fn value(&self, measure: AuditMeasure) -> Option<f64> {
        let place = AuditMeasure::ALL
            .iter()
            .position(|known| *known == measure)?;
        *self.values.get(place)?
    }

    /// What the row holds in every column that has a number there.
    pub fn values(&self) -> impl Iterator<Item = (AuditMeasure, f64)> {
        let pairs = AuditMeasure::ALL.iter().zip(&self.values);
        pairs.filter_map(|(measure, value)| value.map(|value| (*measure, value)))
    }

    /// The sector as text; `none` where it is missing.
    pub fn sector(&self) -> String {
        let score = self.value(AuditMeasure::SectorScore);
        score.map_or_else(|| "none".to_owned(), |score| score.to_string())
    }
}

/// A firm as lists show it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuditFirm {
    /// Identifier by content: `firm-` and the start of the SHA-256 of the row; a copy of another row
    /// ends with `-2`, `-3` and so on.
    #[schema(example = "firm-d99ab8645511")]
    pub firm_id: String,
    /// The sector, named by its historical risk score.
    #[schema(example = 3.89)]
    pub sector_score: Option<f64>,
    /// Where it is: a number, or a name.
    #[schema(example = "23")]
    pub location_id: Option<String>,
    /// The class that the auditors gave it: A is high risk, B is not.
    #[schema(example = "A")]
    pub class: Option<String>,
    /// Inherent risk times control risk times detection risk.
    #[schema(example = 1.7148)]
    pub audit_risk: Option<f64>,
}

impl From<&Firm> for AuditFirm {
    fn from(firm: &Firm) -> Self {
        Self {
            firm_id: firm.firm_id.clone(),
            sector_score: firm.value(AuditMeasure::SectorScore),
            location_id: firm.location_id.clone(),
            class: firm.class.clone(),
            audit_risk: firm.value(AuditMeasure::AuditRisk),
        }
    }
}

/// All firms, sorted by their identifiers.
pub struct Firms {
    /// The firms.
    pub all: Vec<Firm>,
}

/// Where `location_id` and `risk` stand among the columns of the source file.
const LOCATION: usize = 1;

impl Dataset for Firms {
    const WRITTEN_BY: &'static [&'static str] = &[];

    async fn load(reader: &Reader) -> Result<Self, ActionError> {
        let mut columns: Vec<&str> = AuditMeasure::ALL
            .iter()
            .map(|column| column.name())
            .collect();
        columns.insert(LOCATION, "location_id");
        columns.push("risk");
        Ok(Self::of_rows(&reader.table(TABLE, &columns).await?))
    }
}

impl Firms {
    /// The firm of an identifier.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, firm_id: &str) -> Result<&Firm, ActionError> {
        let place = self
            .all
            .binary_search_by(|firm| firm.firm_id.as_str().cmp(firm_id));
        place
            .ok()
            .and_then(|place| self.all.get(place))
            .ok_or_else(|| {
                ActionError::NotFound(
                    "There is no firm of this identifier; firms_by_risk lists them.".to_owned(),
                )
            })
    }

    /// Reads rows whose columns are those of the source file, in its order.
    pub(super) fn of_rows(rows: &[Vec<Value>]) -> Self {
        let mut texts: Vec<(String, &Vec<Value>)> =
            rows.iter().map(|row| (canonical(row), row)).collect();
        texts.sort_by(|one, other| one.0.cmp(&other.0));
        let mut copies: HashMap<&str, usize> = HashMap::new();
        for (text, _) in &texts {
            let count = copies.entry(text).or_default();
            *count = count.saturating_add(1);
        }
        let mut given: HashMap<String, usize> = HashMap::new();
        let mut all: Vec<Firm> = texts
            .iter()
            .map(|(text, row)| {
                let digest = sha256_hex(text.as_bytes());
                let base = format!("firm-{}", digest.get(..DIGITS).unwrap_or(&digest));
                let count = given.entry(base.clone()).or_default();
                *count = count.saturating_add(1);
                let firm_id = match *count {
                    1 => base,
                    count => format!("{base}-{count}"),
                };
                firm(
                    firm_id,
                    row,
                    copies.get(text.as_str()).copied().unwrap_or(1),
                )
            })
            .collect();
        all.sort_by(|one, other| one.firm_id.cmp(&other.firm_id));
        Self { all }
    }
}

fn firm(firm_id: String, row: &[Value], copies: usize) -> Firm {
    let class_at = row.len().saturating_sub(1);
    let numbers = row.iter().enumerate();
    let numbers = numbers.filter(|(place, _)| *place != LOCATION && *place != class_at);
    Firm {
        firm_id,
        location_id: row.get(LOCATION).and_then(text),
        class: row.last().and_then(text),
        copies,
        values: numbers.map(|(_, value)| as_number(value)).collect(),
    }
}

fn canonical(row: &[Value]) -> String {
    let texts: Vec<String> = row
        .iter()
        .map(|value| text(value).unwrap_or_default())
        .collect();
    texts.join(",")
}

/// A value as it goes into the canonical text; `None` if it is missing.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Boolean(value) => Some(value.to_string()),
        Value::Integer(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::Text(value) => Some(value.clone()),
    }
}

/// A cell's number. A column with a few cells that are none is loaded as text, the others' numbers
/// with it.
fn as_number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Null | Value::Boolean(_) => None,
        Value::Number(value) => Some(*value),
        Value::Integer(value) => value.to_string().parse().ok(),
        Value::Text(value) => value.trim().parse().ok(),
    };
    number.filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(location: Value, first: Value) -> Vec<Value> {
        let mut row = vec![Value::Number(0.5); 24];
        row.insert(0, first);
        row.insert(LOCATION, location);
        row.push(Value::Text("A".to_owned()));
        row
    }

    #[test]
    fn identifiers_follow_content_and_not_order() {
        let one = row(Value::Integer(7), Value::Number(3.89));
        let two = row(Value::Text("LOHARU".to_owned()), Value::Number(3.89));
        let forth = Firms::of_rows(&[one.clone(), two.clone()]);
        let back = Firms::of_rows(&[two, one]);
        assert_eq!(forth.all, back.all);
        assert_eq!(forth.all.len(), 2);
    }

    #[test]
    fn copies_are_told_apart_by_their_count() {
        let same = row(Value::Integer(7), Value::Number(1.0));
        let firms = Firms::of_rows(&[same.clone(), same.clone(), same]);
        let base = firms.all[0].firm_id.clone();
        let ids: Vec<_> = firms.all.iter().map(|firm| firm.firm_id.clone()).collect();
        assert_eq!(
            ids,
            [base.clone(), format!("{base}-2"), format!("{base}-3")]
        );
        assert!(firms.all.iter().all(|firm| firm.copies == 3));
        assert!(firms.find(&ids[1]).is_ok());
        assert!(firms.find("firm-0").is_err());
    }

    #[test]
    fn whole_numbers_are_the_same_in_every_type() {
        let integer = row(Value::Integer(5), Value::Integer(5));
        let number = row(Value::Number(5.0), Value::Text("5".to_owned()));
        let firms = Firms::of_rows(&[integer, number]);
        assert!(firms.all.iter().all(|firm| firm.copies == 2));
        assert_eq!(firms.all[0].value(AuditMeasure::SectorScore), Some(5.0));
    }

    #[test]
    fn what_is_no_number_is_missing() {
        for odd in [
            Value::Null,
            Value::Text("unknown".to_owned()),
            Value::Text("inf".to_owned()),
        ] {
            assert_eq!(as_number(&odd), None);
        }
        assert_eq!(as_number(&Value::Text(" 1.5 ".to_owned())), Some(1.5));
    }
}
