//! Brings CSV files into the warehouse: all of a file or nothing, in one transaction.
//!
//! The file is read twice: once to find out what its columns hold ([`infer`]), once to write it
//! ([`writer`]). Memory holds a few rows at a time.

mod cells;
mod columns;
mod infer;
mod names;
mod postgres;
mod rows;
mod sqlite;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::OpenError;
use super::value::{Column, Kind, TableDescription, Value};
use crate::config::{self, WarehouseUrl};
use cells::Reading;
use columns::PlannedColumn;
pub use names::TableName;
pub use rows::ReadSeek;
use rows::Rows;
pub use writer::Writer;

/// How many bad rows are named.
const NAMED: usize = 20;

/// What to load, and how to read it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The table to fill.
    pub table: TableName,
    /// Adds to the table that is there, in place of replacing it.
    pub append: bool,
    /// Cells that mean nothing is known, besides empty ones.
    pub null: Vec<String>,
    /// Kinds of columns, by heading or by name, that are not inferred.
    pub types: BTreeMap<String, Kind>,
    /// What stands between cells.
    pub delimiter: u8,
}

impl Request {
    /// Replaces `table` with a file whose cells are separated by commas, everything inferred.
    pub fn new(table: TableName) -> Self {
        Self {
            table,
            append: false,
            null: Vec::new(),
            types: BTreeMap::new(),
            delimiter: b',',
        }
    }
}

/// What was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// The table.
    pub table: String,
    /// Rows that were written.
    pub rows: u64,
    /// Whether they were added to what was there.
    pub appended: bool,
    /// Its columns in the order of the file.
    pub columns: Vec<LoadedColumn>,
}

/// A column that was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadedColumn {
    /// Its name in the table.
    pub name: String,
    /// Its heading in the file.
    pub heading: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Cells that are null.
    pub nulls: u64,
    /// Cells that are a question mark, and were not to be null.
    pub question_marks: u64,
}

/// A row that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadRow {
    /// Its first line in the file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: String,
}

/// Why nothing was loaded. The warehouse is as it was.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// What was asked for makes no sense.
    #[error("{0}")]
    Request(String),
    /// The file is none that can be loaded.
    #[error("{0}")]
    Input(String),
    /// Rows do not fit.
    #[error("{}; nothing was loaded", bad_rows(.first, *.more))]
    Rows {
        /// The first of them.
        first: Vec<BadRow>,
        /// How many more there are.
        more: u64,
    },
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(io::Error),
    /// The warehouse is none to write to.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The warehouse failed.
    #[error("the warehouse cannot be written: {0}")]
    Write(String),
}

fn bad_rows(first: &[BadRow], more: u64) -> String {
    let count = u64::try_from(first.len())
        .unwrap_or(u64::MAX)
        .saturating_add(more);
    let rows = if count == 1 { "row does" } else { "rows do" };
    let mut text = format!("{count} {rows} not fit");
    for row in first {
        text.push_str(&format!("\n  line {}: {}", row.line, row.problem));
    }
    if more > 0 {
        text.push_str(&format!("\n  and {more} more"));
    }
    text
}

/// Loads a file into the warehouse that the settings name. `progress` is told how many bytes were read
/// each time; in the end these are all bytes of the file, twice.
///
/// # Errors
/// Nothing was loaded, and nothing changed.
pub async fn load(
    settings: &config::Warehouse,
    request: &Request,
    input: &mut dyn ReadSeek,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<Loaded, LoadError> {
    let existing = if request.append {
        existing(settings, &request.table).await?
    } else {
        None
    };
    let plan = Plan::make(request, existing.as_ref(), input, progress)?;
    let mut writer = Writer::begin(settings).await?;
    match existing {
        Some(_) => writer.append(&request.table, plan.table_columns()).await?,
        None => writer.create(&request.table, plan.table_columns()).await?,
    }
    let rows = plan.write(request, input, progress, &mut writer).await?;
    writer.commit().await?;
    Ok(Loaded {
        table: request.table.to_string(),
        rows,
        appended: existing.is_some(),
        columns: plan.columns,
    })
}

async fn existing(
    settings: &config::Warehouse,
    table: &TableName,
) -> Result<Option<TableDescription>, LoadError> {
    if let WarehouseUrl::Sqlite(path) = &settings.url
        && !path.exists()
    {
        return Ok(None);
    }
    let warehouse = super::open(settings).await?;
    let tables = warehouse
        .tables()
        .await
        .map_err(|error| LoadError::Write(error.to_string()))?;
    Ok(tables
        .into_iter()
        .find(|known| known.name == table.as_str()))
}

/// What the columns of a file become.
struct Plan {
    columns: Vec<LoadedColumn>,
    readings: Vec<Reading>,
}

impl Plan {
    /// Reads the file for the first time.
    fn make(
        request: &Request,
        existing: Option<&TableDescription>,
        input: &mut dyn ReadSeek,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Self, LoadError> {
        let mut rows = Rows::open(input, request.delimiter, progress)?;
        let headings = rows.headings()?;
        let mut columns = columns::plan(&headings, request, existing)?;
        let mut bad = BadRows::default();
        while let Some(row) = rows.next()? {
            let seen = row.cells.and_then(|cells| {
                let mut cells = columns.iter_mut().zip(cells);
                cells.try_for_each(|(column, cell)| column.see(present(cell, request)))
            });
            if let Err(problem) = seen {
                bad.push(row.line, problem);
            }
        }
        rows.check_end()?;
        bad.none()?;
        Ok(Self {
            readings: columns.iter().map(PlannedColumn::reading).collect(),
            columns: columns.into_iter().map(PlannedColumn::loaded).collect(),
        })
    }

    fn table_columns(&self) -> Vec<Column> {
        let columns = self.columns.iter().map(|column| Column {
            name: column.name.clone(),
            kind: column.kind,
        });
        columns.collect()
    }

    /// Reads the file for the second time, and writes its rows.
    async fn write(
        &self,
        request: &Request,
        input: &mut dyn ReadSeek,
        progress: &(dyn Fn(u64) + Send + Sync),
        writer: &mut Writer,
    ) -> Result<u64, LoadError> {
        let mut rows = Rows::open(input, request.delimiter, progress)?;
        rows.headings()?;
        let mut count: u64 = 0;
        while let Some(row) = rows.next()? {
            let values = row.cells.and_then(|cells| self.values(&cells, request));
            let values = values.map_err(|problem| {
                LoadError::Input(format!("the file changed, line {}: {problem}", row.line))
            })?;
            count = count.saturating_add(1);
            writer.row(values).await?;
        }
        Ok(count)
    }

    fn values(&self, cells: &[&str], request: &Request) -> Result<Vec<Value>, String> {
        let columns = self.columns.iter().zip(&self.readings).zip(cells);
        columns
            .map(|((column, reading), cell)| {
                columns::value(&column.name, column.kind, *reading, present(cell, request))
            })
            .collect()
    }
}

/// The cell, unless it means that nothing is known.
fn present<'c>(cell: &'c str, request: &Request) -> Option<&'c str> {
    let is_null = cell.is_empty() || request.null.iter().any(|null| null == cell);
    (!is_null).then_some(cell)
}

#[derive(Default)]
struct BadRows {
    first: Vec<BadRow>,
    more: u64,
}

impl BadRows {
    fn push(&mut self, line: u64, problem: String) {
        if self.first.len() < NAMED {
            self.first.push(BadRow { line, problem });
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    fn none(self) -> Result<(), LoadError> {
        if self.is_empty() {
            return Ok(());
        }
        Err(LoadError::Rows {
            first: self.first,
            more: self.more,
        })
    }
}
