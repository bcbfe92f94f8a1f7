//! Transactions that write.

use diesel::connection::{AnsiTransactionManager, TransactionManager};

use super::{AnyConnection, StorageError};

/// Begins a transaction that may write, runs `work` in it, and commits unless it fails.
pub fn write_transaction<T>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    match connection {
        // IMMEDIATE takes the write lock at once, so that two processes never deadlock half-way.
        AnyConnection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")?;
        }
        AnyConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres)?,
    }
    let outcome = work(connection);
    end(connection, outcome)
}

/// Runs `work` so that its failure undoes it and nothing else of the transaction around it.
pub fn savepoint<T>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    match connection {
        AnyConnection::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction(sqlite)?,
        AnyConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres)?,
    }
    let outcome = work(connection);
    end(connection, outcome)
}

fn end<T>(
    connection: &mut AnyConnection,
    outcome: Result<T, StorageError>,
) -> Result<T, StorageError> {
    let ended = match (connection, outcome.is_ok()) {
        (AnyConnection::Sqlite(sqlite), true) => AnsiTransactionManager::commit_transaction(sqlite),
        (AnyConnection::Sqlite(sqlite), false) => {
            AnsiTransactionManager::rollback_transaction(sqlite)
        }
        (AnyConnection::Postgres(postgres), true) => {
            AnsiTransactionManager::commit_transaction(postgres)
        }
        (AnyConnection::Postgres(postgres), false) => {
            AnsiTransactionManager::rollback_transaction(postgres)
        }
    };
    match (outcome, ended) {
        (Ok(value), Ok(())) => Ok(value),
        (Ok(_), Err(error)) => Err(StorageError::Unavailable(error.to_string())),
        (Err(error), Ok(())) => Err(error),
        // What could not be rolled back needs a new connection, whatever the work said.
        (Err(error), Err(_)) => Err(StorageError::Unavailable(error.to_string())),
    }
}
