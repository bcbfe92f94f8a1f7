//! What can be found without the warehouse.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::semantic::layer::SemanticLayer;
use crate::semantic::model::{Dataset, Place, SemanticModel};

pub(super) fn lint(layer: &SemanticLayer, scopes: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for model in layer.models() {
        for dataset in &model.datasets {
            access(dataset, scopes, &mut findings);
            fields(layer, dataset, &mut findings);
        }
        metrics(model, &mut findings);
    }
    let datasets = layer.models().iter().flat_map(|model| &model.datasets);
    synonyms(
        datasets.map(|dataset| (&dataset.name, &dataset.ai_context.synonyms, &dataset.place)),
        &mut findings,
    );
    findings
}

fn access(dataset: &Dataset, scopes: &BTreeSet<String>, findings: &mut Vec<Finding>) {
    let needed = dataset.access.scope.clone().unwrap_or_default();
    if needed.is_empty() {
        findings.push(Finding {
            place: dataset.place.clone(),
            problem: format!(
                "{} needs no scope, so that nobody may read it; name one in AMBIT's extension of the \
                 dataset or the model",
                dataset.name
            ),
        });
    }
    for scope in needed.iter().map(|scope| scope.as_str()) {
        if !scopes.contains(scope) {
            findings.push(Finding {
                place: dataset.place.clone(),
                problem: format!(
                    "{} needs the scope {scope}, which there is not; `ambit scope list` shows those \
                     that there are, and `ambit scope add {scope}` adds it",
                    dataset.name
                ),
            });
        }
    }
}

fn fields(layer: &SemanticLayer, dataset: &Dataset, findings: &mut Vec<Finding>) {
    if dataset.fields.is_empty() {
        findings.push(Finding {
            place: dataset.place.clone(),
            problem: format!(
                "{} has no field, so that nothing of it can be read",
                dataset.name
            ),
        });
    }
    for field in &dataset.fields {
        if field.expression.for_dialect(layer.dialect()).is_none() {
            findings.push(Finding {
                place: field.place.clone(),
                problem: format!(
                    "{} has no expression in ANSI_SQL, so that it cannot be read",
                    field.name
                ),
            });
        }
    }
    synonyms(
        dataset
            .fields
            .iter()
            .map(|field| (&field.name, &field.ai_context.synonyms, &field.place)),
        findings,
    );
}

fn metrics(model: &SemanticModel, findings: &mut Vec<Finding>) {
    synonyms(
        model
            .metrics
            .iter()
            .map(|metric| (&metric.name, &metric.ai_context.synonyms, &metric.place)),
        findings,
    );
}

/// Words that mean more than one thing of a kind help nobody to choose.
fn synonyms<'a>(
    named: impl Iterator<Item = (&'a String, &'a Vec<String>, &'a Place)>,
    findings: &mut Vec<Finding>,
) {
    let mut meant: BTreeMap<String, &str> = BTreeMap::new();
    let mut asked = Vec::new();
    for (name, synonyms, place) in named {
        meant.insert(plain(name), name);
        asked.push((name, synonyms, place));
    }
    for (name, synonyms, place) in asked {
        for synonym in synonyms {
            let other = meant.insert(plain(synonym), name);
            if let Some(other) = other {
                findings.push(Finding {
                    place: place.clone(),
                    problem: if other == name {
                        format!("{name} has the synonym {synonym:?} twice")
                    } else {
                        format!("{synonym:?} means {other} as well as {name}")
                    },
                });
            }
        }
    }
}

fn plain(word: &str) -> String {
    word.trim().to_lowercase().replace('_', " ")
}
