//! What tables there are, as `INFORMATION_SCHEMA` tells it.

use std::time::Duration;

use super::super::backend::{Limits, Statement, WarehouseError};
use super::super::value::{Column, Rows, TableDescription, Value};
use super::decode::{shown, table_kind};

/// More columns than any schema that agents are to read has.
pub const LIMITS: Limits = Limits {
    rows: 100_000,
    bytes: 16 * 1024 * 1024,
    time: Duration::from_secs(60),
};

const SQL: &str = "SELECT table_name, column_name, data_type, numeric_scale \
                   FROM information_schema.columns WHERE table_schema = ? \
                   ORDER BY table_name, ordinal_position";

/// Asks for every column of every table and view in a schema.
pub fn statement(schema: &str) -> Statement {
    Statement {
        sql: SQL.to_owned(),
        parameters: vec![Value::Text(schema.to_owned())],
    }
}

/// The tables that the answer tells of, sorted by name.
///
/// # Errors
/// It was cut short, or is no such answer.
pub fn read(answer: Rows) -> Result<Vec<TableDescription>, WarehouseError> {
    if answer.truncated.is_some() {
        let problem = "the schema has more columns than can be read";
        return Err(WarehouseError::Unavailable(problem.to_owned()));
    }
    let mut tables: Vec<TableDescription> = Vec::new();
    for row in answer.rows {
        let (table, column) = described(row).ok_or_else(|| {
            WarehouseError::Unavailable("Snowflake described a column otherwise".to_owned())
        })?;
        match tables.last_mut() {
            Some(last) if last.name == table => last.columns.push(column),
            _ => tables.push(TableDescription {
                name: table,
                columns: vec![column],
            }),
        }
    }
    tables.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(tables)
}

fn described(row: Vec<Value>) -> Option<(String, Column)> {
    let [table, column, type_name, scale] = <[Value; 4]>::try_from(row).ok()?;
    let (Value::Text(table), Value::Text(column), Value::Text(type_name)) =
        (table, column, type_name)
    else {
        return None;
    };
    let scale = match scale {
        Value::Integer(scale) => Some(scale),
        _ => None,
    };
    let column = Column {
        name: shown(&column),
        kind: table_kind(&type_name, scale),
    };
    Some((shown(&table), column))
}
