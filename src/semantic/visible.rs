//! The part of the semantic layer that one caller may read.

use std::collections::{BTreeMap, BTreeSet};

use super::guard::Readable;
use super::layer::SemanticLayer;
use super::model::{Dataset, Metric, Relationship, SemanticModel, VerifiedQuery};
use super::search::{self, SearchHit};
use super::yaml;
use crate::warehouse::Dialect;

/// The tables that someone may read, and all that is known of these alone. What touches another table
/// too, such as a relationship or a metric, is not in it.
#[derive(Debug, Clone)]
pub struct Visible<'a> {
    layer: &'a SemanticLayer,
    tables: BTreeMap<String, (&'a SemanticModel, &'a Dataset)>,
}

impl<'a> Visible<'a> {
    pub(super) fn new(
        layer: &'a SemanticLayer,
        tables: BTreeMap<String, (&'a SemanticModel, &'a Dataset)>,
    ) -> Self {
        Self { layer, tables }
    }

    /// The dialect of SQL that the warehouse takes.
    pub fn dialect(&self) -> Dialect {
        self.layer.dialect()
    }

    /// The tables by name, each with the model that it belongs to.
    pub fn tables(&self) -> impl Iterator<Item = (&'a SemanticModel, &'a Dataset)> {
        self.tables.values().copied()
    }

    /// One table; SQL does not tell `Name` from `name`.
    pub fn table(&self, name: &str) -> Option<(&'a SemanticModel, &'a Dataset)> {
        self.tables.get(&name.to_ascii_lowercase()).copied()
    }

    /// Whether all of these tables may be read. No table at all is nothing that may be read.
    pub fn holds(&self, tables: &BTreeSet<String>) -> bool {
        !tables.is_empty() && tables.iter().all(|table| self.table(table).is_some())
    }

    /// What SQL may read, for [`check`](super::guard::check).
    pub fn readable(&self) -> Readable {
        let prepared = |name: &String| self.layer.prepared(name).cloned();
        Readable {
            dialect: self.layer.dialect(),
            tables: self.tables.keys().filter_map(prepared).collect(),
        }
    }

    /// How a table hangs together with others.
    pub fn relationships_of(&self, table: &str) -> impl Iterator<Item = &'a Relationship> {
        let readable = |name: &str| self.table(name).is_some();
        self.table(table)
            .into_iter()
            .flat_map(|(model, _)| &model.relationships)
            .filter(move |relationship| {
                let ends = [relationship.from.as_str(), relationship.to.as_str()];
                ends.iter().any(|end| end.eq_ignore_ascii_case(table))
                    && ends.iter().all(|end| readable(end))
            })
    }

    /// What can be measured on a table.
    pub fn metrics_of(&self, table: &str) -> impl Iterator<Item = &'a Metric> {
        self.table(table)
            .into_iter()
            .flat_map(|(model, _)| &model.metrics)
            .filter(move |metric| names(&metric.datasets, table) && self.holds(&metric.datasets))
    }

    /// Questions that a table helps to answer.
    pub fn verified_queries_of(&self, table: &str) -> impl Iterator<Item = &'a VerifiedQuery> {
        self.layer
            .models()
            .iter()
            .flat_map(|model| &model.verified_queries)
            .filter(move |query| names(&query.datasets, table) && self.holds(&query.datasets))
    }

    /// The tables, fields, metrics and verified queries that fit a question, best first.
    pub fn search(&self, question: &str, limit: usize) -> Vec<SearchHit> {
        search::search(self.layer, self, question, limit)
    }

    /// The models with only what is here: all tables, or those that are named.
    pub fn models(&self, tables: Option<&[String]>) -> Vec<SemanticModel> {
        let chosen = |name: &str| {
            let is_named =
                |tables: &[String]| tables.iter().any(|table| table.eq_ignore_ascii_case(name));
            tables.is_none_or(is_named)
        };
        let wanted = |name: &str| self.table(name).is_some() && chosen(name);
        let concerns = |datasets: &BTreeSet<String>| {
            self.holds(datasets) && datasets.iter().any(|dataset| chosen(dataset))
        };
        let mut models = Vec::new();
        for model in self.layer.models() {
            let mut model = model.clone();
            model.datasets.retain(|dataset| wanted(&dataset.name));
            if model.datasets.is_empty() {
                continue;
            }
            model.relationships.retain(|relationship| {
                let ends = [&relationship.from, &relationship.to];
                concerns(&ends.into_iter().cloned().collect())
            });
            model.metrics.retain(|metric| concerns(&metric.datasets));
            model
                .verified_queries
                .retain(|query| concerns(&query.datasets));
            models.push(model);
        }
        models
    }

    /// As [`models`](Self::models), as YAML in the form of Ossie. Of some tables, it names others in
    /// relationships and metrics that it does not hold itself.
    ///
    /// # Errors
    /// As [`write`](yaml::write).
    pub fn yaml(&self, tables: Option<&[String]>) -> Result<String, serde_saphyr::SerializeError> {
        yaml::write(&self.models(tables))
    }
}

fn names(datasets: &BTreeSet<String>, table: &str) -> bool {
    datasets
        .iter()
        .any(|dataset| dataset.eq_ignore_ascii_case(table))
}
