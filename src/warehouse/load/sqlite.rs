//! Writes tables into a SQLite file.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params_from_iter};

use super::super::OpenError;
use super::super::moment;
use super::super::sqlite::is_ambits_own;
use super::super::value::{Column, Kind, Value};
use super::{LoadError, TableName};
use crate::config;

/// How long to wait for another writer.
const BUSY: Duration = Duration::from_secs(30);

/// A transaction on a SQLite file.
pub(super) struct SqliteWriter {
    connection: Connection,
    insert: String,
    kinds: Vec<Kind>,
}

impl SqliteWriter {
    pub(super) fn begin(path: &Path, settings: &config::Warehouse) -> Result<Self, LoadError> {
        if is_ambits_own(path) {
            return Err(OpenError::Own(settings.url.to_string()).into());
        }
        if let Some(folder) = path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(|error| LoadError::Write(error.to_string()))?;
        }
        let connection = Connection::open(path).map_err(failure)?;
        connection.busy_timeout(BUSY).map_err(failure)?;
        // Readers go on with what was there while this writes.
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE")
            .map_err(failure)?;
        Ok(Self {
            connection,
            insert: String::new(),
            kinds: Vec::new(),
        })
    }

    pub(super) fn create(
        &mut self,
        table: &TableName,
        columns: &[Column],
    ) -> Result<(), LoadError> {
        let declared: Vec<String> = columns
            .iter()
            .map(|column| format!("\"{}\" {}", column.name, declared(column.kind)))
            .collect();
        let statements = format!(
            "DROP TABLE IF EXISTS \"{table}\"; CREATE TABLE \"{table}\" ({})",
            declared.join(", ")
        );
        self.connection
            .execute_batch(&statements)
            .map_err(failure)?;
        self.append(table, columns);
        Ok(())
    }

    pub(super) fn append(&mut self, table: &TableName, columns: &[Column]) {
        let names: Vec<String> = columns
            .iter()
            .map(|column| format!("\"{}\"", column.name))
            .collect();
        self.kinds = columns.iter().map(|column| column.kind).collect();
        let places = vec!["?"; columns.len()].join(", ");
        self.insert = format!(
            "INSERT INTO \"{table}\" ({}) VALUES ({places})",
            names.join(", ")
        );
    }

    pub(super) fn rows(&mut self, rows: &[Vec<Value>]) -> Result<(), LoadError> {
        let mut insert = self.connection.prepare(&self.insert).map_err(failure)?;
        for row in rows {
            let cells = row
                .iter()
                .zip(&self.kinds)
                .map(|(value, kind)| stored(value, *kind));
            insert.execute(params_from_iter(cells)).map_err(failure)?;
        }
        Ok(())
    }

    pub(super) fn commit(self) -> Result<(), LoadError> {
        self.connection.execute_batch("COMMIT").map_err(failure)?;
        self.connection.close().map_err(|(_, error)| failure(error))
    }
}

/// The declared type that says a column's kind to whoever reads it.
fn declared(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "BOOLEAN",
        Kind::Integer => "INTEGER",
        Kind::Number => "REAL",
        Kind::Text => "TEXT",
        Kind::Date => "DATE",
        Kind::Timestamp => "TIMESTAMP",
    }
}

/// A value as SQLite stores it. Only a moment is written otherwise than answers have it.
fn stored(value: &Value, kind: Kind) -> rusqlite::types::Value {
    match value {
        Value::Null => rusqlite::types::Value::Null,
        Value::Boolean(value) => i64::from(*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Number(value) => (*value).into(),
        Value::Text(text) => match moment::stored_from_answered(text) {
            Some(stored) if kind == Kind::Timestamp => stored.into(),
            _ => text.clone().into(),
        },
    }
}

fn failure(error: rusqlite::Error) -> LoadError {
    LoadError::Write(error.to_string())
}
