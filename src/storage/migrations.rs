//! Brings the tables up to date.

use diesel::RunQueryDsl;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{AnyConnection, Link, StorageError};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number will do, as long as every replica asks for the same one.
const REPLICAS_TAKE_TURNS: i64 = 0x0061_6d62_6974;

/// Applies what has not been applied, one replica at a time, and returns the names of it.
pub fn run(link: &mut Link) -> Result<Vec<String>, StorageError> {
    link.once(|connection| {
        let applied = match connection {
            AnyConnection::Sqlite(sqlite) => sqlite.run_pending_migrations(SQLITE).map(names),
            AnyConnection::Postgres(postgres) => {
                lock(postgres, "SELECT pg_advisory_lock($1)")?;
                let applied = postgres.run_pending_migrations(POSTGRES).map(names);
                lock(postgres, "SELECT pg_advisory_unlock($1)")?;
                applied
            }
        };
        applied.map_err(|error| StorageError::Unavailable(format!("migrations failed: {error}")))
    })
}

fn lock(connection: &mut diesel::PgConnection, statement: &str) -> Result<(), StorageError> {
    diesel::sql_query(statement)
        .bind::<diesel::sql_types::BigInt, _>(REPLICAS_TAKE_TURNS)
        .execute(connection)?;
    Ok(())
}

/// The names of migrations that have not been applied yet.
pub fn pending(link: &mut Link) -> Result<Vec<String>, StorageError> {
    link.read(|connection| {
        let pending = match connection {
            AnyConnection::Sqlite(sqlite) => sqlite.pending_migrations(SQLITE).map(|all| {
                all.iter()
                    .map(|migration| migration.name().to_string())
                    .collect()
            }),
            AnyConnection::Postgres(postgres) => postgres.pending_migrations(POSTGRES).map(|all| {
                all.iter()
                    .map(|migration| migration.name().to_string())
                    .collect()
            }),
        };
        pending.map_err(|error| StorageError::Unavailable(format!("migrations: {error}")))
    })
}

fn names(versions: Vec<diesel::migration::MigrationVersion<'_>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}
