//! Reads a model's file: YAML in the form of Apache Ossie 0.2.0.dev0 (its `core-spec`), one model a
//! document at the root. The form before it, a list under `semantic_model`, is read too.
//!
//! Keys that Ossie does not know are refused, as its schema does, save under `ai_context`, where it
//! allows any. `verified_queries` is read at the root of a model as well as among Ambit's extensions,
//! for Snowflake's semantic models have it there.

mod raw;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::extension::{self, OfDataset, OfModel, Query};
use super::model::{
    Access, AiContext, Dataset, Extension, Field, Metric, Place, Relationship, SemanticModel,
    VerifiedQuery,
};
use crate::model::ScopeSet;
use raw::{Document, RawDataset, RawExtension, RawField, RawMetric, RawModel, RawRelationship};

/// Longest file that is read, in bytes.
pub const LONGEST_FILE: usize = 1024 * 1024;

/// Why a model cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct ModelError {
    /// Where.
    pub place: Place,
    /// What is wrong, and what was expected.
    pub problem: String,
}

/// The models of one file, not yet checked against each other.
///
/// # Errors
/// It is no YAML, too large, or not in the form of Ossie; each with its line.
pub fn parse(file: &str, text: &str) -> Result<Vec<SemanticModel>, Vec<ModelError>> {
    let mut reading = Reading {
        file: file.into(),
        text,
        errors: Vec::new(),
    };
    let models = reading.models();
    match (models, reading.errors) {
        (Some(models), errors) if errors.is_empty() => Ok(models),
        (_, errors) => Err(errors),
    }
}

struct Reading<'a> {
    file: Arc<str>,
    text: &'a str,
    errors: Vec<ModelError>,
}

impl Reading<'_> {
    fn place(&self, line: u64) -> Place {
        Place {
            file: Arc::clone(&self.file),
            line,
        }
    }

    fn wrong(&mut self, line: u64, problem: impl Into<String>) {
        let place = self.place(line);
        self.errors.push(ModelError {
            place,
            problem: problem.into(),
        });
    }

    fn models(&mut self) -> Option<Vec<SemanticModel>> {
        if self.text.len() > LONGEST_FILE {
            self.wrong(
                0,
                format!("a model's file has at most {LONGEST_FILE} bytes"),
            );
            return None;
        }
        let document: Document = match serde_saphyr::from_str_with_options(self.text, options()) {
            Ok(document) => document,
            Err(error) => {
                let line = error.location().map_or(0, |location| location.line());
                self.wrong(line, message(&error));
                return None;
            }
        };
        self.check_version(&document);
        match document {
            Document {
                semantic_model: Some(models),
                name: None,
                datasets: None,
                ai_context,
                ..
            } => {
                let shared = AiContext::from(ai_context);
                Some(
                    models
                        .into_iter()
                        .map(|model| self.model(model, &shared))
                        .collect(),
                )
            }
            Document {
                semantic_model: None,
                name: Some(name),
                datasets: Some(datasets),
                ..
            } => {
                let model = RawModel {
                    name,
                    description: document.description,
                    ai_context: document.ai_context,
                    datasets,
                    relationships: document.relationships,
                    metrics: document.metrics,
                    verified_queries: document.verified_queries,
                    custom_extensions: document.custom_extensions,
                };
                Some(vec![self.model(model, &AiContext::default())])
            }
            _ => {
                self.wrong(
                    1,
                    "a document has either one model at its root (`version`, `name`, `datasets`, ...) \
                     or, in the older form, a list of models under `semantic_model`",
                );
                None
            }
        }
    }

    fn check_version(&mut self, document: &Document) {
        let Some(version) = &document.version else {
            // The wrapped form had none at first.
            if document.semantic_model.is_none() {
                self.wrong(
                    1,
                    "`version` is missing; this Ambit reads `version: 0.2.0.dev0`",
                );
            }
            return;
        };
        let known = ["0.1.", "0.2."];
        if !known.iter().any(|known| version.value.starts_with(known)) && version.value != "1.0" {
            self.wrong(
                version.referenced.line(),
                format!(
                    "version {} is not known; this Ambit reads `version: 0.2.0.dev0`",
                    version.value
                ),
            );
        }
    }

    fn model(&mut self, raw: RawModel, shared: &AiContext) -> SemanticModel {
        let place = self.place(raw.name.referenced.line());
        let (ours, extensions): (Ours<OfModel>, _) = self.extensions(raw.custom_extensions);
        let mut verified_queries: Vec<VerifiedQuery> = raw
            .verified_queries
            .into_iter()
            .map(|query| VerifiedQuery {
                place: self.place(query.name.referenced.line()),
                name: query.name.value,
                question: query.question,
                sql: query.sql,
                datasets: BTreeSet::new(),
            })
            .collect();
        for Query {
            name,
            question,
            sql,
        } in ours.value.verified_queries
        {
            verified_queries.push(VerifiedQuery {
                place: self.place(self.line_of(&name, ours.line)),
                name,
                question,
                sql: sql.joined(),
                datasets: BTreeSet::new(),
            });
        }
        let mut ai_context = AiContext::from(raw.ai_context);
        if ai_context.instructions.is_none() {
            ai_context.instructions.clone_from(&shared.instructions);
        }
        SemanticModel {
            name: raw.name.value,
            description: raw.description,
            ai_context,
            datasets: raw
                .datasets
                .into_iter()
                .map(|dataset| self.dataset(dataset, ours.value.scope.as_ref()))
                .collect(),
            relationships: raw
                .relationships
                .into_iter()
                .map(|relationship| self.relationship(relationship))
                .collect(),
            metrics: raw
                .metrics
                .into_iter()
                .map(|metric| self.metric(metric))
                .collect(),
            verified_queries,
            scope: ours.value.scope,
            extensions,
            place,
        }
    }

    fn dataset(&mut self, raw: RawDataset, model_scope: Option<&ScopeSet>) -> Dataset {
        let (ours, extensions): (Ours<OfDataset>, _) = self.extensions(raw.custom_extensions);
        Dataset {
            place: self.place(raw.name.referenced.line()),
            name: raw.name.value,
            source: raw.source,
            primary_key: raw.primary_key,
            unique_keys: raw.unique_keys,
            description: raw.description,
            ai_context: raw.ai_context.into(),
            fields: raw
                .fields
                .into_iter()
                .map(|field| self.field(field))
                .collect(),
            access: Access {
                scope: ours.value.scope.or_else(|| model_scope.cloned()),
                row_filter: ours.value.row_filter,
                masks: ours.value.masks,
            },
            extensions,
        }
    }

    fn field(&mut self, raw: RawField) -> Field {
        let extensions = self.foreign(raw.custom_extensions, "a field");
        Field {
            place: self.place(raw.name.referenced.line()),
            name: raw.name.value,
            expression: raw.expression,
            data_type: raw.datatype,
            dimension: raw.dimension.is_some(),
            time_dimension: raw.dimension.and_then(|dimension| dimension.is_time),
            label: raw.label,
            description: raw.description,
            ai_context: raw.ai_context.into(),
            extensions,
        }
    }

    fn relationship(&mut self, raw: RawRelationship) -> Relationship {
        let extensions = self.foreign(raw.custom_extensions, "a relationship");
        Relationship {
            place: self.place(raw.name.referenced.line()),
            name: raw.name.value,
            from: raw.from,
            to: raw.to,
            from_columns: raw.from_columns,
            to_columns: raw.to_columns,
            ai_context: raw.ai_context.into(),
            extensions,
        }
    }

    fn metric(&mut self, raw: RawMetric) -> Metric {
        let extensions = self.foreign(raw.custom_extensions, "a metric");
        Metric {
            place: self.place(raw.name.referenced.line()),
            name: raw.name.value,
            expression: raw.expression,
            data_type: raw.datatype,
            description: raw.description,
            ai_context: raw.ai_context.into(),
            datasets: BTreeSet::new(),
            extensions,
        }
    }

    /// Ambit's keys, and everybody else's extensions.
    fn extensions<T: Default + serde::de::DeserializeOwned>(
        &mut self,
        raw: Vec<RawExtension>,
    ) -> (Ours<T>, Vec<Extension>) {
        let mut ours = None;
        let mut others = Vec::new();
        for extension in raw {
            let line = extension.data.referenced.line();
            if !is_ours(&extension) {
                others.push(foreign(extension));
            } else if ours.is_some() {
                self.wrong(line, "there are two extensions of AMBIT; write one");
            } else {
                ours = Some(match serde_json::from_str(&extension.data.value) {
                    Ok(value) => Ours { value, line },
                    Err(error) => {
                        let (line, text) = self.inside(line, &error);
                        self.wrong(line, format!("the data of AMBIT's extension: {text}"));
                        Ours::default()
                    }
                });
            }
        }
        (ours.unwrap_or_default(), others)
    }

    /// Extensions where Ambit has no keys of its own.
    fn foreign(&mut self, raw: Vec<RawExtension>, of: &str) -> Vec<Extension> {
        for extension in raw.iter().filter(|extension| is_ours(extension)) {
            self.wrong(
                extension.data.referenced.line(),
                format!("AMBIT has no keys for {of}; it has them for models and datasets"),
            );
        }
        raw.into_iter().map(foreign).collect()
    }

    /// The line and the text of an error inside an extension, the first line of whose data is `line`.
    fn inside(&self, line: u64, error: &serde_json::Error) -> (u64, String) {
        let within = u64::try_from(error.line()).unwrap_or_default();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let text = error.to_string().replace(&place, "");
        (line.saturating_add(within).saturating_sub(1), text)
    }

    /// The first line from `from` on that has the text in quotes: where a verified query stands inside
    /// an extension.
    fn line_of(&self, name: &str, from: u64) -> u64 {
        let quoted = format!("\"{name}\"");
        (1..)
            .zip(self.text.lines())
            .find(|(line, text)| *line >= from && text.contains(&quoted))
            .map_or(from, |(line, _)| line)
    }
}

/// Ambit's keys and the line where they begin.
#[derive(Default)]
struct Ours<T> {
    value: T,
    line: u64,
}

fn is_ours(extension: &RawExtension) -> bool {
    extension
        .vendor_name
        .trim()
        .eq_ignore_ascii_case(extension::VENDOR)
}

fn foreign(extension: RawExtension) -> Extension {
    Extension {
        vendor_name: extension.vendor_name,
        data: extension.data.value,
    }
}

/// Much less than the crate allows by itself: a model is a small file that people write.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: 1,
            max_depth: 32,
            max_nodes: 100_000,
            max_events: 400_000,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_recorded_anchor_events: 100_000,
            max_recorded_anchor_bytes: 4 * 1024 * 1024,
            max_total_scalar_bytes: 4 * 1024 * 1024,
            max_merge_keys: 1_000,
        },
        with_snippet: false,
    }
}

/// The error's text without its place, which is told in Ambit's own way.
fn message(error: &serde_saphyr::Error) -> String {
    let text = error.to_string();
    let text = text.lines().next().unwrap_or_default();
    match error.location() {
        Some(location) => {
            let place = format!(" at line {}, column {}", location.line(), location.column());
            text.replace(&place, "")
        }
        None => text.to_owned(),
    }
}
