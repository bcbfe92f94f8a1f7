//! What a warehouse holds, whichever backend it is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of values a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// True or false.
    Boolean,
    /// A whole number of 64 bits.
    Integer,
    /// A number with a fraction.
    Number,
    /// Text.
    Text,
    /// A day: `2026-11-22`.
    Date,
    /// A moment in UTC: `2026-11-22T18:51:30Z`, with as many digits of a second as there are.
    Timestamp,
}

impl Kind {
    /// Every kind, the narrowest first.
    pub const ALL: [Self; 6] = [
        Self::Boolean,
        Self::Integer,
        Self::Number,
        Self::Date,
        Self::Timestamp,
        Self::Text,
    ];

    /// The word for it, as JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Text => "text",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == text);
        known.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("must be one of {names}")
        })
    }
}

/// One value. JSON has it as itself; dates and moments as text, in the form that [`Kind`] gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Nothing is known.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number with a fraction.
    Number(f64),
    /// Text, a date or a moment.
    Text(String),
}

/// A column of an answer or of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Column {
    /// Its name.
    #[schema(example = "version")]
    pub name: String,
    /// What it holds; of an answer's column that holds nothing at all, `text`.
    #[serde(rename = "type")]
    pub kind: Kind,
}

/// A table as the backend itself describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDescription {
    /// Its name, without a schema.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
}

/// Why an answer does not hold all that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Truncation {
    /// It has as many rows as it may.
    Rows,
    /// It has as many bytes as it may.
    Bytes,
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// What stands in each place of a row.
    pub columns: Vec<Column>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
    /// Whether there is more than `rows` has, and what cut it short.
    pub truncated: Option<Truncation>,
}
