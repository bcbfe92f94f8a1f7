//! A warehouse in a schema of PostgreSQL.
//!
//! - [`connection`] opens sessions that can only read, of that schema;
//! - [`tls`] encrypts what goes to the server and comes from it, where the address asks for it;
//! - [`stream`] watches what the server sends, so that no row takes memory without end;
//! - [`pool`] keeps them for the next query;
//! - [`run`] runs one statement in a transaction of its own, [`encode`] its parameters, [`decode`] its
//!   values.
//!
//! Queries run on threads of this warehouse's own, so that rows are read beside the server's requests. A
//! query that is given up is cancelled in the server, and its session is not used again.

mod connection;
mod decode;
mod describe;
mod encode;
mod pool;
mod run;
mod stream;
mod tls;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

use super::backend::{Dialect, Limits, Statement, Warehouse, WarehouseError};
use super::value::{Rows, TableDescription};
use connection::Session;
pub(super) use connection::{ConnectError, Purpose, Server, with_cause};
use pool::{Freshness, Pool};

/// Threads that read rows.
const THREADS: usize = 2;
/// How much longer than the deadline the server may take to notice it.
const GRACE: Duration = Duration::from_millis(500);
/// How long the description of all tables may take.
const DESCRIBING: Duration = Duration::from_secs(10);

/// A warehouse in PostgreSQL, which need not answer yet.
pub(super) struct PostgresWarehouse {
    pool: Arc<Pool>,
    runtime: Option<Runtime>,
    handle: Handle,
}

impl PostgresWarehouse {
    /// Starts threads that read, with at most so many sessions.
    pub(super) fn start(server: Server, sessions: usize) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("warehouse")
            .enable_all()
            .build()?;
        Ok(Self {
            pool: Arc::new(Pool::new(server, sessions)),
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }

    /// Connects, so that what can never do is found out.
    pub(super) async fn probe(&self) -> Result<(), ConnectError> {
        let pool = Arc::clone(&self.pool);
        let probe = Aborting(self.handle.spawn(async move { pool.probe().await }));
        probe
            .finish()
            .await
            .unwrap_or_else(|error| Err(ConnectError::Unavailable(error)))
    }

    /// Runs `work` on the threads of this warehouse; a future that is dropped ends it.
    fn on_own_threads<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, WarehouseError>> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, WarehouseError>> {
        async move {
            let task = Aborting(self.handle.spawn(work));
            task.finish()
                .await
                .unwrap_or_else(|error| Err(WarehouseError::Unavailable(error)))
        }
        .boxed()
    }
}

/// A runtime must not be waited for on threads of another one.
impl Drop for PostgresWarehouse {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Warehouse for PostgresWarehouse {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn query(
        &self,
        statement: Statement,
        limits: Limits,
    ) -> BoxFuture<'_, Result<Rows, WarehouseError>> {
        let pool = Arc::clone(&self.pool);
        self.on_own_threads(async move {
            let deadline = Instant::now().checked_add(limits.time);
            let deadline = deadline.ok_or(WarehouseError::Time(limits.time))?;
            let statement = Arc::new(statement);
            within(&pool, limits.time, move |session| {
                let statement = Arc::clone(&statement);
                async move { run::run(session, &statement, limits, deadline).await }.boxed()
            })
            .await
        })
    }

    fn tables(&self) -> BoxFuture<'_, Result<Vec<TableDescription>, WarehouseError>> {
        let pool = Arc::clone(&self.pool);
        self.on_own_threads(async move {
            let schema: Arc<str> = pool.schema().into();
            within(&pool, DESCRIBING, move |session| {
                let schema = Arc::clone(&schema);
                async move {
                    let tables = describe::tables(&session.client, &schema).await;
                    tables.map_err(|error| session.failure(&error, DESCRIBING))
                }
                .boxed()
            })
            .await
        })
    }
}

/// Does `work` on a session, in `time`. What changes nothing may be done again: a session that was used
/// before may have died since.
async fn within<T>(
    pool: &Pool,
    time: Duration,
    work: impl for<'s> Fn(&'s mut Session) -> BoxFuture<'s, Result<T, WarehouseError>> + Send + Sync,
) -> Result<T, WarehouseError> {
    let limited = async {
        let _permit = pool.permit().await?;
        loop {
            let (mut session, freshness) = pool.session().await?;
            let cancel = CancelOnDrop(Some(session.canceller().boxed()));
            let outcome = work(&mut session).await;
            cancel.disarm();
            match outcome {
                Err(WarehouseError::Unavailable(_)) if freshness == Freshness::Used => {}
                Err(WarehouseError::Unavailable(_)) => return outcome,
                outcome => {
                    pool.keep(session);
                    return outcome;
                }
            }
        }
    };
    let outcome = tokio::time::timeout(time.saturating_add(GRACE), limited).await;
    outcome.unwrap_or(Err(WarehouseError::Time(time)))
}

/// Cancels in the server what nobody waits for any more.
struct CancelOnDrop(Option<BoxFuture<'static, ()>>);

impl CancelOnDrop {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let (Some(cancel), Ok(handle)) = (self.0.take(), Handle::try_current()) {
            handle.spawn(cancel);
        }
    }
}

/// A task that ends when nobody waits for it any more.
struct Aborting<T>(JoinHandle<T>);

impl<T> Aborting<T> {
    async fn finish(mut self) -> Result<T, String> {
        (&mut self.0).await.map_err(|error| error.to_string())
    }
}

impl<T> Drop for Aborting<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
