//! The semantic layer: what the warehouse's tables mean, and who may read which of them.
//!
//! - A model is YAML in the form of Apache Ossie ([`document`] reads it, [`model`] is what it says);
//!   Ambit's own keys are among its `custom_extensions` ([`extension`]).
//! - [`guard`] checks the SQL that agents send against what they may read.

mod document;
mod extension;
pub mod guard;
mod model;
mod yaml;

#[cfg(test)]
mod tests;

pub use document::{LONGEST_FILE, ModelError, parse};
pub use model::{
    Access, AiContext, DataType, Dataset, DialectExpression, Expression, Extension, Field, Mask,
    Metric, Place, Relationship, SemanticModel, VerifiedQuery,
};
pub use yaml::write;
