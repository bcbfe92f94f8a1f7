//! Writes tables into PostgreSQL.

use std::io::Cursor;
use std::pin::pin;

use futures_util::SinkExt;
use secrecy::SecretString;
use tokio_postgres::Client;

use super::super::OpenError;
use super::super::postgres::{ConnectError, Purpose, Server, with_cause};
use super::super::value::{Column, Kind, Value};
use super::{LoadError, TableName};
use crate::config;

/// One load at a time, whoever does it.
const ALONE: &str = "SELECT pg_advisory_xact_lock(hashtext('ambit warehouse load'))";
const HAS_SCHEMA: &str = "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1)";

/// A transaction on a schema. New tables are filled under a name of their own, so that readers of the old
/// ones wait for no more than the change of names at the end.
pub(super) struct PostgresWriter {
    client: Client,
    /// New tables, and the names that they get.
    renames: Vec<(String, TableName)>,
    copy: String,
}

impl PostgresWriter {
    pub(super) async fn begin(
        address: &SecretString,
        settings: &config::Warehouse,
    ) -> Result<Self, LoadError> {
        let shown = || settings.url.to_string();
        let server = Server::parse(address, &settings.schema)
            .map_err(|problem| OpenError::Address(shown(), problem))?;
        let session = server.connect(Purpose::Writing).await;
        let client = session
            .map_err(|error| match error {
                ConnectError::Own => OpenError::Own(shown()).into(),
                ConnectError::Unavailable(problem) => LoadError::Write(problem),
            })?
            .client;
        client.batch_execute("BEGIN").await.map_err(failure)?;
        client.batch_execute(ALONE).await.map_err(failure)?;
        let schema = server.schema();
        let has_schema = client
            .query_one(HAS_SCHEMA, &[&schema])
            .await
            .map_err(failure)?;
        if !has_schema.try_get(0).map_err(failure)? {
            let create = format!("CREATE SCHEMA \"{schema}\"");
            client.batch_execute(&create).await.map_err(failure)?;
        }
        Ok(Self {
            client,
            renames: Vec::new(),
            copy: String::new(),
        })
    }

    pub(super) async fn create(
        &mut self,
        table: &TableName,
        columns: &[Column],
    ) -> Result<(), LoadError> {
        let new = format!("ambit_loading_{}", self.renames.len());
        let declared: Vec<String> = columns
            .iter()
            .map(|column| format!("\"{}\" {}", column.name, declared(column.kind)))
            .collect();
        let create = format!("CREATE TABLE \"{new}\" ({})", declared.join(", "));
        self.client.batch_execute(&create).await.map_err(failure)?;
        self.copy_into(&new, columns);
        self.renames.push((new, table.clone()));
        Ok(())
    }

    pub(super) fn append(&mut self, table: &TableName, columns: &[Column]) {
        self.copy_into(table.as_str(), columns);
    }

    fn copy_into(&mut self, table: &str, columns: &[Column]) {
        let names: Vec<String> = columns
            .iter()
            .map(|column| format!("\"{}\"", column.name))
            .collect();
        self.copy = format!("COPY \"{table}\" ({}) FROM STDIN", names.join(", "));
    }

    pub(super) async fn rows(&mut self, rows: &[Vec<Value>]) -> Result<(), LoadError> {
        let mut text = String::new();
        for row in rows {
            for (place, value) in row.iter().enumerate() {
                if place > 0 {
                    text.push('\t');
                }
                push(&mut text, value);
            }
            text.push('\n');
        }
        let sink = self.client.copy_in(&self.copy).await.map_err(failure)?;
        let mut sink = pin!(sink);
        sink.send(Cursor::new(text.into_bytes()))
            .await
            .map_err(failure)?;
        sink.close().await.map_err(failure)
    }

    pub(super) async fn commit(self) -> Result<(), LoadError> {
        for (new, table) in &self.renames {
            let rename = format!(
                "DROP TABLE IF EXISTS \"{table}\"; ALTER TABLE \"{new}\" RENAME TO \"{table}\""
            );
            self.client.batch_execute(&rename).await.map_err(failure)?;
        }
        self.client.batch_execute("COMMIT").await.map_err(failure)
    }
}

fn declared(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Integer => "bigint",
        Kind::Number => "double precision",
        Kind::Text => "text",
        Kind::Date => "date",
        Kind::Timestamp => "timestamptz",
    }
}

/// Writes a value in the text format of COPY.
fn push(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("\\N"),
        Value::Boolean(value) => text.push_str(if *value { "t" } else { "f" }),
        Value::Integer(value) => text.push_str(&value.to_string()),
        Value::Number(value) => text.push_str(&value.to_string()),
        Value::Text(value) => {
            for character in value.chars() {
                match character {
                    '\\' => text.push_str("\\\\"),
                    '\t' => text.push_str("\\t"),
                    '\n' => text.push_str("\\n"),
                    '\r' => text.push_str("\\r"),
                    other => text.push(other),
                }
            }
        }
    }
}

fn failure(error: tokio_postgres::Error) -> LoadError {
    LoadError::Write(with_cause(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stands_on_one_line() {
        let mut text = String::new();
        push(&mut text, &Value::Text("a\\N\tb\r\nc".to_owned()));
        assert_eq!(text, "a\\\\N\\tb\\r\\nc");
    }
}
