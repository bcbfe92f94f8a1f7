//! A few sessions that are used again and again, and replaced when they fail.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::backend::WarehouseError;
use super::connection::{ConnectError, Purpose, Server, Session};

/// How many queries may wait for each session.
const WAITING_A_SESSION: usize = 16;

/// Sessions for reading.
pub(super) struct Pool {
    server: Server,
    running: Arc<Semaphore>,
    /// Queries that run or wait.
    places: Arc<Semaphore>,
    idle: Mutex<VecDeque<Session>>,
}

/// Whether a session was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    New,
    Used,
}

/// The right to use a session.
pub(super) struct Permit {
    _place: OwnedSemaphorePermit,
    _running: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(server: Server, sessions: usize) -> Self {
        let places = sessions.saturating_mul(WAITING_A_SESSION.saturating_add(1));
        Self {
            server,
            running: Arc::new(Semaphore::new(sessions)),
            places: Arc::new(Semaphore::new(places)),
            idle: Mutex::new(VecDeque::new()),
        }
    }

    pub(super) fn schema(&self) -> &str {
        self.server.schema()
    }

    /// Waits until a session may be used.
    pub(super) async fn permit(&self) -> Result<Permit, WarehouseError> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| WarehouseError::Busy)?;
        let running = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|error| WarehouseError::Unavailable(error.to_string()))?;
        Ok(Permit {
            _place: place,
            _running: running,
        })
    }

    /// A session that nobody else uses. It may have died since it was last used.
    pub(super) async fn session(&self) -> Result<(Session, Freshness), WarehouseError> {
        match self.take_idle() {
            Some(session) => Ok((session, Freshness::Used)),
            None => Ok((self.connect().await?, Freshness::New)),
        }
    }

    /// Opens a session and keeps it for the first query.
    pub(super) async fn probe(&self) -> Result<(), ConnectError> {
        let session = self.server.connect(Purpose::Reading).await?;
        self.keep(session);
        Ok(())
    }

    async fn connect(&self) -> Result<Session, WarehouseError> {
        self.server
            .connect(Purpose::Reading)
            .await
            .map_err(|error| WarehouseError::Unavailable(error.to_string()))
    }

    fn take_idle(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(session) = idle.pop_front() {
            if !session.client.is_closed() {
                return Some(session);
            }
        }
        None
    }

    /// Keeps a session for the next query.
    pub(super) fn keep(&self, session: Session) {
        if session.client.is_closed() || session.has_exceeded() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push_front(session);
    }
}
