//! Walks the hash chain and names every place where it does not hold.

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

/// Walks the whole chain. `expected` is a head that was noted earlier and must still be in it.
pub fn verify(
    connection: &mut AnyConnection,
    expected: Option<&Head>,
) -> Result<Verification, StorageError> {
    let mut walk = ChainWalk::new(expected.cloned());
    loop {
        let head = audit_records::head(connection)?;
        let after = Walk::Forward(walk.reached);
        let rows = audit_records::select(connection, &Filter::default(), after, PAGE)?;
        if walk.faults.len() >= MOST_FAULTS {
            return Ok(walk.report());
        }
        if rows.is_empty() {
            return Ok(walk.finish(&head));
        }
        // What was appended while the walk went on is part of the chain; what lies behind even the
        // present head was never appended.
        let head = audit_records::head(connection)?;
        for row in &rows {
            if row.seq > head.seq {
                let detail = format!("record {} stands behind the end of the log", row.seq);
                walk.faults.push(Fault::Head { detail });
                return Ok(walk.finish(&head));
            }
            walk.step(row);
        }
    }
}

struct ChainWalk {
    reached: i64,
    previous_hash: String,
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
    fn new(expected: Option<Head>) -> Self {
        Self {
            reached: 0,
            previous_hash: GENESIS.to_owned(),
            records: 0,
            expected,
            expected_seen: false,
            faults: Vec::new(),
        }
    }

    fn step(&mut self, row: &AuditRow) {
        let next = self.reached.saturating_add(1);
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
        self.reached = row.seq;
        self.previous_hash.clone_from(&row.hash);
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
        if !after_gap && repeated.previous != self.previous_hash {
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

    fn finish(mut self, head: &Head) -> Verification {
        if self.reached < head.seq {
            let first = self.reached.saturating_add(1);
            self.faults.push(Fault::Removed {
                first,
                last: head.seq,
            });
        } else if self.reached > head.seq {
            let detail = format!("the log says that it ends at {}", head.seq);
            self.faults.push(Fault::Head { detail });
        } else if self.previous_hash != head.hash {
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
        self.report()
    }

    fn report(self) -> Verification {
        Verification {
            intact: self.faults.is_empty(),
            records: self.records,
            head_seq: self.reached,
            head_hash: self.previous_hash,
            faults: self.faults,
        }
    }
}
