//! A warehouse in a SQLite file: a few threads, each with a connection of its own that can only read.
//!
//! - [`connection`] opens it so that nothing can be changed or reached but the tables of this file;
//! - [`run`] runs one statement within its limits, [`watch`] says when they are over;
//! - [`text`] has the functions of text that no limit of SQLite's own could stop;
//! - [`kinds`] finds out what the columns of an answer hold, which SQLite itself leaves open.
//!
//! Booleans are stored as 0 and 1 in columns declared BOOLEAN, days as `2026-11-22` in DATE, moments as
//! `2026-11-22 18:51:30` in TIMESTAMP columns (see `super::moment`); that is how they are loaded.

mod connection;
mod describe;
mod kinds;
mod run;
mod text;
mod watch;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::backend::{Dialect, Limits, Statement, Warehouse, WarehouseError};
use super::value::{Rows, TableDescription};
use crate::work::{Rejected, WorkPool};
use connection::Slot;
use watch::Stop;

/// How many queries may wait for each thread.
const WAITING_A_THREAD: usize = 16;
/// How much longer than the deadline SQLite may take to notice it.
const GRACE: Duration = Duration::from_millis(500);
/// How long the description of all tables may take.
const DESCRIBING: Duration = Duration::from_secs(10);

/// A warehouse in a file. As long as it is not there, the warehouse is unavailable.
pub(super) struct SqliteWarehouse {
    pool: WorkPool<Slot>,
}

impl SqliteWarehouse {
    /// Starts `threads` threads that read the file.
    pub(super) fn start(path: &Path, threads: usize) -> std::io::Result<Self> {
        let path: PathBuf = path.to_owned();
        let queue = threads.saturating_mul(WAITING_A_THREAD);
        let pool = WorkPool::start("warehouse", threads, queue, move || Slot::new(&path))?;
        Ok(Self { pool })
    }

    /// Runs `work` on a thread, no longer than `time`; it is told to stop when nobody waits any more.
    async fn within<T: Send + 'static>(
        &self,
        time: Duration,
        work: impl FnOnce(&mut Slot, Stop) -> Result<T, WarehouseError> + Send + 'static,
    ) -> Result<T, WarehouseError> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let _cancel = CancelOnDrop(Arc::clone(&cancelled));
        let stop = Stop {
            after: time,
            deadline: Instant::now().checked_add(time),
            cancelled,
        };
        let answer = self.pool.run(move |slot| work(slot, stop));
        match tokio::time::timeout(time.saturating_add(GRACE), answer).await {
            Err(_) => Err(WarehouseError::Time(time)),
            Ok(Err(Rejected::Full)) => Err(WarehouseError::Busy),
            Ok(Err(Rejected::Lost)) => Err(WarehouseError::Unavailable(Rejected::Lost.to_string())),
            Ok(Ok(outcome)) => outcome,
        }
    }
}

struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Warehouse for SqliteWarehouse {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn query(
        &self,
        statement: Statement,
        limits: Limits,
    ) -> BoxFuture<'_, Result<Rows, WarehouseError>> {
        self.within(limits.time, move |slot, stop| {
            slot.with(|reader| run::run(reader, &statement, limits, &stop))
        })
        .boxed()
    }

    fn tables(&self) -> BoxFuture<'_, Result<Vec<TableDescription>, WarehouseError>> {
        self.within(DESCRIBING, |slot, _| slot.describe()).boxed()
    }
}

/// Whether the file holds Ambit's own tables.
pub(super) fn is_ambits_own(path: &Path) -> bool {
    connection::is_ambits_own(path)
}
