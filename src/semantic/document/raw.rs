//! The keys of a model's file as Ossie's `core-spec` has them.

use serde::{Deserialize, de::IgnoredAny};
use serde_saphyr::Spanned;

use crate::semantic::model::{AiContext, DataType, Expression};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub version: Option<Spanned<String>>,
    #[serde(alias = "models")]
    pub semantic_model: Option<Vec<RawModel>>,
    // Which dialects and vendors a document names; drafts of 0.2.0 listed them.
    #[serde(rename = "dialects")]
    _dialects: Option<IgnoredAny>,
    #[serde(rename = "vendors")]
    _vendors: Option<IgnoredAny>,
    pub name: Option<Spanned<String>>,
    pub description: Option<String>,
    pub ai_context: Option<RawAiContext>,
    pub datasets: Option<Vec<RawDataset>>,
    #[serde(default)]
    pub relationships: Vec<RawRelationship>,
    #[serde(default)]
    pub metrics: Vec<RawMetric>,
    #[serde(default)]
    pub verified_queries: Vec<RawQuery>,
    #[serde(default)]
    pub custom_extensions: Vec<RawExtension>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawModel {
    pub name: Spanned<String>,
    pub description: Option<String>,
    pub ai_context: Option<RawAiContext>,
    pub datasets: Vec<RawDataset>,
    #[serde(default)]
    pub relationships: Vec<RawRelationship>,
    #[serde(default)]
    pub metrics: Vec<RawMetric>,
    #[serde(default)]
    pub verified_queries: Vec<RawQuery>,
    #[serde(default)]
    pub custom_extensions: Vec<RawExtension>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDataset {
    pub name: Spanned<String>,
    pub source: String,
    #[serde(default)]
    pub primary_key: Vec<String>,
    #[serde(default)]
    pub unique_keys: Vec<Vec<String>>,
    pub description: Option<String>,
    pub ai_context: Option<RawAiContext>,
    #[serde(default)]
    pub fields: Vec<RawField>,
    #[serde(default)]
    pub custom_extensions: Vec<RawExtension>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    pub name: Spanned<String>,
    pub expression: Expression,
    pub dimension: Option<RawDimension>,
    pub label: Option<String>,
    pub description: Option<String>,
    pub datatype: Option<DataType>,
    pub ai_context: Option<RawAiContext>,
    #[serde(default)]
    pub custom_extensions: Vec<RawExtension>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDimension {
    pub is_time: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRelationship {
    pub name: Spanned<String>,
    pub from: String,
    pub to: String,
    pub from_columns: Vec<String>,
    pub to_columns: Vec<String>,
    pub ai_context: Option<RawAiContext>,
    #[serde(default)]
    pub custom_extensions: Vec<RawExtension>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMetric {
    pub name: Spanned<String>,
    pub expression: Expression,
    pub description: Option<String>,
    pub datatype: Option<DataType>,
    pub ai_context: Option<RawAiContext>,
    #[serde(default)]
    pub custom_extensions: Vec<RawExtension>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawQuery {
    pub name: Spanned<String>,
    pub question: String,
    pub sql: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExtension {
    pub vendor_name: String,
    pub data: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawAiContext {
    Text(String),
    Structured {
        instructions: Option<String>,
        #[serde(default)]
        synonyms: Vec<String>,
        #[serde(default)]
        examples: Vec<String>,
        #[serde(flatten)]
        other: serde_json::Map<String, serde_json::Value>,
    },
}

impl From<Option<RawAiContext>> for AiContext {
    fn from(raw: Option<RawAiContext>) -> Self {
        match raw {
            None => Self::default(),
            Some(RawAiContext::Text(text)) => Self {
                instructions: Some(text),
                ..Self::default()
            },
            Some(RawAiContext::Structured {
                instructions,
                synonyms,
                examples,
                other,
            }) => Self {
                instructions,
                synonyms,
                examples,
                other,
            },
        }
    }
}
