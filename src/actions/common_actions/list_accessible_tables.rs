//! The tables that the caller may read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::page::{self, paginate};
use super::super::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;
use crate::warehouse::Dialect;

/// Which part of the list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListAccessibleTablesInput {
    /// Where the last page ended: its `next_cursor`.
    #[schema(max_length = 1024)]
    pub cursor: Option<String>,
    /// Most tables of a page.
    #[serde(default = "page::usual_figures")]
    #[schema(default = 100, minimum = 1, maximum = 200)]
    pub limit: u32,
}

/// A table, in short.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessibleTable {
    /// Its name, as SQL has it.
    pub name: String,
    /// The model that it belongs to.
    pub model: String,
    /// What a row of it is.
    pub description: Option<String>,
    /// Other words for it.
    pub synonyms: Vec<String>,
    /// How many fields it has.
    pub fields: usize,
    /// Whether only some of its rows can be seen.
    pub row_filter: bool,
    /// The fields whose values are not shown as they are.
    pub masked_fields: Vec<String>,
}

/// What the caller may read.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListAccessibleTablesOutput {
    /// The dialect of SQL that query takes.
    pub dialect: Dialect,
    /// The tables, by name.
    pub tables: Vec<AccessibleTable>,
    /// What the next page is asked for with; null on the last.
    pub next_cursor: Option<String>,
}

/// Lists tables.
pub struct ListAccessibleTables;

impl Action for ListAccessibleTables {
    const NAME: &'static str = "list_accessible_tables";
    const SUMMARY: &'static str = "List the tables you may read";
    const DESCRIPTION: &'static str = "Answers the tables of the semantic model whose scopes the \
        token holds, each with what a row of it is, and the dialect of SQL that query takes. Others \
        are not named. list_table_metadata tells what their fields mean.";
    const SCOPE: &'static str = super::SCOPE;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "The tables of a client that may read releases",
        input: "{}",
        output: include_str!("examples/list_accessible_tables.json"),
    }];
    type Input = ListAccessibleTablesInput;
    type Output = ListAccessibleTablesOutput;

    async fn run(
        context: &ActionContext,
        input: ListAccessibleTablesInput,
    ) -> Result<ListAccessibleTablesOutput, ActionError> {
        let visible = context.semantics().visible_to(&context.principal().scope);
        let readable: Vec<_> = visible.tables().collect();
        let page = paginate(
            &readable,
            |(_, dataset)| dataset.name.to_ascii_lowercase(),
            &Self::NAME,
            input.cursor.as_deref(),
            input.limit,
        )?;
        let tables = page.items.iter().map(|(model, dataset)| AccessibleTable {
            name: dataset.name.clone(),
            model: model.name.clone(),
            description: dataset.description.clone(),
            synonyms: dataset.ai_context.synonyms.clone(),
            fields: dataset.fields.len(),
            row_filter: dataset.access.row_filter.is_some(),
            masked_fields: dataset.access.masks.keys().cloned().collect(),
        });
        Ok(ListAccessibleTablesOutput {
            dialect: context.warehouse().dialect(),
            tables: tables.collect(),
            next_cursor: page.next_cursor,
        })
    }
}
