//! What would become of SQL, without running it.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::{Action, ActionContext, ActionError, Example};
use super::query::{QueryInput, checked};
use crate::policy::Effect;
use crate::semantic::guard::{Applied, Checked};
use crate::warehouse::{Dialect, Statement, Value};

/// What would run, and how.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainQueryOutput {
    /// The statement that would run in place of the one that was sent: each table stands for the
    /// columns and rows of it that the caller may see.
    pub statement: String,
    /// The tables that it reads, and what keeps rows and values of them away.
    pub applied: Vec<Applied>,
    /// How the warehouse would find the rows, in its own words, a line a step.
    pub plan: Vec<String>,
}

/// Explains SQL.
pub struct ExplainQuery;

impl Action for ExplainQuery {
    const NAME: &'static str = "explain_query";
    const SUMMARY: &'static str = "Say what a SELECT would run as, and how, without running it";
    const DESCRIPTION: &'static str = "Checks SQL as query does, and answers the statement that \
        would run, the row filters and masks that it holds, and the plan of the warehouse. Nothing \
        is read from the tables.";
    const SCOPE: &'static str = super::SCOPE;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "What counting releases would run as",
        input: r#"{"sql": "SELECT COUNT(*) AS releases FROM releases"}"#,
        output: include_str!("examples/explain_query.json"),
    }];
    type Input = QueryInput;
    type Output = ExplainQueryOutput;

    async fn run(
        context: &ActionContext,
        input: QueryInput,
    ) -> Result<ExplainQueryOutput, ActionError> {
        let Checked { statement, applied } = checked(context, &input)?;
        let warehouse = context.warehouse();
        let explain = match warehouse.dialect() {
            Dialect::Sqlite => "EXPLAIN QUERY PLAN",
            Dialect::Postgres => "EXPLAIN",
            Dialect::Snowflake => "EXPLAIN USING TEXT",
        };
        let explaining = Statement {
            sql: format!("{explain} {}", statement.sql),
            parameters: statement.parameters,
        };
        let _turn = context.turn().await;
        let answer = warehouse.query(explaining, context.query_limits()).await?;
        // SQLite puts numbers of its own before the words.
        let words = |row: Vec<Value>| row.into_iter().rev().find_map(text);
        Ok(ExplainQueryOutput {
            statement: statement.sql,
            applied,
            plan: answer.rows.into_iter().filter_map(words).collect(),
        })
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
