//! Queries that stand in for what SQLite has no syntax for: an operand of a set operation in
//! parentheses, VALUES with an order or a limit, names for the columns of a table's alias.

use sqlparser::ast::{Query, SetExpr, TableAlias, TableAliasColumnDef, TableFactor, Values};

use super::{from::plain_table, ident};
use crate::semantic::guard::reading;
use crate::semantic::guard::refusal::Refusal;
use crate::warehouse::Dialect;

/// `SELECT * FROM (the query)`.
pub(super) fn everything_from(query: Box<Query>) -> Result<SetExpr, Refusal> {
    let mut template = template("SELECT * FROM (SELECT 1) AS \"operand\"")?;
    if let Some(TableFactor::Derived { subquery, .. }) = relation(&mut template) {
        *subquery = query;
    }
    Ok(*template.body)
}

/// `SELECT * FROM (VALUES ...)`.
pub(super) fn everything_from_values(values: Values) -> Result<SetExpr, Refusal> {
    let mut query = template("SELECT 1")?;
    *query.body = SetExpr::Values(values);
    everything_from(query)
}

/// The query with other names for its columns, all of which are named.
pub(super) fn renamed(
    query: Box<Query>,
    columns: &[String],
    generated: &str,
) -> Result<Box<Query>, Refusal> {
    let mut template = template("WITH a AS (SELECT 1) SELECT * FROM a")?;
    let expressions = template
        .with
        .iter_mut()
        .flat_map(|with| &mut with.cte_tables);
    for expression in expressions {
        expression.query = query.clone();
        expression.alias = TableAlias {
            explicit: false,
            name: ident(generated),
            columns: column_list(columns),
            at: None,
        };
    }
    if let Some(relation) = relation(&mut template) {
        *relation = plain_table(generated, None);
    }
    Ok(template)
}

/// `SELECT * FROM table`.
pub(super) fn everything_of(generated: &str) -> Result<Box<Query>, Refusal> {
    let mut template = template("SELECT * FROM a")?;
    if let Some(relation) = relation(&mut template) {
        *relation = plain_table(generated, None);
    }
    Ok(template)
}

/// The names of columns as they stand after an alias.
pub(super) fn column_list(columns: &[String]) -> Vec<TableAliasColumnDef> {
    columns
        .iter()
        .map(|column| TableAliasColumnDef {
            name: ident(column),
            data_type: None,
        })
        .collect()
}

fn template(sql: &str) -> Result<Box<Query>, Refusal> {
    reading::query(sql, Dialect::Sqlite)
}

fn relation(query: &mut Query) -> Option<&mut TableFactor> {
    match query.body.as_mut() {
        SetExpr::Select(select) => select.from.first_mut().map(|from| &mut from.relation),
        _ => None,
    }
}
