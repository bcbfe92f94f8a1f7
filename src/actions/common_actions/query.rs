//! SQL over the tables that the caller may read, checked before it runs.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;

use super::super::{Action, ActionContext, ActionError, Example, page};
use crate::policy::Effect;
use crate::semantic::guard::{self, Applied, Caller, Checked};
use crate::warehouse::{Column, Limits, Rows, Truncation, Value};

/// SQL, and what stands for its parameters.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryInput {
    /// One SELECT over the tables that list_accessible_tables names, in the dialect of the warehouse.
    #[schema(
        min_length = 1,
        max_length = 20_000,
        example = "SELECT kind, COUNT(*) AS releases FROM releases GROUP BY kind ORDER BY kind"
    )]
    pub sql: String,
    /// What stands for each `?` or `$1` of the SQL, in order.
    #[serde(default)]
    #[schema(max_items = 100, value_type = Vec<Option<QueryValue>>)]
    pub parameters: Vec<Option<QueryValue>>,
    /// Most rows to answer; the server has a limit of its own besides.
    #[serde(default = "page::usual_figures")]
    #[schema(default = 100, minimum = 1, maximum = 100_000)]
    pub max_rows: u32,
}

/// A value in SQL. Dates and moments are text: `2026-11-22`, `2026-11-22T18:51:30Z`.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
pub enum QueryValue {
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(QueryNumber),
    /// Text, a date or a moment.
    Text(String),
}

/// A number in SQL, whole or not.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[schema(value_type = f64)]
pub struct QueryNumber(Number);

/// What a query answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueryOutput {
    /// What stands in each place of a row.
    pub columns: Vec<Column>,
    /// The rows, each as long as `columns`.
    #[schema(value_type = Vec<Vec<Option<QueryValue>>>)]
    pub rows: Vec<Vec<Value>>,
    /// How many rows there are here.
    pub row_count: usize,
    /// What cut the answer short, if there is more than is here.
    pub truncated: Option<Truncation>,
    /// The tables that were read, and what kept rows and values of them away.
    pub applied: Vec<Applied>,
}

/// Runs SQL.
pub struct Query;

impl Action for Query {
    const NAME: &'static str = "query";
    const SUMMARY: &'static str = "Run one SELECT over the tables you may read";
    const DESCRIPTION: &'static str = "Runs SQL on the warehouse. Read list_table_metadata first: it \
        tells what columns mean and which questions have a verified query. Exactly one SELECT is \
        taken (CTEs, subqueries, joins, set operations and window functions included), over tables \
        and columns of the semantic model and functions of an allow-list; a refusal says what was \
        not allowed and what would be. Row filters and masks hold whatever the SQL says, and \
        `applied` names them. Rows, bytes and time are limited; `truncated` says if an answer was \
        cut short: for the next rows, order them and ask for those behind the last one. Pass values as `parameters` rather than writing them into the SQL. On SQLite, days \
        and moments are text: compare them with text, and subtract them with julianday(a) - \
        julianday(b), in days, since a - b is only year minus year.";
    const SCOPE: &'static str = super::SCOPE;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "How many releases of each kind there were",
        input: r#"{"sql": "SELECT kind, COUNT(*) AS releases FROM releases WHERE released_at >= ? GROUP BY kind ORDER BY kind", "parameters": ["2026-01-01"]}"#,
        output: r#"{"columns": [{"name": "kind", "type": "text"}, {"name": "releases", "type": "integer"}], "rows": [["minor", 3], ["patch", 59]], "row_count": 2, "truncated": null, "applied": [{"table": "releases", "row_filter": null, "masked_columns": []}]}"#,
    }];
    type Input = QueryInput;
    type Output = QueryOutput;

    async fn run(context: &ActionContext, input: QueryInput) -> Result<QueryOutput, ActionError> {
        let Checked { statement, applied } = checked(context, &input)?;
        let _turn = context.turn().await;
        let usual = context.query_limits();
        let asked = usize::try_from(input.max_rows).unwrap_or(usize::MAX);
        let limits = Limits {
            rows: asked.min(usual.rows),
            time: usual.time.min(context.remaining()),
            ..usual
        };
        let Rows {
            columns,
            rows,
            truncated,
        } = context.warehouse().query(statement, limits).await?;
        context.note("rows", rows.len().to_string());
        Ok(QueryOutput {
            columns,
            row_count: rows.len(),
            rows,
            truncated,
            applied,
        })
    }
}

/// The statement that stands for an agent's SQL, if it may run.
///
/// # Errors
/// What of it is not allowed, and what would be.
pub fn checked(context: &ActionContext, input: &QueryInput) -> Result<Checked, ActionError> {
    context.note("sql", input.sql.as_str());
    let parameters: Vec<Value> = input.parameters.iter().map(value).collect();
    let principal = context.principal();
    let readable = context.semantics().visible_to(&principal.scope).readable();
    let caller = Caller {
        client_id: principal.client_id.as_str(),
        subject: &principal.subject,
        tenant_id: principal.tenant_id.as_str(),
    };
    let checked = guard::check(&input.sql, &parameters, &readable, &caller)
        .map_err(|refusal| ActionError::refused(refusal.to_string()))?;
    let tables: Vec<_> = checked
        .applied
        .iter()
        .map(|applied| applied.table.as_str())
        .collect();
    context.note("tables", tables.join(" "));
    Ok(checked)
}

fn value(parameter: &Option<QueryValue>) -> Value {
    match parameter {
        None => Value::Null,
        Some(QueryValue::Boolean(value)) => Value::Boolean(*value),
        Some(QueryValue::Number(QueryNumber(number))) => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => number.as_f64().map_or(Value::Null, Value::Number),
        },
        Some(QueryValue::Text(text)) => Value::Text(text.clone()),
    }
}
