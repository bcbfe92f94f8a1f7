//! The only place that knows diesel: one source of queries over SQLite and PostgreSQL.
//!
//! - [`Store`] reads, on threads of its own.
//! - Whatever changes state goes through the audit journal (`crate::audit`), which runs the functions
//!   of the table modules inside the transaction that also holds the change's record.
//! - [`feed`] tells every replica what another one changed; [`cached`] is how they forget it.
//!
//! A new table is a migration of the same name under `migrations/sqlite` and `migrations/postgres`,
//! a `table!` in `schema.rs`, and one file here.

pub mod administrators;
pub mod audit_records;
pub mod backup;
pub mod cached;
pub mod changes;
pub mod clients;
mod connection;
pub mod factor_ceremonies;
pub mod feed;
pub mod idempotent_answers;
pub mod inspection;
pub mod migrations;
pub mod overview;
pub mod passkeys;
pub mod recovery_codes;
pub mod release_gates;
pub mod releases;
pub mod revoked_tokens;
mod schema;
pub mod scopes;
pub mod sessions;
pub mod signing_keys;
pub mod totp_factors;
mod transaction;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use secrecy::{ExposeSecret, SecretString};

pub use connection::{AnyConnection, Link};
pub use transaction::{savepoint, write_transaction};

use crate::work::{Rejected, WorkPool};

/// How many reads may wait for a connection before the next one is told that there are too many.
const WAITING_READS: usize = 4096;

/// How many walks over a whole table may wait for the one before.
const WAITING_SCANS: usize = 4;

/// Where the database is.
#[derive(Debug, Clone)]
pub enum Address {
    /// A file on this machine.
    Sqlite(PathBuf),
    /// A `postgres://` address, which may hold a password.
    Postgres(SecretString),
}

impl Address {
    /// The word that logs and metrics use.
    pub fn backend(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Opens a connection that is used by one thread at a time.
    pub fn link(&self) -> Link {
        Link::new(self.clone())
    }

    fn postgres_url(&self) -> Option<&str> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(url) => Some(url.expose_secret()),
        }
    }
}

/// Why the database did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// It cannot be reached, or failed. The text is for the log, not for callers.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// Too many queries wait already.
    #[error("too many database queries are waiting")]
    Busy,
    /// There is such a row already.
    #[error("it exists already")]
    Conflict,
    /// There is no such row.
    #[error("there is no such thing")]
    NotFound,
}

impl From<diesel::result::Error> for StorageError {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::DatabaseErrorKind::{ForeignKeyViolation, UniqueViolation};
        match error {
            diesel::result::Error::NotFound => Self::NotFound,
            diesel::result::Error::DatabaseError(UniqueViolation, _) => Self::Conflict,
            diesel::result::Error::DatabaseError(ForeignKeyViolation, _) => Self::NotFound,
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl StorageError {
    /// Whether the connection itself may be at fault, rather than the query's own subject.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<Rejected> for StorageError {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Full => Self::Busy,
            Rejected::Lost => Self::Unavailable(rejected.to_string()),
        }
    }
}

/// Reads from the database. Cheap to clone behind an `Arc`.
pub struct Store {
    address: Address,
    readers: WorkPool<Link>,
    scanner: WorkPool<Link>,
    open: Arc<AtomicUsize>,
}

impl Store {
    /// Starts `connections` reading threads. None connects before it is first needed.
    pub fn open(address: Address, connections: usize) -> std::io::Result<Self> {
        let link_address = address.clone();
        let open = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&open);
        let readers = WorkPool::start("database", connections, WAITING_READS, move || {
            Link::counted(link_address.clone(), Arc::clone(&counter))
        })?;
        let link_address = address.clone();
        let scanner = WorkPool::start("scanner", 1, WAITING_SCANS, move || {
            Link::new(link_address.clone())
        })?;
        Ok(Self {
            address,
            readers,
            scanner,
            open,
        })
    }

    /// Where the database is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// How many reads wait for a connection.
    pub fn waiting(&self) -> usize {
        self.readers.waiting()
    }

    /// Runs a query. It may run twice, if the first connection turns out to have gone stale.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        self.readers.run(move |link| link.read(query)).await?
    }

    /// Runs a query that may walk over a whole table. There is one at a time, on a connection of its
    /// own, so that however many are asked for, the short ones go on.
    ///
    /// # Errors
    /// [`StorageError::Busy`] if enough of them wait already.
    pub async fn scan<T: Send + 'static>(
        &self,
        query: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        self.scanner.run(move |link| link.read(query)).await?
    }
}
