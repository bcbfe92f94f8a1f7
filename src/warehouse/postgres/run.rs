//! Runs one statement within its limits.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use futures_util::future::try_join;
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Transaction};

use super::super::backend::{Limits, Statement, WarehouseError};
use super::super::collect::Collector;
use super::super::value::{Column, Kind, Rows, Value};
use super::connection::Session;
use super::{decode, describe, encode};

/// Rows that are asked for at once.
const CHUNK: i32 = 500;
/// Most columns of an answer.
const WIDEST: usize = 256;

/// Runs a statement and reads its rows. The transaction can only read, and is rolled back, so that
/// nothing that the statement set outlives it. The answer does not wait for that: whatever the session
/// does next comes after it.
pub(super) async fn run(
    session: &mut Session,
    statement: &Statement,
    limits: Limits,
    deadline: Instant,
) -> Result<Rows, WarehouseError> {
    let outcome = in_transaction(session, statement, limits, deadline).await;
    outcome.map_err(|failure| match failure {
        Failure::Server(error) => session.failure(&error, limits.time),
        Failure::Known(error) => error,
    })
}

async fn in_transaction(
    session: &mut Session,
    statement: &Statement,
    limits: Limits,
    deadline: Instant,
) -> Result<Rows, Failure> {
    let transaction = session
        .client
        .build_transaction()
        .read_only(true)
        .start()
        .await?;
    within(&transaction, statement, limits, deadline).await
}

/// What the server refused, or what was seen before it was asked.
enum Failure {
    Server(Error),
    Known(WarehouseError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

impl From<WarehouseError> for Failure {
    fn from(error: WarehouseError) -> Self {
        Self::Known(error)
    }
}

async fn within(
    transaction: &Transaction<'_>,
    statement: &Statement,
    limits: Limits,
    deadline: Instant,
) -> Result<Rows, Failure> {
    let refused = |problem: String| Failure::Known(WarehouseError::Statement(problem));
    if statement.sql.contains('\0') {
        return Err(refused("the statement has a NUL character".to_owned()));
    }
    let left = deadline.saturating_duration_since(Instant::now());
    let left = left.max(Duration::from_millis(1)).as_millis();
    let timeout = format!("SET LOCAL statement_timeout = {left}");
    // Sent together, done one after the other.
    let limited = transaction.batch_execute(&timeout);
    let ((), prepared) = try_join(limited, transaction.prepare(&statement.sql)).await?;
    let found = prepared.columns();
    if found.is_empty() || found.len() > WIDEST {
        let count = found.len();
        return Err(refused(format!(
            "the answer has {count} columns, and must have 1 to {WIDEST}"
        )));
    }
    for column in found {
        if !decode::is_readable(column.type_()) {
            let (name, kind) = (column.name(), column.type_());
            return Err(refused(format!(
                "column {name:?} is of type {kind}; cast it to text"
            )));
        }
    }
    let columns: Vec<(String, Type)> = found
        .iter()
        .map(|column| (column.name().to_owned(), column.type_().clone()))
        .collect();
    let parameters = encode::parameters(&statement.parameters, prepared.params())?;
    let portal = transaction.bind_raw(&prepared, parameters).await?;
    let mut collector = Collector::new(limits);
    'chunks: loop {
        let mut rows = pin!(transaction.query_portal_raw(&portal, CHUNK).await?);
        let mut count: i32 = 0;
        while let Some(row) = rows.try_next().await? {
            count = count.saturating_add(1);
            if !collector.push(decode::values(&row)?) {
                break 'chunks;
            }
        }
        if count < CHUNK {
            break;
        }
    }
    let (mut rows, truncated) = collector.finish();
    let columns = columns
        .into_iter()
        .enumerate()
        .map(|(place, (name, declared))| Column {
            name,
            kind: settle(&declared, &mut rows, place),
        })
        .collect();
    Ok(Rows {
        columns,
        rows,
        truncated,
    })
}

/// What a column holds. Sums of integers are numerics: a column of whole ones is one of integers, any
/// other is one of numbers.
#[expect(
    clippy::as_conversions,
    reason = "the nearest number is what is wanted"
)]
fn settle(declared: &Type, rows: &mut [Vec<Value>], place: usize) -> Kind {
    if *declared != Type::NUMERIC {
        return describe::kind(declared);
    }
    let mut integers: usize = 0;
    let mut numbers: usize = 0;
    for value in rows.iter().filter_map(|row| row.get(place)) {
        match value {
            Value::Integer(_) => integers = integers.saturating_add(1),
            Value::Number(_) => numbers = numbers.saturating_add(1),
            _ => {}
        }
    }
    if numbers == 0 && integers > 0 {
        return Kind::Integer;
    }
    for value in rows.iter_mut().filter_map(|row| row.get_mut(place)) {
        if let Value::Integer(whole) = value {
            *value = Value::Number(*whole as f64);
        }
    }
    Kind::Number
}
