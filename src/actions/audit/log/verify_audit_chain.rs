//! `verify_audit_chain`: whether the log is what was written.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::{Action, ActionContext, ActionError, Example, page};
use crate::audit::{Fault, GENESIS, verify_stretch};
use crate::policy::Effect;
use crate::storage::audit_records::{self, Head};

/// Records verified at a time.
const STRETCH: i64 = 1000;
/// Most faults that are listed.
const MOST_FAULTS: usize = 100;
/// A call that has less time than this left verifies no more.
const RESERVE: Duration = Duration::from_secs(3);

/// Verifies the chain.
pub struct VerifyAuditChain;

/// Which part of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyAuditChainInput {
    /// Begin with this record; 1 unless given. It must follow on the one before.
    #[schema(minimum = 1, example = 1)]
    from_seq: Option<i64>,
    /// Verify no more than this many records in this call.
    #[serde(default = "usual_records")]
    #[schema(minimum = 1, maximum = 100_000, default = 20_000)]
    records: u32,
    /// Number of a record that was noted earlier and must still be there.
    #[schema(minimum = 1)]
    expect_seq: Option<i64>,
    /// Its hash, in hexadecimal.
    #[schema(pattern = "^[0-9a-fA-F]{64}$")]
    expect_hash: Option<String>,
    /// `next_cursor` of the call before; it goes on there.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
}

fn usual_records() -> u32 {
    20_000
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerifyAuditChainOutput {
    /// Whether all that this call verified holds.
    intact: bool,
    /// Whether the end of the log was reached. Only calls that go on from each other, from record 1
    /// to the end, verify all of it.
    complete: bool,
    /// Number of the first record that this call verified.
    first_seq: i64,
    /// Number of the last record that this call verified; less than the first if there was none.
    last_seq: i64,
    /// Its hash. Note it where this machine cannot change it, and hand it in later.
    last_hash: String,
    /// How many records this call verified.
    records: u64,
    /// Number of the log's last record.
    head_seq: i64,
    /// Whether the noted record is still there; null if none was named.
    expected_found: Option<bool>,
    /// Where the chain does not hold; at most a hundred places.
    faults: Vec<Fault>,
    /// Hand this in as `cursor` to go on; null at the end of the log.
    next_cursor: Option<String>,
}

impl Action for VerifyAuditChain {
    const NAME: &'static str = "verify_audit_chain";
    const SUMMARY: &'static str = "Verify that Ambit's own audit log is unchanged";
    const DESCRIPTION: &'static str = "Recomputes the SHA-256 of each record's canonical JSON, \
        compares its columns with its text, and follows the hashes from record to record, so that a \
        record that was changed, removed or put elsewhere is named. A long log is verified in steps: \
        a call ends after `records` records, or when its time is nearly up, and next_cursor goes on. \
        What a log that was rewritten from end to end looks like is right in itself: note last_seq \
        and last_hash elsewhere, and hand them in later as expect_seq and expect_hash.";
    const SCOPE: &'static str = "ambit:audit:read";
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "The beginning of the log",
        input: r#"{"records": 1000}"#,
        output: r#"{"intact": true, "complete": false, "first_seq": 1, "last_seq": 1000, "last_hash":
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "records": 1000,
            "head_seq": 52000, "expected_found": null, "faults": [], "next_cursor": "WyJ"}"#,
    }];

    type Input = VerifyAuditChainInput;
    type Output = VerifyAuditChainOutput;

    async fn run(
        context: &ActionContext,
        input: VerifyAuditChainInput,
    ) -> Result<VerifyAuditChainOutput, ActionError> {
        let fingerprint = page::fingerprint(&Self::NAME);
        let expected_found = expected_found(context, &input).await?;
        let start = Start::of(context, &input, &fingerprint).await?;
        let first_seq = start.head.seq.saturating_add(1);
        let mut faults = start.faults;
        let mut reached = start.head;
        let mut records: u64 = 0;
        let mut complete = false;
        let most = u64::from(input.records);
        while !complete
            && records < most
            && faults.len() < MOST_FAULTS
            && (records == 0 || context.remaining() > RESERVE)
        {
            let left = i64::try_from(most.saturating_sub(records)).unwrap_or(STRETCH);
            let from = reached.clone();
            let stretch = context
                .store()
                .scan(move |connection| verify_stretch(connection, &from, STRETCH.min(left)))
                .await?;
            records = records.saturating_add(stretch.records);
            complete = stretch.at_end;
            reached = stretch.reached;
            faults.extend(stretch.faults);
            let done = f64::from(u32::try_from(records).unwrap_or(u32::MAX));
            context.progress(done, Some(f64::from(input.records)), "records verified");
        }
        faults.truncate(MOST_FAULTS);
        let head = context.store().read(audit_records::head).await?;
        let position = (reached.seq, &reached.hash);
        Ok(VerifyAuditChainOutput {
            intact: faults.is_empty() && expected_found != Some(false),
            complete,
            first_seq,
            last_seq: reached.seq,
            records,
            head_seq: head.seq,
            expected_found,
            faults,
            next_cursor: (!complete).then(|| page::encode(&position, &fingerprint)),
            last_hash: reached.hash,
        })
    }
}

/// Where a call begins.
struct Start {
    head: Head,
    faults: Vec<Fault>,
}

impl Start {
    async fn of(
        context: &ActionContext,
        input: &VerifyAuditChainInput,
        fingerprint: &str,
    ) -> Result<Self, ActionError> {
        let (seq, noted) = match (&input.cursor, input.from_seq) {
            (Some(_), Some(_)) => {
                return Err(ActionError::invalid(
                    "from_seq",
                    "does not go with a cursor",
                ));
            }
            (Some(cursor), None) => {
                let (seq, hash): (i64, String) = page::decode(cursor, fingerprint)?;
                (seq, Some(hash))
            }
            (None, from) => (from.unwrap_or(1).saturating_sub(1), None),
        };
        if seq == 0 {
            let hash = GENESIS.to_owned();
            return Ok(Self {
                head: Head { seq, hash },
                faults: Vec::new(),
            });
        }
        let found = context
            .store()
            .read(move |connection| audit_records::hash_of(connection, seq))
            .await?;
        match (found, noted) {
            (Some(hash), noted) => {
                let changed = noted.is_some_and(|noted| noted != hash);
                let fault = changed.then(|| Fault::Changed {
                    seq,
                    detail: "it is not the record that the call before ended with".to_owned(),
                });
                Ok(Self {
                    head: Head { seq, hash },
                    faults: fault.into_iter().collect(),
                })
            }
            (None, Some(hash)) => Ok(Self {
                head: Head { seq, hash },
                faults: vec![Fault::Removed {
                    first: seq,
                    last: seq,
                }],
            }),
            (None, None) => {
                let problem = "there is no record before this one to begin behind";
                Err(ActionError::invalid("from_seq", problem))
            }
        }
    }
}

async fn expected_found(
    context: &ActionContext,
    input: &VerifyAuditChainInput,
) -> Result<Option<bool>, ActionError> {
    let (seq, hash) = match (input.expect_seq, &input.expect_hash) {
        (None, None) => return Ok(None),
        (Some(seq), Some(hash)) => (seq, hash.to_ascii_lowercase()),
        _ => {
            let problem = "expect_seq and expect_hash go together";
            return Err(ActionError::invalid("expect_seq", problem));
        }
    };
    let found = context
        .store()
        .read(move |connection| audit_records::contains(connection, seq, &hash));
    Ok(Some(found.await?))
}
