//! Keeps this replica's memory no staler than a second: a thread reads the feed of changes, and
//! whoever decides from memory first asks that the feed is fresh.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::changes::{self, Change};
use super::{Address, StorageError};

/// How often the feed is read.
const INTERVAL: Duration = Duration::from_millis(150);
/// What was heard longer ago than this is not decided upon.
const FRESH: Duration = Duration::from_millis(1000);
/// How long a decision waits for the feed to be heard again before it is refused.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Changes taken at a time.
const BATCH: i64 = 1000;

/// Hears what changed. Called on the feed's own thread; must not block.
pub trait Listener: Send + Sync {
    /// One thing changed.
    fn changed(&self, change: &Change);
    /// Changes may have been missed: everything remembered is in doubt.
    fn missed(&self);
}

/// The running feed.
pub struct Feed {
    heard: watch::Receiver<Instant>,
    stop: Arc<AtomicBool>,
}

impl Feed {
    /// Starts to read behind the latest change. Fails if the database cannot be reached.
    pub fn start(address: &Address, listener: Arc<dyn Listener>) -> Result<Self, StorageError> {
        let mut link = address.link();
        let asked_at = Instant::now();
        let mut reached = link.read(changes::latest)?;
        let (sender, heard) = watch::channel(asked_at);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let run = move || {
            let mut failing = false;
            while !stopped.load(Ordering::Relaxed) {
                let asked_at = Instant::now();
                match link.read(|connection| changes::since(connection, reached, BATCH)) {
                    Ok(heard) => {
                        if failing || heard.missed {
                            listener.missed();
                        }
                        failing = false;
                        reached = heard.reached;
                        for change in &heard.changes {
                            listener.changed(change);
                        }
                        let _ = sender.send(asked_at);
                        if heard.changes.is_empty() {
                            thread::sleep(INTERVAL);
                        }
                    }
                    Err(error) => {
                        if !failing {
                            tracing::error!(%error, "the feed of changes cannot be read");
                        }
                        failing = true;
                        thread::sleep(INTERVAL);
                    }
                }
            }
        };
        thread::Builder::new()
            .name("feed".to_owned())
            .spawn(run)
            .map_err(|error| StorageError::Unavailable(error.to_string()))?;
        Ok(Self { heard, stop })
    }

    /// Returns once what this replica remembers is at most a second old.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] if the database has not been heard of for longer.
    pub async fn fresh(&self) -> Result<(), StorageError> {
        if self.is_fresh() {
            return Ok(());
        }
        let mut heard = self.heard.clone();
        let again = heard.wait_for(|at| at.elapsed() < FRESH);
        match tokio::time::timeout(PATIENCE, again).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(StorageError::Unavailable(
                "the feed of changes is not heard".to_owned(),
            )),
        }
    }

    /// Whether the feed has been heard within the last second.
    pub fn is_fresh(&self) -> bool {
        self.heard.borrow().elapsed() < FRESH
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
