//! Why SQL is refused: what was not allowed, where it stands, and what would be.

use std::fmt;

use sqlparser::tokenizer::Span;

use super::functions::allowed_functions;
use crate::warehouse::Dialect;

/// Below this similarity (0 to 1) a name is no likely misspelling of another.
const LIKELY: f64 = 0.75;
/// Most names that a refusal lists.
const LISTED: usize = 20;
/// Most characters of the caller's own text that a refusal repeats.
const REPEATED: usize = 80;

/// Where something stands in the SQL that was sent, from 1. Nothing is said where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column, in characters.
    pub column: u64,
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self {
            line: span.start.line,
            column: span.start.column,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return Ok(());
        }
        write!(formatter, " (line {}, column {})", self.line, self.column)
    }
}

/// Why SQL is refused. The text is for the caller, who learns what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no statement.
    #[error("there is no SQL; send one SELECT")]
    Empty,
    /// It is longer than any question needs.
    #[error("the SQL has {bytes} bytes; at most {most} are read")]
    TooLong {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
    /// It has too many parts, or they stand too deep in one another.
    #[error("the SQL has {0}; write it shorter or split it into several queries")]
    TooComplex(&'static str),
    /// It is not SQL in the warehouse's dialect.
    #[error("the SQL cannot be read as {dialect}: {problem}")]
    Syntax {
        /// The dialect's name.
        dialect: &'static str,
        /// What the parser says.
        problem: String,
    },
    /// There is more than one statement.
    #[error("several statements were sent; send exactly one SELECT")]
    Statements,
    /// It is no query.
    #[error("{0} is not allowed; only a SELECT is")]
    NotAQuery(String),
    /// A table that the caller may not read, or that is not there; the answer is the same.
    #[error("table {name}{place} is not one you may read; {}", tables(.readable))]
    Table {
        /// Its name.
        name: String,
        /// Where it stands.
        place: Place,
        /// The tables that may be read, the most alike first.
        readable: Vec<String>,
    },
    /// A column that the tables at this place do not have, or that the caller may not read.
    #[error("column {name}{place} is not one you may read here; {}", columns(.near))]
    Column {
        /// Its name.
        name: String,
        /// Where it stands.
        place: Place,
        /// Columns that may be read at this place, the most alike first.
        near: Vec<String>,
    },
    /// A qualifier that is no table or alias at this place.
    #[error("{name}{place} is no table or alias of this query; {}", aliases(.near))]
    Qualifier {
        /// Its name.
        name: String,
        /// Where it stands.
        place: Place,
        /// What is there instead.
        near: Vec<String>,
    },
    /// A function outside the dialect's list.
    #[error("function {name}{place} is not allowed; {}", functions(.near, *.dialect))]
    Function {
        /// Its name.
        name: String,
        /// Where it stands.
        place: Place,
        /// Allowed functions with names that are near.
        near: Vec<String>,
        /// The dialect whose functions are allowed.
        dialect: Dialect,
    },
    /// A part of SQL that is not allowed.
    #[error("{what}{place} is not allowed; {instead}")]
    NotAllowed {
        /// What it is.
        what: String,
        /// Where it stands.
        place: Place,
        /// What is.
        instead: &'static str,
    },
    /// The parameters do not fit the placeholders.
    #[error("{0}")]
    Parameters(String),
    /// What was checked did not come out of the printer as it went in, so nothing may run.
    #[error("this SQL cannot be written down safely; write it more simply")]
    Unprintable,
}

impl Refusal {
    pub(super) fn not_allowed(
        what: impl fmt::Display,
        place: impl Into<Place>,
        instead: &'static str,
    ) -> Self {
        Self::NotAllowed {
            what: shortened(&what.to_string()),
            place: place.into(),
            instead,
        }
    }
}

/// The caller's own text, cut where it is long, with no control characters.
pub(super) fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let mut shortened: String = characters
        .by_ref()
        .take(REPEATED)
        .map(|character| {
            if character.is_control() {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect();
    if characters.next().is_some() {
        shortened.push_str("...");
    }
    shortened
}

/// A name in quotes, cut where it is long.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", shortened(name))
}

/// The names, the most like `name` first.
pub(super) fn nearest_first<'a>(
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    ranked(name, names)
        .into_iter()
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

/// The few names that `name` may be a misspelling of.
pub(super) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    ranked(name, names)
        .into_iter()
        .filter(|(similarity, _)| *similarity >= LIKELY)
        .take(5)
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

fn ranked<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<(f64, &'a str)> {
    let name = shortened(&name.to_lowercase());
    let mut ranked: Vec<(f64, &str)> = names
        .into_iter()
        .map(|candidate| {
            let similarity = strsim::jaro_winkler(&name, &candidate.to_lowercase());
            (similarity, candidate)
        })
        .collect();
    ranked.sort_by(|(left, one), (right, other)| right.total_cmp(left).then(one.cmp(other)));
    ranked.dedup_by(|(_, one), (_, other)| one == other);
    ranked
}

fn listed(names: &[String]) -> String {
    let mut text = names
        .iter()
        .take(LISTED)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > LISTED {
        text.push_str(&format!(" and {} more", names.len() - LISTED));
    }
    text
}

fn tables(names: &[String]) -> String {
    if names.is_empty() {
        "there is none that you may read".to_owned()
    } else {
        format!("you may read: {}", listed(names))
    }
}

fn columns(names: &[String]) -> String {
    if names.is_empty() {
        "there is none at this place".to_owned()
    } else {
        format!("you may read: {}", listed(names))
    }
}

fn aliases(names: &[String]) -> String {
    if names.is_empty() {
        "there is none at this place".to_owned()
    } else {
        format!("there are: {}", listed(names))
    }
}

fn functions(near: &[String], dialect: Dialect) -> String {
    if near.is_empty() {
        // All of them: who guessed this far off needs the whole list, once, and it is short.
        let allowed: Vec<&str> = allowed_functions(dialect).collect();
        format!("there are: {}", allowed.join(", "))
    } else {
        format!("allowed functions that are near: {}", listed(near))
    }
}
