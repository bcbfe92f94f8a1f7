//! The writing thread's side of the journal: one transaction a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::journal::Item;
use super::postbox::{self, Outcome};
use super::record::{Place, Prepared};
use crate::metrics::Metrics;
use crate::model::{Clock, Timestamp};
use crate::storage::audit_records::{self, Head, NewAuditRow};
use crate::storage::{AnyConnection, Link, StorageError, changes, savepoint, write_transaction};

pub(super) struct Writer {
    link: Link,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    works: Arc<AtomicBool>,
    known: Known,
}

/// What this writer knows of the chain's end.
#[derive(Default)]
struct Known {
    /// The last record that it wrote.
    last: Option<Head>,
    /// Whether nobody else wrote between its last two batches, so that likely nobody will now.
    alone: bool,
}

impl Known {
    /// The end of the chain, if it is likely still there.
    fn head(&self) -> Option<&Head> {
        self.last.as_ref().filter(|_| self.alone)
    }

    /// A batch was written after `found`, up to `last`.
    fn wrote(&mut self, found: &Head, last: Head) {
        self.alone = self.last.as_ref() == Some(found);
        self.last = Some(last);
    }
}

impl Writer {
    pub(super) fn new(link: Link, clock: Arc<dyn Clock>, metrics: Metrics) -> Self {
        Self {
            link,
            clock,
            metrics,
            works: Arc::new(AtomicBool::new(true)),
            known: Known::default(),
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
        let batch = Batch {
            items,
            clock: self.clock.as_ref(),
        };
        let known = &mut self.known;
        let first = self
            .link
            .once(|connection| batch.write(connection, known, &mut attempted));
        let Err(error) = first else { return first };
        tracing::warn!(%error, "a commit failed and is tried once more");
        *known = Known::default();
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
            batch.write(connection, known, &mut None)
        })
    }
}

/// What a batch would have left behind, had its commit got through.
struct Attempt {
    last: Head,
    outcomes: Vec<Outcome>,
}

/// What is written in one transaction.
struct Batch<'a> {
    items: &'a [Item],
    clock: &'a dyn Clock,
}

impl Batch<'_> {
    fn write(
        &self,
        connection: &mut AnyConnection,
        known: &mut Known,
        attempted: &mut Option<Attempt>,
    ) -> Result<Vec<Outcome>, StorageError> {
        match known.head().cloned() {
            Some(head) if self.is_plain() && audit_records::is_remote(connection) => {
                let outcomes = self.append_after(connection, head, known, attempted)?;
                match outcomes {
                    Some(outcomes) => Ok(outcomes),
                    None => self.write_transaction(connection, known, attempted),
                }
            }
            _ => self.write_transaction(connection, known, attempted),
        }
    }

    /// Whether there are records alone.
    fn is_plain(&self) -> bool {
        let plain = |item: &Item| item.entry.is_some() && item.effect.is_none();
        self.items
            .iter()
            .all(|item| plain(item) && item.change.is_none())
    }

    /// Appends records in one statement, unless somebody else has written meanwhile.
    fn append_after(
        &self,
        connection: &mut AnyConnection,
        head: Head,
        known: &mut Known,
        attempted: &mut Option<Attempt>,
    ) -> Result<Option<Vec<Outcome>>, StorageError> {
        let mut chain = Chain::new(head.clone(), self.clock.now());
        let entries = self.items.iter().filter_map(|item| item.entry.as_ref());
        let rows: Vec<NewAuditRow<'_>> = entries.map(|entry| chain.row(entry)).collect();
        let outcomes = vec![Ok(()); self.items.len()];
        *attempted = Some(Attempt {
            last: chain.head.clone(),
            outcomes: outcomes.clone(),
        });
        let appended = audit_records::append(connection, &head, &rows);
        if appended.map_err(|error| in_the_way(chain.head.seq, &error))? {
            known.wrote(&head, chain.head);
            return Ok(Some(outcomes));
        }
        *attempted = None;
        Ok(None)
    }

    fn write_transaction(
        &self,
        connection: &mut AnyConnection,
        known: &mut Known,
        attempted: &mut Option<Attempt>,
    ) -> Result<Vec<Outcome>, StorageError> {
        let (outcomes, found, last) = write_transaction(connection, |connection| {
            let found = audit_records::lock_head(connection)?;
            let now = self.clock.now();
            let mut chain = Chain::new(found.clone(), now);
            let mut rows: Vec<NewAuditRow<'_>> = Vec::with_capacity(self.items.len());
            let mut outcomes = Vec::with_capacity(self.items.len());
            for item in self.items {
                let outcome = match &item.effect {
                    Some(effect) => savepoint(connection, effect),
                    None => Ok(()),
                };
                match outcome {
                    Err(error) if error.is_outage() => return Err(error),
                    Err(rejection) => outcomes.push(Err(rejection)),
                    Ok(()) => {
                        if let Some(entry) = &item.entry {
                            rows.push(chain.row(entry));
                            if let Some(change) = &item.change {
                                let seq = chain.head.seq;
                                let announced = changes::announce(connection, seq, change, now);
                                announced.map_err(|error| in_the_way(seq, &error))?;
                            }
                        }
                        outcomes.push(Ok(()));
                    }
                }
            }
            let appended = audit_records::append(connection, &found, &rows);
            if !appended.map_err(|error| in_the_way(chain.head.seq, &error))? {
                let moved = "the end of the audit log moved while it was locked";
                return Err(StorageError::Unavailable(moved.to_owned()));
            }
            if !rows.is_empty() {
                *attempted = Some(Attempt {
                    last: chain.head.clone(),
                    outcomes: outcomes.clone(),
                });
            }
            Ok((outcomes, found, chain.head))
        })?;
        known.wrote(&found, last);
        Ok(outcomes)
    }
}

/// The chain while a batch is added to it.
struct Chain {
    head: Head,
    at: Timestamp,
    at_text: String,
}

impl Chain {
    fn new(head: Head, at: Timestamp) -> Self {
        let at_text = at.rfc3339();
        Self { head, at, at_text }
    }

    /// The next record.
    fn row<'e>(&mut self, entry: &'e Prepared) -> NewAuditRow<'e> {
        let seq = self.head.seq.saturating_add(1);
        let row = entry.to_row(&Place {
            seq,
            previous: &self.head.hash,
            at: self.at,
            at_text: &self.at_text,
        });
        self.head = Head {
            seq,
            hash: row.hash.clone(),
        };
        row
    }
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
