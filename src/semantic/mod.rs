//! The semantic layer: what the warehouse's tables mean, and who may read which of them.
//!
//! - A model is YAML in the form of Apache Ossie ([`document`] reads it, [`model`] is what it says);
//!   Ambit's own keys are among its `custom_extensions` ([`extension`]).
//! - [`SemanticLayer`] is all models together; [`Visible`] is the part of it that one caller may read,
//!   to be listed, searched ([`search`]) and written as YAML.
//! - [`lint`] holds models against the warehouse; [`sync`] writes them into it.
//! - [`guard`] checks the SQL that agents send against what they may read.
//!
//! A dataset's masks show something else in place of a field's values ([`Mask`]): `null` shows NULL,
//! `redact` shows `redacted` for each value that there is, and `last4` shows `****` and the last four
//! characters, or `****` alone for a value of seven or fewer.
//!
//! Row filters and masks bind SQL: what `query` runs, verified queries among it, and what
//! `explain_query` explains. The actions of the built-in routers that compute something read their own
//! tables whole, under their own scopes. A dataset that comes with a router cannot be declared again, with
//! a filter or without one: names are unique among all models.

mod checks;
mod document;
mod extension;
pub mod guard;
mod layer;
mod lint;
mod metadata;
mod model;
mod names;
mod search;
mod sync;
mod visible;
mod yaml;

#[cfg(test)]
mod tests;

pub use document::{LONGEST_FILE, ModelError, parse};
pub use layer::{LoadError, SemanticLayer, read};
pub use lint::{Finding, LintError, Linted, lint};
pub use metadata::{FieldMetadata, MetricMetadata, RelationshipMetadata, TableMetadata};
pub use model::{
    Access, AiContext, DataType, Dataset, DialectExpression, Expression, Extension, Field, Mask,
    Metric, Place, Relationship, SemanticModel, VerifiedQuery,
};
pub use search::{HitKind, LONGEST_QUESTION, SearchHit};
pub use sync::{MetadataTable, metadata_tables, script, sync};
pub use visible::Visible;
pub use yaml::write;
