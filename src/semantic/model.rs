//! What a semantic model says: tables, their columns, how they hang together, what can be measured.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::ScopeSet;
use crate::warehouse::{Dialect, Kind};

/// Where something stands in a model's file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file's name as the operator knows it.
    pub file: Arc<str>,
    /// The line, from 1; 0 where the file as a whole is meant.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => formatter.write_str(&self.file),
            line => write!(formatter, "{}:{line}", self.file),
        }
    }
}

/// A semantic model: datasets that belong together, and what is known of them.
#[derive(Debug, Clone, PartialEq)]
pub struct SemanticModel {
    /// Its name, unique among all models that are loaded.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// What agents shall know beyond the description.
    pub ai_context: AiContext,
    /// Its tables.
    pub datasets: Vec<Dataset>,
    /// How its tables hang together.
    pub relationships: Vec<Relationship>,
    /// What can be measured on them.
    pub metrics: Vec<Metric>,
    /// Questions, each with SQL that answers it.
    pub verified_queries: Vec<VerifiedQuery>,
    /// The scope that its datasets need where they name none themselves.
    pub scope: Option<ScopeSet>,
    /// What other vendors say of it.
    pub extensions: Vec<Extension>,
    /// Where it stands.
    pub place: Place,
}

/// A table, under the name by which agents know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Its name, unique among all models that are loaded.
    pub name: String,
    /// The table or view in the warehouse, qualified or not.
    pub source: String,
    /// The columns that tell its rows apart; empty where none do.
    pub primary_key: Vec<String>,
    /// Other sets of columns that do.
    pub unique_keys: Vec<Vec<String>>,
    /// What a row of it is.
    pub description: Option<String>,
    /// What agents shall know beyond the description.
    pub ai_context: AiContext,
    /// Its columns. One that is not here cannot be read.
    pub fields: Vec<Field>,
    /// Who may read which of its rows and values.
    pub access: Access,
    /// What other vendors say of it.
    pub extensions: Vec<Extension>,
    /// Where it stands.
    pub place: Place,
}

/// Who may read a dataset, and how much of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The scopes that a caller needs, all of them. Without any, nobody may read it.
    pub scope: Option<ScopeSet>,
    /// The rows that callers see: a SQL condition on the source's columns, which may name the caller
    /// as `:client_id`, `:subject` and `:tenant_id`.
    pub row_filter: Option<String>,
    /// Fields whose values are not shown, and what is shown instead.
    pub masks: BTreeMap<String, Mask>,
}

impl Access {
    /// Whether a caller with these scopes may read.
    pub fn permits(&self, held: &ScopeSet) -> bool {
        self.scope
            .as_ref()
            .is_some_and(|needed| !needed.is_empty() && needed.is_subset(held))
    }
}

/// What is shown in place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mask {
    /// Nothing: NULL.
    Null,
    /// The text `redacted`, in each row that has a value.
    Redact,
    /// `****` and the last four characters of values that have more than seven, else only `****`.
    Last4,
}

/// A column of a dataset, or what is computed from its columns row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name, unique in the dataset.
    pub name: String,
    /// How it is computed from the source's columns; mostly just the column.
    pub expression: Expression,
    /// What kind of values it has, where that is known.
    pub data_type: Option<DataType>,
    /// Whether it is there to order things in time. `None`: whenever its type is one of time.
    pub time_dimension: Option<bool>,
    /// Whether the model calls it a dimension, to group or filter by.
    pub dimension: bool,
    /// A word to sort it under.
    pub label: Option<String>,
    /// What it means.
    pub description: Option<String>,
    /// What agents shall know beyond the description.
    pub ai_context: AiContext,
    /// What other vendors say of it.
    pub extensions: Vec<Extension>,
    /// Where it stands.
    pub place: Place,
}

impl Field {
    /// Whether it is there to order things in time.
    pub fn is_time(&self) -> bool {
        self.time_dimension
            .unwrap_or_else(|| self.data_type.is_some_and(DataType::is_temporal))
    }

    /// What kind of values it has, as the warehouse names it.
    pub fn kind(&self) -> Option<Kind> {
        self.data_type.and_then(DataType::kind)
    }
}

/// How the datasets of a model hang together: rows of `from` each point at one row of `to`.
#[derive(Debug, Clone, PartialEq)]
pub struct Relationship {
    /// Its name, unique in the model.
    pub name: String,
    /// The dataset of many rows.
    pub from: String,
    /// The dataset of one row each.
    pub to: String,
    /// Columns of `from` that point.
    pub from_columns: Vec<String>,
    /// Columns of `to` that they point at, in the same order.
    pub to_columns: Vec<String>,
    /// What agents shall know of it.
    pub ai_context: AiContext,
    /// What other vendors say of it.
    pub extensions: Vec<Extension>,
    /// Where it stands.
    pub place: Place,
}

/// Something that can be measured: an aggregate over fields of one or more datasets.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name, unique in the model.
    pub name: String,
    /// How it is computed.
    pub expression: Expression,
    /// What kind of value it is, where that is known.
    pub data_type: Option<DataType>,
    /// What it says.
    pub description: Option<String>,
    /// What agents shall know beyond the description.
    pub ai_context: AiContext,
    /// The datasets that it is computed from, as its expression names them.
    pub datasets: BTreeSet<String>,
    /// What other vendors say of it.
    pub extensions: Vec<Extension>,
    /// Where it stands.
    pub place: Place,
}

/// A question with SQL that answers it, written by someone who knows the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VerifiedQuery {
    /// Its name, unique in the model.
    #[schema(example = "releases_by_month")]
    pub name: String,
    /// The question in words.
    #[schema(example = "How many releases were there each month?")]
    pub question: String,
    /// SQL over the datasets.
    pub sql: String,
    /// The tables that it reads, as the SQL names them.
    #[serde(skip)]
    pub datasets: BTreeSet<String>,
    /// Where it stands.
    #[serde(skip)]
    pub place: Place,
}

/// An expression in one or more dialects of SQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expression {
    /// The same in each dialect.
    pub dialects: Vec<DialectExpression>,
}

/// An expression in one dialect of SQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialectExpression {
    /// The dialect's name, such as `ANSI_SQL` or `SNOWFLAKE`. Ambit reads these two.
    pub dialect: String,
    /// The expression.
    pub expression: String,
}

impl Expression {
    /// What the warehouse understands best: its own dialect, else standard SQL. `None` where the model
    /// has neither.
    pub fn for_dialect(&self, dialect: Dialect) -> Option<&str> {
        let own = match dialect {
            Dialect::Snowflake => Some("SNOWFLAKE"),
            Dialect::Sqlite | Dialect::Postgres => None,
        };
        own.and_then(|name| self.named(name))
            .or_else(|| self.named("ANSI_SQL"))
    }

    fn named(&self, name: &str) -> Option<&str> {
        self.dialects
            .iter()
            .find(|written| written.dialect.eq_ignore_ascii_case(name))
            .map(|written| written.expression.as_str())
    }
}

/// The logical types of Ossie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataType {
    /// Text.
    #[serde(alias = "string")]
    String,
    /// A whole number.
    #[serde(alias = "integer")]
    Integer,
    /// An exact number with a fraction.
    Decimal,
    /// An approximate number with a fraction.
    #[serde(alias = "number")]
    Float,
    /// True or false.
    #[serde(alias = "boolean")]
    Boolean,
    /// A day.
    #[serde(alias = "date")]
    Date,
    /// A time of day.
    #[serde(alias = "time")]
    Time,
    /// A moment on a clock whose zone is not told.
    #[serde(alias = "timestamp")]
    DateTime,
    /// A moment.
    #[serde(alias = "timestamp_tz")]
    DateTimeTz,
    /// Anything else.
    #[serde(alias = "other")]
    Opaque,
}

impl DataType {
    /// The kind of column that holds such values. Times of day and opaque values have none.
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::String => Some(Kind::Text),
            Self::Integer => Some(Kind::Integer),
            Self::Decimal | Self::Float => Some(Kind::Number),
            Self::Boolean => Some(Kind::Boolean),
            Self::Date => Some(Kind::Date),
            Self::DateTime | Self::DateTimeTz => Some(Kind::Timestamp),
            Self::Time | Self::Opaque => None,
        }
    }

    fn is_temporal(self) -> bool {
        matches!(
            self,
            Self::Date | Self::Time | Self::DateTime | Self::DateTimeTz
        )
    }
}

/// What agents shall know beyond a description.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AiContext {
    /// How to use it, and what to beware of.
    pub instructions: Option<String>,
    /// Other words for it.
    pub synonyms: Vec<String>,
    /// Questions it answers, or values it has.
    pub examples: Vec<String>,
    /// Further keys, kept as they are.
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// What another vendor's tools say; kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Extension {
    /// Whose tools.
    pub vendor_name: String,
    /// Text, by the specification JSON.
    pub data: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_scope_nobody_may_read() {
        let all = ScopeSet::parse("a b").unwrap();
        let access = |scope: Option<&str>| Access {
            scope: scope.map(|text| ScopeSet::parse(text).unwrap_or_default()),
            ..Access::default()
        };
        assert!(!access(None).permits(&all));
        assert!(!access(Some("")).permits(&all));
        assert!(!access(Some("a c")).permits(&all));
        assert!(access(Some("a")).permits(&all));
        assert!(access(Some("b a")).permits(&all));
    }

    #[test]
    fn the_warehouses_own_dialect_comes_first() {
        let written = |dialect: &str| DialectExpression {
            dialect: dialect.to_owned(),
            expression: dialect.to_owned(),
        };
        let expression = Expression {
            dialects: vec![written("MDX"), written("ANSI_SQL"), written("SNOWFLAKE")],
        };
        assert_eq!(expression.for_dialect(Dialect::Sqlite), Some("ANSI_SQL"));
        assert_eq!(
            expression.for_dialect(Dialect::Snowflake),
            Some("SNOWFLAKE")
        );
        let foreign = Expression {
            dialects: vec![written("MDX")],
        };
        assert_eq!(foreign.for_dialect(Dialect::Postgres), None);
    }
}
