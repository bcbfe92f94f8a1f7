//! Runs one statement within its limits.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, ToSql, params_from_iter};

use super::super::backend::{Limits, Statement, WarehouseError};
use super::super::collect::Collector;
use super::super::moment;
use super::super::value::{Kind, Rows, Value};
use super::connection::{Reader, failure};
use super::kinds;
use super::watch::Stop;

/// Most columns of an answer. SQLite makes each row whole, so that together with the longest value this
/// bounds what one takes.
const WIDEST: usize = 256;

/// Runs a statement and reads its rows.
pub(super) fn run(
    reader: &Reader,
    statement: &Statement,
    limits: Limits,
    stop: &Stop,
) -> Result<Rows, WarehouseError> {
    let time = || WarehouseError::Time(stop.after);
    if stop.is_due() {
        return Err(time());
    }
    let outcome = reader
        .watch
        .over(stop, || read(&reader.connection, statement, limits));
    match outcome {
        Err(_) if stop.is_due() => Err(time()),
        outcome => outcome,
    }
}

fn read(
    connection: &Connection,
    statement: &Statement,
    limits: Limits,
) -> Result<Rows, WarehouseError> {
    // SQLite reads no further than that.
    if statement.sql.contains('\0') {
        return Err(WarehouseError::Statement(
            "the statement has a NUL character".to_owned(),
        ));
    }
    let mut prepared = connection.prepare(&statement.sql).map_err(failure)?;
    if !prepared.readonly() {
        return Err(WarehouseError::Statement(
            "the statement does not only read".to_owned(),
        ));
    }
    let columns: Vec<(String, Option<Kind>)> = prepared
        .columns()
        .iter()
        .map(|column| {
            let declared = column.decl_type().and_then(kinds::declared);
            (column.name().to_owned(), declared)
        })
        .collect();
    if columns.is_empty() {
        return Err(WarehouseError::Statement(
            "the statement answers nothing".to_owned(),
        ));
    }
    if columns.len() > WIDEST {
        return Err(WarehouseError::Statement(format!(
            "the answer has {} columns, more than {WIDEST}",
            columns.len()
        )));
    }
    let parameters = params_from_iter(statement.parameters.iter().map(Bound));
    let mut found = prepared.query(parameters).map_err(failure)?;
    let mut collector = Collector::new(limits);
    while let Some(row) = found.next().map_err(failure)? {
        if !collector.push(values(row, &columns)?) {
            break;
        }
    }
    let (mut rows, truncated) = collector.finish();
    let columns = columns
        .into_iter()
        .enumerate()
        .map(|(place, (name, declared))| kinds::settle(name, declared, &mut rows, place))
        .collect();
    Ok(Rows {
        columns,
        rows,
        truncated,
    })
}

fn values(row: &Row<'_>, columns: &[(String, Option<Kind>)]) -> Result<Vec<Value>, WarehouseError> {
    columns
        .iter()
        .enumerate()
        .map(|(place, (name, _))| value(row.get_ref(place).map_err(failure)?, name))
        .collect()
}

fn value(found: ValueRef<'_>, column: &str) -> Result<Value, WarehouseError> {
    match found {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Integer(number)),
        ValueRef::Real(number) if number.is_finite() => Ok(Value::Number(number)),
        ValueRef::Real(_) => Err(WarehouseError::Statement(format!(
            "column {column:?} has a number that is not finite; leave such rows out"
        ))),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Ok(Value::Text(text.to_owned())),
            Err(_) => Err(WarehouseError::Statement(format!(
                "column {column:?} has text that is not UTF-8; use hex({column})"
            ))),
        },
        ValueRef::Blob(_) => Err(WarehouseError::Statement(format!(
            "column {column:?} has binary data; use hex({column})"
        ))),
    }
}

/// A parameter as SQLite stores it. A moment in the form of answers is brought into the stored form, so
/// that what one answer had can be asked for by the next statement.
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self.0 {
            Value::Null => rusqlite::types::Null.to_sql(),
            Value::Boolean(value) => value.to_sql(),
            Value::Integer(value) => value.to_sql(),
            Value::Number(value) => value.to_sql(),
            Value::Text(text) => match moment::stored_from_answered(text) {
                Some(stored) => Ok(stored.into()),
                None => text.to_sql(),
            },
        }
    }
}
