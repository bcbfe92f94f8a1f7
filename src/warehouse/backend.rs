//! What a warehouse's backend has to do.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Serialize;
use utoipa::ToSchema;

use super::value::{Rows, TableDescription, Value};

/// A dialect of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// Snowflake.
    Snowflake,
}

impl Dialect {
    /// How the `position`th parameter of a statement is written, from 1.
    pub fn placeholder(self, position: usize) -> String {
        match self {
            Self::Sqlite => format!("?{position}"),
            Self::Postgres => format!("${position}"),
            Self::Snowflake => "?".to_owned(),
        }
    }
}

/// A statement that reads, and the values of its parameters by position.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// SQL in the backend's dialect. Whoever wrote it has been checked before.
    pub sql: String,
    /// What stands for each placeholder.
    pub parameters: Vec<Value>,
}

/// What one query may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most rows that are answered; the rest is left out, and the answer says so.
    pub rows: usize,
    /// Most bytes of values that are answered, counted as JSON has them, roughly.
    pub bytes: usize,
    /// How long it may take. It is stopped in the backend itself, not only waited for no longer.
    pub time: Duration,
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WarehouseError {
    /// The statement is wrong in itself: a syntax error, a name that is not there, a type that does
    /// not fit, a division by zero. The text is for the caller, and names nothing of the server.
    #[error("{0}")]
    Statement(String),
    /// It took longer than it may.
    #[error("the query took longer than {} ms", .0.as_millis())]
    Time(Duration),
    /// Too many queries wait already.
    #[error("too many queries are waiting")]
    Busy,
    /// The warehouse cannot be reached, or failed. The text is for the log, not for callers.
    #[error("the warehouse is unavailable: {0}")]
    Unavailable(String),
}

/// A place that holds business data. Whatever it is asked, it changes nothing: every backend opens it
/// for reading alone, besides what was checked before.
pub trait Warehouse: Send + Sync {
    /// The dialect of SQL that it takes.
    fn dialect(&self) -> Dialect;

    /// Runs one statement within limits. A future that is dropped stops its query.
    fn query(
        &self,
        statement: Statement,
        limits: Limits,
    ) -> BoxFuture<'_, Result<Rows, WarehouseError>>;

    /// Every table and view with its columns, sorted by name.
    fn tables(&self) -> BoxFuture<'_, Result<Vec<TableDescription>, WarehouseError>>;
}
