//! What Ambit itself keeps in a model: `custom_extensions` with `vendor_name: AMBIT`, whose `data` is
//! JSON. Ossie has no place of its own for any of this, verified queries included.
//!
//! On a model: `{"scope": "releases:read", "verified_queries": [{"name", "question", "sql"}]}`, where
//! `sql` is text or a list of lines. On a dataset: `{"scope": "...", "row_filter": "...",
//! "masks": {"field": "redact"}}`. A key that is not one of these is refused, so that a misspelt
//! `row_filter` opens nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::model::Mask;
use crate::model::ScopeSet;

/// The vendor name of Ambit's extensions.
pub(super) const VENDOR: &str = "AMBIT";

/// Ambit's keys of a model.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfModel {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeSet>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified_queries: Vec<Query>,
}

/// Ambit's keys of a dataset.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfDataset {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeSet>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_filter: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub masks: BTreeMap<String, Mask>,
}

/// A verified query as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    pub name: String,
    pub question: String,
    pub sql: Lines,
}

/// Text, or the lines of a text: JSON has no text of several lines that people can read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Lines {
    Whole(String),
    Lines(Vec<String>),
}

impl Lines {
    /// As lines where there is more than one.
    pub fn of(text: &str) -> Self {
        if text.contains('\n') {
            Self::Lines(text.split('\n').map(str::to_owned).collect())
        } else {
            Self::Whole(text.to_owned())
        }
    }

    /// The text as one.
    pub fn joined(self) -> String {
        match self {
            Self::Whole(text) => text,
            Self::Lines(lines) => lines.join("\n"),
        }
    }
}
