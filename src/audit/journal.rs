//! The one writer: commits records in groups, and changes of state together with their records.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use super::record::Entry;
use super::writer::Writer;
use crate::metrics::Metrics;
use crate::model::Clock;
use crate::storage::changes::Change;
use crate::storage::{Address, AnyConnection, StorageError};

/// Most items in one commit.
const BATCH: usize = 512;
/// How long a commit waits for company.
const GATHER: Duration = Duration::from_micros(300);
/// Most items that wait. More are refused at once.
const QUEUE: usize = 8192;

pub(super) type Effect = Box<dyn Fn(&mut AnyConnection) -> Result<(), StorageError> + Send>;

/// One thing to commit: a record, a change of state, or both.
pub(super) struct Item {
    pub(super) entry: Option<Entry>,
    pub(super) effect: Option<Effect>,
    pub(super) change: Option<Change>,
    pub(super) handed_in: Instant,
    pub(super) done: oneshot::Sender<Result<(), StorageError>>,
}

/// What the writing thread is handed: an item to commit, or `None` to stop.
type Message = Option<Item>;

/// Hands records and changes to the writing thread, and waits until they are durable.
pub struct Journal {
    messages: Sender<Message>,
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
        let (messages, waiting) = bounded(QUEUE);
        let mut writer = Writer::new(address.link(), clock, metrics.clone());
        let works = writer.works();
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || serve(&waiting, &mut writer))?;
        Ok(Self {
            messages,
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
        self.messages.len()
    }

    /// Commits what has been handed in, and stops. Later records are refused.
    pub fn close(&self) {
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(writer) = writer {
            let _ = self.messages.send(None);
            let _ = writer.join();
        }
    }

    async fn commit(
        &self,
        entry: Option<Entry>,
        effect: Option<Effect>,
        change: Option<Change>,
    ) -> Result<(), StorageError> {
        let (done, outcome) = oneshot::channel();
        let handed_in = Instant::now();
        let item = Item {
            entry,
            effect,
            change,
            handed_in,
            done,
        };
        match self.messages.try_send(Some(item)) {
            Ok(()) => outcome.await.unwrap_or_else(|_| Err(stopped())),
            Err(TrySendError::Full(_)) => Err(StorageError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(stopped()),
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

/// Takes whatever waits, up to a batch, and commits it: the busier, the larger the groups.
///
/// A commit costs far more than a record. While several callers come at a time, the next commit waits
/// for as many as came with the last one, if they come within [`GATHER`]; a caller that comes alone
/// never waits.
fn serve(waiting: &Receiver<Message>, writer: &mut Writer) {
    let mut expected = 1;
    let mut open = true;
    while open {
        let Ok(first) = waiting.recv() else { return };
        let deadline = Instant::now() + GATHER;
        let mut items = Vec::with_capacity(expected);
        let mut next = Some(first);
        while let Some(message) = next {
            let Some(item) = message else {
                open = false;
                break;
            };
            items.push(item);
            next = match items.len() {
                BATCH => None,
                few if few < expected => waiting.recv_deadline(deadline).ok(),
                _ => waiting.try_recv().ok(),
            };
        }
        // Falls by half where fewer came, so that the wait ends with the crowd.
        expected = items.len().max(expected / 2);
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
