//! Snowflake, over its SQL REST API (version 2), signed in by a key pair.
//!
//! A statement is handed in to run by itself (`POST /api/v2/statements?async=true`), its handle is
//! polled until it has an answer (`GET .../{handle}`), the answer is fetched partition by partition as
//! far as the limits go (`?partition=n`), and whoever stops waiting stops it (`POST .../cancel`).
//! Snowflake takes one statement a request, has its time limit, and reads with the role that the
//! address names; that this role may only read is the operator's to grant.
//!
//! Names that need no quotes are shown in lower case, though Snowflake keeps them in upper case.
//! Statements must therefore write them without quotes.

mod answer;
mod decode;
mod failure;
mod key;
mod request;
mod session;
mod tables;
mod temporal;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use super::backend::{Dialect, Limits, Statement, Warehouse, WarehouseError};
use super::value::{Rows, TableDescription};
use crate::config::SnowflakeAddress;
use crate::model::Clock;
use answer::Gathered;
use request::Request;
use session::{Progress, Session};

pub use key::KeyError;

/// The pause before a statement is asked for again; it doubles up to [`LONGEST_POLL`].
const FIRST_POLL: Duration = Duration::from_millis(50);
const LONGEST_POLL: Duration = Duration::from_millis(800);
/// Longest that Snowflake lets a statement run: seven days.
const LONGEST_TIME: Duration = Duration::from_secs(604_800);
/// Queries that may wait for each one that runs.
const WAITING_FOR_EACH: usize = 16;

/// Why Snowflake cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no key to sign in with.
    #[error(
        "no private key is given: set warehouse.snowflake_private_key, or \
         AMBIT_WAREHOUSE_SNOWFLAKE_PRIVATE_KEY, or that with _FILE at its end"
    )]
    NoKey,
    /// The key does not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The account makes no address.
    #[error("the account makes no address of the form https://ACCOUNT.snowflakecomputing.com")]
    Address,
    /// The HTTP client cannot be made. The text is for the operator.
    #[error("no HTTPS client can be made: {0}")]
    Client(String),
}

/// A schema in Snowflake.
pub struct Snowflake {
    session: Arc<Session>,
    /// Statements that run at the same time.
    running: Arc<Semaphore>,
    /// Those and the ones that wait.
    admitted: Semaphore,
}

impl Snowflake {
    /// Opens it for `pool_size` statements at the same time. Nothing is sent yet.
    ///
    /// # Errors
    /// What is configured cannot be used.
    pub fn open(
        address: SnowflakeAddress,
        private_key: Option<&SecretString>,
        pool_size: usize,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let private_key = private_key.ok_or(OpenError::NoKey)?;
        let pool_size = pool_size.max(1);
        let admitted = pool_size.saturating_mul(1 + WAITING_FOR_EACH);
        Ok(Self {
            session: Arc::new(Session::new(address, private_key, clock)?),
            running: Arc::new(Semaphore::new(pool_size)),
            admitted: Semaphore::new(admitted.min(Semaphore::MAX_PERMITS)),
        })
    }

    async fn run(&self, statement: Statement, limits: Limits) -> Result<Rows, WarehouseError> {
        let _admitted = self
            .admitted
            .try_acquire()
            .map_err(|_| WarehouseError::Busy)?;
        let limits = Limits {
            time: limits.time.min(LONGEST_TIME),
            ..limits
        };
        let deadline = Instant::now() + limits.time;
        let outcome = timeout_at(deadline, async {
            let place = Arc::clone(&self.running)
                .acquire_owned()
                .await
                .map_err(|_| WarehouseError::Busy)?;
            let (answer, result) = oneshot::channel();
            let session = Arc::clone(&self.session);
            let query = Query {
                statement,
                limits,
                deadline,
            };
            tokio::spawn(query.serve(session, answer, place));
            result.await.unwrap_or_else(|_| {
                let problem = "the query was not finished";
                Err(WarehouseError::Unavailable(problem.to_owned()))
            })
        });
        outcome
            .await
            .unwrap_or(Err(WarehouseError::Time(limits.time)))
    }
}

impl Warehouse for Snowflake {
    fn dialect(&self) -> Dialect {
        Dialect::Snowflake
    }

    fn query(
        &self,
        statement: Statement,
        limits: Limits,
    ) -> BoxFuture<'_, Result<Rows, WarehouseError>> {
        Box::pin(self.run(statement, limits))
    }

    fn tables(&self) -> BoxFuture<'_, Result<Vec<TableDescription>, WarehouseError>> {
        Box::pin(async {
            let statement = tables::statement(&self.session.address().schema);
            tables::read(self.run(statement, tables::LIMITS).await?)
        })
    }
}

/// A statement on its way. It runs apart from whoever waits for it, so that the handle of one that is
/// being handed in is not lost when nobody waits any more, and it can be stopped.
struct Query {
    statement: Statement,
    limits: Limits,
    deadline: Instant,
}

impl Query {
    async fn serve(
        self,
        session: Arc<Session>,
        mut answer: oneshot::Sender<Result<Rows, WarehouseError>>,
        _place: OwnedSemaphorePermit,
    ) {
        let (limits, deadline) = (self.limits, self.deadline);
        let submitted = match Request::new(session.address(), self.statement, limits) {
            Ok(request) => session.submit(&request, limits, deadline).await,
            Err(error) => Err(error),
        };
        let (handle, progress) = match submitted {
            Ok(submitted) => submitted,
            Err(error) => {
                // This fails where nobody waits any more.
                let _ = answer.send(Err(error));
                return;
            }
        };
        let outcome = tokio::select! {
            outcome = collect(&session, &handle, progress, limits, deadline) => outcome,
            () = answer.closed() => Err(WarehouseError::Time(limits.time)),
        };
        let may_run_on = matches!(
            outcome,
            Err(WarehouseError::Time(_) | WarehouseError::Busy | WarehouseError::Unavailable(_))
        );
        let _ = answer.send(outcome);
        if may_run_on {
            session.cancel(&handle).await;
        }
    }
}

async fn collect(
    session: &Session,
    handle: &str,
    mut progress: Progress,
    limits: Limits,
    deadline: Instant,
) -> Result<Rows, WarehouseError> {
    let mut pause = FIRST_POLL;
    let mut first = loop {
        match progress {
            Progress::Finished(page) => break page,
            Progress::Running => {
                sleep(pause).await;
                pause = pause.saturating_mul(2).min(LONGEST_POLL);
                progress = session.progress(handle, None, limits, deadline).await?;
            }
        }
    };
    let Some(metadata) = first.metadata.take() else {
        let problem = "Snowflake's answer does not say its columns";
        return Err(WarehouseError::Unavailable(problem.to_owned()));
    };
    let mut gathered = Gathered::new(&metadata.row_type, limits);
    let mut is_wanted = gathered.take(first)?;
    let mut partitions = 1..metadata.partition_info.len();
    while is_wanted && let Some(partition) = partitions.next() {
        let wanted = Limits {
            bytes: gathered.wanted_bytes(),
            ..limits
        };
        let progress = session
            .progress(handle, Some(partition), wanted, deadline)
            .await?;
        let Progress::Finished(page) = progress else {
            let problem = "Snowflake has a partition of an answer that still runs";
            return Err(WarehouseError::Unavailable(problem.to_owned()));
        };
        is_wanted = gathered.take(page)?;
    }
    Ok(gathered.finish())
}

/// Where the account answers. Host names have hyphens where account names have underscores.
fn api_address(address: &SnowflakeAddress) -> Result<Url, OpenError> {
    let text = address.host.clone().unwrap_or_else(|| {
        let account = address.account.to_lowercase().replace('_', "-");
        format!("https://{account}.snowflakecomputing.com")
    });
    let url = Url::parse(&text).map_err(|_| OpenError::Address)?;
    if url.cannot_be_a_base() {
        return Err(OpenError::Address);
    }
    Ok(url)
}
