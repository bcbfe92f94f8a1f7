//! When a statement has to stop. SQLite looks at it between its steps, and the functions of text while
//! they run; both are told once a connection, and not for each statement.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When one statement has to stop.
#[derive(Clone)]
pub(super) struct Stop {
    /// How long it may take in all.
    pub after: Duration,
    /// When that is over; never where that lies beyond all times.
    pub deadline: Option<Instant>,
    /// Nobody waits for the answer any more.
    pub cancelled: Arc<AtomicBool>,
}

impl Stop {
    pub(super) fn is_due(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
            || self
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// When the statement has to stop that a connection runs now, if it runs one.
#[derive(Clone, Default)]
pub(super) struct Watch(Arc<Mutex<Option<Stop>>>);

impl Watch {
    /// Watches over one statement, for as long as `work` takes.
    pub(super) fn over<T>(&self, stop: &Stop, work: impl FnOnce() -> T) -> T {
        *self.lock() = Some(stop.clone());
        let outcome = work();
        *self.lock() = None;
        outcome
    }

    pub(super) fn is_due(&self) -> bool {
        self.lock().as_ref().is_some_and(Stop::is_due)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Stop>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
