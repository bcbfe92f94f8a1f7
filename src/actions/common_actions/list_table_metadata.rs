//! What the tables mean that the caller may read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::page::paginate;
use super::super::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;
use crate::semantic::{TableMetadata, Visible};

/// In which form metadata is answered.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MetadataFormat {
    /// As members of the answer.
    Json,
    /// As one text: the models in the form of Apache Ossie.
    Yaml,
}

/// Which tables.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListTableMetadataInput {
    /// One table; without it, all that the caller may read.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 256, example = "releases")]
    pub table: Option<String>,
    /// In which form; JSON unless it is said.
    #[serde(default)]
    pub format: Option<MetadataFormat>,
    /// Where the last page ended: its `next_cursor`.
    #[schema(max_length = 1024)]
    pub cursor: Option<String>,
    /// Most tables of a page. A table is several thousand characters long.
    #[serde(default = "usual_tables")]
    #[schema(default = 10, minimum = 1, maximum = 50)]
    pub limit: u32,
}

fn usual_tables() -> u32 {
    10
}

/// What is known of the tables.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListTableMetadataOutput {
    /// The tables, by name; none where YAML was asked for.
    pub tables: Vec<TableMetadata>,
    /// The models as YAML, with the tables of this page, where that was asked for.
    pub yaml: Option<String>,
    /// What the next page is asked for with; null on the last.
    pub next_cursor: Option<String>,
}

/// Tells what tables mean.
pub struct ListTableMetadata;

impl Action for ListTableMetadata {
    const NAME: &'static str = "list_table_metadata";
    const SUMMARY: &'static str = "Read what tables and their fields mean";
    const DESCRIPTION: &'static str = "Answers the semantic model of one table or of all that the \
        token may read: fields with types, descriptions, synonyms and examples, hints on how to \
        read them, relationships to other tables, metrics with their expressions, verified queries \
        (a question and SQL that answers it), and the row filter and masks that hold. As JSON, or \
        as YAML in the form of Apache Ossie. Tables come by name, a page at a time.";
    const SCOPE: &'static str = super::SCOPE;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "The model of releases as YAML",
        input: r#"{"table": "releases", "format": "yaml"}"#,
        output: include_str!("examples/list_table_metadata.json"),
    }];
    type Input = ListTableMetadataInput;
    type Output = ListTableMetadataOutput;

    async fn run(
        context: &ActionContext,
        input: ListTableMetadataInput,
    ) -> Result<ListTableMetadataOutput, ActionError> {
        let visible = context.semantics().visible_to(&context.principal().scope);
        let table = input.table.as_deref();
        if let Some(name) = table
            && visible.table(name).is_none()
        {
            return Err(ActionError::NotFound(format!(
                "There is no table of this name that you may read. {}",
                readable(&visible)
            )));
        }
        let names: Vec<String> = visible
            .tables()
            .map(|(_, dataset)| dataset.name.to_ascii_lowercase())
            .filter(|name| table.is_none_or(|table| table.eq_ignore_ascii_case(name)))
            .collect();
        let of = (Self::NAME, table);
        let page = paginate(
            &names,
            String::clone,
            &of,
            input.cursor.as_deref(),
            input.limit,
        )?;
        let (tables, yaml) = match input.format.unwrap_or(MetadataFormat::Json) {
            MetadataFormat::Json => {
                let tables = page.items.iter();
                let tables = tables.filter_map(|name| visible.metadata(name));
                (tables.collect(), None)
            }
            MetadataFormat::Yaml => {
                let yaml = visible.yaml(Some(page.items));
                (
                    Vec::new(),
                    Some(yaml.map_err(|error| ActionError::broken(&error))?),
                )
            }
        };
        Ok(ListTableMetadataOutput {
            tables,
            yaml,
            next_cursor: page.next_cursor,
        })
    }
}

fn readable(visible: &Visible<'_>) -> String {
    let names: Vec<_> = visible
        .tables()
        .map(|(_, dataset)| dataset.name.as_str())
        .collect();
    if names.is_empty() {
        "The token reaches no table: it holds the scope of none.".to_owned()
    } else {
        format!("You may read: {}.", names.join(", "))
    }
}
