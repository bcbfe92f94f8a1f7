//! What is known of a table, as agents are told it.

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Dataset, Field, Mask, Metric, Relationship, VerifiedQuery};
use super::visible::Visible;
use crate::warehouse::{Dialect, Kind};

/// What is known of a table.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TableMetadata {
    /// Its name, as SQL has it.
    #[schema(example = "releases")]
    pub name: String,
    /// The model that it belongs to.
    #[schema(example = "release_oversight")]
    pub model: String,
    /// What a row of it is.
    pub description: Option<String>,
    /// How to use it, and what to beware of.
    pub instructions: Option<String>,
    /// How to use all tables of its model.
    pub model_instructions: Option<String>,
    /// Other words for it.
    pub synonyms: Vec<String>,
    /// Questions that it answers.
    pub examples: Vec<String>,
    /// The fields that tell its rows apart; empty where none do.
    pub primary_key: Vec<String>,
    /// Other sets of fields that do.
    pub unique_keys: Vec<Vec<String>>,
    /// Its fields.
    pub fields: Vec<FieldMetadata>,
    /// How it hangs together with other tables.
    pub relationships: Vec<RelationshipMetadata>,
    /// What can be measured on it.
    pub metrics: Vec<MetricMetadata>,
    /// Questions with SQL that answers them.
    pub verified_queries: Vec<VerifiedQuery>,
    /// The condition that rows must meet to be seen, where there is one.
    #[schema(example = "tenant_id = :tenant_id")]
    pub row_filter: Option<String>,
}

/// What is known of a field.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldMetadata {
    /// Its name, as SQL has it.
    #[schema(example = "released_at")]
    pub name: String,
    /// What kind of values it has, where that is known.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    /// What it means.
    pub description: Option<String>,
    /// What to beware of.
    pub instructions: Option<String>,
    /// A word that it is sorted under.
    pub label: Option<String>,
    /// Other words for it.
    pub synonyms: Vec<String>,
    /// Values that it has.
    pub examples: Vec<String>,
    /// Whether it is there to order things in time.
    pub is_time: bool,
    /// What is shown in place of its values, where they are not shown.
    pub mask: Option<Mask>,
}

/// How two tables hang together: rows of `from` each point at one row of `to`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RelationshipMetadata {
    /// Its name.
    #[schema(example = "changes_to_release")]
    pub name: String,
    /// The table of many rows.
    pub from: String,
    /// The table of one row each.
    pub to: String,
    /// Fields of `from` that point.
    pub from_fields: Vec<String>,
    /// Fields of `to` that they point at, in the same order.
    pub to_fields: Vec<String>,
    /// What to beware of.
    pub instructions: Option<String>,
}

/// Something that can be measured.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MetricMetadata {
    /// Its name.
    #[schema(example = "release_count")]
    pub name: String,
    /// How it is computed: an aggregate to select from the tables, joined where there are several.
    #[schema(example = "COUNT(releases.version)")]
    pub expression: String,
    /// The tables that it is computed from.
    pub tables: Vec<String>,
    /// What kind of value it is, where that is known.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    /// What it says.
    pub description: Option<String>,
    /// What to beware of.
    pub instructions: Option<String>,
    /// Other words for it.
    pub synonyms: Vec<String>,
}

impl Visible<'_> {
    /// What is known of one table; `None` where there is none that may be read.
    pub fn metadata(&self, table: &str) -> Option<TableMetadata> {
        let (model, dataset) = self.table(table)?;
        let dialect = self.dialect();
        let fields = dataset.fields.iter();
        Some(TableMetadata {
            name: dataset.name.clone(),
            model: model.name.clone(),
            description: dataset.description.clone(),
            instructions: dataset.ai_context.instructions.clone(),
            model_instructions: model.ai_context.instructions.clone(),
            synonyms: dataset.ai_context.synonyms.clone(),
            examples: dataset.ai_context.examples.clone(),
            primary_key: dataset.primary_key.clone(),
            unique_keys: dataset.unique_keys.clone(),
            fields: fields
                .filter(|field| field.expression.for_dialect(dialect).is_some())
                .map(|field| FieldMetadata::new(field, dataset))
                .collect(),
            relationships: self.relationships_of(table).map(Into::into).collect(),
            metrics: self
                .metrics_of(table)
                .filter_map(|metric| MetricMetadata::new(metric, dialect))
                .collect(),
            verified_queries: self.verified_queries_of(table).cloned().collect(),
            row_filter: dataset.access.row_filter.clone(),
        })
    }
}

impl FieldMetadata {
    fn new(field: &Field, dataset: &Dataset) -> Self {
        Self {
            name: field.name.clone(),
            kind: field.kind(),
            description: field.description.clone(),
            instructions: field.ai_context.instructions.clone(),
            label: field.label.clone(),
            synonyms: field.ai_context.synonyms.clone(),
            examples: field.ai_context.examples.clone(),
            is_time: field.is_time(),
            mask: dataset.access.masks.get(&field.name).copied(),
        }
    }
}

impl From<&Relationship> for RelationshipMetadata {
    fn from(relationship: &Relationship) -> Self {
        Self {
            name: relationship.name.clone(),
            from: relationship.from.clone(),
            to: relationship.to.clone(),
            from_fields: relationship.from_columns.clone(),
            to_fields: relationship.to_columns.clone(),
            instructions: relationship.ai_context.instructions.clone(),
        }
    }
}

impl MetricMetadata {
    fn new(metric: &Metric, dialect: Dialect) -> Option<Self> {
        Some(Self {
            name: metric.name.clone(),
            expression: metric.expression.for_dialect(dialect)?.to_owned(),
            tables: metric.datasets.iter().cloned().collect(),
            kind: metric.data_type.and_then(super::DataType::kind),
            description: metric.description.clone(),
            instructions: metric.ai_context.instructions.clone(),
            synonyms: metric.ai_context.synonyms.clone(),
        })
    }
}
