//! The one writer: commits records in groups, and changes of state together with their records.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::postbox::{Addressee, Postboxes};
use super::queue::{Queue, Refused};
use super::record::{Entry, Prepared};
use super::writer::Writer;
use crate::metrics::Metrics;
use crate::model::Clock;
use crate::storage::changes::Change;
use crate::storage::{Address, AnyConnection, StorageError};

/// Most items in one commit.
const BATCH: usize = 512;
/// Most items that wait. More are refused at once.
const WAITING: usize = 8192;

pub(super) type Effect = Box<dyn Fn(&mut AnyConnection) -> Result<(), StorageError> + Send>;

/// One thing to commit: a record, a change of state, or both.
pub(super) struct Item {
    pub(super) entry: Option<Prepared>,
    pub(super) effect: Option<Effect>,
    pub(super) change: Option<Change>,
    pub(super) handed_in: Instant,
    pub(super) caller: Addressee,
}

/// Hands records and changes to the writing thread, and waits until they are durable.
pub struct Journal {
    queue: Arc<Queue<Item>>,
    postboxes: Postboxes,
    writer: Mutex<Option<JoinHandle<()>>>,
    unknown_callers: Mutex<UnknownCallers>,
    works: Arc<AtomicBool>,
    metrics: Metrics,
}

impl Journal {
    /// Starts the writing thread. `unknown_callers_per_minute` bounds
    /// [`record_unknown`](Self::record_unknown).
    pub fn start(
        address: &Address,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
        unknown_callers_per_minute: u32,
    ) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::new(WAITING));
        let waiting = Arc::clone(&queue);
        let mut writer = Writer::new(address.link(), clock, metrics.clone());
        let works = writer.works();
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || serve(&waiting, &mut writer))?;
        Ok(Self {
            queue,
            postboxes: Postboxes::default(),
            writer: Mutex::new(Some(thread)),
            unknown_callers: Mutex::new(UnknownCallers::new(unknown_callers_per_minute)),
            works,
            metrics,
        })
    }

    /// Records a decision. Returns once the record is durable.
    pub async fn record(&self, entry: Entry) -> Result<(), StorageError> {
        self.commit(Some(entry), None, None).await
    }

    /// Records the refusal of somebody who proved nothing, unless too many such were recorded in the
    /// last minute: then it is counted, and the next record of the kind says how many were not kept.
    pub async fn record_unknown(&self, entry: Entry) -> Result<(), StorageError> {
        let suppressed = {
            let mut seen = self
                .unknown_callers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            match seen.admit() {
                Some(suppressed) => suppressed,
                None => {
                    self.metrics.audit_suppressed.inc();
                    return Ok(());
                }
            }
        };
        let entry = match suppressed {
            0 => entry,
            count => entry.detail("suppressed_before", &count.to_string()),
        };
        self.record(entry).await
    }

    /// Changes state and records it, both or neither. `change`, if given, is announced to the other
    /// replicas. `effect` runs inside the writing transaction, and runs again if the connection broke
    /// before anything was committed.
    ///
    /// # Errors
    /// What `effect` answers, and then nothing is recorded; or an outage.
    pub async fn change<T: Send + 'static>(
        &self,
        entry: Entry,
        change: Option<Change>,
        effect: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let slot = Arc::new(Mutex::new(None));
        let filled = Arc::clone(&slot);
        let effect: Effect = Box::new(move |connection| {
            let value = effect(connection)?;
            *filled.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        });
        self.commit(Some(entry), Some(effect), change).await?;
        let value = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| StorageError::Unavailable("the change left no result".to_owned()))
    }

    /// Changes what is no decision, such as when a client was last seen: no record.
    pub async fn maintain(
        &self,
        effect: impl Fn(&mut AnyConnection) -> Result<(), StorageError> + Send + 'static,
    ) -> Result<(), StorageError> {
        self.commit(None, Some(Box::new(effect)), None).await
    }

    /// Whether the last commit got through.
    pub fn works(&self) -> bool {
        self.works.load(Ordering::Relaxed)
    }

    /// How many items wait for the next commit.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Commits what has been handed in, and stops. Later records are refused.
    pub fn close(&self) {
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(writer) = writer {
            self.queue.close();
            let _ = writer.join();
        }
    }

    async fn commit(
        &self,
        entry: Option<Entry>,
        effect: Option<Effect>,
        change: Option<Change>,
    ) -> Result<(), StorageError> {
        let (caller, outcome) = self.postboxes.address();
        let handed_in = Instant::now();
        let item = Item {
            entry: entry.map(|entry| entry.prepare(handed_in)),
            effect,
            change,
            handed_in,
            caller,
        };
        match self.queue.push(item) {
            Ok(()) => outcome.await.unwrap_or_else(|_| Err(stopped())),
            Err(Refused::Full) => Err(StorageError::Busy),
            Err(Refused::Closed) => Err(stopped()),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

fn stopped() -> StorageError {
    StorageError::Unavailable("the audit journal has stopped".to_owned())
}

/// Takes whatever waits, up to a batch, and commits it: what comes while a commit is under way goes into
/// the next one, so that the busier it is, the larger the groups, and nobody waits for company.
fn serve(queue: &Queue<Item>, writer: &mut Writer) {
    while let Some(items) = queue.take(BATCH) {
        // A panic in an effect loses the batch's senders, which their callers see as an outage.
        if catch_unwind(AssertUnwindSafe(|| writer.commit(items))).is_err() {
            tracing::error!("a change panicked; the connection is given up");
            writer.give_up_connection();
        }
    }
}

/// Bounds how many refusals of unknown callers are recorded in a minute.
struct UnknownCallers {
    per_minute: u32,
    minute_began: Instant,
    recorded: u32,
    suppressed: u64,
}

impl UnknownCallers {
    fn new(per_minute: u32) -> Self {
        Self {
            per_minute,
            minute_began: Instant::now(),
            recorded: 0,
            suppressed: 0,
        }
    }

    /// How many were suppressed since the last record, if this one may be recorded.
    fn admit(&mut self) -> Option<u64> {
        if self.minute_began.elapsed() >= Duration::from_secs(60) {
            self.minute_began = Instant::now();
            self.recorded = 0;
        }
        if self.recorded < self.per_minute {
            self.recorded += 1;
            Some(std::mem::take(&mut self.suppressed))
        } else {
            self.suppressed += 1;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_callers_are_bounded_and_counted() {
        let mut seen = UnknownCallers::new(2);
        assert_eq!(
            (seen.admit(), seen.admit(), seen.admit(), seen.admit()),
            (Some(0), Some(0), None, None)
        );
        seen.minute_began = Instant::now().checked_sub(Duration::from_secs(61)).unwrap();
        assert_eq!((seen.admit(), seen.admit()), (Some(2), Some(0)));
    }
}
