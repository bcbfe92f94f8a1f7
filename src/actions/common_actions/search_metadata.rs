//! A question in, what of the semantic model fits it out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;
use crate::semantic::SearchHit;

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchMetadataInput {
    /// The question, in plain words.
    #[schema(min_length = 1, max_length = 2_000, example = "how often do we ship?")]
    pub question: String,
    /// Most hits to answer.
    #[serde(default = "usual_limit")]
    #[schema(minimum = 1, maximum = 50, default = 10)]
    pub limit: u32,
}

fn usual_limit() -> u32 {
    10
}

/// What fits.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchMetadataOutput {
    /// Tables, fields, metrics and verified queries, the best first.
    pub hits: Vec<SearchHit>,
}

/// Searches the semantic model.
pub struct SearchMetadata;

impl Action for SearchMetadata {
    const NAME: &'static str = "search_metadata";
    const SUMMARY: &'static str =
        "Find the tables, metrics and verified queries that fit a question";
    const DESCRIPTION: &'static str = "Ranks tables, fields, metrics and verified queries of the \
        semantic model by how well their names, synonyms, descriptions and questions fit the words \
        of a question (BM25), among what the caller may read. A verified query that fits can be \
        sent to query as it is.";
    const SCOPE: &'static str = super::SCOPE;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "Where to look for release frequency",
        input: r#"{"question": "deployment frequency", "limit": 1}"#,
        output: include_str!("examples/search_metadata.json"),
    }];
    type Input = SearchMetadataInput;
    type Output = SearchMetadataOutput;

    async fn run(
        context: &ActionContext,
        input: SearchMetadataInput,
    ) -> Result<SearchMetadataOutput, ActionError> {
        let visible = context.semantics().visible_to(&context.principal().scope);
        let limit = usize::try_from(input.limit).unwrap_or(usize::MAX);
        Ok(SearchMetadataOutput {
            hits: visible.search(&input.question, limit),
        })
    }
}
