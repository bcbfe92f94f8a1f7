//! What each column of a file becomes in its table.

use std::collections::BTreeMap;

use super::super::value::{Kind, TableDescription, Value};
use super::cells::{self, Reading};
use super::infer::Candidate;
use super::{LoadError, LoadedColumn, Request, names};

/// Most columns of a file; no query may answer more.
const MOST_COLUMNS: usize = 256;
/// How much of a bad cell is shown, in characters.
const SHOWN: usize = 40;

/// A column while the file is read for the first time.
pub(super) struct PlannedColumn {
    name: String,
    heading: String,
    /// Its kind, where that is given and not to be found out.
    given: Option<(Kind, Reading)>,
    candidate: Candidate,
}

/// Columns for these headings. Kinds come from the request, then from the table that rows are added to.
pub(super) fn plan(
    headings: &[String],
    request: &Request,
    existing: Option<&TableDescription>,
) -> Result<Vec<PlannedColumn>, LoadError> {
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    if headings.len() > MOST_COLUMNS {
        return Err(LoadError::Input(format!(
            "there are {} columns, more than {MOST_COLUMNS}",
            headings.len()
        )));
    }
    let names = names::columns(&headings)?;
    if let Some(table) = existing {
        same_columns(&names, table)?;
    }
    let mut asked = request.types.clone();
    let mut columns = Vec::with_capacity(names.len());
    for (name, heading) in names.into_iter().zip(headings) {
        let known = existing.and_then(|table| kind_in(table, &name));
        let given = given(&name, take(&mut asked, heading, &name), known)?;
        columns.push(PlannedColumn {
            name,
            heading: heading.to_owned(),
            given,
            candidate: Candidate::new(),
        });
    }
    match asked.keys().next() {
        Some(unknown) => Err(LoadError::Request(format!(
            "there is no column {unknown:?}"
        ))),
        None => Ok(columns),
    }
}

fn take(asked: &mut BTreeMap<String, Kind>, heading: &str, name: &str) -> Option<Kind> {
    asked.remove(heading).or_else(|| asked.remove(name))
}

fn kind_in(table: &TableDescription, name: &str) -> Option<Kind> {
    let found = table.columns.iter().find(|column| column.name == name);
    found.map(|column| column.kind)
}

fn given(
    name: &str,
    asked: Option<Kind>,
    known: Option<Kind>,
) -> Result<Option<(Kind, Reading)>, LoadError> {
    match (asked, known) {
        (Some(asked), Some(known)) if asked != known => Err(LoadError::Request(format!(
            "column {name} of the table holds {}, not {}",
            known.name(),
            asked.name()
        ))),
        (Some(asked), _) => Ok(Some((asked, Reading::Named))),
        (None, known) => Ok(known.map(|known| (known, Reading::Strict))),
    }
}

fn same_columns(names: &[String], table: &TableDescription) -> Result<(), LoadError> {
    let missing = table
        .columns
        .iter()
        .find(|column| !names.contains(&column.name));
    if let Some(column) = missing {
        return Err(LoadError::Input(format!(
            "the table has a column {}, and the file has not",
            column.name
        )));
    }
    match names.iter().find(|name| kind_in(table, name).is_none()) {
        Some(name) => Err(LoadError::Input(format!(
            "the file has a column {name}, and the table has not"
        ))),
        None => Ok(()),
    }
}

impl PlannedColumn {
    /// Takes a cell into account; `None` is a null.
    ///
    /// # Errors
    /// It is no value of the kind that was given.
    pub(super) fn see(&mut self, cell: Option<&str>) -> Result<(), String> {
        self.candidate.see(cell);
        match self.given {
            Some((kind, reading)) => value(&self.name, kind, reading, cell).map(|_| ()),
            None => Ok(()),
        }
    }

    pub(super) fn reading(&self) -> Reading {
        self.given.map_or(Reading::Strict, |(_, reading)| reading)
    }

    /// What came of it.
    pub(super) fn loaded(self) -> LoadedColumn {
        LoadedColumn {
            kind: self.given.map_or(self.candidate.kind(), |(kind, _)| kind),
            name: self.name,
            heading: self.heading,
            nulls: self.candidate.nulls,
            question_marks: self.candidate.question_marks,
        }
    }
}

/// A cell as a value of its column; `None` is a null.
///
/// # Errors
/// It is no value of this kind.
pub(super) fn value(
    column: &str,
    kind: Kind,
    reading: Reading,
    cell: Option<&str>,
) -> Result<Value, String> {
    let Some(cell) = cell else {
        return Ok(Value::Null);
    };
    cells::read(cell, kind, reading).ok_or_else(|| {
        let shown: String = cell.chars().take(SHOWN).collect();
        format!("column {column}: {shown:?} is no {}", kind.name())
    })
}
