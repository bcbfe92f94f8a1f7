//! SQL run straight on a warehouse, by a program that does nothing else: on a connection that can only
//! read, as Ambit's can, its statement prepared for each run, as Ambit has to.

use std::time::{Duration, Instant};

use anyhow::bail;
use rusqlite::{Connection, OpenFlags};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use super::statistics::Sample;

/// A connection to a warehouse.
pub enum Straight {
    /// To one in a file.
    Sqlite(Connection),
    /// To one in PostgreSQL, with what drives the connection.
    Postgres(Client, Runtime),
}

impl Straight {
    /// Connects to the warehouse at an address of Ambit's settings.
    pub fn open(url: &str) -> anyhow::Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            connection.pragma_update(None, "query_only", true)?;
            return Ok(Self::Sqlite(connection));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(connection);
            let settings = "SET default_transaction_read_only = on; SET TimeZone = 'UTC'";
            client.batch_execute(settings).await?;
            anyhow::Ok(client)
        })?;
        Ok(Self::Postgres(client, runtime))
    }

    /// Runs a statement again and again for as long as the window lasts.
    pub fn measure(&self, sql: &str, window: Duration) -> anyhow::Result<Sample> {
        let until = Instant::now() + window;
        let mut latencies = Vec::new();
        let mut asked = Instant::now();
        while asked < until {
            if self.count_rows(sql)? == 0 {
                bail!("the warehouse has no rows for {sql}");
            }
            let answered = Instant::now();
            latencies.push(answered.duration_since(asked));
            asked = answered;
        }
        Sample::new(latencies, window)
    }

    fn count_rows(&self, sql: &str) -> anyhow::Result<usize> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare(sql)?;
                let mut found = statement.query([])?;
                let mut count = 0;
                while found.next()?.is_some() {
                    count += 1;
                }
                Ok(count)
            }
            Self::Postgres(client, runtime) => Ok(runtime.block_on(client.query(sql, &[]))?.len()),
        }
    }
}
