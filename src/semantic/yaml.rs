//! Writes models as YAML in the form of Ossie, so that [`parse`](super::parse) reads the same again.

use serde::Serialize;

use super::extension::{Lines, OfDataset, OfModel, Query, VENDOR};
use super::model::{
    AiContext, DataType, Dataset, Expression, Extension, Field, Metric, Relationship, SemanticModel,
};

/// The version of Ossie in which models are written.
const VERSION: &str = "0.2.0.dev0";

/// Models as YAML, one a document.
///
/// # Errors
/// A text in them cannot be written as YAML, which none that was read from YAML is known to be.
pub fn write(models: &[SemanticModel]) -> Result<String, serde_saphyr::SerializeError> {
    let mut documents = Vec::new();
    for model in models {
        documents.push(serde_saphyr::to_string(&Document::from(model))?);
    }
    Ok(documents.join("---\n"))
}

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ai_context: Option<Context<'a>>,
    datasets: Vec<DatasetOut<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relationships: Vec<RelationshipOut<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metrics: Vec<MetricOut<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    custom_extensions: Vec<Extension>,
}

#[derive(Serialize)]
struct Context<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    synonyms: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    examples: &'a [String],
    #[serde(flatten)]
    other: &'a serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct DatasetOut<'a> {
    name: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    primary_key: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unique_keys: &'a [Vec<String>],
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ai_context: Option<Context<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldOut<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    custom_extensions: Vec<Extension>,
}

#[derive(Serialize)]
struct FieldOut<'a> {
    name: &'a str,
    expression: &'a Expression,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimension: Option<Dimension>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    datatype: Option<DataType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ai_context: Option<Context<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    custom_extensions: &'a [Extension],
}

#[derive(Serialize)]
struct Dimension {
    #[serde(skip_serializing_if = "Option::is_none")]
    is_time: Option<bool>,
}

#[derive(Serialize)]
struct RelationshipOut<'a> {
    name: &'a str,
    from: &'a str,
    to: &'a str,
    from_columns: &'a [String],
    to_columns: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    ai_context: Option<Context<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    custom_extensions: &'a [Extension],
}

#[derive(Serialize)]
struct MetricOut<'a> {
    name: &'a str,
    expression: &'a Expression,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    datatype: Option<DataType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ai_context: Option<Context<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    custom_extensions: &'a [Extension],
}

impl<'a> From<&'a SemanticModel> for Document<'a> {
    fn from(model: &'a SemanticModel) -> Self {
        let queries = model.verified_queries.iter().map(|query| Query {
            name: query.name.clone(),
            question: query.question.clone(),
            sql: Lines::of(&query.sql),
        });
        let ours = OfModel {
            scope: model.scope.clone(),
            verified_queries: queries.collect(),
        };
        Self {
            version: VERSION,
            name: &model.name,
            description: model.description.as_deref(),
            ai_context: context(&model.ai_context),
            datasets: model
                .datasets
                .iter()
                .map(|dataset| DatasetOut::new(dataset, model))
                .collect(),
            relationships: model.relationships.iter().map(Into::into).collect(),
            metrics: model.metrics.iter().map(Into::into).collect(),
            custom_extensions: extensions(&ours, &model.extensions),
        }
    }
}

impl<'a> DatasetOut<'a> {
    fn new(dataset: &'a Dataset, model: &SemanticModel) -> Self {
        let inherited = dataset.access.scope == model.scope;
        let ours = OfDataset {
            scope: dataset.access.scope.clone().filter(|_| !inherited),
            row_filter: dataset.access.row_filter.clone(),
            masks: dataset.access.masks.clone(),
        };
        Self {
            name: &dataset.name,
            source: &dataset.source,
            primary_key: &dataset.primary_key,
            unique_keys: &dataset.unique_keys,
            description: dataset.description.as_deref(),
            ai_context: context(&dataset.ai_context),
            fields: dataset.fields.iter().map(Into::into).collect(),
            custom_extensions: extensions(&ours, &dataset.extensions),
        }
    }
}

impl<'a> From<&'a Field> for FieldOut<'a> {
    fn from(field: &'a Field) -> Self {
        Self {
            name: &field.name,
            expression: &field.expression,
            dimension: field.dimension.then_some(Dimension {
                is_time: field.time_dimension,
            }),
            label: field.label.as_deref(),
            description: field.description.as_deref(),
            datatype: field.data_type,
            ai_context: context(&field.ai_context),
            custom_extensions: &field.extensions,
        }
    }
}

impl<'a> From<&'a Relationship> for RelationshipOut<'a> {
    fn from(relationship: &'a Relationship) -> Self {
        Self {
            name: &relationship.name,
            from: &relationship.from,
            to: &relationship.to,
            from_columns: &relationship.from_columns,
            to_columns: &relationship.to_columns,
            ai_context: context(&relationship.ai_context),
            custom_extensions: &relationship.extensions,
        }
    }
}

impl<'a> From<&'a Metric> for MetricOut<'a> {
    fn from(metric: &'a Metric) -> Self {
        Self {
            name: &metric.name,
            expression: &metric.expression,
            description: metric.description.as_deref(),
            datatype: metric.data_type,
            ai_context: context(&metric.ai_context),
            custom_extensions: &metric.extensions,
        }
    }
}

fn context(context: &AiContext) -> Option<Context<'_>> {
    (*context != AiContext::default()).then_some(Context {
        instructions: context.instructions.as_deref(),
        synonyms: &context.synonyms,
        examples: &context.examples,
        other: &context.other,
    })
}

/// Ambit's keys, where there are any, before those of others.
fn extensions(ours: &impl Serialize, others: &[Extension]) -> Vec<Extension> {
    let data = serde_json::to_value(ours)
        .ok()
        .filter(|data| data.as_object().is_some_and(|members| !members.is_empty()));
    let ours = data.map(|data| Extension {
        vendor_name: VENDOR.to_owned(),
        data: format!("{data:#}"),
    });
    ours.into_iter().chain(others.iter().cloned()).collect()
}
