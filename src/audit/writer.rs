//! The writing thread's side of the journal: one transaction a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::journal::Item;
use super::postbox::{self, Outcome};
use super::record::Place;
use crate::metrics::Metrics;
use crate::model::Clock;
use crate::storage::audit_records::{self, Head, NewAuditRow};
use crate::storage::{AnyConnection, Link, StorageError, changes, savepoint, write_transaction};

pub(super) struct Writer {
    link: Link,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    works: Arc<AtomicBool>,
}

impl Writer {
    pub(super) fn new(link: Link, clock: Arc<dyn Clock>, metrics: Metrics) -> Self {
        Self {
            link,
            clock,
            metrics,
            works: Arc::new(AtomicBool::new(true)),
        }
    }

    /// Whether the last commit got through. A database that is locked, full or read-only can still
    /// be read, so that reading it does not tell.
    pub(super) fn works(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.works)
    }

    pub(super) fn give_up_connection(&mut self) {
        self.link = self.link.address().link();
    }

    /// Commits the items, then tells each of them how it went.
    pub(super) fn commit(&mut self, items: Vec<Item>) {
        if items.is_empty() {
            return;
        }
        let outcomes = self.write(&items);
        self.works.store(outcomes.is_ok(), Ordering::Relaxed);
        self.metrics.audit_batch.observe(lossy(items.len()));
        postbox::tell(items.into_iter().enumerate().map(|(position, item)| {
            let outcome = match &outcomes {
                Ok(outcomes) => outcomes.get(position).cloned().unwrap_or(Ok(())),
                Err(error) => Err(error.clone()),
            };
            self.metrics
                .audit_lag_seconds
                .observe(item.handed_in.elapsed().as_secs_f64());
            (item.caller, outcome)
        }));
    }

    /// Writes the batch. If the connection breaks, nobody can tell whether the commit got through:
    /// the second attempt first looks whether the first one's last record is there.
    fn write(&mut self, items: &[Item]) -> Result<Vec<Outcome>, StorageError> {
        let mut attempted = None;
        let clock = Arc::clone(&self.clock);
        let first = self
            .link
            .once(|connection| write_batch(connection, items, clock.as_ref(), &mut attempted));
        let Err(error) = first else { return first };
        tracing::warn!(%error, "a commit failed and is tried once more");
        self.link.once(|connection| {
            if let Some(Attempt { last, outcomes }) = attempted.take() {
                let committed = write_transaction(connection, |connection| {
                    audit_records::lock_head(connection)?;
                    audit_records::contains(connection, last.seq, &last.hash)
                })?;
                if committed {
                    return Ok(outcomes);
                }
            }
            write_batch(connection, items, clock.as_ref(), &mut None)
        })
    }
}

/// What a batch would have left behind, had its commit got through.
struct Attempt {
    last: Head,
    outcomes: Vec<Outcome>,
}

fn write_batch(
    connection: &mut AnyConnection,
    items: &[Item],
    clock: &dyn Clock,
    attempted: &mut Option<Attempt>,
) -> Result<Vec<Outcome>, StorageError> {
    write_transaction(connection, |connection| {
        let mut head = audit_records::lock_head(connection)?;
        let now = clock.now();
        let at_text = now.rfc3339();
        let mut rows: Vec<NewAuditRow<'_>> = Vec::with_capacity(items.len());
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items {
            let outcome = match &item.effect {
                Some(effect) => savepoint(connection, effect),
                None => Ok(()),
            };
            match outcome {
                Err(error) if error.is_outage() => return Err(error),
                Err(rejection) => outcomes.push(Err(rejection)),
                Ok(()) => {
                    if let Some(entry) = &item.entry {
                        let seq = head.seq.saturating_add(1);
                        let place = Place {
                            seq,
                            previous: &head.hash,
                            at: now,
                            at_text: &at_text,
                        };
                        let row = entry.to_row(&place);
                        if let Some(change) = &item.change {
                            let announced = changes::announce(connection, seq, change, now);
                            announced.map_err(|error| in_the_way(seq, &error))?;
                        }
                        head = Head {
                            seq,
                            hash: row.hash.clone(),
                        };
                        rows.push(row);
                    }
                    outcomes.push(Ok(()));
                }
            }
        }
        let appended = audit_records::append(connection, &rows);
        appended.map_err(|error| in_the_way(head.seq, &error))?;
        if !rows.is_empty() {
            *attempted = Some(Attempt {
                last: head,
                outcomes: outcomes.clone(),
            });
        }
        Ok(outcomes)
    })
}

/// A row that nobody here wrote stands where the next record belongs: no caller is to blame, and nothing
/// can be recorded until it is gone.
fn in_the_way(seq: i64, error: &StorageError) -> StorageError {
    StorageError::Unavailable(format!("audit record {seq} cannot be written: {error}"))
}

#[expect(
    clippy::as_conversions,
    reason = "a count for a histogram need not be exact"
)]
fn lossy(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
