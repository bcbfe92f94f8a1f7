//! Walks the hash chain and names every place where it does not hold.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::record::{GENESIS, sha256_hex};
use crate::model::Timestamp;
use crate::storage::audit_records::{self, AuditRow, Filter, Head, Walk};
use crate::storage::{AnyConnection, StorageError};

/// Records read at a time.
const PAGE: i64 = 1000;
/// Most faults that are listed; a log with more is beyond a list.
const MOST_FAULTS: usize = 100;

/// One place where the chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The record's text or one of its columns is not what was written.
    Changed {
        /// Which record.
        seq: i64,
        /// What does not fit.
        detail: String,
    },
    /// Records are gone.
    Removed {
        /// The first that is missing.
        first: i64,
        /// The last that is missing.
        last: i64,
    },
    /// Another record stands in this one's place.
    Reordered {
        /// The place.
        seq: i64,
        /// The number that the record there was written under.
        holds: i64,
    },
    /// The log ends elsewhere than it says, or than the caller was told.
    Head {
        /// What does not fit.
        detail: String,
    },
}

impl fmt::Display for Fault {
    /// A sentence.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { seq, detail } => {
                write!(formatter, "Record {seq} was changed: {detail}.")
            }
            Self::Removed { first, last } if first == last => {
                write!(formatter, "Record {first} was removed.")
            }
            Self::Removed { first, last } => {
                write!(formatter, "Records {first} to {last} were removed.")
            }
            Self::Reordered { seq, holds } => write!(
                formatter,
                "In the place of record {seq} stands what was written as record {holds}."
            ),
            Self::Head { detail } => {
                write!(formatter, "The end of the log is not right: {detail}.")
            }
        }
    }
}

/// What a walk found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Verification {
    /// Whether the whole chain holds.
    pub intact: bool,
    /// Records read.
    pub records: u64,
    /// Number of the last record. Keep it, with its hash, where this machine cannot change it, and
    /// verify against it later: it is what shows a log that was rewritten from end to end.
    pub head_seq: i64,
    /// Hash of the last record.
    pub head_hash: String,
    /// Where the chain does not hold; at most a hundred places.
    pub faults: Vec<Fault>,
}

/// What a walk over a stretch of the chain found.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// Records read.
    pub records: u64,
    /// The last record that was read: where the next stretch starts.
    pub reached: Head,
    /// Whether the log ends there.
    pub at_end: bool,
    /// Where the stretch does not hold.
    pub faults: Vec<Fault>,
}

/// Walks the whole chain. `expected` is a head that was noted earlier and must still be in it.
pub fn verify(
    connection: &mut AnyConnection,
    expected: Option<&Head>,
) -> Result<Verification, StorageError> {
    let genesis = Head {
        seq: 0,
        hash: GENESIS.to_owned(),
    };
    let mut walk = ChainWalk::behind(genesis, expected.cloned());
    while walk.faults.len() < MOST_FAULTS {
        if walk.advance(connection, PAGE)? {
            break;
        }
    }
    Ok(walk.report())
}

/// Walks at most `most` records behind `start`, which is taken to be right. A long chain is verified
/// in stretches, each of which starts where the one before has ended.
pub fn verify_stretch(
    connection: &mut AnyConnection,
    start: &Head,
    most: i64,
) -> Result<Stretch, StorageError> {
    let mut walk = ChainWalk::behind(start.clone(), None);
    let at_end = walk.advance(connection, most)?;
    Ok(Stretch {
        records: walk.records,
        reached: walk.reached,
        at_end,
        faults: walk.faults,
    })
}

struct ChainWalk {
    reached: Head,
    records: u64,
    expected: Option<Head>,
    expected_seen: bool,
    faults: Vec<Fault>,
}

/// The parts of a record that its columns repeat or its place decides.
#[derive(Deserialize)]
struct Repeated {
    at: String,
    client_id: Option<String>,
    decision: String,
    event: String,
    previous: String,
    seq: i64,
    tenant_id: String,
}

impl ChainWalk {
    fn behind(start: Head, expected: Option<Head>) -> Self {
        Self {
            reached: start,
            records: 0,
            expected,
            expected_seen: false,
            faults: Vec::new(),
        }
    }

    /// Reads the next records. Whether the log ends behind them.
    fn advance(&mut self, connection: &mut AnyConnection, most: i64) -> Result<bool, StorageError> {
        let head = audit_records::head(connection)?;
        let after = Walk::Forward(self.reached.seq);
        let rows = audit_records::select(connection, &Filter::default(), after, most)?;
        if rows.is_empty() {
            self.finish(&head);
            return Ok(true);
        }
        // What was appended while the walk went on is part of the chain; what lies behind even the
        // present head was never appended.
        let head = audit_records::head(connection)?;
        for row in &rows {
            if row.seq > head.seq {
                let detail = format!("record {} stands behind the end of the log", row.seq);
                self.faults.push(Fault::Head { detail });
                self.finish(&head);
                return Ok(true);
            }
            self.step(row);
        }
        Ok(false)
    }

    fn step(&mut self, row: &AuditRow) {
        let next = self.reached.seq.saturating_add(1);
        let gap = row.seq != next;
        if gap {
            self.faults.push(Fault::Removed {
                first: next,
                last: row.seq.saturating_sub(1),
            });
        }
        if let Err(fault) = self.check(row, gap) {
            self.faults.push(fault);
        }
        if self
            .expected
            .as_ref()
            .is_some_and(|head| head.seq == row.seq && head.hash == row.hash)
        {
            self.expected_seen = true;
        }
        self.reached = Head {
            seq: row.seq,
            hash: row.hash.clone(),
        };
        self.records = self.records.saturating_add(1);
    }

    fn check(&self, row: &AuditRow, after_gap: bool) -> Result<(), Fault> {
        let changed = |detail: &str| Fault::Changed {
            seq: row.seq,
            detail: detail.to_owned(),
        };
        let repeated: Repeated = serde_json::from_str(&row.record)
            .map_err(|_| changed("the text is no audit record"))?;
        if repeated.seq != row.seq {
            return Err(Fault::Reordered {
                seq: row.seq,
                holds: repeated.seq,
            });
        }
        if sha256_hex(row.record.as_bytes()) != row.hash {
            return Err(changed("the text does not match its hash"));
        }
        let columns_agree = repeated.tenant_id == row.tenant_id
            && repeated.client_id == row.client_id
            && repeated.event == row.event
            && repeated.decision == row.decision
            && Timestamp::parse_rfc3339(&repeated.at).map(Timestamp::micros) == Some(row.at);
        if !columns_agree {
            return Err(changed("a column says something else than the text"));
        }
        if !after_gap && repeated.previous != self.reached.hash {
            let before = row.seq.saturating_sub(1);
            return Err(Fault::Changed {
                seq: before,
                detail: format!(
                    "record {} was written after a different record {before}",
                    row.seq
                ),
            });
        }
        Ok(())
    }

    fn finish(&mut self, head: &Head) {
        if self.reached.seq < head.seq {
            let first = self.reached.seq.saturating_add(1);
            self.faults.push(Fault::Removed {
                first,
                last: head.seq,
            });
        } else if self.reached.seq > head.seq {
            let detail = format!("the log says that it ends at {}", head.seq);
            self.faults.push(Fault::Head { detail });
        } else if self.reached.hash != head.hash {
            let detail = format!(
                "the last record, {}, is not the one that was written",
                head.seq
            );
            self.faults.push(Fault::Head { detail });
        }
        if let (Some(expected), false) = (&self.expected, self.expected_seen) {
            let detail = format!("record {} is not the one that was noted", expected.seq);
            self.faults.push(Fault::Head { detail });
        }
    }

    fn report(self) -> Verification {
        Verification {
            intact: self.faults.is_empty(),
            records: self.records,
            head_seq: self.reached.seq,
            head_hash: self.reached.hash,
            faults: self.faults,
        }
    }
}
