//! What a model must hold by itself, without a look at the warehouse.

use std::collections::{BTreeMap, BTreeSet};

use super::document::ModelError;
use super::model::{Dataset, Expression, Place, Relationship, SemanticModel};
use super::names;
use crate::warehouse::Dialect;

/// Longest name, in characters: PostgreSQL cuts what is longer.
const LONGEST_NAME: usize = 63;

/// Finds every mistake within and between models, and fills in which datasets their metrics and
/// verified queries read.
pub(super) fn check(models: &mut [SemanticModel], dialect: Dialect) -> Vec<ModelError> {
    let mut checker = Checker {
        dialect,
        errors: Vec::new(),
    };
    checker.unique(
        "model",
        models.iter().map(|model| (&model.name, &model.place)),
    );
    let datasets = models.iter().flat_map(|model| &model.datasets);
    checker.unique(
        "dataset",
        datasets.map(|dataset| (&dataset.name, &dataset.place)),
    );
    for model in models.iter_mut() {
        checker.model(model);
    }
    checker.errors.sort();
    checker.errors
}

struct Checker {
    dialect: Dialect,
    errors: Vec<ModelError>,
}

impl Checker {
    fn wrong(&mut self, place: &Place, problem: String) {
        self.errors.push(ModelError {
            place: place.clone(),
            problem,
        });
    }

    /// SQL does not tell `Name` from `name`, so neither may models.
    fn unique<'a>(&mut self, what: &str, names: impl Iterator<Item = (&'a String, &'a Place)>) {
        let mut seen: BTreeMap<String, &Place> = BTreeMap::new();
        for (name, place) in names {
            if let Some(first) = seen.insert(name.to_ascii_lowercase(), place) {
                self.wrong(
                    place,
                    format!("there is a {what} {name:?} already, in {first}"),
                );
            }
        }
    }

    fn model(&mut self, model: &mut SemanticModel) {
        if model.name.trim().is_empty() {
            self.wrong(&model.place, "a model needs a name".to_owned());
        }
        if model.datasets.is_empty() {
            self.wrong(&model.place, "a model has one dataset at least".to_owned());
        }
        let metrics = model.metrics.iter();
        self.unique(
            "metric",
            metrics.map(|metric| (&metric.name, &metric.place)),
        );
        let queries = model.verified_queries.iter();
        self.unique(
            "verified query",
            queries.map(|query| (&query.name, &query.place)),
        );
        let relationships = model.relationships.iter();
        self.unique(
            "relationship",
            relationships.map(|relationship| (&relationship.name, &relationship.place)),
        );
        for dataset in &model.datasets {
            self.dataset(dataset);
        }
        for relationship in &model.relationships {
            self.relationship(relationship, model);
        }
        self.metrics(model);
        self.verified_queries(model);
    }

    fn dataset(&mut self, dataset: &Dataset) {
        self.identifier("dataset", &dataset.name, &dataset.place);
        if !is_table(&dataset.source) {
            self.wrong(
                &dataset.place,
                format!(
                    "the source {:?} is no table or view, such as `orders` or `sales.orders`",
                    dataset.source
                ),
            );
        }
        let fields = dataset.fields.iter();
        self.unique("field", fields.map(|field| (&field.name, &field.place)));
        for field in &dataset.fields {
            self.identifier("field", &field.name, &field.place);
            self.expression(&field.expression, &field.place);
        }
        for masked in dataset.access.masks.keys() {
            if !has_field(dataset, masked) {
                self.wrong(
                    &dataset.place,
                    format!("{masked:?} is masked, but no field of {}", dataset.name),
                );
            }
        }
        if let Some(filter) = &dataset.access.row_filter
            && let Err(error) = names::of_expression(filter, self.dialect)
        {
            self.wrong(
                &dataset.place,
                format!("the row filter is no condition: {error}"),
            );
        }
    }

    fn relationship(&mut self, relationship: &Relationship, model: &SemanticModel) {
        let ends = [
            (&relationship.from, &relationship.from_columns),
            (&relationship.to, &relationship.to_columns),
        ];
        for (name, columns) in ends {
            let dataset = model.datasets.iter().find(|dataset| dataset.name == *name);
            let Some(dataset) = dataset else {
                self.wrong(
                    &relationship.place,
                    format!("the model has no dataset {name:?}"),
                );
                continue;
            };
            for column in columns.iter().filter(|column| !has_field(dataset, column)) {
                self.wrong(
                    &relationship.place,
                    format!("{name} has no field {column:?}"),
                );
            }
        }
        if relationship.from_columns.is_empty()
            || relationship.from_columns.len() != relationship.to_columns.len()
        {
            self.wrong(
                &relationship.place,
                "from_columns and to_columns name the same number of columns, one at least"
                    .to_owned(),
            );
        }
    }

    fn metrics(&mut self, model: &mut SemanticModel) {
        let mut found = Vec::new();
        for metric in &model.metrics {
            self.expression(&metric.expression, &metric.place);
            let datasets = match metric.expression.for_dialect(self.dialect) {
                Some(expression) => names::datasets_of_metric(expression, model, self.dialect),
                None => Ok(BTreeSet::new()),
            };
            found.push(datasets.unwrap_or_else(|problem| {
                self.wrong(&metric.place, format!("metric {}: {problem}", metric.name));
                BTreeSet::new()
            }));
        }
        for (metric, datasets) in model.metrics.iter_mut().zip(found) {
            metric.datasets = datasets;
        }
    }

    fn verified_queries(&mut self, model: &mut SemanticModel) {
        for query in &mut model.verified_queries {
            match names::of_statements(&query.sql, self.dialect) {
                Ok(names) => query.datasets = names.tables,
                Err(error) => {
                    let problem = format!("verified query {}: {error}", query.name);
                    self.wrong(&query.place, problem);
                }
            }
        }
    }

    fn expression(&mut self, expression: &Expression, place: &Place) {
        if expression.dialects.is_empty() {
            self.wrong(
                place,
                "an expression needs one dialect at least, such as ANSI_SQL".to_owned(),
            );
        }
    }

    /// Agents write these names in SQL as they are.
    fn identifier(&mut self, what: &str, name: &str, place: &Place) {
        if name.len() > LONGEST_NAME || !is_identifier(name) {
            self.wrong(
                place,
                format!(
                    "a {what}'s name has letters, digits and _ alone, begins with no digit, and has \
                     {LONGEST_NAME} characters at most; {name:?} is none"
                ),
            );
        }
    }
}

fn has_field(dataset: &Dataset, name: &str) -> bool {
    dataset.fields.iter().any(|field| field.name == name)
}

fn is_identifier(name: &str) -> bool {
    let plain = |character: char| character.is_ascii_alphanumeric() || character == '_';
    !name.is_empty()
        && name.chars().all(plain)
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

fn is_table(source: &str) -> bool {
    let parts: Vec<&str> = source.split('.').collect();
    let quoted = |part: &str| {
        part.strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .is_some_and(|name| !name.is_empty() && !name.contains('"'))
    };
    parts.len() <= 3 && parts.iter().all(|part| is_identifier(part) || quoted(part))
}
