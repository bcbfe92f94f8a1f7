//! Writes tables into a warehouse, all of them or none.

use super::super::collect::size;
use super::super::value::{Column, Value};
use super::postgres::PostgresWriter;
use super::sqlite::SqliteWriter;
use super::{LoadError, TableName};
use crate::config::{self, WarehouseUrl};

/// Bytes of rows that are written at once, roughly.
const BATCH: usize = 1024 * 1024;

/// One transaction that writes tables. What is not committed has not happened; readers see the old
/// tables until then.
pub struct Writer {
    backend: Backend,
    batch: Vec<Vec<Value>>,
    bytes: usize,
}

enum Backend {
    Sqlite(SqliteWriter),
    Postgres(PostgresWriter),
}

impl Writer {
    /// Begins to write to the warehouse that the settings name; a file that is not there is made.
    ///
    /// # Errors
    /// The warehouse is Ambit's own, or one that cannot be written from here, or does not answer.
    pub async fn begin(settings: &config::Warehouse) -> Result<Self, LoadError> {
        let backend = match &settings.url {
            WarehouseUrl::Sqlite(path) => Backend::Sqlite(SqliteWriter::begin(path, settings)?),
            WarehouseUrl::Postgres(address) => {
                Backend::Postgres(PostgresWriter::begin(address, settings).await?)
            }
            WarehouseUrl::Snowflake(_) => {
                return Err(LoadError::Request(
                    "Ambit only reads from Snowflake; load with Snowflake's own tools, such as \
                     PUT and COPY INTO"
                        .to_owned(),
                ));
            }
        };
        Ok(Self {
            backend,
            batch: Vec::new(),
            bytes: 0,
        })
    }

    /// Begins a new table, which takes the place of one of this name. Rows go to it from here on.
    ///
    /// # Errors
    /// The warehouse failed.
    pub async fn create(
        &mut self,
        table: &TableName,
        columns: Vec<Column>,
    ) -> Result<(), LoadError> {
        self.flush().await?;
        match &mut self.backend {
            Backend::Sqlite(writer) => writer.create(table, &columns),
            Backend::Postgres(writer) => writer.create(table, &columns).await,
        }
    }

    /// Rows go to this table, which is there, from here on; `columns` are those of the rows.
    ///
    /// # Errors
    /// The warehouse failed.
    pub async fn append(
        &mut self,
        table: &TableName,
        columns: Vec<Column>,
    ) -> Result<(), LoadError> {
        self.flush().await?;
        match &mut self.backend {
            Backend::Sqlite(writer) => writer.append(table, &columns),
            Backend::Postgres(writer) => writer.append(table, &columns),
        }
        Ok(())
    }

    /// Adds a row, its values in the order and of the kinds of the columns; moments as answers have
    /// them.
    ///
    /// # Errors
    /// The warehouse failed.
    pub async fn row(&mut self, values: Vec<Value>) -> Result<(), LoadError> {
        let bytes = values
            .iter()
            .map(size)
            .fold(self.bytes, usize::saturating_add);
        self.bytes = bytes;
        self.batch.push(values);
        if bytes >= BATCH {
            self.flush().await?;
        }
        Ok(())
    }

    /// Makes everything visible at once, and durable.
    ///
    /// # Errors
    /// The warehouse failed, and nothing was written.
    pub async fn commit(mut self) -> Result<(), LoadError> {
        self.flush().await?;
        match self.backend {
            Backend::Sqlite(writer) => writer.commit(),
            Backend::Postgres(writer) => writer.commit().await,
        }
    }

    async fn flush(&mut self) -> Result<(), LoadError> {
        self.bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(());
        }
        match &mut self.backend {
            Backend::Sqlite(writer) => writer.rows(&batch),
            Backend::Postgres(writer) => writer.rows(&batch).await,
        }
    }
}
