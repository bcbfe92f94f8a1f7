//! Looks at a database without changing it.

use diesel::RunQueryDsl;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool};

use super::{Address, AnyConnection, StorageError, migrations};
use crate::model::Timestamp;

/// How far a database has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// An embedded one whose file is not there.
    Missing,
    /// It lacks tables, or some of their columns. Names the migrations that it awaits; none are named
    /// where it has no table at all.
    Behind(Vec<String>),
    /// Its tables are those that this version reads.
    Ready,
}

/// How far the database has come.
pub fn state(address: &Address) -> Result<State, StorageError> {
    if let Address::Sqlite(path) = address
        && !path.exists()
    {
        return Ok(State::Missing);
    }
    let mut link = address.link();
    // Asking diesel for pending migrations makes the table that it keeps them in.
    if !link.read(has_tables)? {
        return Ok(State::Behind(Vec::new()));
    }
    let pending = migrations::pending(&mut link)?;
    Ok(if pending.is_empty() {
        State::Ready
    } else {
        State::Behind(pending)
    })
}

fn has_tables(connection: &mut AnyConnection) -> Result<bool, StorageError> {
    let in_sqlite =
        "EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations')";
    let in_postgres = "to_regclass('__diesel_schema_migrations') IS NOT NULL";
    Ok(match connection {
        AnyConnection::Sqlite(sqlite) => {
            diesel::select(sql::<Bool>(in_sqlite)).get_result(sqlite)?
        }
        AnyConnection::Postgres(postgres) => {
            diesel::select(sql::<Bool>(in_postgres)).get_result(postgres)?
        }
    })
}

/// The clock of the database server; `None` where the database is embedded.
pub fn server_clock(connection: &mut AnyConnection) -> Result<Option<Timestamp>, StorageError> {
    match connection {
        AnyConnection::Sqlite(_) => Ok(None),
        AnyConnection::Postgres(postgres) => {
            let micros = "(extract(epoch from clock_timestamp()) * 1000000)::bigint";
            let now = diesel::select(sql::<BigInt>(micros));
            Ok(Some(Timestamp::from_micros(now.get_result(postgres)?)))
        }
    }
}
