//! Holds models against the warehouse and against what agents need of them.
//!
//! What breaks a model by itself is found when it is loaded; here is what is found beyond that.

mod contents;
mod tables;

use std::collections::BTreeSet;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::document::ModelError;
use super::layer::SemanticLayer;
use super::model::Place;
use crate::warehouse::{Limits, Warehouse, WarehouseError};

/// Something that is wrong with a model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where: a file and a line.
    pub place: Place,
    /// What.
    pub problem: String,
}

impl From<ModelError> for Finding {
    fn from(error: ModelError) -> Self {
        Self {
            place: error.place,
            problem: error.problem,
        }
    }
}

/// As `file`, `line` and `problem`.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_struct("Finding", 3)?;
        members.serialize_field("file", &*self.place.file)?;
        members.serialize_field("line", &self.place.line)?;
        members.serialize_field("problem", &self.problem)?;
        members.end()
    }
}

/// What came of holding models against the warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linted {
    /// Everything that is wrong, in the order of the files.
    pub findings: Vec<Finding>,
    /// Tables that may lack and do, by name: nothing that reads them was checked.
    pub not_loaded: BTreeSet<String>,
}

/// Why models could not be held against the warehouse.
#[derive(Debug, thiserror::Error)]
#[error("the models cannot be checked: {0}")]
pub struct LintError(#[from] WarehouseError);

/// What is wrong with the models, and what could not be checked. `scopes` are the scopes that there are; `may_lack` says of a file whether its tables need not be loaded.
///
/// # Errors
/// The warehouse does not answer.
pub async fn lint(
    layer: &SemanticLayer,
    warehouse: &dyn Warehouse,
    limits: Limits,
    scopes: &BTreeSet<String>,
    may_lack: impl Fn(&str) -> bool,
) -> Result<Linted, LintError> {
    let mut findings = contents::lint(layer, scopes);
    let there = warehouse.tables().await?;
    let mut checked = tables::Tables {
        layer,
        warehouse,
        limits,
        there,
        missing: BTreeSet::new(),
        not_loaded: BTreeSet::new(),
        findings: Vec::new(),
    };
    checked.datasets(may_lack).await?;
    checked.metrics().await?;
    checked.verified_queries().await?;
    findings.append(&mut checked.findings);
    findings.sort();
    findings.dedup();
    Ok(Linted {
        findings,
        not_loaded: checked.not_loaded,
    })
}
