//! One connection over either database, and how it heals.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, PgConnection, SqliteConnection};
use url::Url;

use super::{Address, StorageError};

/// A connection to either database. Queries are written once, against this.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// A connection that is made when it is needed, and made anew after it failed.
pub struct Link {
    address: Address,
    connection: Option<(AnyConnection, Counted)>,
    /// How many links of a pool are open.
    open: Arc<AtomicUsize>,
}

/// Counts an open connection until it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Link {
    pub(super) fn new(address: Address) -> Self {
        Self::counted(address, Arc::default())
    }

    /// A link that is counted in `open` while it is open.
    pub(super) fn counted(address: Address, open: Arc<AtomicUsize>) -> Self {
        Self {
            address,
            connection: None,
            open,
        }
    }

    /// Where it leads.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Runs a query that changes nothing. A connection that was made earlier may have died since,
    /// as when the database was restarted: then the query gets one more try, on a new one.
    pub fn read<T>(
        &mut self,
        query: impl Fn(&mut AnyConnection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let was_open = self.connection.is_some();
        match self.once(&query) {
            Err(StorageError::Unavailable(_)) if was_open => self.once(&query),
            outcome => outcome,
        }
    }

    /// Runs `work` once, and gives the connection up if it failed.
    pub fn once<T>(
        &mut self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => (connect(&self.address)?, Counted::new(&self.open)),
        };
        let outcome = work(&mut connection.0);
        let failed = matches!(&outcome, Err(error) if error.is_outage());
        if !failed {
            self.connection = Some(connection);
        }
        outcome
    }
}

fn connect(address: &Address) -> Result<AnyConnection, StorageError> {
    let unavailable = |error: &dyn std::fmt::Display| StorageError::Unavailable(error.to_string());
    match (address, address.postgres_url()) {
        (Address::Sqlite(path), _) => {
            let mut connection = SqliteConnection::establish(&path.to_string_lossy())
                .map_err(|error| unavailable(&error))?;
            connection.batch_execute(SQLITE_SETTINGS)?;
            Ok(AnyConnection::Sqlite(connection))
        }
        (Address::Postgres(_), url) => {
            let url = with_limits(url.unwrap_or_default());
            let mut connection =
                PgConnection::establish(&url).map_err(|error| unavailable(&error))?;
            connection.batch_execute(POSTGRES_SETTINGS)?;
            Ok(AnyConnection::Postgres(connection))
        }
    }
}

/// WAL with a flush at every commit; readers never wait for the writer; a second process (the
/// command line beside a server) waits its turn instead of failing.
const SQLITE_SETTINGS: &str = "\
    PRAGMA busy_timeout = 5000; \
    PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; \
    PRAGMA temp_store = MEMORY;";

/// No query and no lock may hold a thread for long, and a commit is on disk when it returns.
const POSTGRES_SETTINGS: &str = "\
    SET statement_timeout = '10s'; \
    SET lock_timeout = '5s'; \
    SET idle_in_transaction_session_timeout = '30s'; \
    SET synchronous_commit = on; \
    SET TIME ZONE 'UTC';";

/// Bounds what libpq itself would wait for without end: connecting, and a peer that went silent.
fn with_limits(url: &str) -> String {
    const LIMITS: [(&str, &str); 6] = [
        ("connect_timeout", "5"),
        ("tcp_user_timeout", "10000"),
        ("keepalives_idle", "10"),
        ("keepalives_interval", "5"),
        ("keepalives_count", "3"),
        ("application_name", "ambit"),
    ];
    let Ok(mut parsed) = Url::parse(url) else {
        return url.to_owned();
    };
    let given: Vec<String> = parsed
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    for (name, value) in LIMITS {
        if !given.iter().any(|present| present == name) {
            parsed.query_pairs_mut().append_pair(name, value);
        }
    }
    parsed.into()
}

#[cfg(test)]
mod tests {
    use super::with_limits;

    #[test]
    fn limits_do_not_override_what_the_operator_wrote() {
        let url = with_limits("postgres://u:p@h/d?connect_timeout=1");
        assert!(url.contains("connect_timeout=1&"), "{url}");
        assert!(!url.contains("connect_timeout=5"), "{url}");
        assert!(url.contains("tcp_user_timeout=10000"), "{url}");
    }
}
