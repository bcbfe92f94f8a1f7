//! The guard: what stands between SQL that an agent has written and a warehouse.
//!
//! 1. `reading` parses the text, in the warehouse's dialect, to exactly one query of bounded size.
//! 2. `walk` goes through its tree and knows every part of it: what it does not know is refused. Each
//!    table must be one of [`Readable`], each column one that its table has, each function one of
//!    [`allowed_functions`]. Each name of a table becomes a subquery that holds only the columns that
//!    are allowed, masked where they must be, and only the rows that are.
//! 3. `printing` writes the tree down, binds the parameters, and reads the text back: it must be the
//!    same tree.
//!
//! No text of the caller's is sent on, and nothing outside [`Readable`] can be named, whatever the
//! SQL says.

mod data_types;
mod dialects;
mod functions;
mod names;
mod printing;
mod qualified;
mod readable;
mod reading;
mod refusal;
mod walk;

#[cfg(test)]
mod tests;

use serde::Serialize;
use utoipa::ToSchema;

pub use functions::allowed_functions;
pub use printing::Caller;
pub use readable::{PreparedTable, Readable, ReadableColumn, ReadableTable, Unusable};
pub use reading::LONGEST_SQL;
pub use refusal::{Place, Refusal};

use crate::warehouse::{Statement, Value};

/// SQL that may run, in the form in which it may.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What the warehouse is to run.
    pub statement: Statement,
    /// The tables that it reads, by name, and what was applied to each.
    pub applied: Vec<Applied>,
}

/// A table that a query reads, and what keeps parts of it away from the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Applied {
    /// The table.
    #[schema(example = "releases")]
    pub table: String,
    /// The condition that its rows must meet to be seen.
    pub row_filter: Option<String>,
    /// Its columns whose values are not shown as they are.
    pub masked_columns: Vec<String>,
}

/// The stack that a check gets, in bytes, where its thread has too little; only what it touches is ever
/// in memory.
const STACK: usize = 32 * 1024 * 1024;
/// More than a check takes of SQL that has no parenthesis, join or query in another, in bytes.
const PLAIN: usize = 1344 * 1024;
/// More than each of these adds.
const NESTED: usize = 64 * 1024;

/// More stack than the check of this SQL takes, in bytes, found by counting: a new one would take longer
/// than the check of most SQL. The frames of the parser are large, and many times as large where nothing
/// is optimized.
fn stack(sql: &str) -> usize {
    if cfg!(debug_assertions) {
        return STACK;
    }
    let opened = |byte: &u8| matches!(byte, b'(' | b'[' | b'{');
    let lowered = sql.to_ascii_lowercase();
    let [joins, queries] = ["join", "select"].map(|word| lowered.matches(word).count());
    let parts = sql.bytes().filter(opened).count() + joins + queries;
    parts.saturating_mul(NESTED).saturating_add(PLAIN)
}

/// Checks SQL and turns it into a statement that can be run.
///
/// Parameters are bound by position: `?` in the order of the text, or `$1` by number, not both.
///
/// # Errors
///
/// [`Refusal`]: the SQL is not exactly one query, or names something that is not allowed.
pub fn check(
    sql: &str,
    parameters: &[Value],
    readable: &Readable,
    caller: &Caller<'_>,
) -> Result<Checked, Refusal> {
    stacker::maybe_grow(stack(sql), STACK, || {
        let mut query = reading::query(sql, readable.dialect)?;
        let applied = walk::rewrite(&mut query, readable, parameters.len())?;
        let statement = printing::print(query, parameters, caller, readable.dialect)?;
        Ok(Checked { statement, applied })
    })
}
