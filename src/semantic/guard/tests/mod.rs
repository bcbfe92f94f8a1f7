//! The guard against queries that are asked in good faith, and against those that are not.

mod attacks;
mod depth;
mod holds;
mod legitimate;
mod model;
mod printing;
mod property;
mod tables;

use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, Value as Stored};

use super::{Caller, Checked, Readable, ReadableColumn, ReadableTable, Refusal, check};
use crate::semantic::Mask;
use crate::warehouse::{Dialect, Value};
use model::{column, readable, tables};

pub(super) const DIALECTS: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Snowflake];

pub(super) const CALLER: Caller<'static> = Caller {
    client_id: "client_one",
    subject: "someone",
    tenant_id: "default",
};

pub(super) fn checked(sql: &str, dialect: Dialect) -> Result<Checked, Refusal> {
    check(sql, &[], &readable(dialect), &CALLER)
}

/// A warehouse that holds more than anyone may read.
pub(super) fn warehouse() -> Connection {
    let warehouse = Connection::open_in_memory().unwrap();
    warehouse
        .execute_batch(
            "CREATE TABLE release_rows (version TEXT, released_at TEXT, kind TEXT, tenant TEXT,
                                        owner TEXT, secret TEXT);
             INSERT INTO release_rows VALUES
                 ('1.0', '2025-01-01 10:00:00', 'major', 'default', 'x', 'hidden-1'),
                 ('1.1', '2025-02-01 10:00:00', 'minor', 'default', 'x', 'hidden-2'),
                 ('1.2', '2025-02-11 10:00:00', 'minor', 'other', 'client_one', 'hidden-3'),
                 ('9.9', '2025-03-01 10:00:00', 'foreign', 'other', 'x', 'hidden-4');
             CREATE TABLE release_changes (id INTEGER, version TEXT, title TEXT, author TEXT,
                                           size INTEGER, card TEXT, note TEXT);
             INSERT INTO release_changes VALUES
                 (1, '1.0', 'First', 'hidden-ann', 777001, 'hidden-0001', 'hidden-a'),
                 (2, '1.1', 'Second', 'hidden-bob', 777002, 'hid-2', 'hidden-b'),
                 (3, '1.1', 'Third', NULL, 777003, NULL, 'hidden-c');
             CREATE TABLE secrets (secret TEXT);
             INSERT INTO secrets VALUES ('hidden-5');",
        )
        .unwrap();
    warehouse
}

fn stored(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Owned(match value {
        Value::Null => Stored::Null,
        Value::Boolean(value) => Stored::Integer((*value).into()),
        Value::Integer(value) => Stored::Integer(*value),
        Value::Number(value) => Stored::Real(*value),
        Value::Text(value) => Stored::Text(value.clone()),
    })
}

/// Runs what has been checked; each row is its values between bars.
pub(super) fn run(warehouse: &Connection, checked: &Checked) -> rusqlite::Result<Vec<String>> {
    let mut statement = warehouse.prepare(&checked.statement.sql)?;
    assert!(statement.readonly());
    let width = statement.column_count();
    let parameters = checked.statement.parameters.iter().map(stored);
    statement
        .query_map(rusqlite::params_from_iter(parameters), |row| {
            (0..width)
                .map(|position| {
                    Ok(match row.get::<_, Stored>(position)? {
                        Stored::Null => "-".to_owned(),
                        Stored::Integer(value) => value.to_string(),
                        Stored::Real(value) => value.to_string(),
                        Stored::Text(value) => value,
                        Stored::Blob(_) => "blob".to_owned(),
                    })
                })
                .collect::<rusqlite::Result<Vec<String>>>()
                .map(|values| values.join("|"))
        })?
        .collect()
}

/// What the warehouse answers, or why it does not.
pub(super) fn answer(sql: &str) -> Result<Vec<String>, String> {
    let checked = checked(sql, Dialect::Sqlite).map_err(|refusal| refusal.to_string())?;
    run(&warehouse(), &checked).map_err(|error| format!("{error}: {}", checked.statement.sql))
}
